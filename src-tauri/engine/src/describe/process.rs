//! One run of a program: bounded in time, memory and output, and never left behind.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::record::show_bytes;
use crate::storage::local::confine::{self, Bounds};

/// Longest output that is read (bytes).
pub(super) const OUTPUT: u64 = 4 << 20;

/// What is kept of what a program complains about (bytes).
const COMPLAINT: u64 = 600;

/// How long the end of a killed program is awaited. One that hangs in the system is left to it.
const DYING: Duration = Duration::from_secs(5);

/// Why a run gave nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("could not be run: {0}")]
    NotRun(io::Error),
    #[error("did not end within {0} s")]
    TooLong(u64),
    #[error("printed more than {} MiB", OUTPUT >> 20)]
    TooMuch,
    #[error("ended with {status}: {said}")]
    Failed { status: ExitStatus, said: String },
}

/// The program and all that it started. Killed when it is dropped before its end.
pub(super) struct Group {
    child: Box<dyn ChildWrapper>,
    has_ended: bool,
}

impl Group {
    pub(super) fn of(child: Box<dyn ChildWrapper>) -> Self {
        Self { child, has_ended: false }
    }

    /// Kills it and waits for its end.
    pub(super) async fn kill(mut self) {
        // There may be nothing left to kill.
        let _ = self.child.start_kill();
        self.has_ended = timeout(DYING, self.child.wait()).await.is_ok();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = self.child.start_kill();
        }
    }
}

/// Runs a program to its end and gives what it printed.
pub(super) async fn run(program: &Path, args: Vec<OsString>, bounds: Bounds) -> Result<Vec<u8>, RunError> {
    let child = confine::command(program, args, bounds).spawn().map_err(RunError::NotRun)?;
    let mut group = Group::of(child);
    let ended = match timeout(bounds.time, to_its_end(&mut group)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => {
            group.kill().await;
            return Err(error);
        }
        Err(_) => {
            group.kill().await;
            return Err(RunError::TooLong(bounds.time.as_secs()));
        }
    };
    group.has_ended = true;
    let Ended { status, printed, complaint } = ended;
    if status.success() {
        return Ok(printed);
    }
    let said = if complaint.trim_ascii().is_empty() { &printed } else { &complaint };
    let said = said.trim_ascii();
    let said = show_bytes(&said[..said.len().min(COMPLAINT as usize)]);
    Err(RunError::Failed { status, said: if said.is_empty() { "it says nothing".into() } else { said } })
}

struct Ended {
    status: ExitStatus,
    printed: Vec<u8>,
    complaint: Vec<u8>,
}

async fn to_its_end(group: &mut Group) -> Result<Ended, RunError> {
    let (stdout, stderr) = (group.child.stdout().take(), group.child.stderr().take());
    let printed = async {
        let printed = read(stdout, OUTPUT + 1).await?;
        if printed.len() as u64 > OUTPUT { Err(RunError::TooMuch) } else { Ok(printed) }
    };
    let (printed, complaint) = tokio::try_join!(printed, complaint(stderr))?;
    let status = group.child.wait().await.map_err(RunError::NotRun)?;
    Ok(Ended { status, printed, complaint })
}

async fn read(from: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(most).read_to_end(&mut bytes).await.map_err(RunError::NotRun)?;
    }
    Ok(bytes)
}

/// The beginning; the rest is read, too, because a program that nobody hears would wait for ever.
async fn complaint(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, RunError> {
    let Some(mut from) = from else { return Ok(Vec::new()) };
    let beginning = read(Some(&mut from), COMPLAINT).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await.map_err(RunError::NotRun)?;
    Ok(beginning)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Runs a script with a second of time and so much memory.
    async fn script(text: &str, memory_mb: u32) -> Result<Vec<u8>, RunError> {
        let bounds = Bounds { time: Duration::from_secs(1), memory_mb };
        run(Path::new("/bin/sh"), vec!["-c".into(), text.into()], bounds).await
    }

    #[tokio::test]
    async fn what_a_program_prints_is_given() {
        assert_eq!(script("echo told; echo complained >&2", 1024).await.unwrap(), b"told\n");
        let failed = script("echo \"no 'moov' atom\" >&2; exit 3", 1024).await.unwrap_err();
        assert_eq!(failed.to_string(), "ended with exit status: 3: no 'moov' atom");
    }

    #[tokio::test]
    async fn nothing_is_read_and_no_secret_is_seen() {
        let seen = script("cat; env", 1024).await.unwrap();
        let seen = String::from_utf8(seen).unwrap();
        assert!(seen.contains("PATH=") && !seen.contains("CARGO"), "{seen}");
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let text = format!("mkfifo {0}; cat <> {0} & sleep 1000", mark.display());
        assert!(matches!(script(&text, 1024).await, Err(RunError::TooLong(1))));
        // Whoever held the pipe's other end goes away: then a writer that does not wait is refused.
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        let is_held = || rustix::fs::open(&mark, flags, rustix::fs::Mode::empty()).is_ok();
        let start = std::time::Instant::now();
        while is_held() {
            assert!(start.elapsed() < Duration::from_secs(60), "it is still there");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn output_without_end_is_cut_off() {
        assert!(matches!(script("yes", 1024).await, Err(RunError::TooMuch)));
        // What is complained is read, and forgotten, until the time is over.
        assert!(matches!(script("yes >&2", 1024).await, Err(RunError::TooLong(1))));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn memory_is_bounded() {
        // `tail` keeps a line whole, and this one has no end.
        let hungry = script("tail -n 1 /dev/zero", 64).await.unwrap_err();
        assert!(matches!(hungry, RunError::Failed { .. }), "{hungry}");
    }
}
