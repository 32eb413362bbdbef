//! Listing a bucket, page by page (Amazon S3 API Reference, `ListObjectsV2`, which Google Cloud Storage speaks
//! too; Azure Blob Storage, "List Blobs").
//!
//! `object_store` lists too, but gives up a whole page for one key that it finds no good path (`a//b`,
//! `../x`, control characters), and takes the last `/` off a key. Here every key comes as it is: names
//! are asked for in URL spelling, because XML can hold no control character.

use std::time::Duration;

use object_store::client::HttpRequestBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Method;

use super::fault::of_answer;
use super::wire::collect;
use super::xml::{self, Step, Unreadable};
use super::{Bucket, Service};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Listed, Page};

/// All that the signature wants encoded (AWS General Reference, "Create a canonical request").
pub(super) const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest wait for the end of a page.
const PAGE: Duration = Duration::from_secs(120);

/// Storage classes from which nothing can be read before it is brought back.
pub(super) const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// Reads an answer.
type Read = fn(&str) -> Result<Page, Unreadable>;

impl Bucket {
    /// A page of the keys that begin with `prefix`, as they are. `after`: the page before it said so.
    pub(crate) async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Page, Fault> {
        let encoded = |text: &str| utf8_percent_encode(text, STRICT).to_string();
        let after = |word: &str| after.map(|after| format!("{word}={}&", encoded(after))).unwrap_or_default();
        let prefix = encoded(prefix);
        let (query, read): (_, Read) = match &self.service {
            #[cfg(feature = "azure")]
            Service::Azure(_) => (
                format!("comp=list&{}prefix={prefix}&restype=container", after("marker")),
                super::azure::read,
            ),
            _ => (
                format!("{}encoding-type=url&list-type=2&prefix={prefix}", after("continuation-token")),
                read,
            ),
        };
        let response = self.ask(self.request(Method::GET, "", &query, HttpRequestBody::empty())?).await?;
        let status = response.status().as_u16();
        let late = |_| Fault::new(FaultKind::Timeout, "the page did not come to its end in time");
        let body = tokio::time::timeout(PAGE, collect(response.into_body())).await.map_err(late)??;
        let text = String::from_utf8_lossy(&body);
        if status != 200 {
            return Err(of_answer(status, &text));
        }
        read(&text).map_err(|error| Fault::new(FaultKind::Rejected, error.to_string()))
    }
}

fn read(text: &str) -> Result<Page, Unreadable> {
    let mut page = Page::default();
    let mut entry: Option<Listed> = None;
    let (mut encoded, mut truncated, mut wrong) = (false, false, None);
    xml::walk(text, &mut |step| {
        match step {
            Step::Begin { name: "Contents", .. } => entry = Some(Listed::default()),
            Step::Begin { .. } => {}
            Step::End("Contents", _) => page.entries.extend(entry.take()),
            Step::End("EncodingType", text) => encoded = text.trim().eq_ignore_ascii_case("url"),
            Step::End("IsTruncated", text) => truncated = text.trim() == "true",
            Step::End("NextContinuationToken", text) => page.next = Some(text),
            Step::End(name, text) => {
                if let Some(entry) = &mut entry {
                    match name {
                        "Key" => entry.key = text.into_bytes(),
                        "ETag" => entry.etag = Some(text),
                        "StorageClass" => entry.is_archived = ARCHIVES.contains(&text.trim()),
                        "Size" => match text.trim().parse() {
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
    if let Some(wrong) = wrong {
        return Err(Unreadable(wrong));
    }
    if encoded {
        for entry in &mut page.entries {
            // The spelling of forms, in which a space is a plus.
            let text = String::from_utf8_lossy(&entry.key).replace('+', " ");
            entry.key = percent_decode_str(&text).collect();
        }
    }
    match (truncated, &page.next) {
        (true, None) => Err(Unreadable("it breaks off without saying where to go on".into())),
        (false, _) => Ok(Page { next: None, ..page }),
        _ => Ok(page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_as_they_are() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>a&amp;b</NextContinuationToken>\
            <Contents><Key>..%2Fx+y%2B%01//</Key><Size>7</Size><ETag>&quot;e&quot;</ETag>\
            <StorageClass>DEEP_ARCHIVE</StorageClass><Owner><ID>k</ID></Owner></Contents>\
            <Contents><Key>a</Key><Size>0</Size></Contents></ListBucketResult>";
        let page = read(text).expect("a page");
        assert_eq!(page.entries[0].key, b"../x y+\x01//");
        assert_eq!((page.entries[0].size, page.entries[0].is_archived), (7, true));
        assert_eq!(page.entries[0].etag.as_deref(), Some("\"e\""));
        assert_eq!(page.entries[1].key, b"a");
        assert_eq!(page.next.as_deref(), Some("a&b"));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for text in [
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Key>a</Key><Size>much</Size></Contents></ListBucketResult>",
            "<ListBucketResult><Contents>",
            &"<a>".repeat(100_000),
            "<a>&unknown;</a>",
        ] {
            assert!(read(text).is_err(), "{}", &text[..text.len().min(80)]);
        }
    }
}
