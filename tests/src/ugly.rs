//! The tree that nobody wants and everybody has.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::tree;

/// What [`make`] made, as paths below its root.
#[derive(Debug, Default)]
pub struct Ugly {
    /// Regular files, to be delivered as they are.
    pub files: Vec<PathBuf>,
    /// Junk of other systems, links, pipes and sockets: found, and left out by policy.
    pub excluded: Vec<PathBuf>,
    /// Folders that hold nothing.
    pub empty_folders: Vec<PathBuf>,
}

/// Fills `root` with every strange thing that the design has a policy for.
///
/// # Panics
/// When the file system refuses one of them.
pub fn make(root: &Path) -> Ugly {
    let mut made = Ugly::default();
    fs::create_dir_all(root).expect("the root");
    ordinary_content(root, &mut made);
    special_content(root, &mut made);
    left_out(root, &mut made);
    made
}

fn names() -> Vec<OsString> {
    let long = format!("{}.mov", "l".repeat(251));
    let long_unicode = format!("{}x.mov", "é".repeat(125));
    let mut names: Vec<OsString> = [
        "two\nlines.mov",
        "say \"action\".mov",
        "it's.mov",
        "<b>bold.mov",
        "-rf",
        "--help",
        "=SUM(A1:A9).csv",
        " leading and trailing ",
        "back\\slash.mov",
        "tab\tand bell\u{7}.mov",
        "percent %41 %00.mov",
        "*?[a].mov",
        "$HOME `id`.mov",
        "e\u{301}clair.mov",
        "日本語.mov",
        "\u{202e}vom.right-to-left",
        "...",
        long.as_str(),
        long_unicode.as_str(),
    ]
    .map(OsString::from)
    .into();
    names.push(OsStr::from_bytes(b"caf\xe9 latin-1.mov").to_owned());
    names.push(OsStr::from_bytes(b"\xff\xfe\xfd").to_owned());
    names
}

fn ordinary_content(root: &Path, made: &mut Ugly) {
    let folders =
        [PathBuf::new(), PathBuf::from("folder\nof two lines"), PathBuf::from("-d/\u{1F39E} reels")];
    for (seed, folder) in (0..).zip(folders) {
        for (n, name) in (0..).zip(names()) {
            let path = folder.join(name);
            tree::file(&root.join(&path), 1000 + n, seed << 32 | n);
            made.files.push(path);
        }
    }
    let invalid = Path::new(OsStr::from_bytes(b"dossier \xe9t\xe9")).join("inside.mov");
    tree::file(&root.join(&invalid), 5000, 99);
    made.files.push(invalid);
    let deep: PathBuf = (0..40).map(|level| format!("level-{level}")).collect();
    tree::file(&root.join(deep.join("deep.mov")), 5000, 98);
    made.files.push(deep.join("deep.mov"));
}

fn special_content(root: &Path, made: &mut Ugly) {
    File::create(root.join("zero-byte.mov")).expect("a file of no bytes");
    let sparse = File::create(root.join("sparse.img")).expect("a sparse file");
    sparse.set_len(8 << 20).expect("a hole");
    sparse.write_all_at(b"an island", 5 << 20).expect("an island in the hole");
    made.files.extend(["zero-byte.mov", "sparse.img"].map(PathBuf::from));
    for folder in ["empty", "outer/of empty ones/inner"] {
        fs::create_dir_all(root.join(folder)).expect("an empty folder");
        made.empty_folders.push(folder.into());
    }
}

fn left_out(root: &Path, made: &mut Ugly) {
    for (seed, junk) in (0..).zip([".DS_Store", "-d/.DS_Store", "._take-1.mov", "Thumbs.db"]) {
        tree::file(&root.join(junk), 600, seed);
        made.excluded.push(junk.into());
    }
    for (link, to) in [
        ("link to itself", "link to itself"),
        ("link to the root", "."),
        ("-d/link to above", "../.."),
        ("dangling", "nowhere/at all"),
        ("link to a file", "zero-byte.mov"),
    ] {
        symlink(to, root.join(link)).expect("a link");
        made.excluded.push(link.into());
    }
    mknodat(CWD, root.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a pipe");
    UnixListener::bind(root.join("socket")).expect("a socket");
    made.excluded.extend(["pipe", "socket"].map(PathBuf::from));
}
