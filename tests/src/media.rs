//! Real media files, and programs that pose as one that reads them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tree;

/// Puts real films into a folder: the corpus, where it lies beside the repository, and one with
/// sound and timecode that is made here. Gives their paths.
///
/// # Panics
/// When ffmpeg is not installed, or a film cannot be written.
pub fn films(folder: &Path) -> Vec<PathBuf> {
    let made = folder.join("made.mov");
    film(&made);
    let mut films = vec![made];
    for entry in tree::corpus().iter().flat_map(|corpus| fs::read_dir(corpus).expect("the corpus")) {
        let path = entry.expect("a file of the corpus").path();
        if path.extension().is_some_and(|extension| extension == "mov") {
            let copy = folder.join(path.file_name().expect("a name"));
            fs::copy(&path, &copy).expect("a copy");
            films.push(copy);
        }
    }
    films
}

/// Makes a film of half a second: MPEG-2 in QuickTime, NTSC, two channels, with timecode.
///
/// # Panics
/// When ffmpeg is not installed or fails.
pub fn film(path: &Path) {
    make(
        path,
        "-f lavfi -i testsrc=size=320x180:rate=30000/1001 -f lavfi -i sine=sample_rate=48000 -t 0.5 -ac 2 \
         -c:v mpeg2video -c:a pcm_s16le -timecode 10:00:00:00 -metadata creation_time=2001-02-03T04:05:06Z",
    );
}

/// Makes a media file of whatever kind its name says; `how` is ffmpeg's, in words.
///
/// # Panics
/// When ffmpeg is not installed or fails.
pub fn make(path: &Path, how: &str) {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error"])
        .args(how.split_whitespace())
        .arg(path)
        .output()
        .expect("ffmpeg, which the tests need");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The codec of a film's first picture stream, as ffprobe itself says.
///
/// # Panics
/// When ffprobe is not installed.
pub fn codec(film: &Path) -> String {
    let asked = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=codec_name"])
        .args(["-of", "default=noprint_wrappers=1:nokey=1"])
        .arg(film)
        .output()
        .expect("ffprobe, which the tests need");
    String::from_utf8_lossy(&asked.stdout).trim().to_owned()
}

/// A script that poses as ffprobe. It behaves as the file's name says: `hangs`, `eats` memory,
/// prints `rubbish`, prints without `end`, `fails`, `crashes`; any other file is a film.
#[derive(Debug)]
pub struct FakeProber {
    folder: PathBuf,
}

impl FakeProber {
    /// Writes the script into a new folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(folder.join("running")).expect("a folder");
        let fake = Self { folder };
        fake.install();
        fake
    }

    /// The script.
    pub fn path(&self) -> PathBuf {
        self.folder.join("ffprobe")
    }

    /// Puts the script in its place, whole at once.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn install(&self) {
        let text = SCRIPT.replace("HERE", self.folder.to_str().expect("ASCII"));
        let draft = self.folder.join("draft");
        fs::write(&draft, text).expect("the script");
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).expect("the right to run it");
        fs::rename(draft, self.path()).expect("the script's name");
    }

    /// The files that it was asked about so far, in order.
    pub fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.folder.join("asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }

    /// The most of them that ran at once.
    ///
    /// # Panics
    /// When none has run.
    pub fn most_at_once(&self) -> u32 {
        let counts = fs::read_to_string(self.folder.join("counts")).expect("it has run");
        counts.lines().map(|line| line.trim().parse().expect("a number")).max().expect("it has run")
    }
}

/// Each one marks itself, then counts those that are marked and alive.
const SCRIPT: &str = r#"#!/bin/sh
case "$*" in -version) echo "ffprobe version 0.1-fake"; exit 0;; esac
for file; do :; done
: > HERE/running/$$
alive=0
for other in HERE/running/*; do
  if kill -0 "${other##*/}" 2>/dev/null; then alive=$((alive + 1)); fi
done
echo $alive >> HERE/counts
echo "$file" >> HERE/asked
case "${file##*/}" in
  *hangs*) sleep 1000;;
  *eats*) exec tail -n 1 /dev/zero;;
  *rubbish*) echo "moov moov {{{";;
  *end*) exec yes;;
  *fails*) echo "moov atom not found" >&2; rm HERE/running/$$; exit 1;;
  *crashes*) kill -SEGV $$;;
  *uninstalls*) rm HERE/ffprobe HERE/running/$$; exit 127;;
  *) echo '{"streams":[{"codec_type":"video","codec_name":"fake","width":[]}],"format":7}';;
esac
rm HERE/running/$$
"#;
