//! What a service claims of the content that it gives, and whether what came is that.

use crc_fast::CrcAlgorithm;

use crate::spec::HashAlgorithm;
use crate::storage::hash::Hasher;

/// A checksum that comes with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) by: Checksum,
    /// In hexadecimal, small letters.
    pub(crate) value: String,
    /// Else it is a tag that looks like a hash: as a rule it is the content's, but nobody promised that.
    pub(crate) is_promised: bool,
}

/// The checksums that services give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    Crc64Nvme,
    Crc32c,
    Crc32,
    Sha256,
    Sha1,
    Md5,
}

/// The content, as it comes.
pub(crate) enum Checking {
    Crc { digest: crc_fast::Digest, digits: usize },
    Hash(Hasher),
}

impl Checksum {
    const ALL: [Self; 6] = [Self::Crc64Nvme, Self::Crc32c, Self::Crc32, Self::Sha256, Self::Sha1, Self::Md5];

    /// Whether a service can tell it of the whole when the content came in parts.
    pub(crate) const fn is_of_parts(self) -> bool {
        matches!(self, Self::Crc64Nvme | Self::Crc32c | Self::Crc32)
    }

    /// Bytes of a value.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Crc64Nvme => 8,
            Self::Crc32c | Self::Crc32 => 4,
            Self::Sha256 => 32,
            Self::Sha1 => 20,
            Self::Md5 => 16,
        }
    }

    /// The word for it, for messages.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Crc64Nvme => "crc64nvme",
            Self::Crc32c => "crc32c",
            Self::Crc32 => "crc32",
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
        }
    }

    pub(crate) fn begin(self) -> Checking {
        let crc =
            |algorithm| Checking::Crc { digest: crc_fast::Digest::new(algorithm), digits: self.width() * 2 };
        match self {
            Self::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            Self::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            Self::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            Self::Sha256 => Checking::Hash(Hasher::new(HashAlgorithm::Sha256)),
            Self::Sha1 => Checking::Hash(Hasher::new(HashAlgorithm::Sha1)),
            Self::Md5 => Checking::Hash(Hasher::new(HashAlgorithm::Md5)),
        }
    }
}

impl Claim {
    /// `crc64nvme:hexadecimal`.
    pub(crate) fn stored(&self) -> String {
        format!("{}:{}", self.by.word(), self.value)
    }

    /// Reads it back.
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let (word, value) = stored.split_once(':')?;
        let by = Checksum::ALL.into_iter().find(|by| by.word() == word)?;
        Some(Self { by, value: value.to_owned(), is_promised: true })
    }
}

impl Checking {
    pub(crate) fn update(&mut self, block: &[u8]) {
        match self {
            Self::Crc { digest, .. } => digest.update(block),
            Self::Hash(hasher) => hasher.update(block),
        }
    }

    /// The value, in hexadecimal.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc { digest, digits } => format!("{:0digits$x}", digest.finalize()),
            Self::Hash(hasher) => hasher.finish().hex,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of parametrised CRC algorithms, and of RFC 1321.
    #[test]
    fn values_are_those_of_other_tools() {
        let value = |by: Checksum| {
            let mut checking = by.begin();
            checking.update(b"1234");
            checking.update(b"56789");
            checking.finish()
        };
        assert_eq!(value(Checksum::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(value(Checksum::Crc32c), "e3069283");
        assert_eq!(value(Checksum::Crc32), "cbf43926");
        assert_eq!(value(Checksum::Md5), "25f9e794323b453885f5181f1b624d0b");
        for by in [Checksum::Crc64Nvme, Checksum::Crc32c, Checksum::Crc32, Checksum::Sha256, Checksum::Sha1] {
            let claim = Claim { by, value: value(by), is_promised: true };
            assert_eq!(claim.value.len(), by.width() * 2, "{}", by.word());
            assert_eq!(Claim::parse(&claim.stored()), Some(claim));
        }
    }
}
