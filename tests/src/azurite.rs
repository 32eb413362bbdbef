//! Azurite: Azure Blob Storage on a free port of the loopback. It checks signatures and checksums, and knows
//! conditions.

use std::net::TcpStream;
use std::path::Path;
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
    _folder: TempDir,
    _running: Running,
}

impl Azurite {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-server-").tempdir().expect("a folder");
        let port = free_port();
        let mut command = Command::new("node");
        command.arg(tool(Path::new("azurite/node_modules/azurite/dist/src/blob/main.js")));
        command
            .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"])
            .arg(folder.path());
        command.args(["--silent", "--disableTelemetry"]).env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"));
        let mut running = Running::start(command);
        wait::until("the server to answer", || {
            assert!(running.has_ended().is_none(), "the server ended: {}", running.complaints());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let server = Self { port, _folder: folder, _running: running };
        server.python("call('PUT', '', {'restype': 'container'})");
        server
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a piece of Python that asks the server in its own way; gives what it prints. `call(method, path,
    /// query, headers, body)` asks for a blob of the container, or for that itself, and gives status, headers and
    /// body; `sas(permissions)` makes a shared access signature for it.
    ///
    /// # Panics
    /// When it fails.
    pub fn python(&self, code: &str) -> String {
        let port = self.port;
        python(&format!(
            "port, account, key, container = {port}, '{ACCOUNT}', '{KEY}', '{BUCKET}'\n{HELPERS}\n{code}"
        ))
    }
}

/// "Authorize with Shared Key" and "Create a service SAS", from the documentation.
const HELPERS: &str = r#"
import base64, hashlib, hmac, http.client, sys
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
