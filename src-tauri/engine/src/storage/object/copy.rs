//! Copies that a service makes by itself (Amazon S3 API Reference, `CopyObject`): no byte comes here.

use object_store::client::{HttpRequest, HttpRequestBody};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue, IF_NONE_MATCH};

use super::fault::of_answer;
use super::list::STRICT;
use super::wire::collect;
use super::{Bucket, path, xml};
use crate::storage::remote::Mode;
use crate::storage::remote::fault::{Fault, FaultKind};

/// The largest object that is copied in one request (bytes).
pub(crate) const LARGEST: u64 = 5 << 30;

/// What is to be copied, and the tag that it must have.
pub(super) const SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const IF_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source-if-match");

impl Bucket {
    /// Whether the service can copy from the other bucket to this one: whoever signs in is the same.
    pub(crate) fn can_copy_from(&self, other: &Self) -> bool {
        (&self.name, &self.endpoint, &self.region) == (&other.name, &other.endpoint, &other.region)
    }

    /// Lets the service copy an object of another bucket, or of this one, if it still has that tag.
    pub(crate) async fn copy(
        &self,
        from: &Self,
        source: &str,
        tag: &str,
        key: &str,
        mode: Mode,
    ) -> Result<(), Fault> {
        let unsaid = |error: &dyn std::fmt::Display| Fault::new(FaultKind::Name, error.to_string());
        let encoded = |key: &str| -> Result<String, Fault> {
            let part = |part: &str| utf8_percent_encode(part, STRICT).to_string();
            Ok(path(key)?.as_ref().split('/').map(part).collect::<Vec<_>>().join("/"))
        };
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = Method::PUT;
        let url = format!("{}/{}", self.url, encoded(key)?);
        *request.uri_mut() = url.parse().map_err(|error: http::uri::InvalidUri| unsaid(&error))?;
        let source = format!("/{}/{}", from.bucket, encoded(source)?);
        for (header, value) in [(SOURCE, source.as_str()), (IF_SOURCE, tag)] {
            let value = value.parse().map_err(|error: http::header::InvalidHeaderValue| unsaid(&error))?;
            request.headers_mut().insert(header, value);
        }
        if mode == Mode::Create && self.guards() {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let response = self.ask(request).await?;
        let status = response.status().as_u16();
        let body = String::from_utf8_lossy(&collect(response.into_body()).await?).into_owned();
        // A copy that fails while it is made fails after a success was announced.
        match xml::text_of(&body, "Code") {
            Some(_) => Err(of_answer(status, &body)),
            None => Ok(()),
        }
    }
}
