//! Connecting to an SSH server, and signing in.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::Preferred;
use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::{AgentClient, AgentStream};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh_sftp::client::{Config, RawSftpSession};
use russh_sftp::protocol::{Packet, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::fault::of_error;
use super::hosts::{Host, Shown, Trust};
use crate::spec::Secret;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::server::{PATIENCE, lock};

/// A connection that is not there by then never will be.
const CONNECT: Duration = Duration::from_secs(20);

/// After so long a silence the server is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Questions that a server may ask before it lets somebody in.
const QUESTIONS: usize = 8;

/// How a server is reached, and who signs in.
pub(crate) struct Dial {
    pub(crate) host: Host,
    pub(crate) user: String,
    /// None: those that SSH would take, where there is no password.
    pub(crate) key: Option<PathBuf>,
    pub(crate) password: Option<Secret>,
    pub(crate) passphrase: Option<Secret>,
}

/// A connection on which files are asked for.
pub(super) struct Session {
    /// None: no connection of SSH carries it.
    ssh: Option<Handle<Visitor>>,
    pub(super) sftp: RawSftpSession,
    /// Where the server has put us, without a slash at its end.
    home: String,
    /// It knows `posix-rename@openssh.com`.
    pub(super) replaces: bool,
    /// It knows `fsync@openssh.com`.
    pub(super) syncs: bool,
}

impl Session {
    pub(super) fn is_closed(&self) -> bool {
        self.ssh.as_ref().is_some_and(Handle::is_closed)
    }

    /// The path from the server's root on.
    pub(super) fn path(&self, path: &str) -> String {
        match path {
            "" => format!("{}/", self.home),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{}/{path}", self.home),
        }
    }

    /// Gives a file another name, whatever has it (OpenSSH, PROTOCOL, section 4.3).
    pub(super) async fn replace(&self, from: &str, to: &str) -> Result<(), Fault> {
        let text = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
        let data = [text(from), text(to)].concat();
        match self.sftp.extended(REPLACE, data).await.map_err(of_error)? {
            Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
            Packet::Status(status) => Err(of_error(status.into())),
            _ => Err(Fault::new(FaultKind::Rejected, "the answer to a rename makes no sense")),
        }
    }
}

const REPLACE: &str = "posix-rename@openssh.com";

/// Looks at the server's key before anybody signs in.
pub(super) struct Visitor {
    host: Host,
    seen: Arc<Mutex<Option<Result<Shown, Fault>>>>,
    /// Nobody is to sign in: only the key is wanted.
    only_looks: bool,
}

impl client::Handler for Visitor {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let shown = self.host.trust(key).map(|trust| Shown { key: key.clone(), trust });
        let is_known = matches!(&shown, Ok(Shown { trust: Trust::Known, .. }));
        *lock(&self.seen) = Some(shown);
        Ok(is_known && !self.only_looks)
    }
}

/// What came of a greeting.
struct Greeted {
    /// None: it did not come so far.
    seen: Option<Result<Shown, Fault>>,
    tried: Result<Handle<Visitor>, russh::Error>,
}

impl Dial {
    /// The server's key, without signing in.
    pub(crate) async fn look_at_host(&self) -> Result<Shown, Fault> {
        let Greeted { seen, tried } = self.greet(true).await?;
        match (seen, tried) {
            (Some(shown), _) => shown,
            (None, Err(error)) => Err(lost(&error)),
            (None, Ok(_)) => Err(Fault::new(FaultKind::Rejected, "the server shows no key")),
        }
    }

    async fn greet(&self, only_looks: bool) -> Result<Greeted, Fault> {
        let mut preferred = Preferred::default();
        let mut algorithms = self.host.algorithms()?;
        algorithms.extend(preferred.key.iter().cloned());
        preferred.key = algorithms.into();
        let config = client::Config {
            preferred,
            keepalive_interval: Some(KEEP_ALIVE),
            nodelay: true,
            ..client::Config::default()
        };
        let seen = Arc::new(Mutex::new(None));
        let visitor = Visitor { host: self.host.clone(), seen: Arc::clone(&seen), only_looks };
        let address = (self.host.name.as_str(), self.host.port);
        let connecting = Box::pin(client::connect(Arc::new(config), address, visitor));
        let late = |_| Fault::new(FaultKind::Timeout, format!("no answer within {} s", CONNECT.as_secs()));
        let tried = timeout(CONNECT, connecting).await.map_err(late)?;
        let seen = lock(&seen).take();
        Ok(Greeted { seen, tried })
    }

