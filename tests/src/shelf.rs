//! Jobs between a folder and object storage behind the connection `shelf`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::azurite;
use crate::command::{self, COMPLETE, Ended};
use crate::file_servers::files_below;
use crate::google::Google;
use crate::process::Running;
use crate::servers::{self, BUCKET};
use crate::site::Site;
use crate::tree;

/// A site, and the connection `shelf` of its jobs.
#[derive(Debug)]
pub struct Shelf {
    /// Where the folders are.
    pub site: Site,
    connection: String,
    /// What its environment holds.
    pub secrets: Vec<(&'static str, String)>,
}

impl Shelf {
    /// The shelf is an S3 server.
    pub fn s3(url: String) -> Self {
        let secrets = vec![
            ("SLUICE_SHELF_ACCESS_KEY_ID", servers::KEY.to_owned()),
            ("SLUICE_SHELF_SECRET_ACCESS_KEY", servers::SECRET.to_owned()),
        ];
        Self { site: Site::new(), connection: servers::connection(&url), secrets }
    }

    /// The same with one more line in its connection.
    #[must_use]
    pub fn with(self, line: &str) -> Self {
        Self { connection: format!("{}{line}\n", self.connection), ..self }
    }

    /// The shelf is Azurite, at that address.
    pub fn azure(url: &str) -> Self {
        let account = azurite::ACCOUNT;
        let connection = format!(
            "[connections.shelf]\nkind = \"azure\"\naccount = \"{account}\"\nendpoint = \"{url}/{account}\"\n"
        );
        let secrets = vec![("SLUICE_SHELF_ACCOUNT_KEY", azurite::KEY.to_owned())];
        Self { site: Site::new(), connection, secrets }
    }

    /// The shelf is that Google, at that address.
    pub fn google(google: &Google, url: &str) -> Self {
        let connection = format!("[connections.shelf]\nkind = \"gcs\"\nendpoint = \"{url}\"\n");
        let secrets = vec![("SLUICE_SHELF_SERVICE_ACCOUNT_KEY", google.key(None))];
        Self { site: Site::new(), connection, secrets }
    }

    /// Writes a job; `more` comes before the connection.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn job(&self, name: &str, source: &str, destination: &str, more: &str) -> PathBuf {
        let path = self.site.path(&format!("{name}.toml"));
        let text =
            format!("sources = [{source:?}]\ndestination = {destination:?}\n{more}\n{}", self.connection);
        fs::write(&path, text).expect("the job file");
        path
    }

    /// The job that brings the source folder to the shelf.
    pub fn upload(&self, more: &str) -> PathBuf {
        self.job("up", text(&self.site.source), &format!("shelf:{BUCKET}/in"), more)
    }

    /// The job that brings it back to the destination folder.
    pub fn download(&self, more: &str) -> PathBuf {
        self.job("down", &format!("shelf:{BUCKET}/in"), text(&self.site.destination), more)
    }

    /// A command that has the secrets.
    pub fn sluice(&self, word: &str, file: &Path) -> Command {
        let mut command = command::sluice([word.as_ref(), file.as_os_str()]);
        command.envs(self.secrets.iter().map(|(name, secret)| (name, secret)));
        command
    }

    /// Runs such a command to its end.
    pub fn run(&self, word: &str, file: &Path) -> Ended {
        Running::start(self.sluice(word, file)).ended()
    }
}

/// Puts real media, a file that goes in parts, and names that have to be spelt into a shelf's source; gives how many
/// files that are.
///
/// # Panics
/// When one cannot be written.
pub fn fill(shelf: &Shelf) -> usize {
    let source = &shelf.site.source;
    let made = tempfile::tempdir().expect("a folder");
    let media = tree::media(made.path());
    for path in files_below(&media) {
        let to = source.join(path.strip_prefix(&media).expect("below it"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(path, to).expect("a copy");
    }
    tree::file(&source.join("large.mov"), (11 << 20) + 7, 2);
    tree::file(&source.join("Zürich – 映画 & 100+.mov"), 1000, 3);
    fs::write(source.join("empty.bin"), "").expect("a file");
    files_below(source).len()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

/// What the checkpoint holds of its records, by target.
///
/// # Panics
/// When it cannot be read.
pub fn column(site: &Site, checkpoint: &Path, wanted: &str) -> BTreeMap<String, String> {
    let out = site.path("catalogue.csv");
    command::run(["catalogue-out".as_ref(), checkpoint.as_os_str(), "--out".as_ref(), out.as_os_str()])
        .expect(COMPLETE);
    let mut reader = csv::Reader::from_path(out).expect("the catalogue");
    let columns = reader.headers().expect("columns").clone();
    let number = |name: &str| columns.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let (target, hash) = (number("target").expect("target"), number(wanted).expect("the column"));
    reader
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (row[target].into(), row[hash].into()))
        .collect()
}
