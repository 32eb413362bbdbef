//! The files of the AWS tools: `~/.aws/credentials` and `~/.aws/config` (AWS SDKs and Tools Reference
//! Guide, "Shared config and credentials files"). Only keys and the region are read; what names another
//! program or service to ask (`credential_process`, `sso_*`, `role_arn`) is not followed.

use std::path::{Path, PathBuf};

use crate::spec::Secret;

/// A file larger than this (bytes) is none of these.
const LARGEST: u64 = 1 << 20;

/// What a profile gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<Secret>,
    pub(super) session_token: Option<Secret>,
    pub(super) region: Option<String>,
    /// Keys come from somewhere that this program does not ask.
    pub(super) points_elsewhere: bool,
}

/// Reads a profile. What is not there, or cannot be read, gives nothing.
pub(super) fn read(name: &str) -> Profile {
    let file = |variable: &str, own: &str| {
        let named = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        named.or_else(|| Some(dirs::home_dir()?.join(".aws").join(own)))
    };
    let mut profile = Profile::default();
    if let Some(text) = file("AWS_CONFIG_FILE", "config").and_then(|path| text_of(&path)) {
        // The default profile has no prefix there.
        let section = if name == "default" { name.to_owned() } else { format!("profile {name}") };
        profile.take(&text, &section);
    }
    if let Some(text) = file("AWS_SHARED_CREDENTIALS_FILE", "credentials").and_then(|path| text_of(&path)) {
        profile.take(&text, name);
    }
    profile
}

fn text_of(path: &Path) -> Option<String> {
    if std::fs::metadata(path).ok()?.len() > LARGEST {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

impl Profile {
    fn take(&mut self, text: &str, section: &str) {
        let mut inside = false;
        for line in text.lines() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                inside = name.split_whitespace().eq(section.split_whitespace());
            } else if inside && let Some((key, value)) = line.split_once('=') {
                let value = value.trim().to_owned();
                match key.trim() {
                    "aws_access_key_id" => self.access_key_id = Some(value),
                    "aws_secret_access_key" => self.secret_access_key = Some(Secret::new(value)),
                    "aws_session_token" => self.session_token = Some(Secret::new(value)),
                    "region" => self.region = Some(value),
                    "credential_process" | "sso_session" | "sso_start_url" | "role_arn" => {
                        self.points_elsewhere = true;
                    }
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_profile_is_read() {
        let text = "[default]\naws_access_key_id = A\n# [other]\n[ other ]\naws_access_key_id=B\n\
                    aws_secret_access_key = s=x\nregion = eu-central-1\n[third]\naws_access_key_id = C\n";
        let mut profile = Profile::default();
        profile.take(text, "other");
        assert_eq!(profile.access_key_id.as_deref(), Some("B"));
        assert_eq!(profile.secret_access_key.as_ref().map(Secret::expose), Some("s=x"));
        assert_eq!(profile.region.as_deref(), Some("eu-central-1"));
        assert!(!format!("{profile:?}").contains("s=x"));
    }
}
