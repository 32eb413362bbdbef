//! What is Azure's own (Azure Storage REST API, "Blob service"). The library makes random names for blocks, and
//! gives neither metadata nor a condition to what is made of them; it lists without the access tier, and gives up
//! a page for one odd name. So whatever writes or lists is said here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use object_store::PutPayload;
use object_store::azure::MicrosoftAzure;
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};

use super::dialect::{AZURE_CRC64, CONTENT_MD5};
use super::list::STRICT;
use super::read::named;
use super::times::rfc3339;
use super::wire::Asserted;
use super::write::{Stored, guarded, receipt};
use super::xml::{self, Step, Unreadable};
use super::{Bucket, claims};
use crate::storage::remote::claim::{Checksum, Claim};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Listed, Mode, Page, Told};

/// A container of a storage account.
pub(super) struct Container {
    pub(super) store: MicrosoftAzure,
    pub(super) account: String,
    pub(super) anonymous: bool,
}

/// What the library keeps of who signs in would be shown with its secret.
impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container").field("account", &self.account).finish_non_exhaustive()
    }
}

/// The tier from which nothing can be read before it is brought back.
pub(super) const ARCHIVE: &str = "Archive";

/// The words of the protocol that answers are read by.
pub(super) const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-ms-version"), HeaderValue::from_static("2023-11-03"));

const VERSION_ID: HeaderName = HeaderName::from_static("x-ms-version-id");
const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-content-type");
const MTIME: HeaderName = HeaderName::from_static("x-ms-meta-mtime");

impl Bucket {
    /// Puts a whole blob ("Put Blob").
    pub(super) async fn put_blob(
        &self,
        key: &str,
        payload: PutPayload,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        let mut request = self.content(key, "", payload)?;
        request.headers_mut().insert(BLOB_TYPE, HeaderValue::from_static("BlockBlob"));
        self.describe(&mut request, told, mode)?;
        let answer = self.ask(request).await.map_err(|fault| guarded(fault, mode))?;
        Ok(stored(&answer))
    }

    /// Puts a block that belongs to nothing yet ("Put Block"). Sent again, it takes its own place.
    pub(super) async fn put_block(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        let block = STANDARD.encode(format!("{upload}-{number:06}"));
        let query = format!("blockid={}&comp=block", utf8_percent_encode(&block, STRICT));
        let answer = self.ask(self.content(key, &query, payload)?).await?;
        Ok(receipt(block, stored(&answer).asserted))
    }

    /// Makes a blob of blocks ("Put Block List"). What else was sent under its name is forgotten.
    pub(super) async fn put_block_list(
        &self,
        key: &str,
        blocks: &[&str],
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        let latest: String = blocks.iter().map(|block| format!("<Latest>{block}</Latest>")).collect();
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{latest}</BlockList>");
        let mut request = self.request(Method::PUT, key, "comp=blocklist", body.into())?;
        self.describe(&mut request, told, mode)?;
        let answer = self.ask(request).await.map_err(|fault| guarded(fault, mode))?;
        Ok(stored(&answer))
    }

    /// Removes a blob ("Delete Blob").
    pub(super) async fn delete_blob(&self, key: &str) -> Result<(), Fault> {
        self.ask(self.request(Method::DELETE, key, "", HttpRequestBody::empty())?).await.map(drop)
    }

    /// Bytes with a checksum, which the service compares and gives again: of a blob the MD5, which it keeps with it
    /// for whoever reads it; of a block the quicker one.
    fn content(&self, key: &str, query: &str, payload: PutPayload) -> Result<HttpRequest, Fault> {
        let (header, checksum) = if query.is_empty() {
            let mut hasher = Md5::new();
            payload.iter().for_each(|block| hasher.update(block));
            (CONTENT_MD5, STANDARD.encode(hasher.finalize()))
        } else {
            let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
            payload.iter().for_each(|block| digest.update(block));
            (AZURE_CRC64, STANDARD.encode(digest.finalize().to_le_bytes()))
        };
        let mut request = self.request(Method::PUT, key, query, payload.into())?;
        request.headers_mut().insert(header, value(&checksum)?);
        Ok(request)
    }

    /// What the blob is, and whether it may replace another.
    fn describe(&self, request: &mut HttpRequest, told: &Told, mode: Mode) -> Result<(), Fault> {
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(told.content_type));
        if let Some(modified) = told.modified.and_then(rfc3339) {
            headers.insert(MTIME, value(&modified)?);
        }
        if mode == Mode::Create && self.guards() {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        Ok(())
    }
}

