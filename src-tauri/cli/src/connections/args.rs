//! The words of `sluice connections`. None of them takes a secret: other users of the computer can
//! read them in its list of processes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sluice_engine::api::connections::ConnectionError;
use sluice_engine::spec::{Azure, Connection, Ftp, FtpTls, Gcs, Http, S3, S3Checksum, S3Guard, Sftp, Webdav};

#[derive(Debug, Args)]
pub(crate) struct ConnectionsArgs {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Keep a connection under a name, which jobs then use: NAME:path.
    ///
    /// Its secrets are asked for on the terminal, and kept in the system's keychain. Where there is
    /// none, they come from environment variables, which this names.
    Add(Box<Add>),
    /// List the connections, and where the secrets of each are.
    List,
    /// Try a place out: reach, clock, sign-in, list, write, checksum, guard, read, times, delete.
    ///
    /// Writes one small file there and removes it again. Exit code 0: nothing failed; 2: something did.
    Test {
        /// The connection's name and a path there, such as archive:bucket/folder.
        place: String,
    },
    /// Trust an SFTP server from now on: its key is kept in the connection's file of known hosts.
    ///
    /// Shows the key's fingerprint, and asks whether it is the server's. Without a terminal the fingerprint
    /// has to be given, as the server's administrator says it.
    Trust {
        /// The connection's name, or a URL such as sftp://nas.example:2222/.
        place: String,
        /// The fingerprint that the server must have: SHA256:…
        #[arg(long)]
        fingerprint: Option<String>,
    },
    /// Remove a connection and its secrets.
    Remove {
        /// The connection's name.
        name: String,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Take over rclone's remotes, as far as they mean the same here.
    Import {
        /// rclone's configuration (`rclone config file` tells where it is); - reads standard input.
        config: PathBuf,
        /// Only this remote.
        #[arg(long, value_name = "REMOTE")]
        only: Option<String>,
        /// Show what would be taken, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name: 2 to 64 letters, digits, -, _ or dots.
    pub(crate) name: String,
    /// What the service speaks.
    #[arg(long)]
    kind: Kind,
    /// S3, Azure, GCS, WebDAV and http: the service's address, such as https://s3.example:9000; for Azure with the
    /// account, as a connection string has it under BlobEndpoint [default of the first three: the provider's own].
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// SFTP and FTP: the server's name or address.
    #[arg(long)]
    host: Option<String>,
    /// SFTP and FTP: its port [default: the protocol's own].
    #[arg(long)]
    port: Option<u16>,
    /// WebDAV, SFTP, FTP and http: who signs in, by a password or key.
    #[arg(long)]
    user: Option<String>,
    /// http: the header that the token is sent in, such as X-Api-Key [default: Authorization, as bearer].
    #[arg(long, value_name = "NAME", conflicts_with = "user")]
    header: Option<String>,
    /// WebDAV, SFTP and FTP: connections at once, at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sessions: Option<u32>,
    /// SFTP: the private key [default: the SSH agent's, and those in ~/.ssh].
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// SFTP: the host keys that are trusted [default: ~/.ssh/known_hosts].
    #[arg(long, value_name = "FILE")]
    known_hosts: Option<PathBuf>,
    /// FTP: how the connection is kept from others [default: explicit].
    #[arg(long)]
    tls: Option<Tls>,
    /// Azure: the storage account's name.
    #[arg(long)]
    account: Option<String>,
    /// Azure: the directory (tenant) of an application that signs in by its secret.
    #[arg(long, value_name = "NAME", requires = "client_id")]
    tenant: Option<String>,
    /// Azure: the number of that application; with --managed-identity, which one of several identities signs in.
    #[arg(long, value_name = "NUMBER")]
    client_id: Option<String>,
    /// Azure: where that application signs in, in other clouds [default: https://login.microsoftonline.com].
    #[arg(long, value_name = "URL", requires = "tenant")]
    authority: Option<String>,
    /// Azure: this computer itself signs in, by the identity that Azure manages for it.
    #[arg(long, conflicts_with_all = ["tenant", "anonymous"])]
    managed_identity: bool,
    /// GCS: the file with the service account's key as Google gives it, or what `gcloud auth application-default
    /// login` keeps [default: a secret, or what the Google tools know].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// S3: such as eu-central-1.
    #[arg(long)]
    region: Option<String>,
    /// S3: whether the bucket stands in the path [default: where there is an endpoint].
    #[arg(long, value_name = "true|false")]
    path_style: Option<bool>,
    /// S3: a profile of the AWS tools, which then gives the keys.
    #[arg(long)]
    profile: Option<String>,
    /// S3, Azure and GCS: nobody signs in; for public buckets.
    #[arg(long)]
    anonymous: bool,
    /// S3: the checksum that the service is asked to compute and compare [default: crc64nvme].
    #[arg(long)]
    checksum: Option<Checksum>,
    /// S3: what keeps two writers from replacing each other's objects unseen [default: conditional].
    #[arg(long)]
    guard: Option<Guard>,
    /// S3: up to this size (MiB) the service copies an object of its own in one request; larger ones in parts
    /// [default: 5120].
    #[arg(long, value_name = "MIB")]
    copy_limit_mib: Option<u32>,
    /// Read the secrets from standard input, one line FIELD=VALUE each: access_key_id,
    /// secret_access_key, session_token (S3); account_key, sas_token or client_secret (Azure); service_account_key (GCS, its JSON
    /// in one line); password, token (WebDAV, http); password, key_passphrase (SFTP); password (FTP).
    #[arg(long)]
    pub(crate) secrets_from_stdin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Object storage that speaks the protocol of Amazon S3.
    S3,
    /// Azure Blob Storage.
    Azure,
    /// Google Cloud Storage.
    Gcs,
    /// A web server from which the rows of a catalogue name files: below its address they are fetched with
    /// the connection's secret.
    Http,
    /// Files over HTTP.
    Webdav,
    /// Files over SSH.
    Sftp,
    /// Files over FTP, plain or with TLS.
    Ftp,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tls {
    /// By nothing: the password and the files can be read on their way.
    None,
    /// TLS after the greeting.
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

impl Tls {
    const fn of_spec(self) -> FtpTls {
        match self {
            Self::None => FtpTls::None,
            Self::Explicit => FtpTls::Explicit,
            Self::Implicit => FtpTls::Implicit,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Checksum {
    /// CRC-64/NVME: the fastest.
    Crc64nvme,
    /// CRC-32C, for services that know no newer one.
    Crc32c,
    /// SHA-256.
    Sha256,
    /// `Content-MD5`, for older services that refuse all of these.
    Md5,
    /// None, for services that refuse them all.
    None,
}

impl Checksum {
    const fn of_spec(self) -> S3Checksum {
        match self {
            Self::Crc64nvme => S3Checksum::Crc64nvme,
            Self::Crc32c => S3Checksum::Crc32c,
            Self::Sha256 => S3Checksum::Sha256,
            Self::Md5 => S3Checksum::Md5,
            Self::None => S3Checksum::None,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Guard {
    /// The service itself refuses a key that is taken.
    Conditional,
    /// A look before each object, for services that do not know the condition.
    Look,
}

impl Guard {
    const fn of_spec(self) -> S3Guard {
        match self {
            Self::Conditional => S3Guard::Conditional,
            Self::Look => S3Guard::Look,
        }
    }
}

impl Add {
    /// The connection that these words describe.
    pub(crate) fn connection(&self) -> Result<Connection, ConnectionError> {
        self.check()?;
        let missing = |option| ConnectionError::OptionMissing { option };
        let host = || self.host.clone().ok_or(missing("--host"));
        let url = || self.endpoint.clone().ok_or(missing("--endpoint"));
        let (port, user, sessions) = (self.port, self.user.clone(), self.sessions);
        Ok(match self.kind {
            Kind::Webdav => Connection::Webdav(Webdav { user, sessions, ..Webdav::at(url()?) }),
            Kind::Sftp => Connection::Sftp(Sftp {
                port,
                user,
                key: self.key.clone(),
                known_hosts: self.known_hosts.clone(),
                sessions,
                ..Sftp::at(host()?)
            }),
            Kind::Ftp => Connection::Ftp(Ftp {
                port,
                user,
                tls: self.tls.map(Tls::of_spec).unwrap_or_default(),
                sessions,
                ..Ftp::at(host()?)
            }),
            Kind::S3 => Connection::S3(S3 {
                endpoint: self.endpoint.clone(),
                region: self.region.clone(),
                path_style: self.path_style,
                profile: self.profile.clone(),
                anonymous: self.anonymous,
                checksum: self.checksum.map(Checksum::of_spec).unwrap_or_default(),
                guard: self.guard.map(Guard::of_spec).unwrap_or_default(),
                copy_limit_mib: self.copy_limit_mib,
            }),
            Kind::Azure => Connection::Azure(Azure {
                account: self.account.clone(),
                endpoint: self.endpoint.clone(),
                tenant: self.tenant.clone(),
                client_id: self.client_id.clone(),
                authority: self.authority.clone(),
                managed_identity: self.managed_identity,
                anonymous: self.anonymous,
            }),
            Kind::Gcs => Connection::Gcs(Gcs {
                endpoint: self.endpoint.clone(),
                key_file: self.key_file.clone(),
                anonymous: self.anonymous,
            }),
            Kind::Http => Connection::Http(Http {
                url: self.endpoint.clone().unwrap_or_default(),
                user: self.user.clone(),
                header: self.header.clone(),
            }),
        })
    }

    /// An option that its kind does not have would be passed over unseen.
    fn check(&self) -> Result<(), ConnectionError> {
        use Kind::{Azure, Ftp, Gcs, Http, S3, Sftp, Webdav};
        let options: [(&'static str, bool, &[Kind]); 22] = [
            ("--endpoint", self.endpoint.is_some(), &[S3, Azure, Gcs, Webdav, Http]),
            ("--host", self.host.is_some(), &[Sftp, Ftp]),
            ("--port", self.port.is_some(), &[Sftp, Ftp]),
            ("--user", self.user.is_some(), &[Webdav, Sftp, Ftp, Http]),
            ("--header", self.header.is_some(), &[Http]),
            ("--sessions", self.sessions.is_some(), &[Webdav, Sftp, Ftp]),
            ("--key", self.key.is_some(), &[Sftp]),
            ("--known-hosts", self.known_hosts.is_some(), &[Sftp]),
            ("--tls", self.tls.is_some(), &[Ftp]),
            ("--region", self.region.is_some(), &[S3]),
            ("--path-style", self.path_style.is_some(), &[S3]),
            ("--profile", self.profile.is_some(), &[S3]),
            ("--anonymous", self.anonymous, &[S3, Azure, Gcs]),
            ("--account", self.account.is_some(), &[Azure]),
            ("--tenant", self.tenant.is_some(), &[Azure]),
            ("--client-id", self.client_id.is_some(), &[Azure]),
            ("--authority", self.authority.is_some(), &[Azure]),
            ("--managed-identity", self.managed_identity, &[Azure]),
            ("--key-file", self.key_file.is_some(), &[Gcs]),
            ("--checksum", self.checksum.is_some(), &[S3]),
            ("--guard", self.guard.is_some(), &[S3]),
            ("--copy-limit-mib", self.copy_limit_mib.is_some(), &[S3]),
        ];
        match options.into_iter().find(|(_, is_set, kinds)| *is_set && !kinds.contains(&self.kind)) {
            Some((option, ..)) => Err(ConnectionError::OptionUnknown { option }),
            None => Ok(()),
        }
    }
}
