//! Files over FTP (RFC 959, 3659), plain or with TLS (RFC 4217), through `suppaftp`.
//!
//! A connection does one thing at a time, and a transfer has it to its end; those that are idle are kept for
//! the next. A name is refused by nobody here: most servers replace what a rename meets.

mod connect;
mod facts;
mod fault;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, stream};
use suppaftp::Status;
use suppaftp::tokio::{AsyncRustlsFtpStream, AsyncRustlsStream, TransferStream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

pub(super) use connect::{Dial, Tls};

use super::seats::Seat;
use super::{Entries, Entry, Kind, PATIENCE, Wanted, in_time, lock, tag_of, within};
use crate::storage::patience::to_complete;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Looked, Mode, Stream};
use fault::{of_error, of_look};

/// Servers close a connection that says nothing for long; before that it is used again.
const IDLE: Duration = Duration::from_secs(20);

/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// Longest line of a listing (bytes).
const LONGEST: u64 = 64 << 10;

pub(super) struct Ftp {
    dial: Dial,
    idle: Arc<Mutex<Vec<Idle>>>,
}

struct Idle {
    line: Control,
    since: Instant,
}

/// A connection that is signed in.
struct Control {
    ftp: AsyncRustlsFtpStream,
    /// Where the server has put us, without a slash at its end.
    home: String,
    has_facts: bool,
    sets_times: bool,
}

/// A connection, and the seat for it where nobody else holds that. Whoever drops it in the middle of something closes
/// it.
struct Connection {
    line: Control,
    seat: Option<Seat>,
    idle: Arc<Mutex<Vec<Idle>>>,
}

impl Control {
    /// The path from the server's root on, so that it means the same wherever we are.
    fn path(&self, path: &str) -> String {
        match path {
            "" => format!("{}/", self.home),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{}/{path}", self.home),
        }
    }
}

impl Connection {
    /// It has done what it was to do, and can be used again.
    fn done(self) {
        let Self { line, seat, idle } = self;
        lock(&idle).push(Idle { line, since: Instant::now() });
        drop(seat);
    }
}

impl Ftp {
    pub(super) fn new(dial: Dial) -> Self {
        Self { dial, idle: Arc::default() }
    }

    async fn connection(&self, seat: Option<Seat>) -> Result<Connection, Fault> {
        let idle = Arc::clone(&self.idle);
        loop {
            let kept = lock(&idle).pop();
            let line = match kept {
                Some(Idle { since, .. }) if since.elapsed() > IDLE => continue,
                Some(Idle { mut line, .. }) => match timeout(PATIENCE, line.ftp.noop()).await {
                    Ok(Ok(())) => line,
                    _ => continue,
                },
                None => self.dial.connect().await?,
            };
            return Ok(Connection { line, seat, idle });
        }
    }

    /// Does something on a connection of its own. What the server refuses leaves the connection usable.
    async fn with<T>(&self, work: impl AsyncFnOnce(&mut Control) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut connection = self.connection(None).await?;
        let result = work(&mut connection.line).await;
        if result.as_ref().err().is_none_or(|fault| fault.status.is_some_and(|status| status != 421)) {
            connection.done();
        }
        result
    }

    pub(super) async fn entries(&self, folder: &str, seat: Seat) -> Result<Entries, Fault> {
        let mut connection = self.connection(Some(seat)).await?;
        let has_facts = connection.line.has_facts;
        let path = connection.line.path(folder);
        let command = if has_facts { format!("MLSD {path}") } else { format!("LIST {path}") };
        let expected = [Status::AlreadyOpen, Status::AboutToSend];
        let opened = connection.line.ftp.custom_data_command(command, &expected).await;
        let transfer = match opened {
            Ok((_, transfer)) => transfer,
            Err(error) => {
                let fault = of_look(error);
                if fault.status.is_some() {
                    connection.done();
                }
                return Err(fault);
            }
        };
        let lines = Lines { transfer: BufReader::new(transfer), connection, has_facts };
        Ok(stream::try_unfold(Some(lines), |lines| async {
            let Some(mut lines) = lines else { return Ok(None) };
            match lines.next().await? {
                Some(entry) => Ok(Some((entry, Some(lines)))),
                None => {
                    lines.end().await?;
                    Ok(None)
                }
            }
        })
        .boxed())
    }

