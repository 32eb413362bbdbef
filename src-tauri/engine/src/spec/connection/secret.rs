//! Secrets of connections: which there are, and where they come from.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which secret of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretField {
    /// S3: the name of the key. Not secret by itself, but kept with what is.
    AccessKeyId,
    /// S3: the key.
    SecretAccessKey,
    /// S3: what temporary keys need besides.
    SessionToken,
    /// Azure: a key of the storage account.
    AccountKey,
    /// Azure: a shared access signature, instead of a key.
    SasToken,
    /// Azure: the secret of an application.
    ClientSecret,
    /// Google Cloud Storage: the content of a service account's key file (JSON).
    ServiceAccountKey,
    /// The password of the connection's user.
    Password,
    /// What unlocks the private key.
    KeyPassphrase,
    /// What signs in without a user (bearer).
    Token,
}

impl SecretField {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::AccessKeyId,
        Self::SecretAccessKey,
        Self::SessionToken,
        Self::AccountKey,
        Self::SasToken,
        Self::ClientSecret,
        Self::ServiceAccountKey,
        Self::Password,
        Self::KeyPassphrase,
        Self::Token,
    ];

    /// The word that names it in the keychain and, in capitals, in the environment.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AccessKeyId => "access_key_id",
            Self::SecretAccessKey => "secret_access_key",
            Self::SessionToken => "session_token",
            Self::AccountKey => "account_key",
            Self::SasToken => "sas_token",
            Self::ClientSecret => "client_secret",
            Self::ServiceAccountKey => "service_account_key",
            Self::Password => "password",
            Self::KeyPassphrase => "key_passphrase",
            Self::Token => "token",
        }
    }

    /// The environment variable that holds it for this connection: `SLUICE_NAS_2_PASSWORD`.
    pub fn variable(self, connection: &str) -> String {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' };
        let name: String = connection.chars().map(plain).collect();
        format!("SLUICE_{name}_{}", self.word().to_ascii_uppercase())
    }
}

/// A secret's text: it is neither printed, logged, nor kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Guards a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the request that needs it and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where secrets are kept.
pub trait Secrets: Send + Sync {
    /// The secret of that connection. None: there is none here. An error: this place holds secrets
    /// but does not give this one (a locked keychain), in words for a person.
    fn get(&self, connection: &str, field: SecretField) -> Result<Option<Secret>, String>;
}

/// Secrets in environment variables, see [`SecretField::variable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Secrets for Environment {
    fn get(&self, connection: &str, field: SecretField) -> Result<Option<Secret>, String> {
        let value = std::env::var(field.variable(connection)).ok();
        Ok(value.filter(|value| !value.is_empty()).map(Secret::new))
    }
}
