//! Who signs in where: secrets go with URLs below the address of their connection, and nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::sync::OnceCell;

use crate::spec::{Connection, Http, Secret, SecretField, Secrets};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::threads::off_thread;

/// The connections of the kind http.
pub(crate) struct SignIns {
    /// The longest address first.
    all: Vec<SignIn>,
    secrets: Arc<dyn Secrets>,
}

/// A header that signs in.
type Signed = (HeaderName, HeaderValue);

struct SignIn {
    name: String,
    base: Url,
    http: Http,
    /// Asked for once: a keychain that is locked is not knocked at for every file.
    header: OnceCell<Result<Option<Signed>, String>>,
}

impl SignIns {
    /// `connections`: by name; what is no http signs in elsewhere.
    pub(crate) fn new(connections: BTreeMap<String, Connection>, secrets: Arc<dyn Secrets>) -> Self {
        let of = |(name, connection)| match connection {
            Connection::Http(http) => {
                let base = Url::parse(&http.url).ok()?;
                Some(SignIn { name, base, http, header: OnceCell::new() })
            }
            _ => None,
        };
        let mut all: Vec<SignIn> = connections.into_iter().filter_map(of).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.base.path().len()));
        Self { all, secrets }
    }

    /// The header that goes with a request. None: nobody signs in there.
    pub(super) async fn for_url(&self, url: &Url) -> Result<Option<Signed>, Fault> {
        let Some(one) = self.all.iter().find(|one| is_below(url, &one.base)) else { return Ok(None) };
        let made = one.header.get_or_init(|| {
            let (secrets, name, http) = (Arc::clone(&self.secrets), one.name.clone(), one.http.clone());
            off_thread(move || signed(&name, &http, secrets.as_ref()))
        });
        made.await.clone().map_err(|why| Fault::new(FaultKind::SignIn, why))
    }
}

impl fmt::Debug for SignIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|one| &one.name)).finish()
    }
}

/// Whether a URL is the same server's, and its path the base's or one below it.
fn is_below(url: &Url, base: &Url) -> bool {
    let folder = base.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(folder);
    url.origin() == base.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The header of a connection, or why there is none although it needs one.
fn signed(name: &str, http: &Http, secrets: &dyn Secrets) -> Result<Option<Signed>, String> {
    let field = if http.user.is_some() { SecretField::Password } else { SecretField::Token };
    let Some(secret) = secrets.get(name, field)? else {
        let is_needed = http.user.is_some() || http.header.is_some();
        let missing = || {
            format!(
                "the connection {name} has no {}: keep it with `sluice connections add`, or set {} before you start Sluice",
                field.word().replace('_', " "),
                field.variable(name)
            )
        };
        return if is_needed { Err(missing()) } else { Ok(None) };
    };
    header_of(http, &secret)
        .map(Some)
        .ok_or_else(|| format!("the {} of the connection {name} holds what no header may hold", field.word()))
}

/// The header that says who we are. None: it cannot be sent.
pub(crate) fn header_of(http: &Http, secret: &Secret) -> Option<Signed> {
    let secret = secret.expose();
    let (header, text) = match (&http.user, &http.header) {
        (Some(user), _) => (AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))),
        (None, Some(header)) => (header.parse().ok()?, secret.to_owned()),
        (None, None) => (AUTHORIZATION, format!("Bearer {secret}")),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some((header, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Secrets for Fixed {
        fn get(&self, name: &str, field: SecretField) -> Result<Option<Secret>, String> {
            Ok((name != "none").then(|| Secret::new(format!("{name}-{}", field.word()))))
        }
    }

    fn sign_ins() -> SignIns {
        let http = |url: &str, user: Option<&str>, header: Option<&str>| {
            let (user, header) = (user.map(ToOwned::to_owned), header.map(ToOwned::to_owned));
            Connection::Http(Http { user, header, ..Http::at(url.to_owned()) })
        };
        let all = BTreeMap::from([
            ("dam".to_owned(), http("https://dam.example/media", None, None)),
            ("deep".to_owned(), http("https://dam.example/media/deep/", Some("me"), None)),
            ("key".to_owned(), http("http://key.example:8080", None, Some("X-Key"))),
            ("none".to_owned(), http("http://none.example", None, Some("X-Key"))),
        ]);
        SignIns::new(all, Arc::new(Fixed))
    }

    async fn sent(url: &str) -> Option<String> {
        let header = sign_ins().for_url(&Url::parse(url).unwrap()).await.unwrap();
        header.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
    }

    #[tokio::test]
    async fn a_secret_goes_below_its_address_and_nowhere_else() {
        let bearer = Some("authorization: Bearer dam-token".to_owned());
        assert_eq!(sent("https://dam.example/media/a.mov").await, bearer);
        assert_eq!(sent("https://dam.example:443/media").await, bearer);
        let basic = sent("https://dam.example/media/deep/a.mov").await.unwrap();
        assert_eq!(basic, format!("authorization: Basic {}", STANDARD.encode("me:deep-password")));
        assert_eq!(sent("http://key.example:8080/x").await.as_deref(), Some("x-key: key-token"));
        for elsewhere in [
            "https://dam.example/mediathek/a.mov",
            "https://dam.example/",
            "http://dam.example/media/a.mov",
            "https://dam.example:444/media/a.mov",
            "https://dam.example.evil/media/a.mov",
            "https://key.example:8080/x",
        ] {
            assert_eq!(sent(elsewhere).await, None, "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn a_missing_secret_is_named_and_none_is_shown() {
        let all = sign_ins();
        let fault = all.for_url(&Url::parse("http://none.example/x").unwrap()).await.unwrap_err();
        assert!(fault.kind == FaultKind::SignIn && fault.said.contains("SLUICE_NONE_TOKEN"), "{fault}");
        let signed = all.for_url(&Url::parse("http://key.example:8080/").unwrap()).await.unwrap();
        assert!(!format!("{signed:?} {all:?}").contains("key-token"));
    }
}
