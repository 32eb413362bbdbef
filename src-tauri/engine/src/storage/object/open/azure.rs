//! From a connection to a container of Azure: which account, and who signs in.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::azure::{AzureAccessKey, AzureCredential, MicrosoftAzureBuilder, split_sas};
use object_store::{ClientOptions, StaticCredentialProvider};
use reqwest::Url;

use super::{OpenError, no_retry, origin, variable};
use crate::spec::{Azure, Secret, SecretField, Secrets, is_account_name, is_this_computer};
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
    let wire = Wire::new(Dialect::Azure).map_err(|error| wrong(&error))?;
    let builder = MicrosoftAzureBuilder::new()
        .with_account(&account)
        .with_container_name(container)
        .with_endpoint(base.clone())
        .with_skip_signature(azure.anonymous)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(no_retry())
        .with_http_connector(wire.clone());
    let builder = match sign_in(azure, name, &base, secrets, is_theirs)? {
        SignIn::Credential(credential) => {
            builder.with_credentials(Arc::new(StaticCredentialProvider::new(credential)))
        }
        SignIn::Application(Application { tenant, client_id, secret, authority }) => {
            let builder = builder
                .with_credential_type("client_secret")
                .with_tenant_id(tenant)
                .with_client_id(client_id)
                .with_client_secret(secret.expose().trim());
            match authority {
                Some(authority) => builder.with_authority_host(authority.trim_end_matches('/')),
                None => builder,
            }
        }
        SignIn::Computer { client_id } => {
            let builder = builder.with_credential_type("managed_identity");
            let builder = match client_id {
                Some(client_id) => builder.with_client_id(client_id),
                None => builder,
            };
            // Where Azure runs programs and no machines, it says where they ask.
            match variable("IDENTITY_ENDPOINT") {
                Some(endpoint) => builder.with_msi_endpoint(endpoint),
                None => builder,
            }
        }
    };
    let store = builder.build().map_err(|error| wrong(&error))?;
    Ok(Bucket {
        endpoint: origin(&base)?.into(),
        url: format!("{base}/{container}"),
        wire,
        service: Service::Azure(Container { store, account, anonymous: azure.anonymous }),
        guards: AtomicBool::new(true),
    })
}

/// Who signs in.
enum SignIn {
    Credential(AzureCredential),
    /// An application of a directory (Microsoft identity platform, "OAuth 2.0 client credentials flow").
    Application(Application),
    /// The identity that Azure manages for this computer ("Managed identities for Azure resources").
    Computer {
        client_id: Option<String>,
    },
}

struct Application {
    tenant: String,
    client_id: String,
    secret: Secret,
    authority: Option<String>,
}

/// What signs in: a secret of the connection's own, or one of the environment.
fn sign_in(
    azure: &Azure,
    name: &str,
    base: &str,
    secrets: &dyn Secrets,
    is_theirs: bool,
) -> Result<SignIn, OpenError> {
    if azure.anonymous {
        // It is never asked for.
        return Ok(SignIn::Credential(AzureCredential::SASToken(Vec::new())));
    }
    if azure.managed_identity {
        // Whoever writes a job may use this computer's identity, and names the address to which its token is sent.
        if !is_azures(base) {
            let what = "this computer's identity is shown to Azure alone, over https";
            return Err(OpenError::Wrong(what.into()));
        }
        return Ok(SignIn::Computer { client_id: azure.client_id.clone() });
    }
    let own = |field| secrets.get(name, field).map_err(OpenError::Secrets);
    let theirs = |name| variable(name).filter(|_| is_theirs).map(Secret::new);
    if let (Some(tenant), Some(client_id)) = (azure.tenant.clone(), azure.client_id.clone()) {
        let secret = own(SecretField::ClientSecret)?;
        let secret = secret.ok_or(OpenError::Nobody(&[SecretField::ClientSecret]))?;
        let authority = azure.authority.clone();
        return Ok(SignIn::Application(Application { tenant, client_id, secret, authority }));
    }
    let found = match (own(SecretField::AccountKey)?, own(SecretField::SasToken)?) {
        (None, None) => (theirs("AZURE_STORAGE_KEY"), theirs("AZURE_STORAGE_SAS_TOKEN")),
        found => found,
    };
    // What the library says of a secret that is none would repeat some of it.
    match found {
        (Some(key), _) => AzureAccessKey::try_new(key.expose().trim())
            .map(|key| SignIn::Credential(AzureCredential::AccessKey(key)))
            .map_err(|_| OpenError::Wrong("its account key is none: that is text in base64".into())),
        (None, Some(token)) => match split_sas(token.expose().trim()) {
            Ok(pairs) if pairs.iter().any(|(name, _)| name == "sig") => {
                Ok(SignIn::Credential(AzureCredential::SASToken(pairs)))
            }
            _ => Err(OpenError::Wrong("its SAS token is none: that begins like sv=… and has a sig=…".into())),
        },
        (None, None) => {
            let nobody = OpenError::Nobody(&[SecretField::AccountKey, SecretField::SasToken]);
            let application = || {
                Some(Application {
                    tenant: variable("AZURE_TENANT_ID")?,
                    client_id: variable("AZURE_CLIENT_ID")?,
                    secret: theirs("AZURE_CLIENT_SECRET")?,
                    authority: None,
                })
            };
            application().map(SignIn::Application).ok_or(nobody)
        }
    }
}

/// Whether an address is one of Azure's, in whatever cloud of theirs; or an emulator on this computer.
fn is_azures(base: &str) -> bool {
    const CLOUDS: [&str; 3] =
        [".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn"];
    let Ok(url) = Url::parse(base) else { return false };
    let host = url.host_str().unwrap_or_default();
    is_this_computer(&url) || url.scheme() == "https" && CLOUDS.iter().any(|cloud| host.ends_with(cloud))
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
        Azure { account: Some("media01".into()), endpoint: endpoint.map(Into::into), ..Azure::default() }
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

    #[test]
    fn an_application_signs_in_by_its_secret_which_is_not_shown() {
        let application =
            Azure { tenant: Some("media.example".into()), client_id: Some("5e20".into()), ..azure(None) };
        let secret = One(SecretField::ClientSecret, "hunter2");
        let bucket = open(&application, "cloud", "media", &secret).expect("a container");
        assert!(!format!("{bucket:?}").contains("hunter2"), "{bucket:?}");
        // A key of the account is not what the connection says.
        let key = One(SecretField::AccountKey, "aHVudGVyMg==");
        let error = open(&application, "cloud", "media", &key).expect_err("refused");
        assert_eq!(error, OpenError::Nobody(&[SecretField::ClientSecret]));
    }

    #[test]
    fn this_computers_identity_is_shown_to_azure_alone() {
        for (endpoint, is_right) in [
            (None, true),
            (Some("https://media01.blob.core.usgovcloudapi.net"), true),
            (Some("http://media01.blob.core.windows.net"), false),
            (Some("https://127.0.0.1:10000/media01"), true),
            (Some("https://evil.example"), false),
            (Some("https://evilblob.core.windows.net.evil.example"), false),
            (Some("https://127.0.0.1.evil.example"), false),
        ] {
            let identity = Azure { managed_identity: true, ..azure(endpoint) };
            let opened = open(&identity, "cloud", "media", &One(SecretField::Password, "x"));
            assert_eq!(opened.is_ok(), is_right, "{endpoint:?}");
        }
    }
}
