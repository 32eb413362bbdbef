//! Checksums as catalogues write them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::record::{ContentHash, hex};
use crate::spec::HashAlgorithm;

/// Algorithms by the length of their values, where nothing else tells.
const BY_LENGTH: [HashAlgorithm; 5] = [
    HashAlgorithm::Md5,
    HashAlgorithm::Sha1,
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha512,
    HashAlgorithm::Xxh64,
];

/// Reads a checksum: hexadecimal or Base64, alone or behind its algorithm (`md5:…`, `SHA-256=…`).
/// Gives nothing for an empty cell. `algorithm`: what the job says it is.
pub(super) fn parse(text: &str, algorithm: Option<HashAlgorithm>) -> Result<Option<ContentHash>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (named, value) = match text.split_once([':', '=', ' ']) {
        Some((name, value)) if named(name).is_some() => (named(name), value.trim()),
        _ => (None, text),
    };
    let value = value.strip_prefix("0x").unwrap_or(value);
    let hex = if value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        value.to_ascii_lowercase()
    } else {
        STANDARD.decode(value).map(|bytes| hex(&bytes)).unwrap_or_default()
    };
    let found = named
        .or(algorithm)
        .or_else(|| BY_LENGTH.into_iter().find(|algorithm| algorithm.digits() == hex.len()))
        .filter(|algorithm| algorithm.digits() == hex.len());
    match found {
        Some(algorithm) => Ok(Some(ContentHash { algorithm, hex })),
        None => {
            let shown: String = text.chars().take(80).collect();
            let what = named.or(algorithm).map_or("known checksum", HashAlgorithm::word);
            Err(format!("the checksum \"{shown}\" is no {what}"))
        }
    }
}

fn named(name: &str) -> Option<HashAlgorithm> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    HashAlgorithm::ALL.into_iter().find(|algorithm| algorithm.word() == plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, algorithm: Option<HashAlgorithm>) -> String {
        parse(text, algorithm)
            .map_or_else(|why| format!("! {why}"), |hash| hash.map_or("-".into(), |hash| hash.stored()))
    }

    #[test]
    fn checksums_are_read_as_catalogues_write_them() {
        let md5 = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(stored(&md5.to_uppercase(), None), format!("md5:{md5}"));
        assert_eq!(stored(&format!(" MD5: {md5}"), None), format!("md5:{md5}"));
        assert_eq!(stored(md5, Some(HashAlgorithm::Xxh128)), format!("xxh128:{md5}"));
        assert_eq!(stored("kAFQmDzST7DWlj99KOF/cg==", None), format!("md5:{md5}"));
        assert_eq!(
            stored(&format!("SHA-256={}", "a".repeat(64)), None),
            format!("sha256:{}", "a".repeat(64))
        );
        assert_eq!(stored("", None), "-");
        assert!(stored("n/a", None).starts_with('!'));
        assert!(stored(&md5[1..], Some(HashAlgorithm::Md5)).starts_with('!'));
    }
}
