//! A file's bytes to and from an SFTP server: many small requests at once, so that the way there and back
//! does not count.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use futures_util::{FutureExt, StreamExt, stream};
use russh_sftp::protocol::{FileAttributes, StatusCode};

use super::connect::Session;
use super::fault::{is_status, of_error};
use super::seconds_of;
use crate::storage::patience::{Queue, to_complete};
use crate::storage::remote::Stream;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::server::{PATIENCE, Wanted, within};

/// Bytes of a request: what every server takes (draft-ietf-secsh-filexfer-02, section 3).
const PIECE: usize = 32 << 10;

/// Requests of one file at once.
const AT_ONCE: usize = 32;

/// A handle as the server gave it. The library takes it for text; one that is none would be another.
pub(super) fn usable(handle: String) -> Result<String, Fault> {
    if handle.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Fault::new(FaultKind::Unsupported, "the server's handles are no text"));
    }
    Ok(handle)
}

/// A file that is being read.
struct Reading {
    session: Arc<Session>,
    queue: Queue,
    handle: String,
    /// Where the next request begins.
    next: u64,
    /// Where the next answer begins.
    at: u64,
    size: u64,
    asked: FuturesOrdered<BoxFuture<'static, Result<Piece, Fault>>>,
}

struct Piece {
    wanted: usize,
    bytes: Bytes,
}

/// These bytes of an open file, which ends with them.
pub(super) fn blocks(session: Arc<Session>, queue: Queue, handle: String, bytes: Range<u64>) -> Stream {
    let (from, size) = (bytes.start, bytes.end);
    let reading =
        Reading { session, queue, handle, next: from, at: from, size, asked: FuturesOrdered::new() };
    stream::try_unfold(reading, |mut reading| async {
        Ok(reading.block().await?.map(|block| (block, reading)))
    })
    .boxed()
}

impl Reading {
    async fn block(&mut self) -> Result<Option<Bytes>, Fault> {
        while self.asked.len() < AT_ONCE && self.next < self.size {
            let wanted = (self.size - self.next).min(PIECE as u64) as usize;
            self.asked.push_back(self.ask(self.next, wanted));
            self.next += wanted as u64;
        }
        let Some(piece) = self.asked.next().await.transpose()? else {
            let closing = async { self.session.sftp.close(self.handle.as_str()).await.map_err(of_error) };
            within(self.queue.behind(PATIENCE), closing).await?;
            return Ok(None);
        };
        self.at += piece.bytes.len() as u64;
        if piece.bytes.is_empty() {
            // It ends before it should; whoever reads sees that bytes are missing.
            return Ok(None);
        }
        if piece.bytes.len() < piece.wanted {
            // A server may give less than was asked for: what comes after is asked for anew.
            self.asked.clear();
            self.next = self.at;
        }
        Ok(Some(piece.bytes))
    }

    fn ask(&self, at: u64, wanted: usize) -> BoxFuture<'static, Result<Piece, Fault>> {
        let (session, handle) = (Arc::clone(&self.session), self.handle.clone());
        let asking = async move {
            match session.sftp.read(handle, at, wanted as u32).await {
                Ok(read) if read.data.len() <= wanted => Ok(Piece { wanted, bytes: read.data.into() }),
                Ok(_) => Err(Fault::new(FaultKind::Rejected, "more came than was asked for")),
                Err(error) if is_status(&error, StatusCode::Eof) => Ok(Piece { wanted, bytes: Bytes::new() }),
                Err(error) => Err(of_error(error)),
            }
        };
        in_turn(&self.queue, wanted, asking)
    }
}

/// A file that is being written.
pub(crate) struct Sending {
    session: Arc<Session>,
    queue: Queue,
    handle: String,
    wanted: Wanted,
    at: u64,
    sent: FuturesUnordered<BoxFuture<'static, Result<(), Fault>>>,
}

impl Sending {
    pub(super) fn new(session: Arc<Session>, queue: Queue, handle: String, wanted: Wanted) -> Self {
        Self { session, queue, handle, wanted, at: 0, sent: FuturesUnordered::new() }
    }

    pub(crate) async fn write(&mut self, mut block: Bytes) -> Result<(), Fault> {
        while !block.is_empty() {
            while self.sent.len() >= AT_ONCE {
                self.sent.next().await.transpose()?;
            }
            let piece = block.split_to(block.len().min(PIECE));
            let (session, handle, at) = (Arc::clone(&self.session), self.handle.clone(), self.at);
            let length = piece.len();
            self.at += length as u64;
            let writing =
                async move { session.sftp.write(handle, at, piece.into()).await.map(drop).map_err(of_error) };
            self.sent.push(in_turn(&self.queue, length, writing));
            // Begins to send it, and takes what has been answered.
            while let Some(Some(answer)) = self.sent.next().now_or_never() {
                answer?;
            }
        }
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<bool, Fault> {
        while let Some(answer) = self.sent.next().await {
            answer?;
        }
        // Many a server brings a file elsewhere only when it is whole.
        let Self { session, queue, handle, wanted, .. } = self;
        within(queue.behind(to_complete(wanted.size)), async move {
            let sftp = &session.sftp;
            if session.syncs {
                sftp.fsync(handle.as_str()).await.map_err(of_error)?;
            }
            // The protocol sets both times or none.
            let seconds = wanted.modified.and_then(seconds_of);
            let times = FileAttributes { atime: seconds, mtime: seconds, ..FileAttributes::empty() };
            let kept = seconds.is_some() && sftp.fsetstat(handle.as_str(), times).await.is_ok();
            sftp.close(handle.as_str()).await.map_err(of_error)?;
            Ok(kept)
        })
        .await
    }
}

/// A request for a piece of so many bytes: it waits as long as what is on its way before it takes.
fn in_turn<T: 'static>(
    queue: &Queue,
    bytes: usize,
    request: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> BoxFuture<'static, Result<T, Fault>> {
    let queued = queue.add(bytes as u64);
    let patience = queue.behind(PATIENCE);
    async move {
        let _queued = queued;
        within(patience, request).await
    }
    .boxed()
}
