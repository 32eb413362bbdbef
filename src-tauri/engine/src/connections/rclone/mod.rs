//! Takes over rclone's remotes: those of the kinds that we speak, as far as they mean the same here.
//! A remote with an option that would change what it means is left, and the option is named.

mod file;
mod kinds;
mod obscure;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ConnectionError, SecretAt, SecretPlace, book, keychain};
use crate::error::Error;
use crate::spec::{Connection, Secret, SecretField, is_connection_name};
use file::{NoConfig, Remote};

/// What became of a configuration's remotes: each is in one of the two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Imported {
    /// What is a connection now, or would be.
    pub taken: Vec<Taken>,
    /// What is not.
    pub left: Vec<Left>,
}

/// A remote that is a connection now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Taken {
    /// What rclone calls it.
    pub remote: String,
    /// What we call it.
    pub name: String,
    /// How it is reached.
    pub connection: Connection,
    /// Where its secrets are now, or would be. Missing: there is no keychain, so the variable must
    /// be set.
    pub secrets: Vec<SecretAt>,
    /// Options of rclone that have no counterpart here; nothing depends on them.
    pub dropped: Vec<String>,
}

/// A remote that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Left {
    /// What rclone calls it.
    pub remote: String,
    /// Why, and what to do.
    pub why: String,
}

/// A remote in our words. It has no `Debug`, because it holds secrets.
struct Translated {
    connection: Connection,
    secrets: Vec<(SecretField, Secret)>,
    dropped: Vec<String>,
}

/// Takes over the remotes of a configuration, or only that one. `into`: the file with the user's
/// connections. A dry run changes nothing.
pub(super) fn import(
    config: &[u8],
    only: Option<&str>,
    dry_run: bool,
    into: &Path,
) -> Result<Imported, Error> {
    if config.len() as u64 > file::MAX {
        return Err(refused(
            "it is larger than 1 MiB".into(),
            "Name the file that `rclone config file` prints.",
        )
        .into());
    }
    let mut remotes = file::read(config).map_err(|error| match error {
        NoConfig::Encrypted => refused(
            error.to_string(),
            "Let rclone take the protection off on the way, so that it is never on the disk without: \
             `rclone config show | sluice connections import -`.",
        ),
        _ => refused(error.to_string(), "Name the file that `rclone config file` prints."),
    })?;
    if let Some(only) = only {
        let known = remotes.iter().map(|remote| remote.name.clone()).collect();
        remotes.retain(|remote| remote.name == only);
        if remotes.is_empty() {
            return Err(ConnectionError::Unknown { name: only.to_owned(), known }.into());
        }
    }
    let has_keychain = keychain::is_there();
    let mut known: BTreeMap<String, Connection> = book::load(into)?;
    let mut imported = Imported::default();
    for remote in remotes {
        let place = Place { known: &known, into, has_keychain, dry_run };
        match take(&remote, &place) {
            Ok(taken) => {
                known.insert(taken.name.clone(), taken.connection.clone());
                imported.taken.push(taken);
            }
            Err(why) => imported.left.push(Left { remote: remote.name, why }),
        }
    }
    Ok(imported)
}

fn refused(why: String, advice: &'static str) -> ConnectionError {
    ConnectionError::Rclone { why, advice }
}

/// Where remotes go.
struct Place<'a> {
    known: &'a BTreeMap<String, Connection>,
    into: &'a Path,
    has_keychain: bool,
    dry_run: bool,
}

fn take(remote: &Remote, place: &Place<'_>) -> Result<Taken, String> {
    let name = name_of(&remote.name)
        .ok_or("its name has fewer than two letters or digits; rename it in rclone first")?;
    if let Some(taken) = book::rival(place.known, &name) {
        return Err(format!(
            "there is a connection {taken} already; remove that one first, or rename this one"
        ));
    }
    let Translated { connection, secrets, dropped } = kinds::translate(remote)?;
    connection.check(&name).map_err(|error| error.to_string())?;
    if !place.dry_run {
        let kept = if place.has_keychain { secrets.as_slice() } else { &[] };
        super::keep(place.into, &name, connection.clone(), kept).map_err(|error| error.to_string())?;
    }
    let at = |(field, _): &(SecretField, Secret)| SecretAt {
        field: *field,
        place: if place.has_keychain { SecretPlace::Keychain } else { SecretPlace::Missing },
        variable: field.variable(&name),
    };
    let secrets = secrets.iter().map(at).collect();
    Ok(Taken { remote: remote.name.clone(), secrets, name, connection, dropped })
}

/// A remote's name with `-` for each character that no connection's name may hold.
fn name_of(remote: &str) -> Option<String> {
    let plain = |char: char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' };
    let name: String = remote.trim().chars().map(plain).collect();
    Some(name.trim_matches('-').to_owned()).filter(|name| is_connection_name(name))
}

/// The options of a remote that nobody asked for.
fn dropped(remote: &Remote, used: &[&str]) -> Vec<String> {
    let used: BTreeSet<_> = used.iter().copied().chain(["type", "description"]).collect();
    remote.keys().filter(|key| !used.contains(key)).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import_text(
        text: &str,
        only: Option<&str>,
        dry_run: bool,
    ) -> (Imported, BTreeMap<String, Connection>) {
        let folder = tempfile::tempdir().expect("a folder");
        let into = folder.path().join("connections.toml");
        let imported =
            import(text.as_bytes(), only, dry_run, &into).unwrap_or_else(|error| panic!("{error}"));
        let known = book::load(&into).expect("the file");
        (imported, known)
    }

    const PUBLIC: &str = "[my bucket]\ntype = s3\nprovider = Minio\nendpoint = s3.example:9000\n\n\
                          [docs]\ntype = drive\n\n[b]\ntype = ftp\nhost = h\nuser = u\n";

    #[test]
    fn each_remote_is_taken_or_left_with_a_reason() {
        let (imported, known) = import_text(PUBLIC, None, false);
        assert_eq!(known.keys().collect::<Vec<_>>(), ["my-bucket"]);
        assert_eq!(
            (imported.taken[0].remote.as_str(), imported.taken[0].name.as_str()),
            ("my bucket", "my-bucket")
        );
        assert_eq!(imported.taken[0].connection, known["my-bucket"]);
        let left: Vec<_> = imported.left.iter().map(|left| left.remote.as_str()).collect();
        assert_eq!(left, ["docs", "b"]);
        assert!(imported.left[0].why.contains("drive"), "{}", imported.left[0].why);
    }

    #[test]
    fn a_dry_run_changes_nothing_and_one_can_be_chosen() {
        let (imported, known) = import_text(PUBLIC, None, true);
        assert_eq!((imported.taken.len(), known.len()), (1, 0));
        let (imported, _) = import_text(PUBLIC, Some("docs"), false);
        assert_eq!((imported.taken.len(), imported.left.len()), (0, 1));
    }

    #[test]
    fn two_remotes_do_not_take_one_name() {
        let (imported, known) = import_text("[a b]\ntype = s3\n[a-b]\ntype = s3\n", None, false);
        assert_eq!((imported.taken.len(), imported.left.len(), known.len()), (1, 1, 1));
    }

    #[test]
    fn a_protected_configuration_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = import(b"RCLONE_ENCRYPT_V0:\nzKz0", None, false, &folder.path().join("c.toml"))
            .expect_err("refused");
        assert!(error.report().advice.contains("rclone config show"), "{error:?}");
    }
}
