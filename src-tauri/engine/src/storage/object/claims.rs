//! What an answer's headers claim of an object's content (Amazon S3 User Guide, "Checking object integrity").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue};

use crate::record::hex;
use crate::storage::remote::claim::{Checksum, Claim};

/// Asks for the checksums that the service keeps.
pub(super) const MODE: HeaderName = HeaderName::from_static("x-amz-checksum-mode");
pub(super) const ENABLED: HeaderValue = HeaderValue::from_static("ENABLED");

/// The cheapest first.
const HEADERS: [(&str, Checksum); 5] = [
    ("x-amz-checksum-crc64nvme", Checksum::Crc64Nvme),
    ("x-amz-checksum-crc32c", Checksum::Crc32c),
    ("x-amz-checksum-crc32", Checksum::Crc32),
    ("x-amz-checksum-sha256", Checksum::Sha256),
    ("x-amz-checksum-sha1", Checksum::Sha1),
];

/// Where these stand, the tag is no hash of the content.
const ENCRYPTED: [&str; 2] =
    ["x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm"];

/// What the headers of a whole object say. None: nothing that can be compared with its bytes. The checksum
/// of an object's parts is none: it ends in their number.
pub(super) fn of(headers: &HeaderMap) -> Option<Claim> {
    let is_of_parts = headers.get("x-amz-checksum-type").is_some_and(|kind| kind == "COMPOSITE");
    let promised = HEADERS.into_iter().filter(|_| !is_of_parts).find_map(|(header, by)| {
        let value = decoded(headers.get(header)?.as_bytes(), by)?;
        Some(Claim { by, value, is_promised: true })
    });
    promised.or_else(|| of_tag(headers))
}

fn of_tag(headers: &HeaderMap) -> Option<Claim> {
    let tag = headers.get(ETAG)?.to_str().ok()?.trim_matches('"').to_ascii_lowercase();
    let by = Checksum::Md5;
    let is_hash = tag.len() == by.width() * 2 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_encrypted = ENCRYPTED.iter().any(|header| headers.contains_key(*header));
    (is_hash && !is_encrypted).then_some(Claim { by, value: tag, is_promised: false })
}

/// A checksum that stands in a header in base64, in hexadecimal. None: it is none of that kind.
pub(super) fn decoded(text: &[u8], by: Checksum) -> Option<String> {
    let value = STANDARD.decode(text).ok()?;
    (value.len() == by.width()).then(|| hex(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(headers: &[(&'static str, &'static str)]) -> Option<(Checksum, String, bool)> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        of(&headers).map(|claim| (claim.by, claim.value, claim.is_promised))
    }

    #[test]
    fn only_what_is_of_the_whole_content_counts() {
        let tag = ("etag", "\"900150983CD24FB0D6963F7D28E17F72\"");
        let md5 = Some((Checksum::Md5, "900150983cd24fb0d6963f7d28e17f72".to_owned(), false));
        let crc = ("x-amz-checksum-crc32c", "NkS/Kg==");
        assert_eq!(claim(&[tag]), md5);
        assert_eq!(claim(&[tag, crc]), Some((Checksum::Crc32c, "3644bf2a".into(), true)));
        assert_eq!(claim(&[tag, crc, ("x-amz-checksum-type", "COMPOSITE")]), md5);
        assert_eq!(claim(&[tag, ("x-amz-checksum-crc32c", "NkS/Kg==-3")]), md5);
        assert_eq!(claim(&[tag, ("x-amz-checksum-crc32c", "AAAA")]), md5);
        assert_eq!(claim(&[tag, (ENCRYPTED[0], "arn")]), None);
        assert_eq!(claim(&[("etag", "\"900150983cd24fb0d6963f7d28e17f72-2\"")]), None);
        assert_eq!(claim(&[("etag", "\"not a hash\"")]), None);
        assert_eq!(claim(&[]), None);
    }
}
