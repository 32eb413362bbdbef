//! Real servers with folders (`rclone serve`), each on a free port of the loopback and in a folder of its
//! own: started by the test, gone with it. One that cannot be started fails the test.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::Running;
use crate::servers::{free_port, installed};
use crate::wait;

/// Who signs in.
pub const USER: &str = "ingest";
/// The password that goes with it: a canary that must be found nowhere.
pub const PASSWORD: &str = "canary-77b2-password";

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Files over HTTP.
    Webdav,
    /// Files over FTP.
    Ftp,
    /// Files over SSH.
    Sftp,
}

/// All of them.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Webdav, Protocol::Ftp, Protocol::Sftp];

/// A server.
#[derive(Debug)]
pub struct FileServer {
    protocol: Protocol,
    /// Where it listens.
    pub port: u16,
    folder: TempDir,
    running: Option<Running>,
}

impl FileServer {
    /// Starts a server without files.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(protocol: Protocol) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a folder");
        fs::create_dir(folder.path().join("root")).expect("the root");
        let mut server = Self { protocol, port: free_port(), folder, running: None };
        server.start_again();
        server
    }

    /// Starts it again on its port, with the files that are there.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_again(&mut self) {
        let address = format!("127.0.0.1:{}", self.port);
        let mut command = Command::new(installed("rclone"));
        let word = format!("{:?}", self.protocol).to_lowercase();
        command.args(["serve", &word, "--config", "", "--addr", &address]);
        // What the test puts there itself is seen soon. (Without any time at all it is busy with nothing else.)
        command.args(["--user", USER, "--pass", PASSWORD, "--dir-cache-time", "1s"]);
        if self.protocol == Protocol::Sftp {
            // It has no order among requests that come together, and holds those back that come too early.
            command.args(["--vfs-write-wait", "30s", "--vfs-read-wait", "1s"]);
        }
        // Keys of its own, and none of the user's.
        command.arg(self.files()).env("HOME", self.folder.path()).env_remove("XDG_CACHE_HOME");
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(&address).ok()
        });
        self.running = Some(running);
    }

    /// Ends it in the middle of whatever it does.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Where its files lie.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The file of known hosts of the connection `nas`.
    pub fn known_hosts(&self) -> PathBuf {
        self.folder.path().join("known_hosts")
    }

    /// A connection `nas` to it, as a job file has it, for somebody who knows the server.
    pub fn connection(&self) -> String {
        if self.protocol == Protocol::Sftp {
            let keys = self.folder.path().join(".cache/rclone/serve-sftp");
            let names = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"];
            let read = |name| fs::read_to_string(keys.join(name)).ok();
            let known =
                names.into_iter().filter_map(read).map(|key| format!("[127.0.0.1]:{} {key}\n", self.port));
            let known: String = known.collect();
            assert!(!known.is_empty(), "the server has no key in {}", keys.display());
            fs::write(self.known_hosts(), known).expect("the known hosts");
        }
        self.stranger()
    }

    /// The same for somebody who does not know the server.
    pub fn stranger(&self) -> String {
        let port = self.port;
        let more = match self.protocol {
            Protocol::Webdav => format!("kind = \"webdav\"\nurl = \"http://127.0.0.1:{port}\""),
            Protocol::Ftp => format!("kind = \"ftp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\""),
            Protocol::Sftp => format!(
                "kind = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nknown_hosts = {:?}",
                self.known_hosts()
            ),
        };
        format!("[connections.nas]\n{more}\nuser = \"{USER}\"\n")
    }

    /// Every file below a folder of the server.
    pub fn all(&self, below: &str) -> Vec<PathBuf> {
        files_below(&self.files().join(below))
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files.map(walkdir::DirEntry::into_path).filter(|path| path.is_file()).collect()
}

/// A command with the password of the connection `nas`.
pub fn signed(mut command: Command) -> Command {
    command.env("SLUICE_NAS_PASSWORD", PASSWORD);
    command
}
