//! Connections: how a service that keeps files is reached. Never a secret: those are asked for by the
//! connection's name and the field's, when they are needed (see [`Secrets`]).

use std::fmt;
use std::path::PathBuf;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{SpecError, is_default};

/// A service that keeps files: `[connections.NAME]` in a job file, and in the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Connection {
    /// Object storage that speaks the protocol of Amazon S3.
    S3(S3),
    /// Azure Blob Storage.
    Azure(Azure),
    /// Google Cloud Storage.
    Gcs(Gcs),
    /// Files over SSH.
    Sftp(Sftp),
    /// Files over HTTP (RFC 4918).
    Webdav(Webdav),
    /// Files over FTP, plain or with TLS.
    Ftp(Ftp),
    /// A web server from which the rows of a catalogue name files.
    Http(Http),
}

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

/// Azure Blob Storage. What is left out comes from the environment of the Azure tools
/// (`AZURE_STORAGE_ACCOUNT`, `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`).
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
    /// Nobody signs in: for public containers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

/// Google Cloud Storage. Who signs in is left out where the Google tools know it
/// (`GOOGLE_APPLICATION_CREDENTIALS`, `gcloud auth application-default login`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Gcs {
    /// Another address of the service, such as an emulator's. Default: `https://storage.googleapis.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The file with the service account's key, as Google gives it (JSON). Default: the secret
    /// `service_account_key`, which is that file's content.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub key_file: Option<PathBuf>,
    /// Nobody signs in: for public buckets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
}

/// Files over SSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Sftp {
    /// Name or address of the server.
    pub host: String,
    /// Default: 22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who signs in. Default: the name of this computer's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The private key. Default: those that SSH would take, and its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub key: Option<PathBuf>,
    /// The file with the host keys that are trusted. Default: `~/.ssh/known_hosts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub known_hosts: Option<PathBuf>,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// Files over HTTP (RFC 4918).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Webdav {
    /// `https://dam.example/remote.php/dav`.
    pub url: String,
    /// Who signs in, by a password. Default: nobody, or by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// Files over FTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Ftp {
    /// Name or address of the server.
    pub host: String,
    /// Default: 21; 990 with implicit TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who signs in. Default: anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How the connection is kept from others.
    #[serde(default)]
    pub tls: FtpTls,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// A web server from which the rows of a catalogue name files. Its secret goes with URLs below its address,
/// and with no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// `https://dam.example/media`: below it, requests sign in.
    pub url: String,
    /// Who signs in, by a password (HTTP basic). Default: nobody, or by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The header that the token is sent in, such as `X-Api-Key`. Default: `Authorization: Bearer …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

/// How an FTP connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FtpTls {
    /// By nothing: the password and the files can be read on their way.
    None,
    /// TLS after the greeting (RFC 4217).
    #[default]
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

impl Sftp {
    /// A server of which only the host is known.
    pub fn at(host: String) -> Self {
        Self { host, port: None, user: None, key: None, known_hosts: None, sessions: None }
    }
}

impl Webdav {
    /// A server of which only the address is known.
    pub fn at(url: String) -> Self {
        Self { url, user: None, sessions: None }
    }
}

impl Ftp {
    /// A server of which only the host is known.
    pub fn at(host: String) -> Self {
        Self { host, port: None, user: None, tls: FtpTls::default(), sessions: None }
    }
}

impl Http {
    /// A server of which only the address is known.
    pub fn at(url: String) -> Self {
        Self { url, user: None, header: None }
    }

    /// What is wrong with how it signs in, if anything is.
    fn check_sign_in(&self) -> Option<&'static str> {
        let header = self.header.as_ref()?;
        if self.user.is_some() {
            return Some("it has a user and a header; take one of the two out");
        }
        let is_name = reqwest::header::HeaderName::from_bytes(header.as_bytes()).is_ok();
        (!is_name).then_some("its `header` is no header's name, such as X-Api-Key")
    }
}

