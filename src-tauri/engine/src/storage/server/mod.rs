//! Servers that keep files in folders: WebDAV, FTP and SFTP.
//!
//! Other than an object, a file on a server is there before it is whole, and has a name that can be
//! changed: so it is written under a temporary name, proven there, and renamed.
//!
//! Each protocol has a client of its own here. OpenDAL would have been one for all of them, but what
//! keeps a migration safe is just what it leaves out: its FTP cannot rename, its WebDAV replaces what a
//! rename meets, its SFTP needs the program `ssh` and is not there on Windows, and none of them sets a
//! file's time.

mod entry;
#[cfg(test)]
mod fake;
mod ftp;
mod open;
mod rename;
mod seats;
pub(crate) mod sftp;
mod webdav;
mod writing;

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{StreamExt, stream};

pub(crate) use entry::{Entries, Entry, Kind};
pub(crate) use open::{Failed, dial_of, open};
pub(crate) use seats::{Seat, Turn};
pub(crate) use writing::Writing;

use super::patience::Queue;
use super::remote::fault::{Fault, FaultKind};
use super::remote::{Looked, Mode, Stream};
use ftp::Ftp;
use seats::Seats;
use sftp::Sftp;
use webdav::Webdav;

/// The same where nothing else is on its way.
const PATIENCE: Duration = Duration::from_secs(60);

/// Folders remembered as made; forgetting them only costs a request.
const KNOWN_FOLDERS: usize = 4096;

/// A server and who signs in to it. Its connections are made when they are needed.
pub(crate) struct Server {
    /// Scheme, host and port.
    pub(crate) endpoint: Arc<str>,
    /// The same for everybody who sees the same files.
    tree: String,
    /// Connections at once, at most.
    pub(crate) sessions: Option<u32>,
    protocol: Protocol,
    /// What is on its way over connections that many share.
    queue: Queue,
    seats: Seats,
    /// A rename refuses a name that is taken.
    guards: AtomicBool,
    folders: Mutex<HashSet<String>>,
    /// One at a time makes folders: two who make the same one get in each other's way.
    making: tokio::sync::Mutex<()>,
}

enum Protocol {
    Webdav(Webdav),
    Ftp(Box<Ftp>),
    Sftp(Box<Sftp>),
}

/// A file as it is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Bytes.
    pub(crate) size: u64,
    /// When its content was made.
    pub(crate) modified: Option<SystemTime>,
}

