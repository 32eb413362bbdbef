//! A folder behind a connection, and what can be done there.

pub(crate) mod connect;
pub(crate) mod fault;
pub(crate) mod fetch;
pub(crate) mod probe;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::object::Bucket;
use crate::record::{RawPath, show_bytes};
use fault::{Fault, FaultKind};

/// A folder behind a connection. Nothing is asked of it but what lies below it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) store: Store,
    /// Where it begins in the store: no slash at either end; empty where it is all of it.
    prefix: String,
    /// As the job writes it.
    shown: String,
    /// The last name that was asked for was taken.
    occupied: AtomicBool,
}

/// The services that keep files.
#[derive(Debug)]
pub(crate) enum Store {
    Object(Bucket),
}

/// What a listing says of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// As the service spells it, from the store's root on.
    pub(crate) key: Vec<u8>,
    pub(crate) size: u64,
    pub(crate) etag: Option<String>,
    /// It must be brought back before it can be read.
    pub(crate) is_archived: bool,
}

/// A page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Listed>,
    /// How to ask for the next one. None: this was the last.
    pub(crate) next: Option<String>,
}

/// What a look at a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) size: u64,
    /// What changes with the content.
    pub(crate) etag: Option<String>,
    /// When the content was made, as whoever brought it kept it.
    pub(crate) modified: Option<SystemTime>,
    pub(crate) is_archived: bool,
}

/// What a service is told of a file besides its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) content_type: &'static str,
    /// When its content was made.
    pub(crate) modified: Option<SystemTime>,
}

/// Whether a name that is taken may be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Yes.
    Replace,
    /// No, and nobody who comes at the same moment is replaced unseen.
    Create,
}

/// A file's bytes as they come in.
pub(crate) type Stream = BoxStream<'static, Result<Bytes, Fault>>;

impl Place {
    pub(crate) fn new(store: Store, prefix: &str, shown: String) -> Self {
        Self { store, prefix: prefix.trim_matches('/').to_owned(), shown, occupied: AtomicBool::new(false) }
    }

    /// The service, for its control: scheme, host and port.
    pub(crate) fn endpoint(&self) -> &Arc<str> {
        match &self.store {
            Store::Object(bucket) => &bucket.endpoint,
        }
    }

    /// The name of what lies below, in the store. `below` may be anything at a source, where it must
    /// come out as it was listed; what no UTF-8 is has no name.
    pub(crate) fn key(&self, below: &RawPath) -> Result<String, Fault> {
        let below = std::str::from_utf8(&below.0)
            .map_err(|_| Fault::new(FaultKind::Name, "a name that is no UTF-8 cannot be asked for"))?;
        Ok(match (self.prefix.as_str(), below) {
            ("", below) => below.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, below) => format!("{prefix}/{below}"),
        })
    }

    /// Whether a listed file can be asked for under its name.
    pub(crate) fn may_ask(&self, below: &RawPath) -> Result<(), Fault> {
        let key = self.key(below)?;
        match &self.store {
            Store::Object(_) => Bucket::may_ask(&key),
        }
    }

    /// The name of a target, which never leaves the prefix.
    pub(crate) fn target(&self, target: &RawPath) -> Result<String, Fault> {
        let leaves = |part: &[u8]| matches!(part, b"" | b"." | b"..");
        if target.0.split(|byte| *byte == b'/').any(leaves) {
            return Err(Fault::new(FaultKind::Name, "it would lie outside the destination"));
        }
        self.key(target)
    }

    /// What a listed file is called below this place. None: it does not lie there.
    pub(crate) fn below(&self, key: &[u8]) -> Option<RawPath> {
        if self.prefix.is_empty() {
            return Some(RawPath(key.to_owned()));
        }
        let below = key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b"/")?;
        Some(RawPath(below.to_owned()))
    }

    /// The place as the job writes it, with what lies below; safe to show.
    pub(crate) fn shown(&self, below: &RawPath) -> String {
        let place = show_bytes(self.shown.as_bytes());
        if below.0.is_empty() { place } else { format!("{}/{below}", place.trim_end_matches('/')) }
    }

    /// Whether names are likely to be taken, as the last one was.
    pub(crate) fn expects_occupants(&self) -> bool {
        self.occupied.load(Ordering::Relaxed)
    }

    pub(crate) fn expect_occupants(&self, occupied: bool) {
        self.occupied.store(occupied, Ordering::Relaxed);
    }

    /// Whether the service itself keeps two writers from replacing each other's files unseen.
    pub(crate) fn guards(&self) -> bool {
        match &self.store {
            Store::Object(bucket) => bucket.guards(),
        }
    }

    /// From now on nobody relies on it.
    pub(crate) fn expect_no_guard(&self) {
        match &self.store {
            Store::Object(bucket) => bucket.set_guards(false),
        }
    }

    /// Whether another place lies in this one, or is the same.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let same = match (&self.store, &other.store) {
            (Store::Object(own), Store::Object(other)) => own.is_same(other),
        };
        let inside = || other.prefix.strip_prefix(&self.prefix).is_some_and(|rest| rest.starts_with('/'));
        same && (self.prefix.is_empty() || self.prefix == other.prefix || inside())
    }

    /// A page of all that lies below. `after`: the page before said so.
    pub(crate) async fn list(&self, after: Option<&str>) -> Result<Page, Fault> {
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        match &self.store {
            Store::Object(bucket) => bucket.list(&prefix, after).await,
        }
    }

    /// What is under a name.
    pub(crate) async fn look(&self, key: &str) -> Result<Looked, Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.look(key).await,
        }
    }

    /// Opens a file from `from` (bytes) on; only if its content is still the one of that tag.
    pub(crate) async fn read(
        &self,
        key: &str,
        from: u64,
        etag: Option<&str>,
    ) -> Result<(Looked, Stream), Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.read(key, from, etag).await,
        }
    }

    /// Writes a small file in one step: it is there as a whole, or not at all.
    pub(crate) async fn put(&self, key: &str, content: Bytes, told: &Told, mode: Mode) -> Result<(), Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.put(key, content.into(), told, mode).await.map(drop),
        }
    }

    /// Removes a file.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.delete(key).await,
        }
    }
}

