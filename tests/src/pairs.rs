//! Every kind of place, filled with the same files, to move them from each to each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{self, COMPLETE, Status};
use crate::file_servers::{self, FileServer, PROTOCOLS, Protocol, files_below};
use crate::process::Running;
use crate::servers::{self, BUCKET, Kind, Server};
use crate::site::Site;

/// A folder, an S3 server, and a server of each protocol with folders.
#[derive(Debug)]
pub struct Pairs {
    site: Site,
    places: Vec<Place>,
    connections: String,
    _servers: (Server, [FileServer; 3]),
}

/// A place, and where its files lie on this computer.
#[derive(Debug)]
struct Place {
    name: &'static str,
    location: String,
    files: PathBuf,
}

impl Place {
    fn below(&self, folder: &str) -> String {
        let slash = if self.location.ends_with(':') { "" } else { "/" };
        format!("{}{slash}{folder}", self.location)
    }
}

impl Pairs {
    /// Starts the servers; the folder and the checkpoints lie below `folder`.
    ///
    /// # Panics
    /// When a server cannot be started.
    pub fn start(folder: &Path) -> Self {
        let site = Site::below(folder);
        let s3 = Server::start(Kind::Rclone);
        let files = PROTOCOLS.map(FileServer::start);
        let local = site.path("folder");
        let mut places = vec![
            Place { name: "folder", location: local.to_str().expect("text").to_owned(), files: local },
            Place { name: "s3", location: format!("shelf:{BUCKET}"), files: s3.files() },
        ];
        let mut connections = servers::connection(&s3.url());
        for (server, protocol) in files.iter().zip(PROTOCOLS) {
            let name = match protocol {
                Protocol::Webdav => "webdav",
                Protocol::Ftp => "ftp",
                Protocol::Sftp => "sftp",
            };
            let own = format!("[connections.{name}]");
            connections += &server.connection().replace("[connections.nas]", &own);
            places.push(Place { name, location: format!("{name}:"), files: server.files() });
        }
        Self { site, places, connections, _servers: (s3, files) }
    }

    /// Puts files into every place, under their paths below `root`.
    ///
    /// # Panics
    /// When one cannot be copied.
    pub fn fill(&self, root: &Path, files: &[PathBuf]) {
        for place in &self.places {
            for path in files {
                let to = place.files.join("from").join(path.strip_prefix(root).expect("below the root"));
                fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                fs::copy(path, to).expect("a copy");
            }
        }
    }

    /// Moves the files from each place to each, and compares what arrived and what the checkpoint says of it
    /// with what another tool computes. Tells each pair and how long it took.
    ///
    /// # Panics
    /// When a file does not arrive as it was.
    pub fn move_all(&self, mut tell: impl FnMut(&str, Duration)) {
        let expected = sums(&self.places[0].files.join("from"));
        for from in &self.places {
            for to in &self.places {
                let pair = format!("{}-{}", from.name, to.name);
                let job = self.site.path(&format!("{pair}.toml"));
                let (source, target) = (from.below("from"), to.below(&format!("to/{}", from.name)));
                let text = format!(
                    "sources = [{source:?}]\ndestination = {target:?}\n[deliver]\nhash = \"sha256\"\n{}",
                    self.connections
                );
                fs::write(&job, text).expect("the job");
                let mut run = servers::signed(command::sluice(["run".as_ref(), job.as_os_str()]));
                for name in ["WEBDAV", "FTP", "SFTP"] {
                    run.env(format!("SLUICE_{name}_PASSWORD"), file_servers::PASSWORD);
                }
                let began = Instant::now();
                Running::start(run).ended().expect(COMPLETE);
                tell(&pair, began.elapsed());
                let checkpoint = self.site.path(&format!("{pair}.sluice"));
                let status = Status::of(&checkpoint);
                assert_eq!(status.delivered, expected.len() as u64, "{pair}: {status:?}");
                let arrived = to.files.join("to").join(from.name);
                assert!(sums(&arrived) == expected, "{pair}: other bytes arrived");
                assert!(hashes(&self.site, &checkpoint) == expected, "{pair}: the checkpoint says otherwise");
                fs::remove_dir_all(arrived).expect("what arrived");
            }
        }
    }
}

/// What another tool computes of every file below a folder, by path.
fn sums(folder: &Path) -> BTreeMap<String, String> {
    let files = files_below(folder);
    let mut all = BTreeMap::new();
    for files in files.chunks(500) {
        let said = Command::new("sha256sum").arg("--zero").args(files).output().expect("sha256sum").stdout;
        let said = String::from_utf8(said).expect("text");
        for line in said.split('\0').filter(|text| !text.is_empty()) {
            let (sum, path) = line.split_once("  ").expect("a sum and a path");
            let below = Path::new(path).strip_prefix(folder).expect("below").to_str().expect("text");
            all.insert(below.to_owned(), format!("sha256:{sum}"));
        }
    }
    all
}

/// What the checkpoint says of every file, by its target.
fn hashes(site: &Site, checkpoint: &Path) -> BTreeMap<String, String> {
    let out = site.path("catalogue.csv");
    command::run(["catalogue-out".as_ref(), checkpoint.as_os_str(), "--out".as_ref(), out.as_os_str()])
        .expect(COMPLETE);
    let mut reader = csv::Reader::from_path(&out).expect("the catalogue");
    let columns = reader.headers().expect("columns").clone();
    let number = |name: &str| columns.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let (target, hash) = (number("target").expect("target"), number("hash").expect("hash"));
    let rows = reader.records().map(|row| row.expect("a row"));
    let all = rows.map(|row| (row[target].to_owned(), row[hash].to_owned())).collect();
    fs::remove_file(out).expect("the catalogue");
    all
}
