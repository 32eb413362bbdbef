//! Real servers that keep files, each on a free port of the loopback and in a folder of its own: started
//! by the test, gone with it. One that cannot be started fails the test.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::Running;
use crate::{own_folder, wait};

/// The key that signs in.
pub const KEY: &str = "SLUICETESTKEY";
/// The secret that goes with it: a canary that must be found nowhere.
pub const SECRET: &str = "canary-4f1d-secret";
/// The bucket that is there.
pub const BUCKET: &str = "media";

/// Which program serves S3: two that have no code in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `rclone serve s3`: checks signatures, keeps objects as files, knows no conditions.
    Rclone,
    /// moto's server: knows conditions and checksums, checks no signature.
    Moto,
}

/// A running S3 server.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    port: u16,
    folder: TempDir,
    running: Running,
}

/// A program that `npm test` installs beside the built ones.
///
/// # Panics
/// When it is not there.
pub(crate) fn installed(name: &str) -> PathBuf {
    tool(&Path::new("servers/bin").join(name))
}

/// A file of what `npm test` installs.
///
/// # Panics
/// When it is not there.
pub(crate) fn tool(name: &Path) -> PathBuf {
    let path = own_folder().parent().expect("the target folder").join("tools").join(name);
    assert!(path.is_file(), "{} is not there; `npm test` installs it", path.display());
    path
}

impl Server {
    /// Starts a server with an empty bucket.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(kind: Kind) -> Self {
        Self::below(&std::env::temp_dir(), kind)
    }

    /// Starts a server that keeps its files on the volume of `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn below(folder: &Path, kind: Kind) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir_in(folder).expect("a folder");
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command;
        match kind {
            Kind::Rclone => {
                std::fs::create_dir_all(folder.path().join("root").join(BUCKET)).expect("the bucket");
                command = Command::new(installed("rclone"));
                command.args(["serve", "s3", "--config", "", "--auth-key", &format!("{KEY},{SECRET}")]);
                command.args(["--addr", &address]).arg(folder.path().join("root"));
                command.env("HOME", folder.path());
            }
            Kind::Moto => {
                command = Command::new(installed("moto_server"));
                command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            }
        }
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(&address).ok()
        });
        let server = Self { kind, port, folder, running };
        if kind == Kind::Moto {
            server.boto("s3.create_bucket(Bucket=bucket)");
        }
        server
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Where the bucket's objects lie as files, where they do.
    pub fn files(&self) -> PathBuf {
        assert_eq!(self.kind, Kind::Rclone, "only rclone keeps objects as files");
        self.folder.path().join("root").join(BUCKET)
    }

    /// From now on a bucket keeps every version of its objects.
    ///
    /// # Panics
    /// When the server does not know versions.
    pub fn keep_versions(&self, bucket: &str) {
        self.boto(&format!(
            "s3.put_bucket_versioning(Bucket={bucket:?}, VersioningConfiguration={{'Status': 'Enabled'}})"
        ));
    }

    /// Runs a piece of Python with Amazon's own client as `s3`, on the bucket `bucket`; gives what it
    /// prints.
    ///
    /// # Panics
    /// When it fails.
    pub fn boto(&self, code: &str) -> String {
        let program = format!(
            "import boto3, json, sys\n\
             s3 = boto3.client('s3', endpoint_url='{}', aws_access_key_id='{KEY}',\n\
                 aws_secret_access_key='{SECRET}', region_name='us-east-1')\n\
             bucket = '{BUCKET}'\n{code}",
            self.url()
        );
        python(&program)
    }
}

/// Runs a Python program with what the servers brought; gives what it prints.
///
/// # Panics
/// When it fails.
pub fn python(program: &str) -> String {
    let mut python = Command::new(installed("python3"));
    python.args(["-c", program]);
    let ended = Running::start(python).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout
}

/// A server of files over HTTP, in a folder of somebody else's.
#[derive(Debug)]
pub struct Site {
    port: u16,
    _home: TempDir,
    _running: Running,
}

/// Which program serves files over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebKind {
    /// `rclone serve http`: gives ranges and tags.
    Rclone,
    /// Python's `http.server`: gives neither.
    Python,
}

impl Site {
    /// Serves a folder.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn serve(kind: WebKind, folder: &Path) -> Self {
        let home = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a folder");
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command;
        match kind {
            WebKind::Rclone => {
                command = Command::new(installed("rclone"));
                command.args(["serve", "http", "--config", "", "--addr", &address]).arg(folder);
            }
            WebKind::Python => {
                command = Command::new(installed("python3"));
                command.args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"]);
                command.arg(folder);
            }
        }
        command.env("HOME", home.path());
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(&address).ok()
        });
        Self { port, _home: home, _running: running }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A job that reaches a server through its own connection, `shelf`.
pub fn connection(url: &str) -> String {
    format!("[connections.shelf]\nkind = \"s3\"\nendpoint = \"{url}\"\n")
}

/// A command with the secrets of the connection `shelf`.
pub fn signed(mut command: Command) -> Command {
    command.env("SLUICE_SHELF_ACCESS_KEY_ID", KEY).env("SLUICE_SHELF_SECRET_ACCESS_KEY", SECRET);
    command
}

/// Whether the secret stands in a file below a folder.
pub fn leaks(folder: &Path) -> Vec<PathBuf> {
    leaks_of(SECRET, folder)
}

/// The files below a folder in which a secret stands.
pub fn leaks_of(secret: &str, folder: &Path) -> Vec<PathBuf> {
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files.map(walkdir::DirEntry::into_path).filter(|path| path.is_file() && holds(path)).collect()
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of the loopback");
    listener.local_addr().expect("its address").port()
}
