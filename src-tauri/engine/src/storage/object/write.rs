//! Writing objects: whole, or in parts that outlive this program.

use std::time::SystemTime;

use object_store::multipart::{MultipartStore, PartId};
use object_store::{
    Attribute, Attributes, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderValue};

use super::read::named;
#[cfg(any(feature = "azure", feature = "gcs"))]
use super::times::rfc3339;
use super::times::{MTIME, seconds};
use super::wire::Asserted;
use super::{Bucket, Service, list, path};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Mode, Told};

/// What came of bytes that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The service computed a checksum of what it stores, and it is ours.
    pub(crate) asserted: bool,
    pub(crate) etag: Option<String>,
    /// Which of those that are kept under its name. None: the service keeps one alone.
    pub(crate) version: Option<String>,
}

/// Ends what is kept of a part whose checksum the service has computed too.
const ASSERTED: &str = " asserted";

impl Service {
    /// A time as it is kept there.
    fn mtime(&self, modified: SystemTime) -> Option<String> {
        match self {
            Self::S3(_) => seconds(modified),
            #[cfg(any(feature = "azure", feature = "gcs"))]
            _ => rfc3339(modified),
        }
    }

    pub(super) fn attributes(&self, told: &Told) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, told.content_type.into());
        if let Some(modified) = told.modified.and_then(|modified| self.mtime(modified)) {
            attributes.insert(Attribute::Metadata(MTIME.into()), modified.into());
        }
        attributes
    }
}

impl Bucket {
    /// Puts a whole object.
    pub(crate) async fn put(
        &self,
        key: &str,
        payload: PutPayload,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        #[cfg(feature = "azure")]
        if let Service::Azure(_) = &self.service {
            return self.put_blob(key, payload, told, mode).await;
        }
        let mode_of = match mode {
            Mode::Create if self.guards() => PutMode::Create,
            _ => PutMode::Overwrite,
        };
        let attributes = self.service.attributes(told);
        let options = PutOptions { mode: mode_of, attributes, ..PutOptions::default() };
        let put = self.service.objects().put_opts(&path(key)?, payload, options).await;
        let put = put.map_err(|error| guarded(error.into(), mode))?;
        let asserted = put.extensions.get::<Asserted>().is_some();
        Ok(Stored { asserted, etag: put.e_tag, version: named(put.version) })
    }

    /// Begins an upload in parts; gives its id.
    pub(crate) async fn begin(&self, key: &str, told: &Told) -> Result<String, Fault> {
        let attributes = self.service.attributes(told);
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        match &self.service {
            Service::S3(bucket) => Ok(bucket.store.create_multipart_opts(&path(key)?, options).await?),
            // There is nothing to begin. The name is ours, and its blocks are known by it.
            #[cfg(feature = "azure")]
            Service::Azure(_) => path(key).map(|_| uuid::Uuid::new_v4().simple().to_string()),
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => Ok(bucket.store.create_multipart_opts(&path(key)?, options).await?),
        }
    }

