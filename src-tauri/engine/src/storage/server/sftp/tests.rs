//! A server on a slow line, and one that takes its time with what is large.

use futures_util::future::join_all;
use russh_sftp::protocol::{Attrs, Data, Handle, Name, Status};
use russh_sftp::server::{Handler, StatusReply};

use super::connect::begin;
use super::hosts::Host;
use super::*;
use crate::storage::patience::COMPLETION;
use crate::storage::server::{Protocol, Server, open};

/// A server that answers one request after the other. It keeps nothing.
struct Slow {
    /// Bytes a second, over all files.
    line: u64,
    /// How long it takes to bring a file elsewhere, when that is closed or renamed.
    completes: Duration,
    /// Bytes of the file that can be read.
    size: u64,
}

impl Slow {
    async fn carry(&self, bytes: u64) {
        tokio::time::sleep(Duration::from_millis(bytes * 1000 / self.line)).await;
    }
}

fn done(id: u32) -> Status {
    let (error_message, language_tag) = (String::new(), String::new());
    Status { id, status_code: StatusCode::Ok, error_message, language_tag }
}

impl Handler for Slow {
    type Error = StatusReply;

    fn unimplemented(&self) -> StatusReply {
        StatusCode::OpUnsupported.into()
    }

    async fn realpath(&mut self, id: u32, _: String) -> Result<Name, StatusReply> {
        Ok(Name { id, files: vec![russh_sftp::protocol::File::dummy("/home")] })
    }

    async fn open(
        &mut self,
        id: u32,
        path: String,
        _: OpenFlags,
        _: FileAttributes,
    ) -> Result<Handle, StatusReply> {
        Ok(Handle { id, handle: path })
    }

    async fn fstat(&mut self, id: u32, _: String) -> Result<Attrs, StatusReply> {
        Ok(Attrs { id, attrs: FileAttributes { size: Some(self.size), ..FileAttributes::empty() } })
    }

    async fn read(&mut self, id: u32, _: String, offset: u64, len: u32) -> Result<Data, StatusReply> {
        let there = self.size.saturating_sub(offset).min(len.into());
        self.carry(there).await;
        Ok(Data { id, data: vec![7; there as usize] })
    }

    async fn write(&mut self, id: u32, _: String, _: u64, data: Vec<u8>) -> Result<Status, StatusReply> {
        self.carry(data.len() as u64).await;
        Ok(done(id))
    }

    async fn close(&mut self, id: u32, _: String) -> Result<Status, StatusReply> {
        tokio::time::sleep(self.completes).await;
        Ok(done(id))
    }

    async fn rename(&mut self, id: u32, _: String, _: String) -> Result<Status, StatusReply> {
        tokio::time::sleep(self.completes).await;
        Ok(done(id))
    }
}

/// Somebody who has a connection to such a server.
async fn server(slow: Slow) -> Server {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    russh_sftp::server::run(theirs, slow).await;
    let session = begin(ours, None).await.expect("a session");
    let host = Host { name: "nas".into(), port: 22, place: "nas:".into(), file: "known_hosts".into() };
    let dial = Dial { host, user: "ingest".into(), key: None, password: None, passphrase: None };
    let sftp = Sftp { dial, open: Pool::new(1, Session::is_closed).with(session), queue: Queue::default() };
    open::new("sftp://nas:22".into(), "nas".into(), Some(1), Protocol::Sftp(Box::new(sftp)))
}

/// Writes a file, all but its name.
async fn write(server: &Server, name: &str, size: u64) -> Result<(), Fault> {
    let wanted = Wanted { size, modified: None };
    let mut writing = server.write(name, wanted, server.seat_to_write().await).await?;
    writing.write(vec![7; size as usize].into()).await?;
    writing.finish().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn many_files_on_a_slow_line_wait_for_each_other() {
    const SIZE: u64 = 2 << 20;
    let server = server(Slow { line: 64 << 10, completes: Duration::ZERO, size: SIZE }).await;
    let began = tokio::time::Instant::now();
    let names: Vec<String> = (0..8).map(|number| format!("{number}.mov")).collect();
    let written = join_all(names.iter().map(|name| write(&server, name, SIZE))).await;
    for one in written {
        one.expect("written");
    }
    assert!(began.elapsed() > Duration::from_secs(200), "the line is slow");

    let read = join_all(names.iter().map(async |name| {
        let (looked, mut stream) = server.read(name, 0, None).await?;
        let mut came = 0;
        while let Some(block) = stream.next().await.transpose()? {
            came += block.len() as u64;
        }
        Ok::<_, Fault>((looked.size, came))
    }))
    .await;
    for one in read {
        assert_eq!(one.expect("read"), (SIZE, SIZE));
    }
    assert_eq!(server.patience(), Duration::from_secs(60), "nothing is on its way any more");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_move_is_given_up() {
    let server = server(Slow { line: 1, completes: Duration::ZERO, size: 1 << 20 }).await;
    let began = tokio::time::Instant::now();
    let fault = write(&server, "a.mov", 1 << 20).await.expect_err("it does not end");
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(200), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_larger_a_file_the_longer_its_server_may_take_to_put_it_in_its_place() {
    let completes = COMPLETION + Duration::from_secs(600);
    for (size, is_done) in [(1, false), (32 << 20, true)] {
        let server = server(Slow { line: 1 << 30, completes, size }).await;
        let renamed = server.rename("a.part", "a.mov", size, Mode::Create).await;
        assert_eq!(renamed.is_ok(), is_done, "{size}: {renamed:?}");
        let written = write(&server, "b.part", size).await;
        assert_eq!(written.is_ok(), is_done, "{size}: {written:?}");
    }
}