impl Server {
    /// Whether both show the same files, as far as their addresses say.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.tree == other.tree
    }

    /// Files come from here and go here.
    pub(crate) fn serve_both_ends(&self) {
        self.seats.serve_both_ends();
    }

    /// Longest wait for an answer to anything but a whole file, and for more of a file.
    pub(crate) fn patience(&self) -> Duration {
        self.queue.behind(PATIENCE)
    }

    /// Waits until a file may be read. Who has a turn keeps it to the end of the file, and waits for no other.
    pub(crate) async fn turn_to_read(&self) -> Option<Turn> {
        self.seats.turn_to_read().await
    }

    /// Waits until a file may be written.
    pub(crate) async fn seat_to_write(&self) -> Seat {
        self.seats.take_to_write().await
    }

    /// Whether a rename is known to refuse a name that is taken.
    pub(crate) fn guards(&self) -> bool {
        self.guards.load(Ordering::Relaxed)
    }

    pub(crate) fn set_guards(&self, guards: bool) {
        self.guards.store(guards, Ordering::Relaxed);
    }

    /// Whether the server can be asked for that path at all.
    pub(crate) fn may_ask(&self, path: &str) -> Result<(), Fault> {
        if matches!(self.protocol, Protocol::Ftp(_)) && path.contains(['\r', '\n']) {
            return Err(Fault::new(FaultKind::Name, "FTP cannot say a name with a line break"));
        }
        if is_plain(path) { Ok(()) } else { Err(Fault::new(FaultKind::Name, "it is no plain path")) }
    }

    /// What a folder holds, as it comes in.
    pub(crate) async fn entries(&self, folder: &str) -> Result<Entries, Fault> {
        let seat = self.seats.take().await;
        let entries = match &self.protocol {
            Protocol::Webdav(webdav) => within(self.patience(), Box::pin(webdav.entries(folder, seat))).await,
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.entries(folder, seat))).await,
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.entries(folder))).await,
        };
        entries.map(|entries| each_in_time(entries, self.queue.clone()))
    }

    /// What is under a path.
    pub(crate) async fn look(&self, path: &str) -> Result<Looked, Fault> {
        let _seat = self.seats.take().await;
        match &self.protocol {
            Protocol::Webdav(webdav) => within(self.patience(), Box::pin(webdav.look(path))).await,
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.look(path))).await,
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.look(path))).await,
        }
    }

    /// Opens a file from `from` (bytes) on; only if its content is still the one of that tag.
    pub(crate) async fn read(
        &self,
        path: &str,
        from: u64,
        etag: Option<&str>,
    ) -> Result<(Looked, Stream), Fault> {
        let seat = self.seats.take().await;
        let opened = match &self.protocol {
            Protocol::Webdav(webdav) => {
                within(self.patience(), Box::pin(webdav.read(path, from, seat))).await
            }
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.read(path, from, seat))).await,
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.read(path, from))).await,
        };
        let (looked, stream) = opened?;
        match etag {
            Some(etag) if looked.etag.as_deref() != Some(etag) => {
                Err(Fault::new(FaultKind::Changed, "it is not what it was when it was opened"))
            }
            _ => Ok((looked, stream)),
        }
    }

    /// Begins to write a file; what is under that path is replaced.
    pub(crate) async fn write(&self, path: &str, wanted: Wanted, seat: Seat) -> Result<Writing, Fault> {
        match &self.protocol {
            Protocol::Webdav(webdav) => {
                within(self.patience(), Box::pin(webdav.write(path, wanted, seat))).await.map(Writing::Webdav)
            }
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.write(path, wanted, seat)))
                .await
                .map(|sending| Writing::Ftp(Box::new(sending))),
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.write(path, wanted)))
                .await
                .map(|sending| Writing::Sftp(Box::new(sending))),
        }
    }

    /// Puts a small file: under a temporary name, then its own.
    pub(crate) async fn put(
        &self,
        part: &str,
        path: &str,
        bytes: Bytes,
        modified: Option<SystemTime>,
        mode: Mode,
    ) -> Result<(), Fault> {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.make_folders(folder).await?;
        }
        let put = async {
            let size = bytes.len() as u64;
            let seat = self.seats.take().await;
            let mut writing = self.write(part, Wanted { size, modified }, seat).await?;
            if !bytes.is_empty() {
                writing.write(bytes).await?;
            }
            writing.finish().await?;
            self.rename(part, path, size, mode).await
        };
        let put = put.await;
        if put.is_err() {
            // The first error is the one to tell.
            let _ = self.delete(part).await;
        }
        put
    }

    /// Removes a file.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Fault> {
        let _seat = self.seats.take().await;
        match &self.protocol {
            Protocol::Webdav(webdav) => within(self.patience(), Box::pin(webdav.delete(path))).await,
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.delete(path))).await,
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.delete(path))).await,
        }
    }

    /// Makes a folder and all that lead to it, where they are missing.
    pub(crate) async fn make_folders(&self, folder: &str) -> Result<(), Fault> {
        if self.knows_folder(folder) {
            return Ok(());
        }
        let _alone = self.making.lock().await;
        let mut missing = Vec::new();
        let mut at = folder;
        // From below: as a rule the folder is there, or the one above it.
        while !at.is_empty() && !lock(&self.folders).contains(at) {
            match self.make_folder(at).await {
                Ok(()) => {
                    self.know(at);
                    break;
                }
                Err(fault) if fault.kind == FaultKind::Missing && at.contains('/') => {
                    missing.push(at);
                    at = at.rsplit_once('/').map_or("", |(above, _)| above);
                }
                Err(fault) => return Err(fault),
            }
        }
        for folder in missing.into_iter().rev() {
            self.make_folder(folder).await?;
            self.know(folder);
        }
        Ok(())
    }

    /// Whether a folder is there, as far as we know.
    pub(crate) fn knows_folder(&self, folder: &str) -> bool {
        folder.is_empty() || lock(&self.folders).contains(folder)
    }

    /// Forgets which folders were made: somebody may have removed them.
    pub(crate) fn forget_folders(&self) {
        lock(&self.folders).clear();
    }

    fn know(&self, folder: &str) {
        let mut folders = lock(&self.folders);
        if folders.len() >= KNOWN_FOLDERS {
            folders.clear();
        }
        folders.insert(folder.to_owned());
    }

    /// Makes a folder whose parent is there. One that is there already is as good.
    async fn make_folder(&self, folder: &str) -> Result<(), Fault> {
        let _seat = self.seats.take().await;
        match &self.protocol {
            Protocol::Webdav(webdav) => within(self.patience(), Box::pin(webdav.make_folder(folder))).await,
            Protocol::Ftp(ftp) => within(self.patience(), Box::pin(ftp.make_folder(folder))).await,
            Protocol::Sftp(sftp) => within(self.patience(), Box::pin(sftp.make_folder(folder))).await,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("tree", &self.tree).finish_non_exhaustive()
    }
}

/// Whether a path means the same to every server: no part of it leads elsewhere.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.contains('\0') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// What tells one state of a file from another, where the server gives no tag.
fn tag_of(size: u64, modified: Option<SystemTime>) -> String {
    let seconds = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("{size}-{}", seconds.map_or(0, |since| since.as_secs()))
}

/// What a protocol does is kept off the stack: a record's way holds it inside of many others.
async fn in_time<T>(request: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    within(PATIENCE, request).await
}

async fn within<T>(patience: Duration, request: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let late = || Fault::new(FaultKind::Timeout, format!("no answer within {} s", patience.as_secs()));
    tokio::time::timeout(patience, request).await.unwrap_or_else(|_| Err(late()))
}

/// A list may take as long as it is, but each entry comes in time.
fn each_in_time(entries: Entries, queue: Queue) -> Entries {
    stream::try_unfold((entries, queue), |(mut entries, queue)| async {
        let entry = within(queue.behind(PATIENCE), async { entries.next().await.transpose() }).await?;
        Ok(entry.map(|entry| (entry, (entries, queue))))
    })
    .boxed()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_list_is_given_up_when_it_stalls_however_long_it_is() {
        let slow = stream::iter(0..100).then(async |_| {
            tokio::time::sleep(PATIENCE / 2).await;
            Ok(Entry::default())
        });
        let mut stalls = each_in_time(slow.chain(stream::pending()).boxed(), Queue::default());
        for _ in 0..100 {
            stalls.next().await.expect("an entry").expect("in time");
        }
        let fault = stalls.next().await.expect("an end").expect_err("it stalls");
        assert_eq!(fault.kind, FaultKind::Timeout);
    }
}
