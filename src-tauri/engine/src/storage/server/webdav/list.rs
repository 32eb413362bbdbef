//! What a WebDAV server says of files and folders (RFC 4918, sections 9.1 and 14), read as it comes in: a
//! folder's list may be longer than the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use reqwest::Response;
use tokio_util::io::StreamReader;

use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::server::{Entry, Kind};

/// What is asked of every file.
pub(super) const ASKED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop>\
                                <resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>";

/// Bytes that describe one file, at most: what is longer is no honest answer.
const LONGEST: usize = 1 << 20;

/// Elements within each other; an answer with more is hostile.
const DEEPEST: usize = 32;

/// What is said of one file or folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    href: String,
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
    pub(super) etag: Option<String>,
}

impl Found {
    /// Under which name it lies in the folder of these parts. None: it is the folder itself. What lies
    /// elsewhere has a name that no file can have.
    pub(super) fn below(self, folder: &[Vec<u8>]) -> Option<Entry> {
        let Self { href, kind, size, .. } = self;
        let path = href
            .split_once("://")
            .map_or(href.as_str(), |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
        let all = parts(path);
        match all.strip_prefix(folder) {
            Some([]) => None,
            Some([name]) => Some(Entry { name: name.clone(), kind, size }),
            _ => Some(Entry { name: [b"/".to_vec(), all.join(&b'/')].concat(), kind, size }),
        }
    }
}

/// The parts of an encoded path, decoded. An encoded slash stays within its part.
pub(super) fn parts(path: &str) -> Vec<Vec<u8>> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).collect()).collect()
}

/// The parts of a path that is not encoded.
pub(super) fn parts_of_path(path: &str) -> impl Iterator<Item = Vec<u8>> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| part.as_bytes().to_vec())
}

/// The files and folders that an answer describes.
pub(super) fn read(response: Response) -> BoxStream<'static, Result<Found, Fault>> {
    read_blocks(response.bytes_stream())
}

fn read_blocks<E>(
    blocks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> BoxStream<'static, Result<Found, Fault>>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let since = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&since);
    let blocks = blocks.map(move |block| {
        let block = block.map_err(std::io::Error::other)?;
        if counted.fetch_add(block.len(), Ordering::Relaxed) > LONGEST {
            return Err(std::io::Error::other("the answer describes one file without an end"));
        }
        Ok::<_, std::io::Error>(block)
    });
    let reader = Reader::from_reader(StreamReader::new(blocks.boxed()));
    let answer = Answer { reader, since, open: Vec::new(), buffer: Vec::new() };
    stream::try_unfold(answer, |mut answer| async { Ok(answer.next().await?.map(|found| (found, answer))) })
        .boxed()
}

/// An answer that is being read.
struct Answer<R> {
    reader: Reader<R>,
    /// Bytes since the last file.
    since: Arc<AtomicUsize>,
    /// Elements that are open, with the text right in them.
    open: Vec<(String, String)>,
    buffer: Vec<u8>,
}

impl<R: tokio::io::AsyncBufRead + Unpin> Answer<R> {
    async fn next(&mut self) -> Result<Option<Found>, Fault> {
        let mut found = Found::default();
        let unreadable =
            |why: &str| Fault::new(FaultKind::Rejected, format!("the answer cannot be read: {why}"));
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into_async(&mut self.buffer).await;
            match event.map_err(|error| fault_of(&error))? {
                Event::Eof if self.open.is_empty() => return Ok(None),
                Event::Eof => {
                    return Err(Fault::new(FaultKind::Unreachable, "the answer ends in the middle"));
                }
                Event::Start(start) if self.open.len() < DEEPEST => {
                    self.open.push((start.local_name().as_ref().to_owned(), String::new()));
                }
                Event::Start(_) => return Err(unreadable("its elements lie too deep")),
                Event::Empty(start) => found.take(start.local_name().as_ref(), ""),
                Event::End(_) => {
                    let Some((name, text)) = self.open.pop() else { continue };
                    if name == "response" {
                        self.since.store(0, Ordering::Relaxed);
                        return Ok(Some(found));
                    }
                    found.take(&name, text.trim());
                }
                Event::Text(text) => hold(&mut self.open, &text),
                Event::CData(text) => hold(&mut self.open, &text),
                Event::GeneralRef(reference) => {
                    let char =
                        reference.resolve_char_ref().map_err(|error| unreadable(&error.to_string()))?;
                    match (char, resolve_xml_entity(&reference)) {
                        (Some(char), _) => hold(&mut self.open, char.encode_utf8(&mut [0; 4])),
                        (None, Some(known)) => hold(&mut self.open, known),
                        (None, None) => return Err(unreadable("it names an entity")),
                    }
                }
                _ => {}
            }
        }
    }
}

