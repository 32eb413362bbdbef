//! Where files lie: a path on this computer, or a path behind a connection.
//!
//! A job writes a location as one string:
//!
//! ```text
//! /Volumes/Archive   Z:\Archive   ./odd:name      a path on this computer
//! s3://bucket/prefix   az://container/prefix   gs://bucket/prefix
//! sftp://ingest@nas.example:2222/archive   webdavs://dam.example/media
//! ftp://host/path   ftps://host/path                          a URL, which is its own connection
//! archive:bucket/prefix   nas:archive                        a connection's name, `:`, a path there
//! ```
//!
//! Which of these it is, its letters alone say, never what happens to be there: a known scheme with
//! `://` is a URL; a connection's name (at least two characters, so that `C:\x` stays a path of
//! Windows) before the first `:` names a connection; everything else is a path on this computer. A
//! path that begins like a connection is written with `./` before it.
//!
//! A user may stand in a URL, a password may not: job files, checkpoints and logs hold locations.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::connection::{Azure, Connection, Ftp, FtpTls, Gcs, S3, Sftp, Webdav, is_connection_name};

/// A folder or file on this computer or behind a connection. In job files and in the page: a string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub enum Location {
    /// On this computer, mounted shares and drives included.
    Local(PathBuf),
    /// Behind a connection.
    Remote(Remote),
}

/// A path behind a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    via: Via,
    path: String,
    text: String,
}

/// Through which connection a path is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The connection of that name: in the job, else in the user's own.
    Named(String),
    /// The connection that a URL itself describes.
    Url(Box<Connection>),
}

/// A text that is no location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// A password stands in a URL. The message does not repeat it.
    #[error(
        "a password stands in the URL of {host}; take it out: secrets are kept in the system's keychain or in \
         the environment, never in a job. Where there is a port, an @ in the path is written %40"
    )]
    Password {
        /// The URL's host.
        host: String,
    },
    /// A scheme that no connection speaks.
    #[error("{scheme}:// is no place for files; use s3, az or gs, or a path on this computer")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// What stands for the bucket cannot be one's name. The message does not repeat it: it may be a key.
    #[error("{BUCKET_RULE}; write {scheme}://bucket/prefix, and no key or address in it")]
    Bucket {
        /// The URL's scheme.
        scheme: String,
    },
    /// A URL that cannot be read.
    #[error("the URL {text} is not right: {why}")]
    Malformed {
        /// The URL, without what may be a password.
        text: String,
        /// What is wrong, and what to do.
        why: String,
    },
}

/// What [`is_bucket_name`] says, in words.
pub(crate) const BUCKET_RULE: &str = "a bucket's name has 3 to 63 letters, digits, `-`, `_` or `.`, with neither `-` nor `.` at its ends nor two `.` together";

/// Whether a bucket may have this name: what can neither hold a password nor lead to another host.
/// Amazon's rule (S3 User Guide, "General purpose bucket naming rules"), with the capitals and the
/// underscore that old buckets and other services have.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char))
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
        && !name.contains("..")
}

impl Location {
    /// Reads a location from a command line. What is no Unicode is a path on this computer.
    pub fn of_os(text: &OsStr) -> Result<Self, LocationError> {
        text.to_str().map_or_else(|| Ok(Self::Local(text.into())), str::parse)
    }

    /// The path, where it is one on this computer.
    pub fn local(&self) -> Option<&Path> {
        match self {
            Self::Local(path) => Some(path),
            Self::Remote(_) => None,
        }
    }

    /// The path, where it is one on this computer, to be changed.
    pub(crate) fn local_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Local(path) => Some(path),
            Self::Remote(_) => None,
        }
    }

    /// The part behind a connection, where it is there.
    pub fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Local(_) => None,
            Self::Remote(remote) => Some(remote),
        }
    }

    /// Whether nothing is named at all.
    pub fn is_empty(&self) -> bool {
        self.local().is_some_and(|path| path.as_os_str().is_empty())
    }

    /// The last part of its path: what people call it. None: it has none, such as `/`.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Local(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Self::Remote(remote) => {
                remote.path.rsplit('/').find(|part| !part.is_empty()).map(ToOwned::to_owned)
            }
        }
    }

    /// A relative path on this computer starts at `base`.
    pub(crate) fn start_at(&mut self, base: &Path) {
        if let Self::Local(path) = self
            && !path.as_os_str().is_empty()
        {
            *path = base.join(&*path);
        }
    }
}

impl Default for Location {
    /// Nowhere; a job is refused with it.
    fn default() -> Self {
        Self::Local(PathBuf::new())
    }
}

impl Remote {
    /// Through which connection.
    pub fn via(&self) -> &Via {
        &self.via
    }

