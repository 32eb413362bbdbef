//! Signing again what the library has signed: a request to which we added a header.

use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::client::HttpRequest;
use reqwest::header::HeaderName;

use crate::record::unhex;

/// What the library says of the body.
const CONTENT: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Who signs, and for which region.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) credentials: AwsCredentialProvider,
    pub(super) region: String,
}

impl Signer {
    /// Signs a request with all its headers; what was said of its body stays.
    pub(super) async fn sign(&self, request: &mut HttpRequest) -> Result<(), object_store::Error> {
        let credential = self.credentials.get_credential().await?;
        let digest = request.headers().get(CONTENT).and_then(|digest| unhex(digest.to_str().ok()?));
        let digest = digest.filter(|digest| digest.len() == 32);
        AwsAuthorizer::new(&credential, "s3", &self.region)
            .with_sign_payload(digest.is_some())
            .try_authorize(request, digest.as_deref())
    }
}