impl Connection {
    /// The word for its kind, as the job file writes it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::S3(_) => "s3",
            Self::Azure(_) => "azure",
            Self::Gcs(_) => "gcs",
            Self::Sftp(_) => "sftp",
            Self::Webdav(_) => "webdav",
            Self::Ftp(_) => "ftp",
            Self::Http(_) => "http",
        }
    }

    /// The secrets that it may need.
    pub const fn secrets(&self) -> &'static [SecretField] {
        use SecretField::{
            AccessKeyId, AccountKey, KeyPassphrase, Password, SasToken, SecretAccessKey, ServiceAccountKey,
            SessionToken, Token,
        };
        match self {
            Self::S3(_) => &[AccessKeyId, SecretAccessKey, SessionToken],
            Self::Azure(_) => &[AccountKey, SasToken],
            Self::Gcs(_) => &[ServiceAccountKey],
            Self::Sftp(_) => &[Password, KeyPassphrase],
            Self::Webdav(_) | Self::Http(_) => &[Password, Token],
            Self::Ftp(_) => &[Password],
        }
    }

    /// Whether its service keeps objects in buckets, so that the first part of a path is the bucket's name.
    pub const fn has_buckets(&self) -> bool {
        matches!(self, Self::S3(_) | Self::Azure(_) | Self::Gcs(_))
    }

    /// The name under which the secrets of a connection are kept that a URL describes: its host's.
    /// Object storage at Amazon is `s3`, at Microsoft `azure`, at Google `gcs`.
    pub fn own_name(&self) -> String {
        let host_of = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        match self {
            Self::S3(S3 { endpoint, .. })
            | Self::Azure(Azure { endpoint, .. })
            | Self::Gcs(Gcs { endpoint, .. }) => {
                endpoint.as_deref().and_then(host_of).unwrap_or_else(|| self.kind().to_owned())
            }
            Self::Sftp(Sftp { host, .. }) | Self::Ftp(Ftp { host, .. }) => host.clone(),
            Self::Webdav(Webdav { url, .. }) | Self::Http(Http { url, .. }) => {
                host_of(url).unwrap_or_else(|| url.clone())
            }
        }
    }

    /// Checks what can be checked without the service. `name`: the connection's, for the message.
    pub fn check(&self, name: &str) -> Result<(), SpecError> {
        let wrong =
            |what: &str| Err(SpecError::Connection { what: format!("the connection {name}: {what}") });
        if !is_connection_name(name) {
            return wrong(
                "its name must be 2 to 64 letters, digits, `-`, `_` or `.`, and begin with a letter or digit",
            );
        }
        if let Self::Azure(Azure { account: Some(account), .. }) = self
            && !is_account_name(account)
        {
            return wrong("its account's name has 3 to 24 small letters and digits");
        }
        if let Self::S3(S3 { copy_limit_mib: Some(mib), .. }) = self
            && !(5..=5120).contains(mib)
        {
            return wrong("its `copy_limit_mib` must be from 5, the smallest part, to 5120");
        }
        let url = match self {
            Self::S3(S3 { endpoint, .. })
            | Self::Azure(Azure { endpoint, .. })
            | Self::Gcs(Gcs { endpoint, .. }) => endpoint.as_deref(),
            Self::Webdav(webdav) => Some(webdav.url.as_str()),
            Self::Http(http) => match http.check_sign_in() {
                Some(what) => return wrong(what),
                None => Some(http.url.as_str()),
            },
            Self::Sftp(Sftp { host, .. }) | Self::Ftp(Ftp { host, .. }) => {
                let plain = !host.is_empty() && !host.contains(['/', '@', '?', '#']);
                return if plain { Ok(()) } else { wrong("its host must be a name or an address alone") };
            }
        };
        match url.map(Url::parse) {
            None => Ok(()),
            Some(Ok(url)) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
                wrong("its address must begin with http:// or https://")
            }
            Some(Ok(url)) if !url.username().is_empty() || url.password().is_some() => wrong(
                "a user or a password stands in its address; write `user = …` and keep the password as a secret",
            ),
            // A shared access signature stands there.
            Some(Ok(url)) if self.has_buckets() && url.query().is_some() => {
                wrong("a ? stands in its address; keep a SAS token as a secret")
            }
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => wrong(&format!("its address is not right: {error}")),
        }
    }
}

/// Whether a connection may have this name: what can neither be taken for a drive's letter nor for a
/// path.
pub fn is_connection_name(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name.starts_with(|char: char| char.is_ascii_alphanumeric())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char))
}

/// Whether a storage account of Azure may have this name (Azure Storage, "Storage account name"): it stands in
/// the host's name, and what is signed goes there.
pub(crate) fn is_account_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
}

