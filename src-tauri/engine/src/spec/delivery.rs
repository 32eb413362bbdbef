//! How files are delivered and proven.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How files are delivered and proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// What must be proven before a record counts as delivered.
    pub verify: Verify,
    /// What happens when the target's name is taken.
    pub on_conflict: OnConflict,
    /// The hash that is computed while reading.
    pub hash: HashAlgorithm,
}

/// What must be proven before a record counts as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// As many bytes arrived as were read. No hash.
    Size,
    /// The hash of the bytes that went out is kept.
    Written,
    /// The bytes are read again from the destination, past the system's cache where it allows, and
    /// must hash to the same value.
    #[default]
    ReadBack,
}

/// What happens when the target's name is taken by a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// Identical content is skipped; different content fails as `destination_conflict`.
    #[default]
    SkipIdentical,
    /// The new file gets a free name: `name (2).ext`.
    Rename,
    /// The new file takes the old one's place.
    Overwrite,
    /// Fails as `destination_conflict`, identical or not.
    Fail,
}

/// The hash that is computed while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    /// XXH3 with 128 bits: the fastest; finds every accident, not a forger.
    #[default]
    Xxh128,
    /// XXH64, as media hash lists have it.
    Xxh64,
    /// MD5, for catalogues that want it.
    Md5,
    /// SHA-1, for catalogues that want it.
    Sha1,
    /// SHA-256, where a forger must be kept out.
    Sha256,
    /// SHA-512, likewise.
    Sha512,
}

impl HashAlgorithm {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Xxh128, Self::Xxh64, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// The word that the job file and the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Xxh128 => "xxh128",
            Self::Xxh64 => "xxh64",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits its values have.
    pub const fn digits(self) -> usize {
        match self {
            Self::Xxh64 => 16,
            Self::Xxh128 | Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}