/// What a file is for a browser, by the ending of its name. Whoever asks for more looks into it.
pub(crate) fn content_type(name: &[u8]) -> &'static str {
    let dot = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
    let ending = name[dot..].to_ascii_lowercase();
    match ending.as_slice() {
        b".mov" | b".qt" => "video/quicktime",
        b".mp4" | b".m4v" => "video/mp4",
        b".mxf" => "application/mxf",
        b".mkv" => "video/x-matroska",
        b".avi" => "video/x-msvideo",
        b".webm" => "video/webm",
        b".mts" | b".m2ts" | b".ts" => "video/mp2t",
        b".mpg" | b".mpeg" => "video/mpeg",
        b".wav" => "audio/wav",
        b".aif" | b".aiff" => "audio/aiff",
        b".mp3" => "audio/mpeg",
        b".m4a" => "audio/mp4",
        b".flac" => "audio/flac",
        b".ogg" | b".oga" => "audio/ogg",
        b".jpg" | b".jpeg" => "image/jpeg",
        b".png" => "image/png",
        b".tif" | b".tiff" => "image/tiff",
        b".gif" => "image/gif",
        b".webp" => "image/webp",
        b".heic" => "image/heic",
        b".svg" => "image/svg+xml",
        b".pdf" => "application/pdf",
        b".json" => "application/json",
        b".xml" | b".xmp" => "application/xml",
        b".csv" => "text/csv",
        b".txt" | b".srt" => "text/plain",
        b".zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{S3, Secret, SecretField, Secrets};
    use crate::storage::object;

    struct Any;

    impl Secrets for Any {
        fn get(&self, _: &str, _: SecretField) -> Result<Option<Secret>, String> {
            Ok(Some(Secret::new("x".into())))
        }
    }

    fn place(prefix: &str) -> Place {
        let bucket = object::open(&S3::default(), "any", "media", &Any).expect("a bucket");
        Place::new(Store::Object(bucket), prefix, format!("s3://media/{prefix}"))
    }

    fn raw(path: &str) -> RawPath {
        RawPath(path.as_bytes().to_vec())
    }

    #[test]
    fn a_target_never_leaves_its_prefix() {
        for prefix in ["", "a/b/"] {
            for path in ["../x", "x/../../y", "/x", "x//y", "", ".", "x/."] {
                assert!(place(prefix).target(&raw(path)).is_err(), "{prefix} {path}");
            }
        }
        assert_eq!(place("/a/b/").target(&raw("c d/e.mov")).unwrap(), "a/b/c d/e.mov");
        assert_eq!(place("").target(&raw("e.mov")).unwrap(), "e.mov");
    }

    #[test]
    fn a_listed_key_comes_out_as_it_was() {
        for key in ["a/b/c", "a/b//c", "a/b/../c", "a/b/c/"] {
            let place = place("a/b");
            let below = place.below(key.as_bytes()).expect("below");
            assert_eq!(place.key(&below).unwrap(), key);
        }
        assert_eq!(place("a/b").below(b"a/bc"), None);
        assert_eq!(place("a/b").shown(&raw("c")), "s3://media/a/b/c");
    }
}