    /// Puts a part, by its number from 0; gives what completing the upload needs.
    pub(crate) async fn put_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        match &self.service {
            Service::S3(bucket) if bucket.adds_checksums => {
                self.put_own_part(key, upload, number, payload).await
            }
            Service::S3(bucket) => {
                let upload = upload.to_owned();
                let part = bucket.store.put_part(&path(key)?, &upload, number as usize, payload).await?;
                Ok(part.content_id)
            }
            #[cfg(feature = "azure")]
            Service::Azure(_) => self.put_block(key, upload, number, payload).await,
            #[cfg(feature = "gcs")]
            Service::Gcs(_) => self.put_own_part(key, upload, number, payload).await,
        }
    }

    /// Puts a part; the library would not tell whether the service has computed the same checksum.
    async fn put_own_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        let upload = utf8_percent_encode(upload, list::STRICT);
        let query = format!("partNumber={}&uploadId={upload}", number + 1);
        let length = HeaderValue::from(payload.content_length());
        let mut request = self.request(Method::PUT, key, &query, payload.into())?;
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let answer = self.ask(request).await?;
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.ok_or_else(|| Fault::new(FaultKind::Rejected, "the service gave a part no tag"))?;
        Ok(receipt(tag.to_owned(), answer.extensions().get::<Asserted>().is_some()))
    }

    /// Makes an object of an upload's parts, in their order.
    pub(crate) async fn complete(
        &self,
        key: &str,
        upload: &str,
        parts: Vec<String>,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        let ids = |parts: Vec<String>| parts.into_iter().map(|content_id| PartId { content_id }).collect();
        match &self.service {
            Service::S3(bucket) => {
                // The library keeps the checksum with a part where the answer had one: where it was ours.
                let is_asserted = |part: &String| part.contains("<checksum_") || part.ends_with(ASSERTED);
                let asserted = parts.iter().all(is_asserted);
                let parts = parts.iter().map(|part| part.trim_end_matches(ASSERTED).to_owned()).collect();
                let store = match mode {
                    Mode::Create if self.guards() => &bucket.guarded,
                    _ => &bucket.store,
                };
                let completed = store.complete_multipart(&path(key)?, &upload.to_owned(), ids(parts)).await;
                let completed = completed.map_err(|error| guarded(error.into(), mode))?;
                Ok(Stored { asserted, etag: completed.e_tag, version: named(completed.version) })
            }
            #[cfg(feature = "azure")]
            Service::Azure(_) => {
                let asserted = parts.iter().all(|part| part.ends_with(ASSERTED));
                let blocks: Vec<&str> = parts.iter().map(|part| part.trim_end_matches(ASSERTED)).collect();
                Ok(Stored { asserted, ..self.put_block_list(key, &blocks, told, mode).await? })
            }
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => {
                let asserted = parts.iter().all(|part| part.ends_with(ASSERTED));
                let tags = parts.iter().map(|part| part.trim_end_matches(ASSERTED).to_owned()).collect();
                // Here the service hears no condition ("XML API multipart uploads", considerations).
                if mode == Mode::Create {
                    match self.look(key).await {
                        Err(fault) if fault.kind == FaultKind::Missing => {}
                        Err(fault) => return Err(fault),
                        Ok(_) => return Err(Fault::new(FaultKind::Taken, "an object of that name is there")),
                    }
                }
                let completed =
                    bucket.store.complete_multipart(&path(key)?, &upload.to_owned(), ids(tags)).await?;
                Ok(Stored { asserted, etag: completed.e_tag, version: named(completed.version) })
            }
        }
    }

    /// Gives an upload up; the service forgets its parts. Azure forgets blocks that belong to nothing by itself,
    /// within a week, and no sooner.
    pub(crate) async fn abort(&self, key: &str, upload: &str) -> Result<(), Fault> {
        let (path, upload) = (path(key)?, upload.to_owned());
        let aborted = match &self.service {
            Service::S3(bucket) => bucket.store.abort_multipart(&path, &upload).await,
            #[cfg(feature = "azure")]
            Service::Azure(_) => Ok(()),
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => bucket.store.abort_multipart(&path, &upload).await,
        };
        match aborted.map_err(Fault::from) {
            Err(fault) if matches!(fault.kind, FaultKind::NoUpload | FaultKind::Missing) => Ok(()),
            other => other,
        }
    }

    /// Removes an object.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Fault> {
        match &self.service {
            #[cfg(feature = "azure")]
            Service::Azure(_) => self.delete_blob(key).await,
            service => Ok(service.objects().delete(&path(key)?).await?),
        }
    }
}

/// A condition that fails where nothing must be replaced says that something is there.
pub(super) fn guarded(fault: Fault, mode: Mode) -> Fault {
    match (mode, fault.kind) {
        (Mode::Create, FaultKind::Changed) => Fault { kind: FaultKind::Taken, ..fault },
        _ => fault,
    }
}

/// What is kept of a part: what completing the upload needs, and whether the service computed its checksum.
pub(super) fn receipt(id: String, asserted: bool) -> String {
    if asserted { id + ASSERTED } else { id }
}
