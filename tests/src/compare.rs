//! Comparing what arrived with what was to be moved.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Everything below a root, by its path below it; links are not followed.
pub fn entries(root: &Path) -> BTreeMap<PathBuf, Metadata> {
    WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            Some((entry.path().strip_prefix(root).expect("below its root").to_owned(), metadata))
        })
        .collect()
}

/// In which ways `right` is not `left`: names, kinds, bytes, modification times of files. Entries
/// of `left` for which `leave_out` holds must not be in `right`.
pub fn differences(left: &Path, right: &Path, leave_out: impl Fn(&Path) -> bool) -> Vec<String> {
    let (left_entries, mut right_entries) = (entries(left), entries(right));
    let mut found = Vec::new();
    for (path, expected) in left_entries.iter().filter(|(path, _)| !leave_out(path)) {
        let Some(actual) = right_entries.remove(path) else {
            found.push(format!("missing: {path:?}"));
            continue;
        };
        if expected.file_type() != actual.file_type() {
            found.push(format!("of another kind: {path:?}"));
        } else if expected.is_file() {
            if expected.len() != actual.len() || !same_bytes(&left.join(path), &right.join(path)) {
                found.push(format!("other bytes: {path:?}"));
            }
            if expected.modified().ok() != actual.modified().ok() {
                found.push(format!("other modification time: {path:?}"));
            }
        }
    }
    found.extend(right_entries.into_keys().map(|path| format!("not at the source: {path:?}")));
    found
}

/// Asserts that `right` holds what `left` holds and nothing else, no temporary file either.
///
/// # Panics
/// When it does not.
pub fn assert_same(left: &Path, right: &Path) {
    assert_same_but(left, right, |_| false);
}

/// [`assert_same`], but for entries that policy leaves out.
///
/// # Panics
/// When anything else differs.
pub fn assert_same_but(left: &Path, right: &Path, leave_out: impl Fn(&Path) -> bool) {
    let found = differences(left, right, leave_out);
    assert!(found.is_empty(), "{} differences, the first: {:#?}", found.len(), &found[..found.len().min(20)]);
}

/// Asserts that `right` holds what `left` holds, but for entries that were added.
///
/// # Panics
/// When anything else differs, or what may be added is not in `right` at all.
pub fn assert_same_and(left: &Path, right: &Path, added: impl Fn(&Path) -> bool) {
    let added: Vec<String> = entries(right)
        .into_keys()
        .filter(|path| added(path))
        .map(|path| format!("not at the source: {path:?}"))
        .collect();
    assert!(!added.is_empty(), "nothing was added");
    let found: Vec<String> =
        differences(left, right, |_| false).into_iter().filter(|found| !added.contains(found)).collect();
    assert!(found.is_empty(), "{} differences, the first: {:#?}", found.len(), &found[..found.len().min(20)]);
}

/// Whether two files hold the same bytes. A file that is not there holds none.
pub fn same_bytes(left: &Path, right: &Path) -> bool {
    let (Ok(mut left), Ok(mut right)) = (File::open(left), File::open(right)) else { return false };
    let (mut left_block, mut right_block) = (vec![0; 1 << 18], vec![0; 1 << 18]);
    loop {
        let Ok(length) = left.read(&mut left_block) else { return false };
        if right.read_exact(&mut right_block[..length]).is_err()
            || left_block[..length] != right_block[..length]
        {
            return false;
        }
        if length == 0 {
            return matches!(right.read(&mut right_block), Ok(0));
        }
    }
}

/// Temporary files below a root.
pub fn leftovers(root: &Path) -> Vec<PathBuf> {
    entries(root).into_keys().filter(|path| is_temporary(path)).collect()
}

/// Whether this is the name of a file that a delivery is still writing.
pub fn is_temporary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".sluice-"))
}

/// Which file a name leads to, and when it was last changed in any way.
pub type Identity = (u64, i64, i64);

/// The identity of every file that stands under a final name.
pub fn identities(root: &Path) -> BTreeMap<PathBuf, Identity> {
    entries(root)
        .into_iter()
        .filter(|(path, metadata)| metadata.is_file() && !is_temporary(path))
        .map(|(path, metadata)| (path, (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())))
        .collect()
}

/// The names and bytes of a tree, to see later that nothing was touched.
pub fn picture(root: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    entries(root)
        .into_iter()
        .map(|(path, metadata)| {
            let bytes = metadata.is_file().then(|| fs::read(root.join(&path)).expect("a readable file"));
            (path, bytes)
        })
        .collect()
}
