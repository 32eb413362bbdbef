//! Connections to servers that keep files in folders, and to web servers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Files over SSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Sftp {
    /// Name or address of the server.
    pub host: String,
    /// Default: 22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who signs in. Default: the name of this computer's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The private key. Default: those that SSH would take, and its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub key: Option<PathBuf>,
    /// The file with the host keys that are trusted. Default: `~/.ssh/known_hosts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub known_hosts: Option<PathBuf>,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// Files over HTTP (RFC 4918).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Webdav {
    /// `https://dam.example/remote.php/dav`.
    pub url: String,
    /// Who signs in, by a password. Default: nobody, or by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// Files over FTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Ftp {
    /// Name or address of the server.
    pub host: String,
    /// Default: 21; 990 with implicit TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who signs in. Default: anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How the connection is kept from others.
    #[serde(default)]
    pub tls: FtpTls,
    /// Connections at once, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// A web server from which the rows of a catalogue name files. Its secret goes with URLs below its address,
/// and with no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// `https://dam.example/media`: below it, requests sign in.
    pub url: String,
    /// Who signs in, by a password (HTTP basic). Default: nobody, or by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The header that the token is sent in, such as `X-Api-Key`. Default: `Authorization: Bearer …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

/// How an FTP connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FtpTls {
    /// By nothing: the password and the files can be read on their way.
    None,
    /// TLS after the greeting (RFC 4217).
    #[default]
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

impl Sftp {
    /// A server of which only the host is known.
    pub fn at(host: String) -> Self {
        Self { host, port: None, user: None, key: None, known_hosts: None, sessions: None }
    }
}

impl Webdav {
    /// A server of which only the address is known.
    pub fn at(url: String) -> Self {
        Self { url, user: None, sessions: None }
    }
}

impl Ftp {
    /// A server of which only the host is known.
    pub fn at(host: String) -> Self {
        Self { host, port: None, user: None, tls: FtpTls::default(), sessions: None }
    }
}

impl Http {
    /// A server of which only the address is known.
    pub fn at(url: String) -> Self {
        Self { url, user: None, header: None }
    }

    /// What is wrong with how it signs in, if anything is.
    pub(super) fn check_sign_in(&self) -> Option<&'static str> {
        let header = self.header.as_ref()?;
        if self.user.is_some() {
            return Some("it has a user and a header; take one of the two out");
        }
        let is_name = reqwest::header::HeaderName::from_bytes(header.as_bytes()).is_ok();
        (!is_name).then_some("its `header` is no header's name, such as X-Api-Key")
    }
}
