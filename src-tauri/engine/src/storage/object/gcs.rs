//! What is Google Cloud Storage's own (Cloud Storage, "XML API").

use object_store::gcp::GoogleCloudStorage;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::claims;
use crate::storage::remote::claim::{Checksum, Claim};

/// A bucket at Google.
#[derive(Debug)]
pub(super) struct GoogleBucket {
    pub(super) store: GoogleCloudStorage,
    pub(super) anonymous: bool,
}

/// How the checksums are called in `x-goog-hash`; the one that every object has comes first.
const HASHES: [(&str, Checksum); 2] = [("crc32c", Checksum::Crc32c), ("md5", Checksum::Md5)];

/// What the service says of what it keeps. None: nothing that can be compared with the bytes that come.
pub(super) fn claim(headers: &HeaderMap) -> Option<Claim> {
    let kept = headers.get("x-goog-stored-content-encoding").filter(|kept| *kept != "identity");
    if kept.is_some_and(|kept| headers.get(CONTENT_ENCODING) != Some(kept)) {
        // It was unpacked on its way.
        return None;
    }
    let said = headers.get_all("x-goog-hash").iter().filter_map(|said| said.to_str().ok());
    let said: Vec<(&str, &str)> =
        said.flat_map(|said| said.split(',')).filter_map(|said| said.trim().split_once('=')).collect();
    HASHES.into_iter().find_map(|(word, by)| {
        let (_, value) = said.iter().find(|(name, _)| *name == word)?;
        Some(Claim { by, value: claims::decoded(value.as_bytes(), by)?, is_promised: true })
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_checksum_that_every_object_has_is_taken_first() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, text) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(text));
            }
            claim(&headers).map(|claim| (claim.by, claim.value))
        };
        let crc = Some((Checksum::Crc32c, "3644bf2a".to_owned()));
        let md5 = ("x-goog-hash", "md5=kAFQmDzST7DWlj99KOF/cg==");
        assert_eq!(of(&[md5, ("x-goog-hash", "crc32c=NkS/Kg==")]), crc);
        assert_eq!(of(&[("x-goog-hash", "crc32c=NkS/Kg==, md5=kAFQmDzST7DWlj99KOF/cg==")]), crc);
        assert_eq!(of(&[md5]), Some((Checksum::Md5, "900150983cd24fb0d6963f7d28e17f72".into())));
        let packed = ("x-goog-stored-content-encoding", "gzip");
        assert_eq!(of(&[md5, packed]), None);
        assert!(of(&[md5, packed, ("content-encoding", "gzip")]).is_some());
        assert_eq!(of(&[("x-goog-hash", "crc32c=AAAA")]), None);
    }
}
