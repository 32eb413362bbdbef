//! A folder behind a connection, and what can be done there.

mod ahead;
pub(crate) mod claim;
pub(crate) mod connect;
pub(crate) mod fault;
pub(crate) mod fetch;
pub(crate) mod listing;
pub(crate) mod probe;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use xxhash_rust::xxh3::xxh3_64;

use super::object::{Bucket, Stored};
use super::server::{Kind, Server, Turn};
use crate::record::{Objects, RawPath, RecordId, show_bytes};
use claim::Claim;
use fault::{Fault, FaultKind};

/// Longest silence in the middle of an object.
const SILENCE: Duration = Duration::from_secs(60);

/// A folder behind a connection. Nothing is asked of it but what lies below it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) store: Store,
    /// Where it begins in the store: no slash at either end; empty where it is all of it.
    prefix: String,
    /// As the job writes it.
    shown: String,
    /// Marks our temporary files, so that two migrations never touch each other's.
    mark: String,
    /// The last name that was asked for was taken.
    occupied: AtomicBool,
    /// Whether a file's tag is the hash of its content, once that has shown.
    tags_are_hashes: OnceLock<bool>,
}

/// The services that keep files.
#[derive(Debug)]
pub(crate) enum Store {
    Object(Arc<Bucket>),
    Files(Tree),
}

/// The files of a server, from where it puts whoever signs in, or from its root.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) server: Arc<Server>,
    pub(crate) from_root: bool,
}

impl Tree {
    /// What the server calls a file of that key.
    pub(crate) fn path(&self, key: &str) -> String {
        if self.from_root { format!("/{key}") } else { key.to_owned() }
    }
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
    pub(crate) kind: Kind,
    /// A folder that could not be listed, and why.
    pub(crate) unlisted: Option<Fault>,
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
    /// Which of those that the service keeps under its name. None: it keeps one alone.
    pub(crate) version: Option<String>,
    /// The class of storage that it lies in, where that is not the ordinary one.
    pub(crate) class: Option<String>,
    /// When the content was made, as whoever brought it kept it.
    pub(crate) modified: Option<SystemTime>,
    pub(crate) is_archived: bool,
    pub(crate) is_folder: bool,
    /// What the service says of the content that comes with this look.
    pub(crate) claim: Option<Claim>,
}