    pub(super) async fn look(&self, path: &str) -> Result<Looked, Fault> {
        self.with(async |line| look(line, path).await).await
    }

    pub(super) async fn read(&self, path: &str, from: u64, seat: Seat) -> Result<(Looked, Stream), Fault> {
        let mut connection = self.connection(Some(seat)).await?;
        let looked = look(&mut connection.line, path).await?;
        if looked.is_folder {
            connection.done();
            return Err(Fault::new(FaultKind::Missing, "it is a folder"));
        }
        if from >= looked.size {
            // Many servers refuse to begin at the end.
            connection.done();
            return Ok((looked, stream::empty().boxed()));
        }
        let path = connection.line.path(path);
        let ftp = &mut connection.line.ftp;
        if from > 0 {
            let from =
                usize::try_from(from).map_err(|_| Fault::new(FaultKind::TooLarge, "it is too large"))?;
            ftp.resume_transfer(from).await.map_err(of_error)?;
        }
        let transfer = ftp.retr_as_stream(path).await.map_err(of_error)?;
        let blocks = stream::try_unfold(Some((transfer, connection)), |reading| async {
            let Some((mut transfer, connection)) = reading else { return Ok(None) };
            let mut block = BytesMut::with_capacity(BLOCK);
            let mut read = transfer.read_buf(&mut block).await.map_err(lost)?;
            // What is there already comes with it; what is still on its way over a slow line does not.
            while read > 0 && block.len() < BLOCK {
                let Some(more) = transfer.read_buf(&mut block).now_or_never() else { break };
                read = more.map_err(lost)?;
            }
            if !block.is_empty() {
                return Ok(Some((block.freeze(), Some((transfer, connection)))));
            }
            // The end of the bytes may be a broken connection: only the server's word tells.
            in_time(async { transfer.finish().await.map_err(of_error) }).await?;
            connection.done();
            Ok(None)
        });
        Ok((looked, blocks.boxed()))
    }

    pub(super) async fn write(&self, path: &str, wanted: Wanted, seat: Seat) -> Result<Sending, Fault> {
        let mut connection = self.connection(Some(seat)).await?;
        let path = connection.line.path(path);
        match connection.line.ftp.put_with_stream(&path).await {
            Ok(transfer) => Ok(Sending { connection, transfer, path, wanted }),
            Err(error) => {
                let fault = of_error(error);
                if fault.status.is_some() {
                    connection.done();
                }
                Err(fault)
            }
        }
    }

