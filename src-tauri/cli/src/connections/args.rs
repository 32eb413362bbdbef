//! The words of `sluice connections`. None of them takes a secret: other users of the computer can
//! read them in its list of processes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sluice_engine::spec::{Connection, Http, S3, S3Checksum, S3Guard};

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
    /// Try a place out: reach, clock, sign-in, list, write, checksum, guard, read, delete.
    ///
    /// Writes one small file there and removes it again. Exit code 0: nothing failed; 2: something did.
    Test {
        /// The connection's name and a path there, such as archive:bucket/folder.
        place: String,
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
    /// The service's address, such as https://s3.example:9000 [S3 default: Amazon's own].
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// http: who signs in, by a password.
    #[arg(long)]
    user: Option<String>,
    /// http: the header that the token is sent in, such as X-Api-Key [default: Authorization, as bearer].
    #[arg(long, value_name = "NAME", conflicts_with = "user")]
    header: Option<String>,
    /// Such as eu-central-1.
    #[arg(long)]
    region: Option<String>,
    /// Whether the bucket stands in the path [default: where there is an endpoint].
    #[arg(long, value_name = "true|false")]
    path_style: Option<bool>,
    /// A profile of the AWS tools, which then gives the keys.
    #[arg(long)]
    profile: Option<String>,
    /// Nobody signs in; for public buckets.
    #[arg(long)]
    anonymous: bool,
    /// The checksum that the service is asked to compute and compare [default: crc64nvme].
    #[arg(long)]
    checksum: Option<Checksum>,
    /// What keeps two writers from replacing each other's objects unseen [default: conditional].
    #[arg(long)]
    guard: Option<Guard>,
    /// Read the secrets from standard input, one line FIELD=VALUE each: access_key_id,
    /// secret_access_key, session_token; http: password or token.
    #[arg(long)]
    pub(crate) secrets_from_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Object storage that speaks the protocol of Amazon S3.
    S3,
    /// A web server from which the rows of a catalogue name files: below its address they are fetched with
    /// the connection's secret.
    Http,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Checksum {
    /// CRC-64/NVME: the fastest.
    Crc64nvme,
    /// SHA-256.
    Sha256,
    /// None, for services that refuse both.
    None,
}

impl Checksum {
    const fn of_spec(self) -> S3Checksum {
        match self {
            Self::Crc64nvme => S3Checksum::Crc64nvme,
            Self::Sha256 => S3Checksum::Sha256,
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
    pub(crate) fn connection(&self) -> Connection {
        match self.kind {
            Kind::S3 => Connection::S3(S3 {
                endpoint: self.endpoint.clone(),
                region: self.region.clone(),
                path_style: self.path_style,
                profile: self.profile.clone(),
                anonymous: self.anonymous,
                checksum: self.checksum.map(Checksum::of_spec).unwrap_or_default(),
                guard: self.guard.map(Guard::of_spec).unwrap_or_default(),
            }),
            Kind::Http => Connection::Http(Http {
                url: self.endpoint.clone().unwrap_or_default(),
                user: self.user.clone(),
                header: self.header.clone(),
            }),
        }
    }
}