fn hold(open: &mut [(String, String)], text: &str) {
    if let Some((_, held)) = open.last_mut() {
        held.push_str(text);
    }
}

impl Found {
    /// An element has come to its end. What a server does not know of a file has no text.
    fn take(&mut self, name: &str, text: &str) {
        match name {
            "href" if self.href.is_empty() => self.href = text.to_owned(),
            "collection" => self.kind = Kind::Folder,
            "getcontentlength" => self.size = text.parse().unwrap_or(self.size),
            "getlastmodified" => self.modified = httpdate::parse_http_date(text).ok().or(self.modified),
            "getetag" if !text.is_empty() => self.etag = Some(text.to_owned()),
            _ => {}
        }
    }
}

fn fault_of(error: &quick_xml::Error) -> Fault {
    let kind =
        if matches!(error, quick_xml::Error::Io(_)) { FaultKind::Unreachable } else { FaultKind::Rejected };
    Fault::new(kind, format!("the answer cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn listed(text: &str) -> Result<Vec<Found>, Fault> {
        // Cut anywhere, as a network does.
        let blocks: Vec<_> =
            text.as_bytes().chunks(7).map(|block| Ok::<_, String>(Bytes::copy_from_slice(block))).collect();
        read_blocks(stream::iter(blocks)).try_collect().await
    }

    fn entries(found: Vec<Found>, folder: &[&str]) -> Vec<Entry> {
        let folder: Vec<_> = folder.iter().map(|part| part.as_bytes().to_vec()).collect();
        found.into_iter().filter_map(|found| found.below(&folder)).collect()
    }

    #[tokio::test]
    async fn a_folder_is_read_whatever_its_server_calls_the_namespace() {
        let text = "<?xml version=\"1.0\"?><x:multistatus xmlns:x=\"DAV:\">\
            <x:response><x:href>/dav/in/</x:href><x:propstat><x:prop><x:resourcetype><x:collection/></x:resourcetype></x:prop></x:propstat></x:response>\
            <x:response><x:href>http://host/dav/in/a%20&amp;%2525.mov</x:href><x:propstat><x:prop><x:resourcetype/>\
            <x:getcontentlength>12</x:getcontentlength><x:getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</x:getlastmodified>\
            <x:getetag>\"e\"</x:getetag></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat></x:response>\
            <x:response><x:href>/dav/in/sub/</x:href><x:propstat><x:prop><x:resourcetype><x:collection/></x:resourcetype></x:prop></x:propstat>\
            <x:propstat><x:prop><x:getcontentlength/></x:prop><x:status>HTTP/1.1 404 Not Found</x:status></x:propstat></x:response>\
            </x:multistatus>";
        let found = listed(text).await.expect("a list");
        assert_eq!((found[1].etag.as_deref(), found[1].modified.is_some()), (Some("\"e\""), true));
        let file = Entry { name: b"a &%25.mov".to_vec(), kind: Kind::File, size: 12 };
        let folder = Entry { name: b"sub".to_vec(), kind: Kind::Folder, size: 0 };
        assert_eq!(entries(found, &["dav", "in"]), [file, folder]);
    }

    #[tokio::test]
    async fn what_lies_elsewhere_has_no_name_of_a_file() {
        let of = |href: &str| format!("<m><response><href>{href}</href></response></m>");
        for href in [
            "/dav/in/../../etc/passwd",
            "/other/x",
            "/dav/in/a/b",
            "http://evil/x",
            "/dav/in/a%2Fb",
            "/dav/in/..",
        ] {
            let found = entries(listed(&of(href)).await.expect("a list"), &["dav", "in"]);
            let name = &found[0].name;
            assert!(name.contains(&b'/') || name == b"..", "{href}: {found:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_given_up() {
        let cut = listed("<m><response><href>/a</href>").await.expect_err("cut");
        assert_eq!(cut.kind, FaultKind::Unreachable);
        let endless = format!("<m><response><href>/{}</href></response></m>", "a".repeat(2 << 20));
        assert!(listed(&endless).await.is_err());
        assert!(listed(&"<a>".repeat(100)).await.is_err());
        assert!(listed("<m>&bomb;</m>").await.is_err());
        let fine = format!("<m>{}</m>", "<response><href>/a</href></response>".repeat(100_000));
        assert_eq!(listed(&fine).await.expect("a long list").len(), 100_000);
    }
}
