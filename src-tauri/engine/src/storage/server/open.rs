//! From a connection to a server: where it is, and who signs in. Asks nobody yet.

use std::sync::{Arc, Mutex, Weak};

use reqwest::Url;

use super::ftp::{Dial, Ftp, Tls};
use super::seats::Seats;
use super::sftp::hosts::Host;
use super::sftp::{self, Sftp};
use super::webdav::{SignIn, Webdav};
use super::{Protocol, Server, lock};
use crate::spec::{self, Connection, FtpTls, Secret, SecretField, Secrets};
use crate::storage::patience::Queue;

/// Connections at once where nothing is said: what most servers let one computer have.
const SESSIONS: u32 = 8;

/// A connection that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// Somebody is to sign in, and this secret is not there.
    #[error("there is no {} to sign in with", .0.word())]
    NoSecret(SecretField),
    #[error("{0}")]
    Secrets(String),
    #[error("{0}")]
    Wrong(String),
}

/// What tells servers from each other.
#[derive(PartialEq)]
struct Opened {
    connection: Connection,
    secrets: Vec<Option<Secret>>,
}

/// The servers that are in use. All who use one share it, because the server counts their connections
/// together.
static IN_USE: Mutex<Vec<(Opened, Weak<Server>)>> = Mutex::new(Vec::new());

/// The server of a connection. `name`: under which its secrets are kept. `place`: how the user names it.
pub(crate) fn open(
    connection: &Connection,
    (name, place): (&str, &str),
    secrets: &dyn Secrets,
) -> Result<Arc<Server>, Failed> {
    let found: Result<Vec<_>, _> =
        connection.secrets().iter().map(|field| secrets.get(name, *field).map_err(Failed::Secrets)).collect();
    let wanted = Opened { connection: connection.clone(), secrets: found? };
    let mut in_use = lock(&IN_USE);
    in_use.retain(|(_, server)| server.strong_count() > 0);
    if let Some(server) = in_use.iter().find(|(opened, _)| *opened == wanted).and_then(|it| it.1.upgrade()) {
        return Ok(server);
    }
    let server = Arc::new(server(&wanted, place)?);
    in_use.push((wanted, Arc::downgrade(&server)));
    Ok(server)
}

fn server(wanted: &Opened, place: &str) -> Result<Server, Failed> {
    let secret = |field| {
        let at = wanted.connection.secrets().iter().position(|known| *known == field)?;
        wanted.secrets.get(at)?.clone()
    };
    match &wanted.connection {
        Connection::Webdav(spec) => webdav(spec, &secret),
        Connection::Ftp(spec) => ftp(spec, &secret),
        Connection::Sftp(spec) => {
            let (endpoint, tree, dial) = sftp_dial(spec, place, &secret)?;
            let sessions = spec.sessions.unwrap_or(SESSIONS);
            let sftp = Sftp::new(dial, sessions);
            Ok(new(endpoint, tree, Some(sessions), Protocol::Sftp(Box::new(sftp))))
        }
        Connection::S3(_) | Connection::Azure(_) | Connection::Gcs(_) | Connection::Http(_) => {
            Err(Failed::Wrong(format!("{} is no server with folders", wanted.connection.kind())))
        }
    }
}

fn webdav(spec: &spec::Webdav, secret: &dyn Fn(SecretField) -> Option<Secret>) -> Result<Server, Failed> {
    let url = Url::parse(&spec.url).map_err(|error| Failed::Wrong(error.to_string()))?;
    let sign_in = match (&spec.user, secret(SecretField::Password), secret(SecretField::Token)) {
        (Some(user), Some(password), _) => SignIn::Password(user.clone(), password),
        (Some(_), None, _) => return Err(Failed::NoSecret(SecretField::Password)),
        (None, _, Some(token)) => SignIn::Token(token),
        (None, ..) => SignIn::Nobody,
    };
    let webdav = Webdav::new(&url, sign_in).map_err(Failed::Wrong)?;
    let user = spec.user.as_deref().unwrap_or_default();
    let tree = format!("{user}@{}", url.as_str().trim_end_matches('/'));
    Ok(new(url.origin().ascii_serialization(), tree, spec.sessions, Protocol::Webdav(webdav)))
}