    pub(super) async fn rename(&self, from: &str, to: &str, mode: Mode) -> Result<(), Fault> {
        self.with(async |line| {
            let (from, to) = (line.path(from), line.path(to));
            let Err(error) = line.ftp.rename(&from, &to).await else { return Ok(()) };
            let fault = of_error(error);
            // Few servers refuse a name that is taken, and what they say of it is their own.
            if mode == Mode::Create && fault.status.is_some() && look(line, &to).await.is_ok() {
                return Err(Fault { kind: FaultKind::Taken, ..fault });
            }
            Err(fault)
        })
        .await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Fault> {
        self.with(async |line| {
            let path = line.path(path);
            match line.ftp.rm(&path).await {
                Ok(()) => Ok(()),
                Err(error) => {
                    let fault = of_error(error);
                    // What is not there is told in as many ways as there are servers.
                    match look(line, &path).await {
                        Err(missing) if missing.kind == FaultKind::Missing => Err(missing),
                        _ => Err(fault),
                    }
                }
            }
        })
        .await
    }

    pub(super) async fn make_folder(&self, folder: &str) -> Result<(), Fault> {
        self.with(async |line| {
            let path = line.path(folder);
            // Servers do not say whether it is there, or what is above it is not.
            if line.ftp.cwd(&path).await.is_ok() {
                return Ok(());
            }
            line.ftp.mkdir(&path).await.map_err(|error| {
                let fault = of_error(error);
                let is_open = matches!(fault.kind, FaultKind::Rejected | FaultKind::Locked);
                if is_open { Fault { kind: FaultKind::Missing, ..fault } } else { fault }
            })
        })
        .await
    }
}

/// What is under a path.
async fn look(line: &mut Control, path: &str) -> Result<Looked, Fault> {
    let path = line.path(path);
    if line.has_facts {
        let answer = line.ftp.custom_command(format!("MLST {path}"), &[Status::RequestedFileActionOk]).await;
        let answer = answer.map_err(of_look)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        // The line with the facts stands between the first and the last; the library keeps them all or that.
        if let Some((entry, modified)) = text.lines().find_map(facts::of_line) {
            return Ok(looked(entry.size, modified, entry.kind == Kind::Folder));
        }
    }
    let size = line.ftp.size(&path).await;
    // Some servers give folders a size.
    if line.ftp.cwd(&path).await.is_ok() {
        return Ok(looked(0, None, true));
    }
    let size = size.map_err(of_look)? as u64;
    let modified = line.ftp.mdtm(&path).await.ok().map(|at| SystemTime::from(at.and_utc()));
    Ok(looked(size, modified, false))
}

fn looked(size: u64, modified: Option<SystemTime>, is_folder: bool) -> Looked {
    Looked { size, etag: Some(tag_of(size, modified)), modified, is_folder, ..Looked::default() }
}

fn lost(error: std::io::Error) -> Fault {
    Fault::new(FaultKind::Unreachable, error.to_string())
}

/// A folder's lines as they come in.
struct Lines {
    transfer: BufReader<TransferStream<AsyncRustlsStream>>,
    connection: Connection,
    has_facts: bool,
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Entry>, Fault> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut self.transfer).take(LONGEST).read_until(b'\n', &mut line).await.map_err(lost)?;
            if read == 0 {
                return Ok(None);
            }
            if !line.ends_with(b"\n") && read as u64 == LONGEST {
                return Err(Fault::new(FaultKind::Rejected, "a line of the list has no end"));
            }
            // Only the line's own end: a name may end with spaces.
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let entry = if self.has_facts {
                facts::of_bytes(text).map(|(entry, _)| entry)
            } else {
                facts::of_list(text)
            };
            match entry {
                Some(entry)
                    if matches!(entry.name.as_slice(), b"." | b"..") && entry.kind == Kind::Folder => {}
                Some(entry) => return Ok(Some(entry)),
                None => {}
            }
        }
    }

    async fn end(self) -> Result<(), Fault> {
        self.transfer.into_inner().finish().await.map_err(of_error)?;
        self.connection.done();
        Ok(())
    }
}

/// A file that is being sent.
pub(crate) struct Sending {
    connection: Connection,
    transfer: TransferStream<AsyncRustlsStream>,
    path: String,
    wanted: Wanted,
}

impl Sending {
    pub(crate) async fn write(&mut self, mut block: Bytes) -> Result<(), Fault> {
        let error = loop {
            if block.is_empty() {
                return Ok(());
            }
            // However slow the line is, something moves.
            match in_time(async { Ok(self.transfer.write(&block).await) }).await? {
                Ok(0) => break std::io::ErrorKind::WriteZero.into(),
                Ok(written) => block.advance(written),
                Err(error) => break error,
            }
        };
        // The server closed its end: what it says on the other line tells why.
        let answer = self.connection.line.ftp.read_response(Status::ClosingDataConnection);
        match timeout(Duration::from_secs(2), answer).await {
            Ok(Err(refused @ suppaftp::FtpError::UnexpectedResponse(_))) => Err(of_error(refused)),
            _ => Err(lost(error)),
        }
    }

    pub(crate) async fn finish(self) -> Result<bool, Fault> {
        let Self { mut connection, transfer, path, wanted } = self;
        within(to_complete(wanted.size), async { transfer.finish().await.map_err(of_error) }).await?;
        let mut kept = false;
        if let Some(stamp) = wanted.modified.and_then(facts::stamp).filter(|_| connection.line.sets_times) {
            let command = format!("MFMT {stamp} {path}");
            let asked = connection.line.ftp.custom_command(command, &[Status::File]);
            match in_time(async { Ok(asked.await) }).await? {
                Ok(_) => kept = true,
                Err(suppaftp::FtpError::UnexpectedResponse(_)) => {}
                Err(error) => return Err(of_error(error)),
            }
        }
        connection.done();
        Ok(kept)
    }
}
