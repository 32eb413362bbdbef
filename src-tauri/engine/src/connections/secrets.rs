//! Where the secrets of a connection are. The environment comes first, for all secrets of a
//! connection together: half a key from there and half from the keychain would be none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ConnectionError, keychain};
use crate::spec::{Connection, Environment, Secret, SecretField, Secrets};

/// Where a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// In an environment variable of this process.
    Environment,
    /// In the system's keychain.
    Keychain,
    /// In the keychain, perhaps: it does not say.
    Locked,
    /// Nowhere.
    Missing,
}

/// Where one secret of a connection is. Never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SecretAt {
    /// Which secret.
    pub field: SecretField,
    /// Where it is.
    pub place: SecretPlace,
    /// The environment variable that holds it, or would.
    pub variable: String,
}

/// Where each secret is that a connection may need.
pub(super) fn places(name: &str, connection: &Connection) -> Vec<SecretAt> {
    let by_environment = is_in_environment(name);
    let place = |field: SecretField| {
        if by_environment {
            let is_set = matches!(Environment.get(name, field), Ok(Some(_)));
            return if is_set { SecretPlace::Environment } else { SecretPlace::Missing };
        }
        match keychain::get(name, field) {
            Ok(Some(_)) => SecretPlace::Keychain,
            Ok(None) => SecretPlace::Missing,
            Err(_) => SecretPlace::Locked,
        }
    };
    let at = |field: &SecretField| SecretAt {
        field: *field,
        place: place(*field),
        variable: field.variable(name),
    };
    connection.secrets().iter().map(at).collect()
}

/// Puts secrets of a connection into the keychain: all of them, or none.
pub(super) fn put(
    name: &str,
    connection: &Connection,
    secrets: &[(SecretField, Secret)],
) -> Result<(), ConnectionError> {
    let fits = |field: &SecretField| connection.secrets().contains(field);
    if let Some((field, _)) = secrets.iter().find(|(field, _)| !fits(field)) {
        return Err(ConnectionError::NoSuchSecret { kind: connection.kind(), field: *field });
    }
    if let Some(field) = missing_half(secrets) {
        return Err(ConnectionError::HalfKey { field });
    }
    if !secrets.is_empty() && !keychain::is_there() {
        let fields = secrets.iter().map(|(field, _)| *field).collect();
        return Err(ConnectionError::NoKeychain { name: name.to_owned(), fields });
    }
    for (number, (field, secret)) in secrets.iter().enumerate() {
        if let Err(error) = keychain::set(name, *field, secret) {
            for (field, _) in &secrets[..number] {
                // The first error is the one to tell.
                let _ = keychain::forget(name, *field);
            }
            return Err(error);
        }
    }
    Ok(())
}

/// What is missing of a key of object storage, of which a part is given.
fn missing_half(secrets: &[(SecretField, Secret)]) -> Option<SecretField> {
    use SecretField::{AccessKeyId, SecretAccessKey, SessionToken};
    let has = |wanted| secrets.iter().any(|(field, _)| *field == wanted);
    let is_key = [AccessKeyId, SecretAccessKey, SessionToken].into_iter().any(has);
    [AccessKeyId, SecretAccessKey].into_iter().find(|half| is_key && !has(*half))
}

/// Reads secrets from lines of `field=value`, as a script writes them. A value is taken as it is, up to
/// the end of its line.
pub fn read(text: &str, connection: &Connection) -> Result<Vec<(SecretField, Secret)>, ConnectionError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let pair = line.split_once('=').and_then(|(word, value)| {
                let field = connection.secrets().iter().find(|field| field.word() == word.trim())?;
                (!value.is_empty()).then(|| (*field, Secret::new(value.to_owned())))
            });
            let fields = connection.secrets();
            pair.ok_or(ConnectionError::SecretsMalformed { line: index + 1, fields })
        })
        .collect()
}

/// Takes the secrets of a connection out of the keychain.
pub(super) fn remove(name: &str, connection: &Connection) -> Result<(), ConnectionError> {
    connection.secrets().iter().try_for_each(|field| keychain::forget(name, *field).map(|_| ()))
}

/// The secrets of the user's connections, as far as a job may have them.
pub(super) struct UserSecrets {
    /// Names of the user's under which the job describes another service. What the user's keychain holds
    /// must not go there.
    pub(super) disguised: BTreeSet<String>,
}

impl Secrets for UserSecrets {
    fn get(&self, name: &str, field: SecretField) -> Result<Option<Secret>, String> {
        if is_in_environment(name) {
            return Environment.get(name, field);
        }
        let kept = keychain::get(name, field).map_err(|error| format!("{error}. {}", error.advice()))?;
        if kept.is_some() && self.disguised.contains(name) {
            return Err(format!(
                "the job describes {name} otherwise than your own connections do, so it does not get what \
                 your keychain keeps for {name}. Take [connections.{name}] out of the job, or set {}",
                field.variable(name)
            ));
        }
        Ok(kept)
    }
}

pub(super) fn is_in_environment(name: &str) -> bool {
    SecretField::ALL.into_iter().any(|field| matches!(Environment.get(name, field), Ok(Some(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::S3;

    #[test]
    fn a_key_has_both_halves() {
        use SecretField::{AccessKeyId, SecretAccessKey, SessionToken};
        let s3 = Connection::S3(S3::default());
        for (given, missing) in
            [(AccessKeyId, SecretAccessKey), (SecretAccessKey, AccessKeyId), (SessionToken, AccessKeyId)]
        {
            let error = put("nas", &s3, &[(given, Secret::new("x".into()))]).expect_err("half a key");
            assert!(matches!(error, ConnectionError::HalfKey { field } if field == missing), "{error}");
        }
        let both = [AccessKeyId, SecretAccessKey].map(|field| (field, Secret::new("x".into())));
        assert_eq!(missing_half(&both), None);
        assert_eq!(missing_half(&[(SecretField::Password, Secret::new("x".into()))]), None);
        assert!(put("nas", &s3, &[]).is_ok());
    }

    #[test]
    fn secrets_are_read_as_they_are_and_never_repeated() {
        let s3 = Connection::S3(S3::default());
        let read = |text| read(text, &s3);
        let secrets = read("access_key_id=AK\r\n\nsecret_access_key= a=b # c \n").expect("two");
        let shown: Vec<_> = secrets.iter().map(|(field, secret)| (*field, secret.expose())).collect();
        assert_eq!(shown, [(SecretField::AccessKeyId, "AK"), (SecretField::SecretAccessKey, " a=b # c ")]);
        for wrong in ["hunter2", "password=hunter2", "access_key_id=", "=hunter2"] {
            let error = read(wrong).expect_err(wrong);
            let text = format!("{error} {error:?} {}", error.advice());
            assert!(text.contains("line 1") && text.contains("secret_access_key"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
