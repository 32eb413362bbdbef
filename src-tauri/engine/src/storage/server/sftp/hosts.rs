//! Whether a server is the one that the user knows: its key is compared with those in a file of
//! `known_hosts` (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

use std::path::{Path, PathBuf};

use russh::keys::known_hosts::{known_host_keys_path, learn_known_hosts_path};
use russh::keys::{Algorithm, HashAlg, PublicKey, PublicKeyBase64};

use crate::storage::remote::fault::{Fault, FaultKind};

/// The server's key, and what the file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) key: PublicKey,
    pub(crate) trust: Trust,
}

/// What the user knows of a server's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It is the server's.
    Known,
    /// The server was never seen.
    Unknown,
    /// The server had another key.
    Changed,
    /// The user says that nobody must be trusted by this key.
    Revoked,
}

/// A server whose key is to be looked up.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// How the user names it.
    pub(crate) place: String,
    /// The file with the keys that are known.
    pub(crate) file: PathBuf,
}

impl Host {
    /// What the file says of a key.
    pub(crate) fn trust(&self, key: &PublicKey) -> Result<Trust, Fault> {
        if is_revoked(&self.file, key) {
            return Ok(Trust::Revoked);
        }
        let known = self.known()?;
        Ok(match known.iter().any(|known| known.key_data() == key.key_data()) {
            true => Trust::Known,
            false if known.is_empty() => Trust::Unknown,
            false => Trust::Changed,
        })
    }

    /// The kinds of key that are known of this server: those are asked for first, or one that is not known
    /// would come instead.
    pub(super) fn algorithms(&self) -> Result<Vec<Algorithm>, Fault> {
        Ok(self.known()?.iter().map(PublicKey::algorithm).collect())
    }

    fn known(&self) -> Result<Vec<PublicKey>, Fault> {
        let keys = known_host_keys_path(&self.name, self.port, &self.file);
        let keys = keys.map_err(|error| {
            let said = format!("the host keys in {} cannot be read: {error}", self.file.display());
            Fault::new(FaultKind::SignIn, said)
        })?;
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// Name and port.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.name, self.port)
    }

    /// Trusts a key from now on.
    pub(crate) fn learn(&self, key: &PublicKey) -> Result<(), String> {
        learn_known_hosts_path(&self.name, self.port, key, &self.file).map_err(|error| error.to_string())
    }

    /// Why nobody signs in to a server with that key.
    pub(super) fn refusal(&self, shown: &Shown) -> Fault {
        let (fingerprint, file) = (fingerprint(&shown.key), self.file.display());
        let server = self.address();
        let place = &self.place;
        let said = match shown.trust {
            Trust::Known => format!("{server} is known, and refused all the same"),
            Trust::Unknown => format!(
                "the server {server} is not known; its key is {fingerprint}. If that is what its administrator \
                 says, accept it with `sluice connections trust {place} --fingerprint {fingerprint}`"
            ),
            Trust::Changed => format!(
                "the server {server} has another key than before: {fingerprint}. It may be another server that \
                 passes for it. Ask its administrator; if the key is right, remove the old one from {file}, \
                 and accept it with `sluice connections trust {place} --fingerprint {fingerprint}`"
            ),
            Trust::Revoked => format!("the key {fingerprint} of {server} is marked as revoked in {file}"),
        };
        Fault::new(FaultKind::SignIn, said)
    }
}

/// A key as people compare it: `SHA256:…`.
pub(crate) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn is_revoked(file: &Path, key: &PublicKey) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let encoded = key.public_key_base64();
    let mut revoked = text.lines().filter(|line| line.starts_with("@revoked"));
    revoked.any(|line| line.split_whitespace().any(|word| word == encoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIERxdhg4aO7hM4BOowLUAL1jzEAUzHY9rtyp89QTFTGi";
    const OTHER: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIIrPMMJnOynuOYVysQoBzIOUZiiEuPKEMbdvTCJ3lnBi";

    #[test]
    fn a_key_is_known_unknown_changed_or_revoked() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ssh/known_hosts");
        let host =
            |name: &str| Host { name: name.into(), port: 2222, place: "nas:".into(), file: file.clone() };
        let key = russh::keys::parse_public_key_base64(ONE).expect("a key");
        let other = russh::keys::parse_public_key_base64(OTHER).expect("a key");
        assert_eq!(host("nas").trust(&key), Ok(Trust::Unknown));
        host("nas").learn(&key).expect("kept");
        assert_eq!(host("nas").trust(&key), Ok(Trust::Known));
        assert_eq!(host("nas").trust(&other), Ok(Trust::Changed));
        assert_eq!(host("tape").trust(&key), Ok(Trust::Unknown));
        let text = std::fs::read_to_string(&file).expect("the file");
        std::fs::write(&file, format!("{text}@revoked * ssh-ed25519 {ONE}\n")).expect("written");
        assert_eq!(host("nas").trust(&key), Ok(Trust::Revoked));
        let shown = Shown { key, trust: Trust::Unknown };
        let said = host("nas").refusal(&shown).said;
        assert!(said.contains("SHA256:") && said.contains("connections trust nas: "), "{said}");
    }
}
