//! The real ExifTool behind a script that counts its processes and misbehaves at some files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A script that poses as ExifTool. As a file's path says, it `hangs`, `crashes`, or gives the answer
/// of another file (`forged`); about any other file the real one is asked.
#[derive(Debug)]
pub struct Exiftool {
    folder: PathBuf,
}

impl Exiftool {
    /// Writes the script into a new folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).expect("a folder");
        let script = folder.join("exiftool");
        fs::write(&script, SCRIPT.replace("HERE", folder.to_str().expect("ASCII"))).expect("the script");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("the right to run it");
        Self { folder }
    }

    /// The script.
    pub fn path(&self) -> PathBuf {
        self.folder.join("exiftool")
    }

    /// How many processes were started that are asked about many files.
    pub fn kept(&self) -> usize {
        self.lines("kept").len()
    }

    /// The files that got a process of their own, in order; a line end in a name as `?`.
    pub fn alone(&self) -> Vec<String> {
        self.lines("alone")
    }

    /// The real processes that were kept alive.
    pub fn processes(&self) -> Vec<u32> {
        self.lines("real").iter().map(|line| line.trim().parse().expect("a number")).collect()
    }

    fn lines(&self, of: &str) -> Vec<String> {
        let bytes = fs::read(self.folder.join(of)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }
}

const SCRIPT: &str = r#"#!/bin/sh
if [ "$1" = -ver ]; then exec exiftool -ver; fi
case "$*" in
  *-stay_open*)
    echo $$ >> HERE/kept
    while IFS= read -r line; do
      case "$line" in
        *hangs*) sleep 1000;;
        *crashes*) kill -SEGV 0;;
        *forged*) line="${line%/*}/other.png";;
      esac
      printf '%s\n' "$line"
    done | sh -c 'echo $$ >> HERE/real; exec exiftool "$@"' sh "$@";;
  *)
    for file; do :; done
    printf '%s' "$file" | tr '\n' '?' >> HERE/alone
    echo >> HERE/alone
    case "$file" in
      *hangs*) sleep 1000;;
      *crashes*) kill -SEGV $$;;
    esac
    exec exiftool "$@";;
esac
"#;