fn ftp(spec: &spec::Ftp, secret: &dyn Fn(SecretField) -> Option<Secret>) -> Result<Server, Failed> {
    let is_implicit = spec.tls == FtpTls::Implicit;
    let port = spec.port.unwrap_or(if is_implicit { 990 } else { 21 });
    let (user, password) = match (&spec.user, secret(SecretField::Password)) {
        (Some(user), Some(password)) => (user.clone(), password),
        (Some(_), None) => return Err(Failed::NoSecret(SecretField::Password)),
        // As anonymous servers want it (RFC 1635).
        (None, _) => ("anonymous".to_owned(), Secret::new("anonymous@".to_owned())),
    };
    let config = match spec.tls {
        FtpTls::None => None,
        FtpTls::Explicit | FtpTls::Implicit => Some(Tls::new().map_err(Failed::Wrong)?),
    };
    let scheme = if is_implicit { "ftps" } else { "ftp" };
    let endpoint = format!("{scheme}://{}:{port}", spec.host);
    let tree = format!("{user}@{endpoint}");
    let sessions = spec.sessions.unwrap_or(SESSIONS);
    let dial = Dial { host: bare(&spec.host), port, tls: spec.tls, user, password, config };
    Ok(new(endpoint, tree, Some(sessions), Protocol::Ftp(Box::new(Ftp::new(dial)))))
}

/// How an SFTP server is reached, for whoever only wants to know who it is.
pub(crate) fn dial_of(spec: &spec::Sftp, place: &str) -> Result<sftp::Dial, Failed> {
    sftp_dial(spec, place, &|_| None).map(|(_, _, dial)| dial)
}

fn sftp_dial(
    spec: &spec::Sftp,
    place: &str,
    secret: &dyn Fn(SecretField) -> Option<Secret>,
) -> Result<(String, String, sftp::Dial), Failed> {
    let port = spec.port.unwrap_or(22);
    let own = || std::env::var("USER").or_else(|_| std::env::var("USERNAME")).ok();
    let user = spec.user.clone().or_else(own);
    let user = user.ok_or_else(|| Failed::Wrong("it names no user, and this computer neither".into()))?;
    let file = spec.known_hosts.clone().or_else(|| Some(dirs::home_dir()?.join(".ssh").join("known_hosts")));
    let file = file.ok_or_else(|| Failed::Wrong("there is no place for known_hosts".into()))?;
    let endpoint = format!("sftp://{}:{port}", spec.host);
    let tree = format!("{user}@{endpoint}");
    let name = bare(&spec.host);
    let dial = sftp::Dial {
        host: Host { name, port, place: place.to_owned(), file },
        user,
        key: spec.key.clone(),
        password: secret(SecretField::Password),
        passphrase: secret(SecretField::KeyPassphrase),
    };
    Ok((endpoint, tree, dial))
}

/// A URL writes an address of IPv6 in brackets, and nobody else does.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

pub(super) fn new(endpoint: String, tree: String, sessions: Option<u32>, protocol: Protocol) -> Server {
    // The connections of SFTP are nobody's alone.
    let seats = Seats::new(sessions.filter(|_| !matches!(protocol, Protocol::Sftp(_))));
    let queue = match &protocol {
        Protocol::Sftp(sftp) => sftp.queue.clone(),
        Protocol::Webdav(_) | Protocol::Ftp(_) => Queue::default(),
    };
    Server {
        queue,
        endpoint: endpoint.into(),
        tree,
        sessions,
        protocol,
        seats,
        guards: false.into(),
        folders: Mutex::default(),
        making: tokio::sync::Mutex::default(),
    }
}
