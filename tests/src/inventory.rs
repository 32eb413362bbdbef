//! A bucket that holds nothing but its listing: as many keys as one wants, a page at a time.

use std::collections::HashMap;
use std::fmt::Write;

use axum::Router;
use axum::extract::{Query, State};

use crate::loopback::Loopback;

/// Keys on a page, as Amazon gives them.
const PAGE: u64 = 1000;

/// A running server on a free port of the loopback; gone when it is dropped.
#[derive(Debug)]
pub struct Inventory {
    loopback: Loopback,
}

impl Inventory {
    /// A bucket of so many keys.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn of(keys: u64) -> Self {
        let loopback = Loopback::serve(Router::new().fallback(page).with_state(keys));
        Self { loopback }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.loopback.url()
    }
}

async fn page(State(keys): State<u64>, Query(query): Query<HashMap<String, String>>) -> String {
    let from: u64 = query.get("continuation-token").and_then(|token| token.parse().ok()).unwrap_or(0);
    let to = (from + PAGE).min(keys);
    let mut text = String::from("<ListBucketResult><EncodingType>url</EncodingType>");
    for n in from..to {
        write!(
            text,
            "<Contents><Key>in/reel-{:04}/take-{n:07}.mov</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
             <ETag>&quot;{n:032x}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            n / 1000,
            n % 4096
        )
        .expect("memory");
    }
    let truncated = to < keys;
    write!(text, "<IsTruncated>{truncated}</IsTruncated>").expect("memory");
    if truncated {
        write!(text, "<NextContinuationToken>{to}</NextContinuationToken>").expect("memory");
    }
    text + "</ListBucketResult>"
}
