//! The file with the user's connections: the tables `[connections.NAME]` of a job file, in a file of
//! their own. It holds no secret.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::ConnectionError;
use crate::error::Error;
use crate::spec::{Connection, SecretField, SpecError, told};

/// The environment variable that names another file.
const PLACE: &str = "SLUICE_CONNECTIONS";

/// A file larger than this (bytes) is none of ours.
const MAX: u64 = 1 << 20;

const HEADER: &str = "\
# Connections of Sluice. `sluice connections` rewrites this file; a comment in it would be lost.
# Secrets are not here: they are in the system's keychain, or in the environment.

";

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    #[serde(default)]
    connections: BTreeMap<String, Connection>,
}

/// Where the user's connections are.
pub(super) fn place() -> Result<PathBuf, ConnectionError> {
    if let Some(place) = std::env::var_os(PLACE).filter(|place| !place.is_empty()) {
        return Ok(place.into());
    }
    dirs::config_dir()
        .map(|folder| folder.join("sluice").join("connections.toml"))
        .ok_or(ConnectionError::NoFolder)
}

/// All connections of a file, by name. None where there is no such file.
pub(super) fn load(path: &Path) -> Result<BTreeMap<String, Connection>, ConnectionError> {
    let unreadable = |error| ConnectionError::Unreadable { path: path.to_owned(), error };
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(MAX + 1).read_to_string(&mut text).map_err(unreadable)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(unreadable(error)),
    };
    if text.len() as u64 > MAX {
        return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
    }
    let book: Book = toml::from_str(&text).map_err(|error| {
        let why = told(&text, &error);
        ConnectionError::Malformed { path: path.to_owned(), why }
    })?;
    for (name, connection) in &book.connections {
        let malformed =
            |error: SpecError| ConnectionError::Malformed { path: path.to_owned(), why: error.to_string() };
        connection.check(name).map_err(malformed)?;
    }
    Ok(book.connections)
}

/// Keeps a connection under a new name. `before` is done while the name is known to be free and
/// nobody else can take it.
pub(super) fn add(
    path: &Path,
    name: &str,
    connection: Connection,
    before: impl FnOnce() -> Result<(), ConnectionError>,
) -> Result<(), Error> {
    connection.check(name)?;
    change(path, |connections| {
        if let Some(taken) = rival(connections, name) {
            return Err(ConnectionError::Taken { name: name.to_owned(), taken: taken.to_owned() }.into());
        }
        before()?;
        connections.insert(name.to_owned(), connection);
        Ok(())
    })
}

/// The connection that has this name, or would take its secrets from the same variables.
pub(super) fn rival<'a>(connections: &'a BTreeMap<String, Connection>, name: &str) -> Option<&'a str> {
    let variable = |name: &str| SecretField::Password.variable(name);
    connections.keys().find(|known| variable(known) == variable(name)).map(String::as_str)
}

/// Describes a connection anew, after `before` is done with what it was.
pub(super) fn replace(
    path: &Path,
    name: &str,
    connection: Connection,
    before: impl FnOnce(&Connection) -> Result<(), ConnectionError>,
) -> Result<(), Error> {
    connection.check(name)?;
    change(path, |connections| {
        let Some(known) = connections.get_mut(name) else { return Err(unknown(name, connections).into()) };
        before(known)?;
        *known = connection;
        Ok(())
    })
}

/// Forgets a connection, after `before` is done with it.
pub(super) fn remove(
    path: &Path,
    name: &str,
    before: impl FnOnce(&Connection) -> Result<(), ConnectionError>,
) -> Result<(), Error> {
    change(path, |connections| {
        let connection = connections.remove(name).ok_or_else(|| unknown(name, connections))?;
        Ok(before(&connection)?)
    })
}

pub(super) fn unknown(name: &str, connections: &BTreeMap<String, Connection>) -> ConnectionError {
    ConnectionError::Unknown { name: name.to_owned(), known: connections.keys().cloned().collect() }
}

/// Changes the file, all of it or nothing, one process at a time.
fn change<T>(
    path: &Path,
    change: impl FnOnce(&mut BTreeMap<String, Connection>) -> Result<T, Error>,
) -> Result<T, Error> {
    let unwritable = |error| ConnectionError::Unwritable { path: path.to_owned(), error };
    // A file that is a link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let lock = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock"));
    let lock = lock.map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;
    let mut book = Book { connections: load(&path)? };
    let changed = change(&mut book.connections)?;
    let text = toml::to_string(&book).map_err(|error| unwritable(io::Error::other(error)))?;
    write(&path, folder, &text).map_err(unwritable)?;
    Ok(changed)
}

