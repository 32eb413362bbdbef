//! Who gives tokens for Azure: to applications, as the Microsoft identity platform does ("OAuth 2.0 client
//! credentials flow"), and to computers, as the managed identities of App Service do. It signs nothing, which
//! Azurite does not mind; it tells what came.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::loopback::Loopback;

/// The directory.
pub const TENANT: &str = "media.example";
/// The application there.
pub const CLIENT: &str = "5e204f1d-77b2-4c0b-9d52-000000000001";
/// Its secret: a canary that must be found nowhere.
pub const SECRET: &str = "canary-c1d0-application";
/// Whoever has a token has this, too.
const SIGNATURE: &str = "canary-2b7c-token";
/// What a computer shows to be given a token.
pub const HEADER: &str = "canary-1d3e-header";

/// The running server; gone when it is dropped.
#[derive(Debug)]
pub struct Authority {
    asked: Arc<Mutex<Vec<String>>>,
    loopback: Loopback,
}

impl Authority {
    /// Starts it.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn start() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let loopback = Loopback::serve(Router::new().fallback(serve).with_state(Arc::clone(&asked)));
        Self { asked, loopback }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.loopback.url()
    }

    /// The paths that tokens were asked for at.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    State(asked): State<Arc<Mutex<Vec<String>>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(uri.path().to_owned());
    let body = String::from_utf8_lossy(&body).into_owned();
    let has = |text: &str, name: &str, wanted: &str| {
        reqwest::Url::parse(&format!("http://x/?{text}"))
            .is_ok_and(|url| url.query_pairs().any(|(own, value)| own == name && value == wanted))
    };
    if method == Method::POST && uri.path() == format!("/{TENANT}/oauth2/v2.0/token") {
        let knows = has(&body, "client_id", CLIENT) && has(&body, "client_secret", SECRET);
        let asks = has(&body, "grant_type", "client_credentials")
            && has(&body, "scope", "https://storage.azure.com/.default");
        return match (knows, asks) {
            (true, true) => given(json!({ "expires_in": 3599 })),
            (false, _) => refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided."),
            (true, false) => refused(400, "invalid_scope", "AADSTS70011: The scope is not valid."),
        };
    }
    if method == Method::GET && uri.path() == "/identity" {
        let query = uri.query().unwrap_or_default();
        let knows = headers.get("x-identity-header").is_some_and(|shown| shown == HEADER);
        if knows && headers.contains_key("metadata") && has(query, "resource", "https://storage.azure.com") {
            return given(
                json!({ "expires_on": (now() + 3600).to_string(), "resource": "https://storage.azure.com" }),
            );
        }
        return refused(400, "invalid_request", "Identity not found");
    }
    refused(400, "invalid_request", "AADSTS90002: Tenant not found.")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// A token that nobody has signed, and what else the answer has.
fn given(mut answer: Value) -> Response {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({ "alg": "RS256", "typ": "JWT" }));
    let issuer = format!("https://sts.windows.net/{TENANT}/");
    let claims = part(json!({
        "aud": "https://storage.azure.com", "iss": issuer, "iat": now() - 60, "nbf": now() - 60, "exp": now() + 3600,
    }));
    answer["access_token"] = format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(SIGNATURE)).into();
    answer["token_type"] = "Bearer".into();
    (StatusCode::OK, [("content-type", "application/json")], answer.to_string()).into_response()
}

fn refused(status: u16, error: &str, description: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let said = json!({ "error": error, "error_description": description }).to_string();
    (status, [("content-type", "application/json")], said).into_response()
}
