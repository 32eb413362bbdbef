//! From a connection to a bucket of S3: which endpoint, which style, and who signs in.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, Checksum, S3ConditionalPut};
use object_store::{ClientOptions, StaticCredentialProvider};
use reqwest::Url;

use super::profile::{self, Profile};
use super::{OpenError, no_retry, variable};
use crate::spec::{S3, S3Checksum, S3Guard, Secret, SecretField, Secrets};
use crate::storage::object::dialect::{Added, Dialect};
use crate::storage::object::sign::Signer;
use crate::storage::object::wire::Wire;
use crate::storage::object::{Bucket, S3Bucket, Service};

/// Where nothing says where: Amazon's first region, which other services take too.
const REGION: &str = "us-east-1";

/// The largest object that Amazon copies in one request (bytes).
const LARGEST_COPY: u64 = 5 << 30;

/// Opens a bucket. `name`: under which the connection's secrets are kept.
pub(super) fn open(s3: &S3, name: &str, bucket: &str, secrets: &dyn Secrets) -> Result<Bucket, OpenError> {
    let wrong = |error: &dyn std::fmt::Display| OpenError::Wrong(error.to_string());
    let named = s3.profile.clone().or_else(|| variable("AWS_PROFILE"));
    let profile = profile::read(named.as_deref().unwrap_or("default"));
    let region = s3.region.clone().or_else(|| variable("AWS_REGION"));
    let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| profile.region.clone());
    let region = region.unwrap_or_else(|| REGION.to_owned());
    if !is_region(&region) {
        return Err(wrong(&"a region's name has letters, digits and `-` alone"));
    }
    let endpoint = s3.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_S3"));
    let endpoint = endpoint.or_else(|| variable("AWS_ENDPOINT_URL"));
    let path_style = s3.path_style.unwrap_or(endpoint.is_some());
    let url = match &endpoint {
        None if path_style => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        Some(endpoint) if path_style => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        Some(endpoint) => in_host(endpoint, bucket)?,
    };
    let origin = origin_of(&url, endpoint.as_deref())?;
    let adds = match s3.checksum {
        S3Checksum::Md5 => Some(Added::Md5),
        S3Checksum::Crc32c => Some(Added::Crc32c),
        S3Checksum::Crc64nvme | S3Checksum::Sha256 | S3Checksum::None => None,
    };
    let speaking = |guarded, signer| Dialect::S3 { guarded, adds, signer };
    let wire = Wire::new(speaking(false, None)).map_err(|error| wrong(&error))?;
    // The environment also says how a server signs in (web identity, container, instance).
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_region(&region)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_virtual_hosted_style_request(!path_style)
        .with_allow_http(true)
        .with_skip_signature(s3.anonymous)
        // TLS and the checksum guard the bytes; without TLS the signature has to.
        .with_unsigned_payload(url.starts_with("https:"))
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(no_retry());
    builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint_of(&url, bucket, path_style));
    builder = match s3.checksum {
        S3Checksum::Crc64nvme => builder.with_checksum_algorithm(Checksum::CRC64NVME),
        S3Checksum::Sha256 => builder.with_checksum_algorithm(Checksum::SHA256),
        S3Checksum::Md5 | S3Checksum::Crc32c | S3Checksum::None => builder,
    };
    let asks_elsewhere = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        .into_iter()
        .chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        .any(|name| variable(name).is_some());
    match key(s3, name, secrets, profile)? {
        Some(key) => builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(key))),
        None if s3.anonymous || asks_elsewhere || on_instance() => {}
        None => return Err(OpenError::NoKey(&[SecretField::AccessKeyId, SecretField::SecretAccessKey])),
    }
    let build = |wire: Wire| builder.clone().with_http_connector(wire).build().map_err(|error| wrong(&error));
    let signer = if s3.anonymous {
        None
    } else {
        let credentials = Arc::clone(build(wire.clone())?.credentials());
        Some(Arc::new(Signer { credentials, region: region.clone() }))
    };
    let guarded = build(wire.speaking(speaking(true, signer.clone())))?;
    let wire = wire.speaking(speaking(false, signer));
    let service = Service::S3(S3Bucket {
        store: build(wire.clone())?,
        guarded,
        bucket: bucket.to_owned(),
        region,
        name: name.to_owned(),
        anonymous: s3.anonymous,
        guards_copies: false.into(),
        copies_up_to: s3.copy_limit_mib.map_or(LARGEST_COPY, |mib| u64::from(mib) << 20),
        knows_no_parts: false.into(),
        proves_no_copies: false.into(),
        adds_checksums: adds.is_some(),
    });
    let guards = AtomicBool::new(s3.guard == S3Guard::Conditional);
    Ok(Bucket { endpoint: origin.into(), url, wire, service, guards })
}