impl Looked {
    /// Which object of its name it is, as a source.
    pub(crate) fn objects(&self) -> Objects {
        let (source_version, source_class) = (self.version.clone(), self.class.clone());
        Objects { source_version, source_class, ..Objects::default() }
    }
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
        Self {
            store,
            prefix: prefix.trim_matches('/').to_owned(),
            shown,
            mark: String::new(),
            occupied: AtomicBool::new(false),
            tags_are_hashes: OnceLock::new(),
        }
    }

    /// The same for a migration of that number, whose temporary files it marks.
    pub(crate) fn marked(self, tag: &str) -> Self {
        Self { mark: tag.chars().take(8).collect(), ..self }
    }

    /// The service, for its control: scheme, host and port.
    pub(crate) fn endpoint(&self) -> &Arc<str> {
        match &self.store {
            Store::Object(bucket) => &bucket.endpoint,
            Store::Files(tree) => &tree.server.endpoint,
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
            Store::Files(tree) => tree.server.may_ask(&key),
        }
    }

    /// The name of a target, which never leaves the prefix.
    pub(crate) fn target(&self, target: &RawPath) -> Result<String, Fault> {
        let leaves = |part: &[u8]| matches!(part, b"" | b"." | b"..");
        if target.0.split(|byte| *byte == b'/').any(leaves) {
            return Err(Fault::new(FaultKind::Name, "it would lie outside the destination"));
        }
        let key = self.key(target)?;
        match &self.store {
            Store::Object(_) => {}
            Store::Files(tree) => tree.server.may_ask(&key)?,
        }
        Ok(key)
    }

    /// The temporary name of a record's file, beside its target.
    pub(crate) fn part(&self, target_key: &str, record: RecordId) -> String {
        self.beside(target_key, &record.to_string())
    }

    /// The temporary name of a small file that is put whole. It is the same in every attempt, so that what
    /// is cut off is written over by the next, and no other file's.
    fn part_of_put(&self, key: &str) -> String {
        self.beside(key, &format!("put-{:016x}", xxh3_64(key.as_bytes())))
    }

    /// A name beside a target that no user's file has.
    fn beside(&self, target_key: &str, own: &str) -> String {
        let folder = target_key.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        format!("{folder}.sluice-{}-{own}.part", self.mark)
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

    /// What can be held against the content that comes.
    pub(crate) fn claim_of(&self, looked: &Looked) -> Option<Claim> {
        let claim = looked.claim.clone()?;
        (claim.is_promised || self.tags_are_hashes() != Some(false)).then_some(claim)
    }

    /// Whether a file's tag is the hash of its content. None: that has not shown yet.
    pub(crate) fn tags_are_hashes(&self) -> Option<bool> {
        self.tags_are_hashes.get().copied()
    }

    /// It has shown; what shows first counts.
    pub(crate) fn learn_of_tags(&self, are_hashes: bool) {
        let _ = self.tags_are_hashes.set(are_hashes);
    }

    /// Whether the service itself keeps two writers from replacing each other's files unseen.
    pub(crate) fn guards(&self) -> bool {
        match &self.store {
            Store::Object(bucket) => bucket.guards(),
            Store::Files(tree) => tree.server.guards(),
        }
    }

    /// What a look found out about that.
    pub(crate) fn set_guards(&self, guards: bool) {
        match &self.store {
            Store::Object(bucket) => bucket.set_guards(guards),
            Store::Files(tree) => tree.server.set_guards(guards),
        }
    }

    /// Whether another place lies in this one, or is the same.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let same = match (&self.store, &other.store) {
            (Store::Object(own), Store::Object(other)) => own.is_same(other),
            (Store::Files(own), Store::Files(other)) => {
                own.server.is_same(&other.server) && own.from_root == other.from_root
            }
            _ => false,
        };
        let inside = || other.prefix.strip_prefix(&self.prefix).is_some_and(|rest| rest.starts_with('/'));
        same && (self.prefix.is_empty() || self.prefix == other.prefix || inside())
    }

    /// Whether whoever reads from one keeps connections that whoever writes to the other needs.
    pub(crate) fn shares_connections(&self, other: &Self) -> bool {
        match (&self.store, &other.store) {
            (Store::Files(own), Store::Files(other)) => Arc::ptr_eq(&own.server, &other.server),
            _ => false,
        }
    }

    /// Readies a server for files that come from it and go to it.
    pub(crate) fn serve_both_ends(&self) {
        if let Store::Files(tree) = &self.store {
            tree.server.serve_both_ends();
        }
    }

    /// Connections at once that the service may have from us, where it counts them.
    pub(crate) fn sessions(&self) -> Option<u32> {
        match &self.store {
            Store::Object(_) => None,
            Store::Files(tree) => tree.server.sessions,
        }
    }

    /// Longest silence in the middle of a file.
    pub(crate) fn patience(&self) -> Duration {
        match &self.store {
            Store::Object(_) => SILENCE,
            Store::Files(tree) => tree.server.patience(),
        }
    }

    /// Whether a file can change while it is read.
    pub(crate) fn has_live_files(&self) -> bool {
        matches!(self.store, Store::Files(_))
    }

    /// A page of what lies below. `after`: the page before said so. All of it: see [`listing::Listing`].
    pub(crate) async fn list(&self, after: Option<&str>) -> Result<Page, Fault> {
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        match &self.store {
            Store::Object(bucket) => bucket.list(&prefix, after).await,
            Store::Files(tree) => listing::first_page(tree, &self.prefix).await,
        }
    }

    /// What is under a name.
    pub(crate) async fn look(&self, key: &str) -> Result<Looked, Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.look(key).await,
            Store::Files(tree) => tree.server.look(&tree.path(key)).await,
        }
    }

    /// Waits until a file may be read, where the service lets us have only so many connections. Who has a turn keeps
    /// it to the end of the file, and waits for no other.
    pub(crate) async fn turn_to_read(&self) -> Option<Turn> {
        match &self.store {
            Store::Object(_) => None,
            Store::Files(tree) => tree.server.turn_to_read().await,
        }
    }

    /// Whether files are read in ranges.
    fn has_ranges(&self) -> bool {
        matches!(self.store, Store::Object(_))
    }

    /// Opens a file from `from` (bytes) on; only if its content is still the one of that tag. `to`: not further
    /// than that, where the place has ranges.
    pub(crate) async fn read(
        &self,
        key: &str,
        (from, to): (u64, Option<u64>),
        etag: Option<&str>,
    ) -> Result<(Looked, Stream), Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.read(key, (from, to), etag).await,
            Store::Files(tree) => tree.server.read(&tree.path(key), from, etag).await,
        }
    }

    /// Puts a small file under its name, whole.
    pub(crate) async fn put(
        &self,
        key: &str,
        bytes: Bytes,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.put(key, bytes.into(), told, mode).await,
            Store::Files(tree) => {
                let part = tree.path(&self.part_of_put(key));
                tree.server.put(&part, &tree.path(key), bytes, told.modified, mode).await?;
                Ok(Stored { asserted: false, etag: None, version: None })
            }
        }
    }

    /// Removes a file.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Fault> {
        match &self.store {
            Store::Object(bucket) => bucket.delete(key).await,
            Store::Files(tree) => tree.server.delete(&tree.path(key)).await,
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
    use crate::spec::{Connection, S3, Secret, SecretField, Secrets};
    use crate::storage::object;

    struct Any;

    impl Secrets for Any {
        fn get(&self, _: &str, _: SecretField) -> Result<Option<Secret>, String> {
            Ok(Some(Secret::new("x".into())))
        }
    }

    fn place(prefix: &str) -> Place {
        let bucket = object::open(&Connection::S3(S3::default()), "any", "media", &Any).expect("a bucket");
        Place::new(Store::Object(Arc::new(bucket)), prefix, format!("s3://media/{prefix}"))
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
    fn a_temporary_name_is_ours_alone() {
        let place = place("").marked("0a1b2c3d4e5f");
        let parts = [
            place.part("a/clip.mov", 7),
            place.part_of_put("a/clip.mov"),
            place.part_of_put("a/clip.mov.xmp"),
            place.part_of_put("clip.mov"),
        ];
        for (number, part) in parts.iter().enumerate() {
            let name = part.strip_prefix("a/").unwrap_or(part);
            assert!(name.starts_with(".sluice-0a1b2c3d-") && name.ends_with(".part"), "{part}");
            assert!(!parts[..number].contains(part), "{part}");
        }
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
