//! Why a connection cannot be kept, found or used.

use std::path::PathBuf;

use crate::spec::SecretField;

/// Why a connection cannot be kept, found or used. No message holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The system has no folder for this user's settings.
    #[error("this system names no folder for your settings, so there is no place for connections")]
    NoFolder,
    /// The file of connections cannot be read.
    #[error("the connections in {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file of connections cannot be written.
    #[error("the connections in {} cannot be written: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file of connections is none.
    #[error("the connections in {} are not right: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why; never the text that stands there.
        why: String,
    },
    /// No connection has that name.
    #[error("there is no connection {name}{}", known_of(known))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The name is taken.
    #[error("there is a connection {taken} already{}", same_variables(name, taken))]
    Taken {
        /// The name that was asked for.
        name: String,
        /// The name that stands in its way.
        taken: String,
    },
    /// The name means something already.
    #[error("{name} is the name under which URLs of that service look for their secrets")]
    Reserved {
        /// The name.
        name: String,
    },
    /// A text that names no place behind a connection.
    #[error("{text} names no place behind a connection")]
    NoPlace {
        /// The text.
        text: String,
    },
    /// A connection of that kind needs an option.
    #[error("a connection of this kind needs {option}")]
    OptionMissing {
        /// The option.
        option: &'static str,
    },
    /// A connection of that kind has no such option.
    #[error("a connection of this kind has no {option}")]
    OptionUnknown {
        /// The option.
        option: &'static str,
    },
    /// Nobody said that the server's key is right.
    #[error("the server's key {fingerprint} is not trusted, because nobody confirmed it")]
    NotTrusted {
        /// The key that it shows.
        fingerprint: String,
    },
    /// Only SFTP knows a server by its key.
    #[error("a server of the kind {kind} has no key of its own")]
    NoHostKey {
        /// The kind.
        kind: &'static str,
    },
    /// The server's key cannot be seen.
    #[error("the server's key cannot be seen: {why}")]
    HostUnseen {
        /// Why.
        why: String,
    },
    /// The server shows another key than the one that is to be trusted.
    #[error("{host} shows another key: {fingerprint}")]
    HostKeyOther {
        /// The server.
        host: String,
        /// The key that it shows.
        fingerprint: String,
    },
    /// A key that is known already says otherwise.
    #[error("another key of {host} stands in {}, or this one is revoked there", path.display())]
    HostKeyStands {
        /// The server.
        host: String,
        /// The file.
        path: PathBuf,
    },
    /// The key cannot be kept.
    #[error("the key cannot be written to {}: {why}", path.display())]
    HostKeyUnkept {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Secrets are to be kept, but this computer has no keychain.
    #[error("this computer has no keychain that could keep the secrets of {name}")]
    NoKeychain {
        /// The connection.
        name: String,
        /// The secrets.
        fields: Vec<SecretField>,
    },
    /// The keychain does not do what it is asked.
    #[error("the keychain does not {what} the {} of {name}: {why}", field.word())]
    Keychain {
        /// The connection.
        name: String,
        /// Which secret.
        field: SecretField,
        /// `give`, `keep` or `forget`.
        what: &'static str,
        /// What the system said.
        why: String,
    },
    /// A connection of that kind has no such secret.
    #[error("a connection of the kind {kind} has no {}", field.word())]
    NoSuchSecret {
        /// The kind.
        kind: &'static str,
        /// The secret.
        field: SecretField,
    },
    /// One half of a key is given without the other.
    #[error("half a key signs in to nothing: the {} is missing", field.word())]
    HalfKey {
        /// The missing half.
        field: SecretField,
    },
    /// Secrets that are given line by line are not.
    #[error("line {line} of the secrets is not FIELD=VALUE with a field of this kind")]
    SecretsMalformed {
        /// Which line, from 1.
        line: usize,
        /// The fields of this kind.
        fields: &'static [SecretField],
    },
    /// A connection is to be removed, and nobody said so for sure.
    #[error("nothing was removed: {name} and its secrets would be gone for good")]
    NotConfirmed {
        /// The connection.
        name: String,
    },
    /// What is to be imported is no rclone configuration, or a protected one.
    #[error("the rclone configuration cannot be imported: {why}")]
    Rclone {
        /// Where and why; never the text that stands there.
        why: String,
        /// What to do.
        advice: &'static str,
    },
}

