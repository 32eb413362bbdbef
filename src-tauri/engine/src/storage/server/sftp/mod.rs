//! Files over SSH (version 3 of the protocol, draft-ietf-secsh-filexfer-02), through `russh` and
//! `russh-sftp`: the same on every system, without the program `ssh`.
//!
//! A connection carries any number of requests at once, so nobody waits for a connection that somebody else
//! has; there are as many as the server may have from us.

mod connect;
mod fault;
pub(crate) mod hosts;
mod pool;
#[cfg(test)]
mod tests;
mod transfer;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};

pub(crate) use connect::Dial;
use connect::Session;
use pool::Pool;
pub(crate) use transfer::Sending;

use super::{Entries, Entry, Kind, Wanted, tag_of};
use crate::storage::patience::Queue;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Looked, Mode, Stream};
use fault::{is_status, of_error};

/// The kinds of files in their mode (POSIX, `st_mode`).
const KIND: u32 = 0o170_000;

pub(super) struct Sftp {
    dial: Dial,
    open: Pool<Session>,
    /// What is on its way, over all connections.
    pub(super) queue: Queue,
}

impl Sftp {
    pub(super) fn new(dial: Dial, sessions: u32) -> Self {
        Self { dial, open: Pool::new(sessions as usize, Session::is_closed), queue: Queue::default() }
    }

    async fn session(&self) -> Result<Arc<Session>, Fault> {
        self.open.get(self.dial.connect()).await
    }

    pub(super) async fn entries(&self, folder: &str) -> Result<Entries, Fault> {
        let session = self.session().await?;
        let handle = session.sftp.opendir(session.path(folder)).await.map_err(of_error)?.handle;
        let pages = stream::try_unfold((session, handle), |(session, handle)| async {
            match session.sftp.readdir(handle.as_str()).await {
                Ok(page) => Ok(Some((page.files, (session, handle)))),
                Err(error) if is_status(&error, StatusCode::Eof) => {
                    session.sftp.close(handle).await.map_err(of_error)?;
                    Ok(None)
                }
                Err(error) => Err(of_error(error)),
            }
        });
        let entries = pages.flat_map(|page| {
            stream::iter(match page {
                Ok(files) => files.into_iter().filter(is_below).map(|file| Ok(entry_of(file))).collect(),
                Err(fault) => vec![Err(fault)],
            })
        });
        Ok(entries.boxed())
    }

    pub(super) async fn look(&self, path: &str) -> Result<Looked, Fault> {
        let session = self.session().await?;
        look(&session, path).await
    }

    pub(super) async fn read(&self, path: &str, from: u64) -> Result<(Looked, Stream), Fault> {
        let session = self.session().await?;
        let path = session.path(path);
        let opened = session.sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await;
        let handle = transfer::usable(opened.map_err(of_error)?.handle)?;
        let attributes = session.sftp.fstat(handle.as_str()).await.map_err(of_error)?.attrs;
        let looked = looked(&attributes);
        if looked.is_folder {
            return Err(Fault::new(FaultKind::Missing, "it is no file"));
        }
        let size = looked.size;
        Ok((looked, transfer::blocks(session, self.queue.clone(), handle, from..size)))
    }

    pub(super) async fn write(&self, path: &str, wanted: Wanted) -> Result<Sending, Fault> {
        let session = self.session().await?;
        let path = session.path(path);
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let opened = session.sftp.open(path, flags, FileAttributes::empty()).await;
        let handle = transfer::usable(opened.map_err(of_error)?.handle)?;
        Ok(Sending::new(session, self.queue.clone(), handle, wanted))
    }

    pub(super) async fn rename(&self, from: &str, to: &str, mode: Mode) -> Result<(), Fault> {
        let session = self.session().await?;
        let (from, to) = (session.path(from), session.path(to));
        if mode == Mode::Replace && session.replaces {
            return session.replace(&from, &to).await;
        }
        match session.sftp.rename(from.as_str(), to.as_str()).await.map(drop).map_err(of_error) {
            // That the name is taken is but a failure to this protocol.
            Err(fault) if fault.kind == FaultKind::Failed && look(&session, &to).await.is_ok() => {
                Err(Fault::new(FaultKind::Taken, "the name is taken"))
            }
            other => other,
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Fault> {
        let session = self.session().await?;
        session.sftp.remove(session.path(path)).await.map(drop).map_err(of_error)
    }

    pub(super) async fn make_folder(&self, folder: &str) -> Result<(), Fault> {
        let session = self.session().await?;
        let path = session.path(folder);
        match session.sftp.mkdir(path.as_str(), FileAttributes::empty()).await.map_err(of_error) {
            Ok(_) => Ok(()),
            // A link to a folder is one too: whoever made it on the server wants it so.
            Err(fault) => match session.sftp.stat(path).await.map_err(of_error) {
                Ok(there) if kind_of(&there.attrs) == Kind::Folder => Ok(()),
                Err(missing) if missing.kind == FaultKind::Missing && fault.kind == FaultKind::Failed => {
                    Err(missing)
                }
                _ => Err(fault),
            },
        }
    }
}

async fn look(session: &Session, path: &str) -> Result<Looked, Fault> {
    let there = session.sftp.lstat(session.path(path)).await.map_err(of_error)?;
    Ok(looked(&there.attrs))
}

fn looked(attributes: &FileAttributes) -> Looked {
    let modified = attributes.mtime.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds.into()));
    let size = attributes.size.unwrap_or_default();
    let is_folder = kind_of(attributes) != Kind::File;
    Looked { size, etag: Some(tag_of(size, modified)), modified, is_folder, ..Looked::default() }
}

fn kind_of(attributes: &FileAttributes) -> Kind {
    match attributes.permissions.map(|mode| mode & KIND) {
        None | Some(0 | 0o100_000) => Kind::File,
        Some(0o040_000) => Kind::Folder,
        Some(0o120_000) => Kind::Link,
        Some(_) => Kind::Special,
    }
}

fn is_below(file: &russh_sftp::protocol::File) -> bool {
    !matches!(file.filename.as_str(), "." | "..")
}

fn entry_of(file: russh_sftp::protocol::File) -> Entry {
    let kind = kind_of(&file.attrs);
    let size = if kind == Kind::File { file.attrs.size.unwrap_or_default() } else { 0 };
    // The library replaces what is no UTF-8, and a name that was replaced is not the file's: it must not
    // be taken for one that can be asked for.
    let name = file.filename.into_bytes();
    let name = match String::from_utf8(name) {
        Ok(name) if name.contains(char::REPLACEMENT_CHARACTER) => {
            let parts: Vec<&[u8]> = name.split(char::REPLACEMENT_CHARACTER).map(str::as_bytes).collect();
            parts.join(&0xff)
        }
        Ok(name) => name.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    Entry { name, kind, size }
}

/// Seconds since 1970, as the protocol counts them.
fn seconds_of(at: SystemTime) -> Option<u32> {
    at.duration_since(UNIX_EPOCH).ok().and_then(|since| u32::try_from(since.as_secs()).ok())
}
