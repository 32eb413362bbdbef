//! Connections: how a service that keeps files is reached. Never a secret: those are asked for by the
//! connection's name and the field's, when they are needed (see [`Secrets`]).

mod object;
mod secret;
mod server;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use object::{Azure, Gcs, S3, S3Checksum, S3Guard};
pub(crate) use object::{is_account_name, is_this_computer};
pub use secret::{Environment, Secret, SecretField, Secrets};
pub use server::{Ftp, FtpTls, Http, Sftp, Webdav};

use super::SpecError;

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
            AccessKeyId, AccountKey, ClientSecret, KeyPassphrase, Password, SasToken, SecretAccessKey,
            ServiceAccountKey, SessionToken, Token,
        };
        match self {
            Self::S3(_) => &[AccessKeyId, SecretAccessKey, SessionToken],
            Self::Azure(Azure { managed_identity: true, .. }) => &[],
            Self::Azure(Azure { tenant: Some(_), .. }) => &[ClientSecret],
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
        if let Self::Azure(azure) = self
            && let Some(what) = azure.check_sign_in()
        {
            return wrong(what);
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
                ..Azure::default()
            })
        };
        assert!(azure("media01", "http://127.0.0.1:10000/media01").check("cloud").is_ok());
        assert!(azure("evil.example/", "https://host").check("cloud").is_err());
        let error =
            azure("media01", "https://host/?sig=hunter2").check("cloud").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
        let application = || Azure {
            tenant: Some("media.example".into()),
            client_id: Some("5e20-4f1d".into()),
            ..Azure::default()
        };
        let is_right = |azure: Azure| Connection::Azure(azure).check("cloud").is_ok();
        let login = |authority: &str| Azure { authority: Some(authority.into()), ..application() };
        assert!(is_right(application()) && is_right(login("https://login.microsoftonline.us")));
        assert!(is_right(login("http://127.0.0.1:8080")), "a test of one's own");
        assert!(!is_right(login("http://login.example")) && !is_right(login("https://u:p@login.example")));
        assert!(!is_right(Azure { tenant: Some("../evil".into()), ..application() }));
        assert!(!is_right(Azure { client_id: None, ..application() }));
        assert!(!is_right(Azure { tenant: None, ..application() }));
        let identity = Azure { managed_identity: true, tenant: None, ..application() };
        assert!(is_right(identity.clone()) && !is_right(Azure { anonymous: true, ..identity }));
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