/// The key that signs in, by the first who has one: the connection's own secrets, the profile that it
/// names, the environment, the default profile.
fn key(
    s3: &S3,
    name: &str,
    secrets: &dyn Secrets,
    profile: Profile,
) -> Result<Option<AwsCredential>, OpenError> {
    if s3.anonymous {
        return Ok(None);
    }
    let own = |field| secrets.get(name, field).map_err(OpenError::Secrets);
    // Whoever gave half a key does not mean the key of somebody else.
    match (own(SecretField::AccessKeyId)?, own(SecretField::SecretAccessKey)?) {
        (Some(id), Some(key)) => {
            return Ok(Some(credential(id.expose(), &key, own(SecretField::SessionToken)?)));
        }
        (Some(_), None) => return Err(OpenError::NoKey(&[SecretField::SecretAccessKey])),
        (None, Some(_)) => return Err(OpenError::NoKey(&[SecretField::AccessKeyId])),
        (None, None) => {}
    }
    let Profile { access_key_id, secret_access_key, session_token, .. } = profile;
    let of_profile =
        access_key_id.zip(secret_access_key).map(|(id, key)| credential(&id, &key, session_token));
    if s3.profile.is_some() && of_profile.is_some() {
        return Ok(of_profile);
    }
    let secret = |name: &str| variable(name).map(Secret::new);
    let of_environment = variable("AWS_ACCESS_KEY_ID")
        .zip(secret("AWS_SECRET_ACCESS_KEY"))
        .map(|(id, key)| credential(&id, &key, secret("AWS_SESSION_TOKEN")));
    Ok(of_environment.or(of_profile))
}

fn credential(id: &str, key: &Secret, token: Option<Secret>) -> AwsCredential {
    AwsCredential {
        key_id: id.to_owned(),
        secret_key: key.expose().to_owned(),
        token: token.map(|token| token.expose().to_owned()),
    }
}

/// Whether this computer may be one of Amazon's, which sign in by asking a service of their own.
fn on_instance() -> bool {
    let told = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    !told && std::fs::read_to_string("/sys/class/dmi/id/sys_vendor").is_ok_and(|it| it.contains("Amazon"))
}

/// What the library wants as endpoint: with the bucket in its host where that stands there.
fn endpoint_of(url: &str, bucket: &str, path_style: bool) -> String {
    let whole = url.strip_suffix(bucket).filter(|_| path_style).map(|url| url.trim_end_matches('/'));
    whole.unwrap_or(url).to_owned()
}

/// Region and bucket stand in the host's name, and what is signed goes there.
fn is_region(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-')
}

/// Scheme, host and port of a bucket's URL; only where they are the endpoint's, or a host below it.
fn origin_of(url: &str, endpoint: Option<&str>) -> Result<String, OpenError> {
    let parsed = |text: &str| Url::parse(text).map_err(|error| OpenError::Wrong(error.to_string()));
    let url = parsed(url)?;
    let endpoint = parsed(endpoint.unwrap_or("https://amazonaws.com"))?;
    let host = url.host_str().unwrap_or_default();
    let (before, expected) = match endpoint.host_str() {
        Some(expected) => (host.strip_suffix(expected), expected),
        None => (None, ""),
    };
    let is_there = before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
    let is_same = url.scheme() == endpoint.scheme() && url.port() == endpoint.port();
    if expected.is_empty() || !is_there || !is_same {
        return Err(OpenError::Wrong("its address would not be the endpoint's".into()));
    }
    Ok(url.origin().ascii_serialization())
}