/// Beside its place first, for the user alone (0600, where the system has such bits).
fn write(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(HEADER.as_bytes())?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{S3, Sftp};

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below/connections.toml");
        (folder, path)
    }

    fn s3(endpoint: &str) -> Connection {
        Connection::S3(S3 { endpoint: Some(endpoint.into()), ..S3::default() })
    }

    fn keep(path: &Path, name: &str, connection: Connection) -> Result<(), Error> {
        add(path, name, connection, || Ok(()))
    }

    #[test]
    fn what_is_added_is_found_until_it_is_removed() {
        let (_folder, path) = place();
        assert!(load(&path).expect("none yet").is_empty());
        keep(&path, "archive", s3("https://s3.example:9000")).expect("added");
        keep(&path, "nas", Connection::Sftp(Sftp::at("nas.example".into()))).expect("added");
        let names: Vec<_> = load(&path).expect("both").into_keys().collect();
        assert_eq!(names, ["archive", "nas"]);
        let removed = |connection: &Connection| {
            assert_eq!(connection, &s3("https://s3.example:9000"));
            Ok(())
        };
        remove(&path, "archive", removed).expect("removed");
        assert_eq!(load(&path).expect("one").len(), 1);
        let error = remove(&path, "archive", |_| Ok(())).expect_err("gone").to_string();
        assert!(error.contains("archive") && error.contains("nas"), "{error}");
    }

    #[test]
    fn what_is_there_is_described_anew_and_nothing_else_is() {
        let (_folder, path) = place();
        keep(&path, "archive", s3("https://old.example")).expect("added");
        let was = |connection: &Connection| {
            assert_eq!(connection, &s3("https://old.example"));
            Ok(())
        };
        replace(&path, "archive", s3("https://new.example"), was).expect("replaced");
        assert_eq!(load(&path).expect("one")["archive"], s3("https://new.example"));
        let refused = |_: &Connection| Err(ConnectionError::NoFolder);
        assert!(replace(&path, "archive", s3("https://third.example"), refused).is_err());
        assert!(replace(&path, "archive", s3("gopher://x"), |_| Ok(())).is_err());
        assert!(replace(&path, "other", s3("https://new.example"), |_| Ok(())).is_err());
        let left = load(&path).expect("one");
        assert_eq!((left.len(), &left["archive"]), (1, &s3("https://new.example")));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_the_users_alone_and_a_link_stays_one() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, path) = place();
        let link = folder.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        keep(&path, "archive", s3("https://s3.example")).expect("added");
        keep(&link, "second", s3("https://s3.example")).expect("added");
        assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert!(link.is_symlink());
        assert_eq!(load(&path).expect("both").len(), 2);
    }

    #[test]
    fn a_name_is_taken_once_also_in_the_environment() {
        let (_folder, path) = place();
        keep(&path, "nas-2", s3("https://a.example")).expect("added");
        for name in ["nas-2", "nas_2", "NAS.2"] {
            let error = keep(&path, name, s3("https://b.example")).expect_err(name);
            assert_eq!(error.code(), "connection_exists", "{name}");
        }
        let refused = || Err(ConnectionError::NoKeychain { name: "c2".into(), fields: Vec::new() });
        assert!(add(&path, "c2", s3("https://c.example"), refused).is_err());
        assert!(keep(&path, "../x", s3("https://b.example")).is_err());
        assert_eq!(load(&path).expect("one")["nas-2"], s3("https://a.example"));
    }

    #[test]
    fn a_file_with_a_secret_in_it_is_refused_without_repeating_it() {
        let (_folder, path) = place();
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(&path, "[connections.a1]\nkind = \"s3\"\nsecret_access_key = \"hunter2\"\n")
            .expect("a file");
        let error = load(&path).expect_err("refused").to_string();
        assert!(error.contains("line 1") && error.contains("secret_access_key"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        fs::write(&path, "x".repeat(MAX as usize + 1)).expect("a file");
        assert!(load(&path).expect_err("refused").to_string().contains("1 MiB"));
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let (_folder, path) = place();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    keep(path, &format!("c{number}"), s3("https://a.example")).expect("added")
                });
            }
        });
        assert_eq!(load(&path).expect("all").len(), 8);
    }
}
