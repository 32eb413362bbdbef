//! Azurite: Azure Blob Storage on a free port of the loopback. It checks signatures and checksums, and knows
//! conditions.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::Running;
use crate::servers::{BUCKET, free_port, python, tool};
use crate::wait;

/// The storage account.
pub const ACCOUNT: &str = "sluicetest";
/// Its key, `canary-5e20-secret` in base64: it must be found nowhere.
pub const KEY: &str = "Y2FuYXJ5LTVlMjAtc2VjcmV0";

/// A running Azurite with an empty container.
#[derive(Debug)]
pub struct Azurite {
    port: u16,
    /// It speaks TLS, and takes tokens.
    is_secure: bool,
    folder: TempDir,
    _running: Running,
}

impl Azurite {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        Self::speaking(false)
    }

    /// Starts it with TLS, so that it takes tokens.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn secure() -> Self {
        Self::speaking(true)
    }

    fn speaking(is_secure: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a folder");
        let port = free_port();
        let mut command = Command::new("node");
        command.arg(tool(Path::new("azurite/node_modules/azurite/dist/src/blob/main.js")));
        command
            .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"])
            .arg(folder.path());
        if is_secure {
            let (certificate, key) = certify(folder.path());
            command.arg("--cert").arg(certificate).arg("--key").arg(key).args(["--oauth", "basic"]);
        }
        command.args(["--silent", "--disableTelemetry"]).env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"));
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let server = Self { port, is_secure, folder, _running: running };
        server.python("call('PUT', '', {'restype': 'container'})");
        server
    }

    /// `http://127.0.0.1:PORT`, with `https` where it speaks TLS.
    pub fn url(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Its certificate, where it speaks TLS; whoever trusts this file trusts the server.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Runs a piece of Python that asks the server in its own way; gives what it prints. `call(method, path,
    /// query, headers, body)` asks for a blob of the container, or for that itself, and gives status, headers and
    /// body; `sas(permissions)` makes a shared access signature for it.
    ///
    /// # Panics
    /// When it fails.
    pub fn python(&self, code: &str) -> String {
        let port = self.port;
        let secure = if self.is_secure { "True" } else { "False" };
        python(&format!(
            "secure = {secure}\nport, account, key, container = {port}, '{ACCOUNT}', '{KEY}', '{BUCKET}'\n{HELPERS}\n{code}"
        ))
    }
}

/// A certificate that nobody vouches for, and its key.
fn certify(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=sluice tests",
    ]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    let made = Running::start(openssl).ended();
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    (certificate, key)
}

/// "Authorize with Shared Key" and "Create a service SAS", from the documentation.
const HELPERS: &str = r#"
import base64, hashlib, hmac, http.client, ssl, sys
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from urllib.parse import quote, urlencode

def signature(text):
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()

def call(method, path, query={}, headers={}, body=b''):
    path = f'/{account}/{container}' + (f'/{quote(path)}' if path else '')
    headers = {'x-ms-date': formatdate(usegmt=True), 'x-ms-version': '2023-11-03', **headers}
    ms = ''.join(f'{name}:{headers[name]}\n' for name in sorted(headers))
    resource = f'/{account}{path}' + ''.join(f'\n{name}:{query[name]}' for name in sorted(query))
    length = str(len(body)) if body else ''
    text = '\n'.join([method, '', '', length] + [''] * 8) + f'\n{ms}{resource}'
    headers['Authorization'] = f'SharedKey {account}:{signature(text)}'
    if secure:
        connection = http.client.HTTPSConnection('127.0.0.1', port, context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection('127.0.0.1', port)
    connection.request(method, path + (f'?{urlencode(query)}' if query else ''), body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status < 300, (answer.status, content)
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

def sas(permissions):
    end = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')
    fields = [permissions, '', end, f'/blob/{account}/{container}', '', '', 'https,http', '2020-10-02', 'c'] + [''] * 6
    query = {'sv': '2020-10-02', 'sp': permissions, 'se': end, 'spr': 'https,http', 'sr': 'c'}
    return urlencode({**query, 'sig': signature('\n'.join(fields))})
"#;
