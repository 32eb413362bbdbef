//! Content hashes, computed block by block.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use xxhash_rust::xxh3::Xxh3;
use xxhash_rust::xxh64::Xxh64;

use crate::record::{ContentHash, hex};
use crate::spec::HashAlgorithm;

/// A hash in the making.
pub(crate) enum Hasher {
    Xxh128(Box<Xxh3>),
    Xxh64(Xxh64),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Xxh128 => Self::Xxh128(Box::new(Xxh3::new())),
            HashAlgorithm::Xxh64 => Self::Xxh64(Xxh64::new(0)),
            HashAlgorithm::Md5 => Self::Md5(Md5::new()),
            HashAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
            HashAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            HashAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Xxh128(hasher) => hasher.update(bytes),
            Self::Xxh64(hasher) => hasher.update(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> ContentHash {
        let (algorithm, hex) = match self {
            Self::Xxh128(hasher) => (HashAlgorithm::Xxh128, format!("{:032x}", hasher.digest128())),
            Self::Xxh64(hasher) => (HashAlgorithm::Xxh64, format!("{:016x}", hasher.digest())),
            Self::Md5(hasher) => (HashAlgorithm::Md5, hex(&hasher.finalize())),
            Self::Sha1(hasher) => (HashAlgorithm::Sha1, hex(&hasher.finalize())),
            Self::Sha256(hasher) => (HashAlgorithm::Sha256, hex(&hasher.finalize())),
            Self::Sha512(hasher) => (HashAlgorithm::Sha512, hex(&hasher.finalize())),
        };
        ContentHash { algorithm, hex }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(algorithm: HashAlgorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish().hex
    }

    /// Reference values: RFC 1321, FIPS 180-4, and `xxhsum -H128` of xxHash.
    #[test]
    fn values_are_those_of_other_tools() {
        assert_eq!(hash(HashAlgorithm::Md5, b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            hash(HashAlgorithm::Sha256, b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash(HashAlgorithm::Sha1, b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(hash(HashAlgorithm::Sha512, b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(hash(HashAlgorithm::Xxh128, b""), "99aa06d3014798d86001c324468d497f");
        assert_eq!(hash(HashAlgorithm::Xxh64, b"abc"), "44bc2cf5ad770999");
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(hash(algorithm, b"abc").len(), algorithm.digits());
        }
    }
}