    pub(super) async fn connect(&self) -> Result<Session, Fault> {
        let Greeted { seen, tried } = self.greet(false).await?;
        let mut ssh = match (seen, tried) {
            (Some(Err(fault)), _) => return Err(fault),
            (Some(Ok(shown)), _) if shown.trust != Trust::Known => return Err(self.host.refusal(&shown)),
            (_, tried) => tried.map_err(|error| lost(&error))?,
        };
        let late = |_| Fault::new(FaultKind::Timeout, format!("no answer within {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, Box::pin(self.sign_in(&mut ssh))).await.map_err(late)??;
        timeout(PATIENCE, Box::pin(open(ssh))).await.map_err(late)?
    }

    async fn sign_in(&self, ssh: &mut Handle<Visitor>) -> Result<(), Fault> {
        let mut tried = Vec::new();
        if let Some(path) = &self.key {
            let key = load_secret_key(path, self.passphrase.as_ref().map(Secret::expose));
            let key = key.map_err(|error| {
                let said = format!("the key {} cannot be used: {error}", path.display());
                Fault::new(FaultKind::SignIn, said)
            })?;
            if self.by_key(ssh, key).await? {
                return Ok(());
            }
            tried.push(format!("the key {}", path.display()));
        }
        if let Some(password) = &self.password {
            if self.by_password(ssh, password).await? {
                return Ok(());
            }
            tried.push("the password".to_owned());
        } else if self.key.is_none() {
            if self.by_agent(ssh).await? {
                return Ok(());
            }
            tried.push("the SSH agent".to_owned());
            let folder = dirs::home_dir().unwrap_or_default().join(".ssh");
            for name in ["id_ed25519", "id_ecdsa", "id_rsa"] {
                let path = folder.join(name);
                let passphrase = self.passphrase.as_ref().map(Secret::expose);
                // One that is not there, or locked, is not ours to complain about.
                let Ok(key) = load_secret_key(&path, passphrase) else { continue };
                if self.by_key(ssh, key).await? {
                    return Ok(());
                }
                tried.push(format!("the key {}", path.display()));
            }
        }
        let said = format!("the server does not let {} in by {}", self.user, tried.join(" or "));
        Err(Fault::new(FaultKind::SignIn, said))
    }

    async fn by_key(&self, ssh: &mut Handle<Visitor>, key: russh::keys::PrivateKey) -> Result<bool, Fault> {
        let hash = hash_for(ssh, key.algorithm().is_rsa()).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let answer = ssh.authenticate_publickey(self.user.as_str(), key).await;
        answer.map(|answer| answer.success()).map_err(|error| lost(&error))
    }

    /// Some servers take a password only as the answer to a question.
    async fn by_password(&self, ssh: &mut Handle<Visitor>, password: &Secret) -> Result<bool, Fault> {
        let answer = ssh.authenticate_password(self.user.as_str(), password.expose()).await;
        if let AuthResult::Success = answer.map_err(|error| lost(&error))? {
            return Ok(true);
        }
        if ssh.is_closed() {
            return Ok(false);
        }
        let mut answer = ssh.authenticate_keyboard_interactive_start(self.user.as_str(), None).await;
        for _ in 0..QUESTIONS {
            match answer {
                Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(true),
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => {
                    // What is shown while it is typed is no password.
                    let words = prompts.iter().map(|prompt| if prompt.echo { "" } else { password.expose() });
                    let words = words.map(ToOwned::to_owned).collect();
                    answer = ssh.authenticate_keyboard_interactive_respond(words).await;
                }
                Ok(KeyboardInteractiveAuthResponse::Failure { .. }) | Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }

    async fn by_agent(&self, ssh: &mut Handle<Visitor>) -> Result<bool, Fault> {
        let Some(mut agent) = agent().await else { return Ok(false) };
        for identity in agent.request_identities().await.unwrap_or_default() {
            let AgentIdentity::PublicKey { key, .. } = identity else { continue };
            let hash = hash_for(ssh, key.algorithm().is_rsa()).await?;
            let answer = ssh.authenticate_publickey_with(self.user.as_str(), key, hash, &mut agent).await;
            if answer.is_ok_and(|answer| answer.success()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The agent that keeps the user's keys, where there is one.
#[cfg(unix)]
async fn agent() -> Option<AgentClient<Box<dyn AgentStream + Send + Unpin>>> {
    AgentClient::connect_env().await.ok().map(AgentClient::dynamic)
}

/// The agent that keeps the user's keys, where there is one.
#[cfg(windows)]
async fn agent() -> Option<AgentClient<Box<dyn AgentStream + Send + Unpin>>> {
    AgentClient::connect_named_pipe(r"\\.\pipe\openssh-ssh-agent").await.ok().map(AgentClient::dynamic)
}

/// By which hash the server wants a signature.
async fn hash_for(ssh: &Handle<Visitor>, is_rsa: bool) -> Result<Option<HashAlg>, Fault> {
    if !is_rsa {
        return Ok(None);
    }
    let best = ssh.best_supported_rsa_hash().await.map_err(|error| lost(&error))?;
    Ok(best.unwrap_or(Some(HashAlg::Sha256)))
}

async fn open(ssh: Handle<Visitor>) -> Result<Session, Fault> {
    let channel = ssh.channel_open_session().await.map_err(|error| lost(&error))?;
    channel.request_subsystem(true, "sftp").await.map_err(|error| lost(&error))?;
    begin(channel.into_stream(), Some(ssh)).await
}

/// Begins to speak over a stream that leads to the server.
pub(super) async fn begin(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ssh: Option<Handle<Visitor>>,
) -> Result<Session, Fault> {
    // Who asks knows how long the answer may take: the library would give every request the same time.
    let config = Config { request_timeout_secs: u64::MAX, ..Config::default() };
    let sftp = RawSftpSession::new_with_config(stream, config);
    let version = sftp.init().await.map_err(of_error)?;
    let home = sftp.realpath(".").await.map_err(of_error)?;
    let home = home.files.into_iter().next().map(|file| file.filename).unwrap_or_default();
    let knows = |name: &str| version.extensions.contains_key(name);
    Ok(Session {
        home: home.trim_end_matches('/').to_owned(),
        replaces: knows(REPLACE),
        syncs: knows("fsync@openssh.com"),
        ssh,
        sftp,
    })
}

fn lost(error: &russh::Error) -> Fault {
    let kind = match error {
        russh::Error::NoCommonAlgo { .. } => FaultKind::Unsupported,
        _ => FaultKind::Unreachable,
    };
    Fault::new(kind, error.to_string())
}