/// Which secret of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretField {
    /// S3: the name of the key. Not secret by itself, but kept with what is.
    AccessKeyId,
    /// S3: the key.
    SecretAccessKey,
    /// S3: what temporary keys need besides.
    SessionToken,
    /// Azure: a key of the storage account.
    AccountKey,
    /// Azure: a shared access signature, instead of a key.
    SasToken,
    /// Google Cloud Storage: the content of a service account's key file (JSON).
    ServiceAccountKey,
    /// The password of the connection's user.
    Password,
    /// What unlocks the private key.
    KeyPassphrase,
    /// What signs in without a user (bearer).
    Token,
}

impl SecretField {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AccessKeyId,
        Self::SecretAccessKey,
        Self::SessionToken,
        Self::AccountKey,
        Self::SasToken,
        Self::ServiceAccountKey,
        Self::Password,
        Self::KeyPassphrase,
        Self::Token,
    ];

    /// The word that names it in the keychain and, in capitals, in the environment.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AccessKeyId => "access_key_id",
            Self::SecretAccessKey => "secret_access_key",
            Self::SessionToken => "session_token",
            Self::AccountKey => "account_key",
            Self::SasToken => "sas_token",
            Self::ServiceAccountKey => "service_account_key",
            Self::Password => "password",
            Self::KeyPassphrase => "key_passphrase",
            Self::Token => "token",
        }
    }

    /// The environment variable that holds it for this connection: `SLUICE_NAS_2_PASSWORD`.
    pub fn variable(self, connection: &str) -> String {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' };
        let name: String = connection.chars().map(plain).collect();
        format!("SLUICE_{name}_{}", self.word().to_ascii_uppercase())
    }
}

/// A secret's text: it is neither printed, logged, nor kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Guards a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the request that needs it and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where secrets are kept.
pub trait Secrets: Send + Sync {
    /// The secret of that connection. None: there is none here. An error: this place holds secrets
    /// but does not give this one (a locked keychain), in words for a person.
    fn get(&self, connection: &str, field: SecretField) -> Result<Option<Secret>, String>;
}

/// Secrets in environment variables, see [`SecretField::variable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Secrets for Environment {
    fn get(&self, connection: &str, field: SecretField) -> Result<Option<Secret>, String> {
        let value = std::env::var(field.variable(connection)).ok();
        Ok(value.filter(|value| !value.is_empty()).map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_from_its_table_and_holds_no_secret() {
        let read = |text: &str| toml::from_str::<Connection>(text);
        let s3 = read("kind = \"s3\"\nendpoint = \"https://s3.example:9000\"").expect("s3");
        assert_eq!(s3.kind(), "s3");
        s3.check("archive").expect("right");
        assert_eq!(s3.own_name(), "s3.example");
        assert!(read("kind = \"sftp\"\nhost = \"nas\"\npassword = \"x\"").is_err());
        assert!(read("kind = \"s3\"\nsecret_access_key = \"x\"").is_err());
        assert!(read("kind = \"gopher\"").is_err());
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        let webdav = |url: &str| Connection::Webdav(Webdav::at(url.into()));
        assert!(webdav("https://host/x").check("dam").is_ok());
        assert!(webdav("https://host/x").check("d").is_err());
        assert!(webdav("https://host/x").check("../d").is_err());
        assert!(webdav("ftp://host/x").check("dam").is_err());
        let error = webdav("https://u:hunter2@host/x").check("dam").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(Connection::Sftp(Sftp::at("user@host".into())).check("nas").is_err());
        let azure = |account: &str, endpoint: &str| {
            Connection::Azure(Azure {
                account: Some(account.into()),
                endpoint: Some(endpoint.into()),
                anonymous: false,
            })
        };
        assert!(azure("media01", "http://127.0.0.1:10000/media01").check("cloud").is_ok());
        assert!(azure("evil.example/", "https://host").check("cloud").is_err());
        let error =
            azure("media01", "https://host/?sig=hunter2").check("cloud").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
        let http = |header: &str| Http { header: Some(header.into()), ..Http::at("https://host/x".into()) };
        assert!(Connection::Http(http("X-Api-Key")).check("dam").is_ok());
        assert!(Connection::Http(http("X Key:")).check("dam").is_err());
        let both = Http { user: Some("me".into()), ..http("X-Api-Key") };
        assert!(Connection::Http(both).check("dam").is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = Secret::new("hunter2".into());
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(SecretField::Password.variable("nas-2.local"), "SLUICE_NAS_2_LOCAL_PASSWORD");
    }
}