    /// The path as the service itself writes it, neither encoded nor cleaned. In object storage the
    /// bucket comes first: `bucket/prefix`. Elsewhere a leading `/` means the server's root.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::Local(path)
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Local(path.to_owned())
    }
}

impl TryFrom<String> for Location {
    type Error = LocationError;

    fn try_from(text: String) -> Result<Self, LocationError> {
        text.parse()
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.to_string()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::Remote(remote) => f.write_str(&remote.text),
        }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if let Some((scheme, rest)) = text.split_once("://")
            && is_scheme(scheme)
        {
            let (via, path) = of_url(&scheme.to_ascii_lowercase(), rest, text)?;
            return Ok(Self::Remote(Remote { via: Via::Url(Box::new(via)), path, text: text.to_owned() }));
        }
        match text.split_once(':') {
            Some((name, path)) if is_connection_name(name) => Ok(Self::Remote(Remote {
                via: Via::Named(name.to_owned()),
                path: path.to_owned(),
                text: text.to_owned(),
            })),
            _ => Ok(Self::Local(text.into())),
        }
    }
}

/// RFC 3986, section 3.1; a drive's letter is none.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

/// The connection that a URL describes, and the path behind it.
fn of_url(scheme: &str, rest: &str, text: &str) -> Result<(Connection, String), LocationError> {
    let in_buckets = match scheme {
        "s3" => Some(Connection::S3(S3::default())),
        "az" => Some(Connection::Azure(Azure::default())),
        "gs" => Some(Connection::Gcs(Gcs::default())),
        _ => None,
    };
    if let Some(connection) = in_buckets {
        return Ok((connection, of_bucket(scheme, rest)?));
    }
    if !matches!(scheme, "sftp" | "webdav" | "webdavs" | "ftp" | "ftps") {
        return Err(LocationError::Scheme { scheme: scheme.to_owned() });
    }
    let malformed = |why: String| LocationError::Malformed { text: shown(scheme, rest), why };
    // A password that is not encoded may end the authority early: what is after its / is then a path.
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let has_colon = authority.rsplit(']').next().is_some_and(|after| after.contains(':'));
    if has_colon && after.contains('@') {
        return Err(LocationError::Password { host: host_of(rest) });
    }
    let url = Url::parse(text).map_err(|error| malformed(error.to_string()))?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| malformed("it names no host".into()))?.to_owned();
    if url.password().is_some() {
        return Err(LocationError::Password { host });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(malformed("write ? as %3F and # as %23; options belong in a connection".into()));
    }
    let decoded = |part: &str| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| malformed("its %-codes give no UTF-8".into()))
    };
    let user = Some(decoded(url.username())?).filter(|user| !user.is_empty());
    let path = decoded(url.path())?;
    let port = url.port();
    let connection = match scheme {
        "sftp" => Connection::Sftp(Sftp { port, user, ..Sftp::at(host) }),
        "ftp" => Connection::Ftp(Ftp { port, user, tls: FtpTls::None, ..Ftp::at(host) }),
        "ftps" => Connection::Ftp(Ftp { port, user, tls: FtpTls::Explicit, ..Ftp::at(host) }),
        _ => {
            let web = if scheme == "webdavs" { "https" } else { "http" };
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            Connection::Webdav(Webdav { user, ..Webdav::at(format!("{web}://{host}{port}")) })
        }
    };
    Ok((connection, path))
}

/// The URL without what may be a password: the last `@` of all ends it, whatever it holds.
fn shown(scheme: &str, rest: &str) -> String {
    match rest.rsplit_once('@') {
        Some((_, after)) => format!("{scheme}://…@{after}"),
        None => format!("{scheme}://{rest}"),
    }
}

/// What stands for the host in a URL that holds a password.
fn host_of(rest: &str) -> String {
    let after = rest.rsplit('@').next().unwrap_or_default();
    after.split(['/', '?', '#', ':']).next().unwrap_or_default().to_owned()
}

