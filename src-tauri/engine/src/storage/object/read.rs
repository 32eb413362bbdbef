//! Looking at objects, and reading them.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::{Attribute, GetOptions, GetRange, GetResult};

use super::times::{MTIME, time_of};
use super::wire::{Archived, StorageClass};
use super::{Bucket, path};
use crate::storage::remote::Looked;
use crate::storage::remote::claim::Claim;
use crate::storage::remote::fault::Fault;

impl Bucket {
    /// What is under a key.
    pub(crate) async fn look(&self, key: &str) -> Result<Looked, Fault> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        Ok(looked(&self.service.objects().get_opts(&path(key)?, options).await?))
    }

    /// Opens what is under a key, from `from` (bytes) on, and to the end or to `to`; only if it still has that
    /// tag.
    pub(crate) async fn read(
        &self,
        key: &str,
        (from, to): (u64, Option<u64>),
        etag: Option<&str>,
    ) -> Result<(Looked, BoxStream<'static, Result<Bytes, Fault>>), Fault> {
        let range = match to {
            Some(to) => Some(GetRange::Bounded(from..to)),
            None => (from > 0).then_some(GetRange::Offset(from)),
        };
        let options = GetOptions { if_match: etag.map(ToOwned::to_owned), range, ..GetOptions::default() };
        let got = self.service.objects().get_opts(&path(key)?, options).await?;
        let looked = looked(&got);
        Ok((looked, got.into_stream().map_err(Fault::from).boxed()))
    }
}

fn looked(got: &GetResult) -> Looked {
    let meta = &got.meta;
    let text = |name: &'static str| got.attributes.get(&Attribute::Metadata(name.into()));
    Looked {
        size: meta.size,
        etag: meta.e_tag.clone(),
        version: named(meta.version.clone()),
        class: got.extensions.get::<StorageClass>().map(|class| class.0.clone()),
        // Else when it was put there, which is the earliest that anybody knows.
        modified: text(MTIME).and_then(|seconds| time_of(seconds)).or(Some(meta.last_modified.into())),
        is_folder: false,
        claim: got.extensions.get::<Claim>().cloned(),
        is_archived: got.extensions.get::<Archived>().is_some(),
    }
}

/// A version, where it is one: S3 gives this word for what was put while versions are not kept.
pub(super) fn named(version: Option<String>) -> Option<String> {
    version.filter(|version| version != "null")
}
