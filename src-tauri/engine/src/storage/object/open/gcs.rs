//! From a connection to a bucket at Google: who signs in, and where the key may go.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::{ClientOptions, StaticCredentialProvider};
use reqwest::Url;

use super::{OpenError, no_retry, origin, variable};
use crate::spec::{Gcs, Secret, SecretField, Secrets};
use crate::storage::object::dialect::Dialect;
use crate::storage::object::gcs::GoogleBucket;
use crate::storage::object::wire::Wire;
use crate::storage::object::{Bucket, Service};

const GOOGLE: &str = "https://storage.googleapis.com";

/// A key file larger than this (bytes) is none.
const LARGEST: u64 = 1 << 16;

/// Opens a bucket. `name`: under which the connection's secrets are kept.
pub(super) fn open(gcs: &Gcs, name: &str, bucket: &str, secrets: &dyn Secrets) -> Result<Bucket, OpenError> {
    let wrong = |error: &dyn std::fmt::Display| OpenError::Wrong(error.to_string());
    let base = gcs.endpoint.as_deref().unwrap_or(GOOGLE).trim_end_matches('/').to_owned();
    let wire = Wire::new(Dialect::Gcs).map_err(|error| wrong(&error))?;
    let builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_base_url(&base)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(no_retry())
        .with_http_connector(wire.clone());
    let built = if gcs.anonymous {
        let nobody = GcpCredential { bearer: String::new() };
        let nobody = Arc::new(StaticCredentialProvider::new(nobody));
        builder.with_credentials(nobody).with_skip_signature(true).build().map_err(|error| wrong(&error))
    } else if let Some(file) = of_a_person(gcs, &base)? {
        builder.with_application_credentials(file).build().map_err(|_| {
            wrong(&"its key file cannot be used; sign in anew with `gcloud auth application-default login`")
        })
    } else if let Some(key) = key(gcs, name, &base, secrets)? {
        // What the library says of a key that is none would repeat some of it.
        builder.with_service_account_key(key.expose()).build().map_err(|_| {
            wrong(
                &"its service account's key is none: that is the JSON that Google gives, with private_key, \
                    private_key_id and client_email",
            )
        })
    } else {
        let nobody = OpenError::Nobody(&[SecretField::ServiceAccountKey]);
        let file = variable("GOOGLE_APPLICATION_CREDENTIALS");
        let is_known =
            file.is_some() || own_credentials().is_some_and(|file| file.is_file()) || on_instance();
        if !is_known || !is_googles(&base) {
            return Err(nobody);
        }
        let builder = match file {
            Some(file) => builder.with_application_credentials(file),
            None => builder,
        };
        builder
            .build()
            .map_err(|_| wrong(&"the credentials of the Google tools cannot be used; sign in to them anew"))
    };
    Ok(Bucket {
        endpoint: origin(&base)?.into(),
        url: format!("{base}/{bucket}"),
        wire,
        service: Service::Gcs(GoogleBucket { store: built?, anonymous: gcs.anonymous }),
        guards: AtomicBool::new(true),
    })
}

/// The connection's own key. One from a file goes to Google only: whoever writes a job names the file and the
/// address, and what signs in is sent there.
fn key(gcs: &Gcs, name: &str, base: &str, secrets: &dyn Secrets) -> Result<Option<Secret>, OpenError> {
    let Some(file) = &gcs.key_file else {
        return secrets.get(name, SecretField::ServiceAccountKey).map_err(OpenError::Secrets);
    };
    let wrong = |why: &str| OpenError::Wrong(format!("its key file {}: {why}", file.display()));
    if !is_googles(base) {
        return Err(wrong("a file's key is sent to Google alone; keep it as the connection's secret"));
    }
    read(file).map(Some).map_err(|error| wrong(&error.to_string()))
}

/// The connection's key file, where it is what a person's sign-in left (`gcloud auth application-default login`) and
/// no service account's key.
fn of_a_person(gcs: &Gcs, base: &str) -> Result<Option<String>, OpenError> {
    let Some(file) = gcs.key_file.as_deref().filter(|_| is_googles(base)) else { return Ok(None) };
    let Ok(text) = read(file) else { return Ok(None) };
    let said: Option<serde_json::Value> = serde_json::from_str(text.expose()).ok();
    let is_so = said.is_some_and(|said| said["type"] == "authorized_user");
    let unsaid = || OpenError::Wrong("the path of its key file is no text".into());
    is_so.then(|| file.to_str().map(ToOwned::to_owned).ok_or_else(unsaid)).transpose()
}