/// The path of `s3://bucket/key` and its like, as the services' own tools write it: nothing in it is encoded.
fn of_bucket(scheme: &str, rest: &str) -> Result<String, LocationError> {
    let bucket = rest.split('/').next().unwrap_or_default();
    if bucket.contains('@') || (bucket.contains(':') && rest.contains('@')) {
        return Err(LocationError::Password { host: host_of(rest) });
    }
    if bucket.is_empty() {
        let why = format!("it names no bucket; write {scheme}://bucket/prefix");
        return Err(LocationError::Malformed { text: shown(scheme, rest), why });
    }
    if !is_bucket_name(bucket) {
        return Err(LocationError::Bucket { scheme: scheme.to_owned() });
    }
    Ok(rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> Remote {
        match text.parse() {
            Ok(Location::Remote(remote)) => remote,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn paths_of_this_computer_stay_what_they_are() {
        for text in [
            "/Volumes/a:b",
            "relative/x",
            "C:\\x",
            "c:x",
            "\\\\server\\share",
            "\\\\?\\C:\\x",
            "./nas:x",
            "a b:c",
            "",
            "-x:y",
        ] {
            let location: Location = text.parse().expect(text);
            assert_eq!(location, Location::Local(text.into()), "{text}");
            assert_eq!(location.to_string(), text);
        }
    }

    #[test]
    fn a_name_and_a_path_are_a_connection() {
        let place = remote("nas-2:archive/2024: one");
        assert_eq!(place.via(), &Via::Named("nas-2".into()));
        assert_eq!(place.path(), "archive/2024: one");
        assert_eq!(remote("nas:").path(), "");
    }

    #[test]
    fn a_url_describes_its_own_connection() {
        let place = remote("s3://media/a%20b/c?d");
        assert_eq!(place.via(), &Via::Url(Box::new(Connection::S3(S3::default()))));
        assert_eq!(place.path(), "media/a%20b/c?d");

        let place = remote("az://media/a%20b");
        assert_eq!(place.via(), &Via::Url(Box::new(Connection::Azure(Azure::default()))));
        assert_eq!(place.path(), "media/a%20b");
        let place = remote("gs://media");
        assert_eq!(place.via(), &Via::Url(Box::new(Connection::Gcs(Gcs::default()))));

        let place = remote("sftp://ingest@nas.example:2222/archive/a%20b");
        let sftp = Sftp { port: Some(2222), user: Some("ingest".into()), ..Sftp::at("nas.example".into()) };
        assert_eq!(place.via(), &Via::Url(Box::new(Connection::Sftp(sftp))));
        assert_eq!(place.path(), "/archive/a b");

        let place = remote("webdavs://dam.example:8443/media");
        let webdav = Webdav::at("https://dam.example:8443".into());
        assert_eq!(place.via(), &Via::Url(Box::new(Connection::Webdav(webdav))));
        let text = "ftps://host/x";
        assert_eq!(Location::Remote(remote(text)).to_string(), text);
        assert_eq!(Location::Remote(remote("s3://media/a/b/")).name().as_deref(), Some("b"));
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in [
            "sftp://u:hunter2@host/x",
            "s3://AKIA:hunter2@bucket/x",
            "s3://AKIA:hunter2",
            "s3://hunter2@bucket",
            "s3:///AKIA:hunter2@bucket",
            "az://account:hunter2@container/x",
            "gs://hunter2@bucket",
            "ftp://u:hunter2@:99999/x",
        ] {
            let error = text.parse::<Location>().expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        for cut in ["/", "?", "#", "\\", "@", "%", ":", "]/", "@x/", "/@/"] {
            for secret in [format!("hun{cut}ter2"), format!("12{cut}ter2")] {
                for url in [
                    "sftp://u:{}@host/x",
                    "ftp://u:{}@host:21/x",
                    "webdavs://u:{}@host",
                    "s3://AKIA:{}@bucket/x",
                ] {
                    let text = url.replace("{}", &secret);
                    let error = text.parse::<Location>().expect_err(&text).to_string();
                    assert!(!error.contains("hun") && !error.contains("ter2"), "{text}: {error}");
                }
            }
        }
    }

    #[test]
    fn an_at_sign_in_a_path_is_no_password() {
        for text in [
            "s3://bucket/folder@2024/x",
            "s3://bucket/a:b@c",
            "sftp://host/a@b",
            "sftp://u@host/a@b",
            "sftp://[::1]/a@b",
        ] {
            assert_eq!(Location::Remote(remote(text)).to_string(), text);
        }
        assert_eq!(remote("sftp://host:22/a%40b").path(), "/a@b");
        let local: Location = "/Volumes/a:b@c".parse().expect("a path");
        assert!(local.local().is_some());
    }

    #[test]
    fn a_bucket_has_a_name_and_nothing_else() {
        for name in ["media", "Media_2.old", "123"] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in
            ["ab", "a..b", ".abc", "abc-", "a b c", "evil.example#", "evil:80", "a%2fb", "a\\b", "bücher"]
        {
            assert!(!is_bucket_name(name), "{name}");
            assert!(format!("s3://{name}/x").parse::<Location>().is_err(), "{name}");
        }
        assert!(!is_bucket_name(&"a".repeat(64)));
    }

    #[test]
    fn what_no_connection_speaks_is_refused() {
        for text in ["https://host/x", "file:///x", "gopher://x", "s3:///x", "sftp:///x", "sftp://host/a?b"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
