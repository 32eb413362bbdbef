//! Connections to object storage.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::spec::is_default;

/// Object storage that speaks the protocol of Amazon S3. What is left out comes from the environment
/// and the files of the AWS tools (`AWS_ENDPOINT_URL_S3`, `AWS_REGION`, `AWS_PROFILE`, `~/.aws`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// `https://s3.example:9000`. Default: Amazon's own for the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Such as `eu-central-1`. Default: `us-east-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether the bucket stands in the path and not in the host's name. Default: where there is an
    /// endpoint of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
    /// A profile of `~/.aws/config` and `~/.aws/credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Nobody signs in: for public buckets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// The checksum that the service is asked to compute of what arrives.
    #[serde(skip_serializing_if = "is_default")]
    pub checksum: S3Checksum,
    /// What keeps two writers from replacing each other's objects unseen.
    #[serde(skip_serializing_if = "is_default")]
    pub guard: S3Guard,
    /// Up to this size (MiB) the service copies an object of its own in one request; what is larger, in parts.
    /// Default: 5,120, as Amazon does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_limit_mib: Option<u32>,
}

/// The checksum that a service is asked to compute of what arrives, and to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum S3Checksum {
    /// CRC-64/NVME: the fastest.
    #[default]
    Crc64nvme,
    /// CRC-32C, for services that know no newer one.
    Crc32c,
    /// SHA-256.
    Sha256,
    /// `Content-MD5`, for older services that refuse all of these.
    Md5,
    /// None, for services that refuse them all.
    None,
}

/// What keeps two writers from replacing each other's objects unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum S3Guard {
    /// The service itself refuses a key that is taken (`If-None-Match: *`).
    #[default]
    Conditional,
    /// A look before each object, for services that do not know the condition: who comes between the
    /// look and the object is not seen.
    Look,
}

/// Azure Blob Storage. What is left out comes from the environment of the Azure tools (`AZURE_STORAGE_ACCOUNT`,
/// `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`; `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Azure {
    /// The storage account's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where the account's blobs are, as a connection string has it under `BlobEndpoint`: another cloud, or an
    /// emulator such as `http://127.0.0.1:10000/devstoreaccount1`. Default:
    /// `https://ACCOUNT.blob.core.windows.net`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The directory (tenant) of an application that signs in by the secret `client_secret`, as number or name.
    /// Default: an account key or a SAS token signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The number of that application (client); with `managed_identity`, which one of several identities signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Where that application signs in, in other clouds. Default: `https://login.microsoftonline.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// This computer itself signs in, which is one of Azure's, by the identity that Azure manages for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub managed_identity: bool,
    /// Nobody signs in: for public containers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

impl Azure {
    /// What is wrong with how it signs in, if anything is.
    pub(super) fn check_sign_in(&self) -> Option<&'static str> {
        let ways = [self.anonymous, self.managed_identity, self.tenant.is_some()];
        if ways.into_iter().filter(|is_so| *is_so).count() > 1 {
            return Some(
                "`tenant`, `managed_identity` and `anonymous` do not go together; leave one of them",
            );
        }
        let is_plain = |name: &String| {
            !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || "-.".contains(char))
        };
        if ![&self.tenant, &self.client_id].into_iter().flatten().all(is_plain) {
            return Some("`tenant` and `client_id` have letters, digits, `-` and dots alone");
        }
        match (&self.tenant, &self.client_id, &self.authority) {
            (Some(_), None, _) => Some("its application needs a `client_id`"),
            (None, Some(_), _) if !self.managed_identity => Some("its `client_id` needs a `tenant`"),
            (None, _, Some(_)) => Some("its `authority` needs a `tenant`"),
            (_, _, Some(authority)) => (!is_guarded(authority)).then_some(
                "its `authority` must begin with https://, because the application's secret goes there, and have no user, ? or #",
            ),
            _ => None,
        }
    }
}

/// Whether nobody else hears what is sent to an address, which is one.
fn is_guarded(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| {
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let is_secret = url.scheme() == "https" || url.scheme() == "http" && is_this_computer(&url);
        is_bare && is_secret && url.has_host()
    })
}

/// Whether an address is one of this computer alone.
pub(crate) fn is_this_computer(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Google Cloud Storage. Who signs in is left out where the Google tools know it
/// (`GOOGLE_APPLICATION_CREDENTIALS`, `gcloud auth application-default login`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Gcs {
    /// Another address of the service, such as an emulator's. Default: `https://storage.googleapis.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The file with the service account's key, as Google gives it (JSON), or what `gcloud auth application-default
    /// login` keeps. Default: the secret `service_account_key`, which is the content of the former.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub key_file: Option<PathBuf>,
    /// Nobody signs in: for public buckets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

/// Whether a storage account of Azure may have this name (Azure Storage, "Storage account name"): it stands in
/// the host's name, and what is signed goes there.
pub(crate) fn is_account_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
}
