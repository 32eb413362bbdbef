//! From a connection to a container of Azure: which account, and who signs in.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::azure::{AzureAccessKey, AzureCredential, MicrosoftAzureBuilder, split_sas};
use object_store::{ClientOptions, StaticCredentialProvider};

use super::{OpenError, no_retry, origin, variable};
use crate::spec::{Azure, Secret, SecretField, Secrets, is_account_name};
use crate::storage::object::azure::Container;
use crate::storage::object::dialect::Dialect;
use crate::storage::object::wire::Wire;
use crate::storage::object::{Bucket, Service};

/// Opens a container. `name`: under which the connection's secrets are kept.
pub(super) fn open(
    azure: &Azure,
    name: &str,
    container: &str,
    secrets: &dyn Secrets,
) -> Result<Bucket, OpenError> {
    let wrong = |error: &dyn std::fmt::Display| OpenError::Wrong(error.to_string());
    let of_environment = variable("AZURE_STORAGE_ACCOUNT");
    let account = azure.account.clone().or_else(|| of_environment.clone());
    let account = account.ok_or_else(|| {
        wrong(&"it names no storage account; write `account = …`, or set AZURE_STORAGE_ACCOUNT")
    })?;
    if !is_account_name(&account) {
        return Err(wrong(&"a storage account's name has 3 to 24 small letters and digits"));
    }
    let own = azure.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/').to_owned());
    let base = own.unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
    // A token is sent as it is: that of the environment goes to the account that it is for, and nowhere else.
    let is_theirs = azure.endpoint.is_none() && of_environment.as_ref() == Some(&account);
    let credential = if azure.anonymous {
        // It is never asked for.
        AzureCredential::SASToken(Vec::new())
    } else {
        credential(name, secrets, is_theirs)?
    };
    let wire = Wire::new(Dialect::Azure).map_err(|error| wrong(&error))?;
    let store = MicrosoftAzureBuilder::new()
        .with_account(&account)
        .with_container_name(container)
        .with_endpoint(base.clone())
        .with_credentials(Arc::new(StaticCredentialProvider::new(credential)))
        .with_skip_signature(azure.anonymous)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(no_retry())
        .with_http_connector(wire.clone())
        .build()
        .map_err(|error| wrong(&error))?;
    Ok(Bucket {
        endpoint: origin(&base)?.into(),
        url: format!("{base}/{container}"),
        wire,
        service: Service::Azure(Container { store, account, anonymous: azure.anonymous }),
        guards: AtomicBool::new(true),
    })
}

/// What signs in: a secret of the connection's own, or one of the environment.
fn credential(name: &str, secrets: &dyn Secrets, is_theirs: bool) -> Result<AzureCredential, OpenError> {
    let own = |field| secrets.get(name, field).map_err(OpenError::Secrets);
    let theirs = |name| variable(name).filter(|_| is_theirs).map(Secret::new);
    let found = match (own(SecretField::AccountKey)?, own(SecretField::SasToken)?) {
        (None, None) => (theirs("AZURE_STORAGE_KEY"), theirs("AZURE_STORAGE_SAS_TOKEN")),
        found => found,
    };
    // What the library says of a secret that is none would repeat some of it.
    match found {
        (Some(key), _) => AzureAccessKey::try_new(key.expose().trim())
            .map(AzureCredential::AccessKey)
            .map_err(|_| OpenError::Wrong("its account key is none: that is text in base64".into())),
        (None, Some(token)) => match split_sas(token.expose().trim()) {
            Ok(pairs) if pairs.iter().any(|(name, _)| name == "sig") => Ok(AzureCredential::SASToken(pairs)),
            _ => Err(OpenError::Wrong("its SAS token is none: that begins like sv=… and has a sig=…".into())),
        },
        (None, None) => Err(OpenError::Nobody(&[SecretField::AccountKey, SecretField::SasToken])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(SecretField, &'static str);

    impl Secrets for One {
        fn get(&self, _: &str, field: SecretField) -> Result<Option<Secret>, String> {
            Ok((field == self.0).then(|| Secret::new(self.1.into())))
        }
    }

    fn azure(endpoint: Option<&str>) -> Azure {
        Azure { account: Some("media01".into()), endpoint: endpoint.map(Into::into), anonymous: false }
    }

    #[test]
    fn a_container_is_below_its_account() {
        let key = One(SecretField::AccountKey, "aHVudGVyMg==");
        let bucket = open(&azure(None), "cloud", "media", &key).expect("a container");
        assert_eq!(bucket.url, "https://media01.blob.core.windows.net/media");
        assert_eq!(&*bucket.endpoint, "https://media01.blob.core.windows.net");
        let bucket =
            open(&azure(Some("http://127.0.0.1:10000/media01/")), "cloud", "media", &key).expect("there");
        assert_eq!(bucket.url, "http://127.0.0.1:10000/media01/media");
        assert_eq!(&*bucket.endpoint, "http://127.0.0.1:10000");
        assert!(!format!("{bucket:?}").contains("hunter2"), "{bucket:?}");
    }

    #[test]
    fn a_secret_that_is_none_is_not_repeated() {
        for secret in [
            One(SecretField::AccountKey, "hunter2!"),
            One(SecretField::SasToken, "hunter2"),
            One(SecretField::SasToken, "sv=2023&se=hunter2"),
        ] {
            let error = open(&azure(None), "cloud", "media", &secret).expect_err("refused").to_string();
            assert!(!error.contains("hunter2") && error.contains("none"), "{error}");
        }
        assert!(matches!(
            open(&azure(None), "cloud", "media", &One(SecretField::Password, "x")),
            Err(OpenError::Nobody(_))
        ));
    }
}