fn in_host(endpoint: &str, bucket: &str) -> Result<String, OpenError> {
    let mut url = Url::parse(endpoint).map_err(|error| OpenError::Wrong(error.to_string()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    url.set_host(Some(&format!("{bucket}.{host}")))
        .map_err(|error| OpenError::Wrong(format!("the bucket cannot stand in the host's name: {error}")))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Connection;

    struct Known;

    impl Secrets for Known {
        fn get(&self, connection: &str, field: SecretField) -> Result<Option<Secret>, String> {
            Ok((connection == "nas").then(|| Secret::new(field.word().to_owned())))
        }
    }

    #[test]
    fn styles_of_addresses() {
        let open = |s3: S3| open(&s3, "nas", "media", &Known).expect("a bucket");
        let at = |endpoint: &str| S3 { endpoint: Some(endpoint.into()), ..S3::default() };
        let bucket = open(at("http://127.0.0.1:9000/"));
        assert_eq!(
            (bucket.url.as_str(), &*bucket.endpoint),
            ("http://127.0.0.1:9000/media", "http://127.0.0.1:9000")
        );
        let virtual_host = S3 { path_style: Some(false), ..at("https://s3.example") };
        assert_eq!(open(virtual_host).url, "https://media.s3.example");
        let amazon = open(S3 { region: Some("eu-west-1".into()), ..S3::default() });
        assert_eq!(amazon.url, "https://media.s3.eu-west-1.amazonaws.com");
        assert!(!format!("{amazon:?}").contains("secret_access_key"), "{amazon:?}");
    }

    #[test]
    fn half_a_key_is_not_made_whole_by_another() {
        struct Half(SecretField);
        impl Secrets for Half {
            fn get(&self, _: &str, field: SecretField) -> Result<Option<Secret>, String> {
                Ok((field == self.0).then(|| Secret::new("x".into())))
            }
        }
        let other = || Profile {
            access_key_id: Some("OTHER".into()),
            secret_access_key: Some(Secret::new("other".into())),
            ..Profile::default()
        };
        let (id, secret) = (SecretField::AccessKeyId, SecretField::SecretAccessKey);
        for (has, missing) in [(id, secret), (secret, id)] {
            let error = key(&S3::default(), "nas", &Half(has), other()).err();
            assert!(matches!(error, Some(OpenError::NoKey([field])) if *field == missing), "{error:?}");
        }
        assert!(matches!(key(&S3::default(), "nas", &Half(SecretField::Password), other()), Ok(Some(_))));
    }

    #[test]
    fn neither_bucket_nor_region_chooses_the_host() {
        let open = |s3: &S3, bucket| super::super::open(&Connection::S3(s3.clone()), "nas", bucket, &Known);
        let style = |path_style| S3 { path_style: Some(path_style), ..S3::default() };
        let at = |path_style| S3 { endpoint: Some("https://s3.example".into()), ..style(path_style) };
        for bucket in
            ["evil.example#", "evil.example?", "u:p@evil.example", "evil.example\\", "evil:80", "..", "a%2fb"]
        {
            for s3 in [style(true), style(false), at(true), at(false)] {
                let error = open(&s3, bucket).expect_err(bucket);
                assert_eq!(error, OpenError::Bucket);
                assert!(!error.to_string().contains("evil"), "{error}");
            }
        }
        for region in ["evil.example/", "x@evil.example#", "evil.example?", "a.b", ""] {
            for path_style in [true, false] {
                let s3 = S3 { region: Some(region.into()), ..style(path_style) };
                assert!(matches!(open(&s3, "media"), Err(OpenError::Wrong(_))), "{region}");
            }
        }
    }

    #[test]
    fn an_address_is_the_endpoints_or_below_it() {
        let right = |url, endpoint| origin_of(url, endpoint).is_ok();
        assert!(right("https://s3.example:9000/media", Some("https://s3.example:9000")));
        assert!(right("https://media.S3.example", Some("https://s3.example")));
        assert!(right("http://[::1]:9000/media", Some("http://[::1]:9000")));
        assert!(right("https://media.s3.eu-west-1.amazonaws.com", None));
        for (url, endpoint) in [
            ("https://evil.example/.amazonaws.com", None),
            ("https://evilamazonaws.com", None),
            ("https://evil.example#.s3.example", Some("https://s3.example")),
            ("https://x@evil.example", Some("https://s3.example")),
            ("https://s3.example:81/media", Some("https://s3.example")),
            ("http://s3.example/media", Some("https://s3.example")),
        ] {
            assert!(!right(url, endpoint), "{url}");
        }
    }
}