impl ConnectionError {
    /// A word for scripts.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoFolder => "no_settings_folder",
            Self::Unreadable { .. } => "connections_unreadable",
            Self::Unwritable { .. } => "connections_unwritable",
            Self::Malformed { .. } => "connections_malformed",
            Self::Unknown { .. } => "connection_unknown",
            Self::Taken { .. } => "connection_exists",
            Self::Reserved { .. } => "connection_reserved",
            Self::NoPlace { .. } => "no_place",
            Self::OptionMissing { .. } | Self::OptionUnknown { .. } => "connection_option",
            Self::NotTrusted { .. } => "host_key_unknown",
            Self::NoHostKey { .. } => "no_host_key",
            Self::HostUnseen { .. } => "host_unseen",
            Self::HostKeyOther { .. } => "host_key_other",
            Self::HostKeyStands { .. } => "host_key_changed",
            Self::HostKeyUnkept { .. } => "host_key_unkept",
            Self::NoKeychain { .. } => "no_keychain",
            Self::Keychain { .. } => "keychain",
            Self::NoSuchSecret { .. } => "secret_unknown",
            Self::HalfKey { .. } => "secret_missing",
            Self::SecretsMalformed { .. } => "secrets_malformed",
            Self::NotConfirmed { .. } => "not_confirmed",
            Self::Rclone { .. } => "rclone_config",
        }
    }

    /// What to do next; empty where the message says it.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::NoFolder => "Name a file for them in SLUICE_CONNECTIONS.".into(),
            Self::Unreadable { .. } | Self::Unwritable { .. } => {
                "Check your rights to it, or name another file in SLUICE_CONNECTIONS.".into()
            }
            Self::Malformed { .. } => "Mend that line, or take it out.".into(),
            Self::Unknown { .. } => {
                "Add it with `sluice connections add`, or describe it in the job file under \
                 [connections.NAME]."
                    .into()
            }
            Self::Taken { .. } => "Choose another name, or remove that one first.".into(),
            Self::Reserved { .. } => "Choose another name.".into(),
            Self::NoPlace { .. } => "Write a connection's name and a path: archive:bucket/folder.".into(),
            Self::NoKeychain { name, fields } => {
                let variables: Vec<_> = fields.iter().map(|field| field.variable(name)).collect();
                format!(
                    "Add it without secrets, and set {} in the environment wherever it is used.",
                    variables.join(" and ")
                )
            }
            Self::Keychain { name, field, .. } => {
                format!("Unlock it and try again, or set {} in the environment.", field.variable(name))
            }
            Self::OptionMissing { .. } | Self::OptionUnknown { .. } => {
                "`sluice connections add --help` says which options each kind has.".into()
            }
            Self::NotTrusted { fingerprint } => {
                format!("If it is what the server's administrator says, add --fingerprint {fingerprint}.")
            }
            Self::NoHostKey { .. } => String::new(),
            Self::HostUnseen { .. } => "Check the network and the connection's address.".into(),
            Self::HostKeyOther { .. } => {
                "Ask the server's administrator for its fingerprint. Nothing was trusted.".into()
            }
            Self::HostKeyStands { .. } => {
                "Ask the server's administrator. If the new key is right, take the old one out of that file first."
                    .into()
            }
            Self::HostKeyUnkept { .. } => "Check your rights to that file.".into(),
            Self::NoSuchSecret { .. } => String::new(),
            Self::HalfKey { .. } => {
                "Give access_key_id and secret_access_key, or neither of them and no session_token.".into()
            }
            Self::SecretsMalformed { fields, .. } => {
                let words: Vec<_> = fields.iter().map(|field| field.word()).collect();
                format!("Write one line for each; the fields are {}.", words.join(", "))
            }
            Self::NotConfirmed { .. } => "Say it with --yes.".into(),
            Self::Rclone { advice, .. } => (*advice).into(),
        }
    }
}

fn known_of(known: &[String]) -> String {
    if known.is_empty() { "; there is none yet".into() } else { format!("; there are {}", known.join(", ")) }
}

fn same_variables(name: &str, taken: &str) -> String {
    if name == taken {
        return String::new();
    }
    format!(
        ", and {name} would take its secrets from the same environment variables ({})",
        SecretField::Password.variable(name).replace("PASSWORD", "…")
    )
}