fn read(file: &Path) -> std::io::Result<Secret> {
    if std::fs::metadata(file)?.len() > LARGEST {
        return Err(std::io::Error::other("it is larger than 64 KiB"));
    }
    std::fs::read_to_string(file).map(Secret::new)
}

fn is_googles(base: &str) -> bool {
    let url = Url::parse(base).ok().filter(|url| url.scheme() == "https");
    url.as_ref().and_then(Url::host_str).is_some_and(|host| host.ends_with(".googleapis.com"))
}

/// Where `gcloud auth application-default login` keeps what it gets.
fn own_credentials() -> Option<std::path::PathBuf> {
    let folder = if cfg!(windows) { dirs::config_dir()? } else { dirs::home_dir()?.join(".config") };
    Some(folder.join("gcloud/application_default_credentials.json"))
}

/// Whether this computer may be one of Google's, which sign in by asking a service of their own.
fn on_instance() -> bool {
    std::fs::read_to_string("/sys/class/dmi/id/product_name")
        .is_ok_and(|it| it.contains("Google Compute Engine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Key(&'static str);

    impl Secrets for Key {
        fn get(&self, _: &str, field: SecretField) -> Result<Option<Secret>, String> {
            Ok((field == SecretField::ServiceAccountKey).then(|| Secret::new(self.0.into())))
        }
    }

    const EMPTY: Key = Key(
        "{\"private_key\":\"\",\"private_key_id\":\"\",\"client_email\":\"\",\"disable_oauth\":true,\"gcs_base_url\":\"https://evil.example\"}",
    );

    #[test]
    fn the_key_does_not_say_where_it_goes() {
        let bucket = open(&Gcs::default(), "cloud", "media", &EMPTY).expect("a bucket");
        assert_eq!(bucket.url, "https://storage.googleapis.com/media");
        assert!(!format!("{bucket:?}").contains("evil"), "{bucket:?}");
    }

    #[test]
    fn a_key_that_is_none_is_not_repeated() {
        for key in [
            "hunter2",
            "{\"private_key\":{\"hunter2\":1}}",
            "{\"private_key\":\"hunter2\",\"private_key_id\":\"\",\"client_email\":\"\"}",
        ] {
            let error = open(&Gcs::default(), "cloud", "media", &Key(key)).expect_err("refused").to_string();
            assert!(!error.contains("hunter2") && error.contains("client_email"), "{error}");
        }
    }

    #[test]
    fn a_files_key_goes_to_google_alone() {
        for (endpoint, is_right) in [
            ("https://storage.googleapis.com", true),
            ("https://storage-x.p.googleapis.com", true),
            ("http://storage.googleapis.com", false),
            ("https://evil.example", false),
            ("https://evilgoogleapis.com", false),
            ("https://evil.example/.googleapis.com", false),
        ] {
            assert_eq!(is_googles(endpoint), is_right, "{endpoint}");
        }
        let gcs = Gcs {
            endpoint: Some("https://evil.example".into()),
            key_file: Some("/nowhere/key.json".into()),
            anonymous: false,
        };
        let error = open(&gcs, "cloud", "media", &EMPTY).expect_err("refused").to_string();
        assert!(error.contains("Google alone"), "{error}");
    }

    #[test]
    fn what_a_persons_sign_in_left_serves_as_a_key_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("application_default_credentials.json");
        let left = "{\"type\":\"authorized_user\",\"client_id\":\"c\",\"client_secret\":\"hunter2\",\"refresh_token\":\"hunter2\"}";
        std::fs::write(&file, left).expect("a file");
        let gcs = Gcs { key_file: Some(file.clone()), ..Gcs::default() };
        let bucket = open(&gcs, "cloud", "media", &Key("")).expect("a bucket");
        assert_eq!(bucket.url, "https://storage.googleapis.com/media");
        std::fs::write(&file, "{\"type\":\"authorized_user\",\"refresh_token\":\"hunter2\"}")
            .expect("a file");
        let error = open(&gcs, "cloud", "media", &Key("")).expect_err("refused").to_string();
        assert!(!error.contains("hunter2") && error.contains("gcloud auth"), "{error}");
        let elsewhere = Gcs { endpoint: Some("https://evil.example".into()), ..gcs };
        let error = open(&elsewhere, "cloud", "media", &Key("")).expect_err("refused").to_string();
        assert!(error.contains("Google alone"), "{error}");
    }
}