/// What every request has before it is signed.
pub(super) fn prepare(request: &mut HttpRequest) {
    let length = HeaderValue::from(request.body().content_length());
    let (version, words) = VERSION;
    request.headers_mut().insert(CONTENT_LENGTH, length);
    request.headers_mut().insert(version, words);
}

fn stored(answer: &HttpResponse) -> Stored {
    let text = |name: &HeaderName| answer.headers().get(name)?.to_str().ok().map(ToOwned::to_owned);
    let asserted = answer.extensions().get::<Asserted>().is_some();
    Stored { asserted, etag: text(&ETAG), version: named(text(&VERSION_ID)) }
}

fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|error| Fault::new(FaultKind::Rejected, error.to_string()))
}

/// The MD5 that is kept with a blob: of what came in one request it is the service's, else of whoever sent it.
pub(super) fn claim(headers: &HeaderMap) -> Option<Claim> {
    let by = Checksum::Md5;
    let md5 = claims::decoded(headers.get(CONTENT_MD5)?.as_bytes(), by)?;
    Some(Claim { by, value: md5, is_promised: true })
}

/// Reads a page of "List Blobs".
pub(super) fn read(text: &str) -> Result<Page, Unreadable> {
    let mut page = Page::default();
    let mut entry: Option<Listed> = None;
    let (mut is_encoded, mut is_folder, mut wrong) = (false, false, None);
    xml::walk(text, &mut |step| {
        match step {
            Step::Begin { name: "Blob", .. } => (entry, is_folder) = (Some(Listed::default()), false),
            Step::Begin { name: "Name", is_encoded: encoded } => is_encoded = encoded,
            Step::Begin { .. } => {}
            // A folder of an account that has such is no blob.
            Step::End("Blob", _) => page.entries.extend(entry.take().filter(|_| !is_folder)),
            Step::End("NextMarker", text) => page.next = Some(text).filter(|text| !text.is_empty()),
            Step::End(name, text) => {
                if let Some(entry) = &mut entry {
                    match name {
                        "Name" if is_encoded => entry.key = percent_decode_str(&text).collect(),
                        "Name" => entry.key = text.into_bytes(),
                        // Everywhere else it has its quotation marks.
                        "Etag" => entry.etag = Some(format!("\"{}\"", text.trim_matches('"'))),
                        "AccessTier" => entry.is_archived = text == ARCHIVE,
                        "ResourceType" => is_folder = text == "directory",
                        "Content-Length" => match text.trim().parse() {
                            Ok(size) => entry.size = size,
                            Err(_) => wrong = Some(format!("a size is {text:?}")),
                        },
                        _ => {}
                    }
                }
            }
        }
        wrong.is_none()
    })?;
    wrong.map_or(Ok(page), |wrong| Err(Unreadable(wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_the_version_that_was_written() {
        let answer = |version: &str| -> HttpResponse {
            http::Response::builder()
                .header("etag", "\"0x8D\"")
                .header("x-ms-version-id", version)
                .body(String::new().into())
                .expect("an answer")
        };
        let at = "2026-01-02T03:04:05.1234567Z";
        assert_eq!(stored(&answer(at)).version.as_deref(), Some(at));
    }

    #[test]
    fn names_come_as_they_are() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\">\
            <Prefix>in/</Prefix><Blobs>\
            <Blob><Name>in/../x y+%41//</Name><Properties><Content-Length>7</Content-Length><Etag>0x8D</Etag>\
            <AccessTier>Archive</AccessTier></Properties></Blob>\
            <Blob><Name Encoded=\"true\">in/a%01%25</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>\
            <Blob><Name>in/folder</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>\
            </Blobs><NextMarker>a&amp;b</NextMarker></EnumerationResults>";
        let page = read(text).expect("a page");
        assert_eq!(page.entries.len(), 2);
        assert_eq!(page.entries[0].key, b"in/../x y+%41//");
        assert_eq!((page.entries[0].size, page.entries[0].is_archived), (7, true));
        assert_eq!(page.entries[0].etag.as_deref(), Some("\"0x8D\""));
        assert_eq!(page.entries[1].key, b"in/a\x01%");
        assert_eq!(page.next.as_deref(), Some("a&b"));
        let last = read("<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>").expect("a page");
        assert_eq!((last.entries.len(), last.next), (0, None));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for text in [
            "<Blobs><Blob><Properties><Content-Length>much</Content-Length></Properties></Blob></Blobs>",
            "<Blobs>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
