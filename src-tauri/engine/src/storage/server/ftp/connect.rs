//! Connecting to an FTP server and signing in.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::version::{TLS12, TLS13};
use rustls_platform_verifier::BuilderVerifierExt;
use suppaftp::tokio::{AsyncRustlsConnector, AsyncRustlsFtpStream};
use suppaftp::types::FileType;
use suppaftp::{FtpError, FtpResult, Mode, Status};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Control;
use super::fault::of_error;
use crate::spec::{FtpTls, Secret};
use crate::storage::remote::fault::{Fault, FaultKind};

/// A connection that is not there by then never will be.
const CONNECT: Duration = Duration::from_secs(15);

/// How a server is reached, and who signs in.
pub(in crate::storage::server) struct Dial {
    pub(in crate::storage::server) host: String,
    pub(in crate::storage::server) port: u16,
    pub(in crate::storage::server) tls: FtpTls,
    pub(in crate::storage::server) user: String,
    pub(in crate::storage::server) password: Secret,
    pub(in crate::storage::server) config: Option<Tls>,
}

/// How TLS is spoken. What the system trusts is trusted.
///
/// Many servers want the connections that bytes go over to take up the session of the one that commands go over, and
/// no other. With TLS 1.2 that can be done any number of times; with TLS 1.3 only as often as the server hands out
/// tickets, so it is left to servers that know nothing else.
pub(in crate::storage::server) struct Tls {
    usual: ClientConfig,
    newest: ClientConfig,
}

/// Sessions that a connection remembers: its own.
const OWN_SESSIONS: usize = 8;

impl Tls {
    pub(in crate::storage::server) fn new() -> Result<Self, String> {
        let config = |version| {
            let builder = ClientConfig::builder_with_protocol_versions(&[version]).with_platform_verifier();
            builder.map(|builder| builder.with_no_client_auth()).map_err(|error| error.to_string())
        };
        Ok(Self { usual: config(&TLS12)?, newest: config(&TLS13)? })
    }
}

/// For one connection, and those that bytes go over for it.
fn connector(config: &ClientConfig) -> AsyncRustlsConnector {
    let mut own = config.clone();
    own.resumption = Resumption::in_memory_sessions(OWN_SESSIONS);
    AsyncRustlsConnector::from(TlsConnector::from(Arc::new(own)))
}

/// Whether a server refused the version of TLS.
fn is_of_version(error: &FtpError) -> bool {
    matches!(error, FtpError::SecureError(said) if said.contains("ProtocolVersion"))
}

impl Dial {
    pub(super) async fn connect(&self) -> Result<Control, Fault> {
        let late = |_| Fault::new(FaultKind::Timeout, format!("no answer within {} s", CONNECT.as_secs()));
        timeout(CONNECT, self.sign_in()).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }

    async fn sign_in(&self) -> Result<Control, Fault> {
        let mut ftp = self.greet().await?;
        ftp.login(self.user.as_str(), self.password.expose()).await.map_err(of_error)?;
        ftp.transfer_type(FileType::Binary).await.map_err(of_error)?;
        let features = features(&mut ftp).await?;
        let has = |name: &str| features.iter().any(|feature| feature == name);
        if has("UTF8") {
            let expected = [Status::CommandOk, Status::CommandNotImplemented];
            // Nobody who does not know it minds.
            let _ = ftp.custom_command("OPTS UTF8 ON", &expected).await;
        }
        let is_ipv6 = ftp.get_ref().await.peer_addr().is_ok_and(|address| address.is_ipv6());
        if has("EPSV") || is_ipv6 {
            ftp.set_mode(Mode::ExtendedPassive);
        } else {
            // The address that the server names may be one of its own network, or anybody's.
            ftp.set_mode(Mode::Passive);
            ftp.set_passive_nat_workaround(true);
        }
        let home = ftp.pwd().await.map_err(of_error)?;
        Ok(Control {
            ftp,
            home: home.trim_end_matches('/').to_owned(),
            has_facts: has("MLST"),
            sets_times: has("MFMT"),
        })
    }

    /// Connects, with TLS where that is wanted. Without it there is no connection then.
    async fn greet(&self) -> Result<AsyncRustlsFtpStream, Fault> {
        let connected = match &self.config {
            Some(tls) => match self.greet_secure(&tls.usual).await {
                Err(error) if is_of_version(&error) => self.greet_secure(&tls.newest).await,
                other => other,
            },
            None => {
                let stream =
                    TcpStream::connect((self.host.as_str(), self.port)).await.map_err(super::lost)?;
                let _ = stream.set_nodelay(true);
                AsyncRustlsFtpStream::connect_with_stream(stream).await
            }
        };
        let mut ftp = connected.map_err(of_error)?;
        if self.tls == FtpTls::Implicit {
            for command in ["PBSZ 0", "PROT P"] {
                match ftp.custom_command(command, &[Status::CommandOk]).await {
                    // Some think it is said already. Bytes go over TLS or not at all.
                    Ok(_) | Err(FtpError::UnexpectedResponse(_)) => {}
                    Err(error) => return Err(of_error(error)),
                }
            }
        }
        Ok(ftp)
    }

    async fn greet_secure(&self, config: &ClientConfig) -> FtpResult<AsyncRustlsFtpStream> {
        let (address, tls) = ((self.host.as_str(), self.port), connector(config));
        match self.tls {
            FtpTls::Implicit => AsyncRustlsFtpStream::connect_secure_implicit(address, tls, &self.host).await,
            _ => AsyncRustlsFtpStream::connect(address).await?.into_secure(tls, &self.host).await,
        }
    }
}

/// What the server can do (RFC 2389). The library reads the list by a rule that not every server keeps (empty
/// lines); as an answer that it does not expect, it hands the list over whole.
async fn features(ftp: &mut AsyncRustlsFtpStream) -> Result<Vec<String>, Fault> {
    match ftp.custom_command("FEAT", &[Status::CommandOk]).await {
        Ok(_) => Ok(Vec::new()),
        Err(FtpError::UnexpectedResponse(answer)) => Ok(features_of(&String::from_utf8_lossy(&answer.body))),
        Err(error) => Err(of_error(error)),
    }
}

/// The first words of the lines that begin with a space.
fn features_of(list: &str) -> Vec<String> {
    let lines = list.lines().filter(|line| line.starts_with(' '));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_ascii_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_as_servers_write_them() {
        let list = "211-Extensions supported:\r\n UTF8\r\n MLST Type*;Size*;\r\n mfmt\r\n\r\n211 End\r\n";
        assert_eq!(features_of(list), ["UTF8", "MLST", "MFMT"]);
        assert!(features_of("502 what?").is_empty());
    }
}
