//! A real FTP server with TLS (pyftpdlib), with a certificate that nobody vouches for: started by the test, gone
//! with it. One that cannot be started fails the test.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::file_servers::{PASSWORD, USER};
use crate::process::Running;
use crate::servers::{free_port, installed};
use crate::wait;

/// When encryption begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// When the client asks for it.
    Explicit,
    /// At once.
    Implicit,
    /// When the client asks for it, with TLS 1.3 alone.
    Newest,
}

/// A server that takes nothing that is not encrypted.
#[derive(Debug)]
pub struct FtpsServer {
    tls: Tls,
    port: u16,
    folder: TempDir,
    _running: Running,
}

impl FtpsServer {
    /// Starts a server without files.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(tls: Tls) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("root")).expect("the root");
        let port = free_port();
        let mut command = Command::new(installed("python3"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ftps.py"));
        command.arg(folder.path().join("root")).arg(port.to_string()).arg(folder.path().join("certificate"));
        command.args([USER, PASSWORD, &format!("{tls:?}").to_lowercase()]);
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { tls, port, folder, _running: running }
    }

    /// Where its files lie.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Its certificate; whoever trusts this file trusts the server.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate")
    }

    /// A connection `nas` to it, as a job file has it.
    pub fn connection(&self) -> String {
        let (port, tls) = (self.port, if self.tls == Tls::Implicit { "implicit" } else { "explicit" });
        format!(
            "[connections.nas]\nkind = \"ftp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = {tls:?}\nuser = \"{USER}\"\n"
        )
    }
}
