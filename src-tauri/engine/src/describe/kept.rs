//! A program that is kept alive and asked about one file after the other, so that what its start costs
//! is paid once for many files.
//!
//! It is held in the same bounds as one that is started for each file. One that hangs or prints
//! without end is killed, which costs the file its description; one that goes away or says something
//! else than it was asked for leaves the file to a process of its own, which then tells whose doing it
//! was.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::process::{Group, OUTPUT, RunError};
use crate::storage::local::confine::{self, Bounds};

/// How a program is kept alive.
pub(super) struct Keeping {
    /// What it is started with.
    pub(super) args: &'static [&'static str],
    /// What it is told when nobody asks any more.
    pub(super) farewell: &'static str,
    /// The lines that ask about a file, with the number of the question. None: they cannot hold its
    /// path.
    pub(super) question: fn(&Path, u32) -> Option<String>,
    /// The line that ends the answer to a question, without its line end.
    pub(super) end: fn(u32) -> String,
}

/// Files after which a process is replaced, so that what leaks does not add up.
const FILES: u32 = 1000;

/// The processes that wait for their next file.
pub(super) struct Kept {
    program: PathBuf,
    keeping: Keeping,
    bounds: Bounds,
    resting: Mutex<Vec<Process>>,
    /// Each process holds one.
    alive: Arc<()>,
}

/// What comes of a question.
pub(super) enum Answer<T> {
    Given(T),
    /// It was cut off.
    Cut(RunError),
    /// It must be asked in a process of its own.
    None,
}

struct Process {
    group: Group,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    asked: u32,
    worked: Duration,
    _alive: Arc<()>,
}

impl Kept {
    pub(super) fn new(program: PathBuf, keeping: Keeping, bounds: Bounds) -> Self {
        Self { program, keeping, bounds, resting: Mutex::default(), alive: Arc::default() }
    }

    /// Asks about a file (absolute path). `most`: processes that there may be at once. `read`: what was
    /// printed, if it is about this file. Dropping it kills the process.
    pub(super) async fn ask<T>(
        &self,
        file: &Path,
        most: usize,
        read: impl FnOnce(Vec<u8>) -> Option<T>,
    ) -> Answer<T> {
        let resting = self.resting().pop();
        let number = resting.as_ref().map_or(1, |process| process.asked + 1);
        let Some(question) = (self.keeping.question)(file, number) else {
            // The process of its own takes this one's place.
            if let Some(process) = resting {
                process.group.kill().await;
            }
            return Answer::None;
        };
        let Some(mut process) = resting.or_else(|| self.start()) else { return Answer::None };
        let started = Instant::now();
        let end = (self.keeping.end)(number);
        let answer = timeout(self.bounds.time, process.answer(&question, &end)).await;
        let too_long = || Answer::Cut(RunError::TooLong(self.bounds.time.as_secs()));
        let answer = answer.unwrap_or_else(|_| too_long());
        process.asked = number;
        process.worked += started.elapsed();
        let answer = match answer {
            Answer::Given(printed) => read(printed).map_or(Answer::None, Answer::Given),
            Answer::Cut(error) => Answer::Cut(error),
            Answer::None => Answer::None,
        };
        match answer {
            Answer::Given(_) => self.rest(process, most).await,
            // What it would say next is not known.
            Answer::Cut(_) | Answer::None => process.group.kill().await,
        }
        answer
    }

    async fn rest(&self, process: Process, most: usize) {
        let is_one_too_many = Arc::strong_count(&self.alive) - 1 > most;
        // The system ends a process after four times the time of one file (see `confine`): before that
        // comes near, it is replaced.
        let is_worn = process.asked >= FILES || process.worked >= self.bounds.time * 3;
        if is_one_too_many || is_worn {
            process.group.kill().await;
        } else {
            self.resting().push(process);
        }
    }

    fn start(&self) -> Option<Process> {
        let args = self.keeping.args.iter().map(Into::into).collect();
        let mut command = confine::kept_command(&self.program, args, self.keeping.farewell, self.bounds);
        let mut child = command.spawn().ok()?;
        let (stdin, stdout, stderr) = (child.stdin().take()?, child.stdout().take()?, child.stderr().take()?);
        Some(Process {
            group: Group::of(child),
            stdin,
            stdout,
            stderr,
            asked: 0,
            worked: Duration::ZERO,
            _alive: Arc::clone(&self.alive),
        })
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Process>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    /// Reads until the line that ends the answer. What is complained meanwhile is read, too, because a
    /// program that nobody hears would wait for ever.
    async fn answer(&mut self, question: &str, end: &str) -> Answer<Vec<u8>> {
        let asked = async {
            self.stdin.write_all(question.as_bytes()).await?;
            self.stdin.flush().await
        };
        if asked.await.is_err() {
            return Answer::None;
        }
        let mut printed = Vec::new();
        let mut complaint = [0; 1024];
        let mut complains = true;
        loop {
            tokio::select! {
                read = self.stdout.read_buf(&mut printed) => match read {
                    Ok(0) | Err(_) => return Answer::None,
                    Ok(_) if printed.len() as u64 > OUTPUT => return Answer::Cut(RunError::TooMuch),
                    Ok(_) => if let Some(length) = before(&printed, end) {
                        printed.truncate(length);
                        return Answer::Given(printed);
                    }
                },
                read = self.stderr.read(&mut complaint), if complains => {
                    complains = read.is_ok_and(|length| length > 0);
                }
            }
        }
    }
}

/// The length of what stands before this last line; None: it is not there yet.
fn before(printed: &[u8], line: &str) -> Option<usize> {
    let printed = printed.strip_suffix(b"\n")?;
    let printed = printed.strip_suffix(b"\r").unwrap_or(printed);
    let before = printed.strip_suffix(line.as_bytes())?;
    (before.is_empty() || before.ends_with(b"\n")).then_some(before.len())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const ECHO: Keeping = Keeping {
        args: &["kept"],
        farewell: "",
        question: |file, number| Some(format!("{} {number}\n", file.to_str()?)),
        end: |number| format!("end {number}"),
    };

    /// What answers with its process id, its word `kept` and the file; and does as the file's name says.
    const SCRIPT: &str = r#"#!/bin/sh
while read -r file number; do
  case "$file" in
    /hangs) sleep 1000;;
    /gone) exit 3;;
    /yes) yes;;
    /eats) exec tail -n 1 /dev/zero;;
    /complains) yes complaint | head -c 300000 >&2;;
  esac
  printf '%s %s %s end %s\n' $$ "$1" "$file" "$number"
  echo "end $number"
done
"#;

    struct Asked {
        kept: Kept,
        _folder: tempfile::TempDir,
    }

    impl Asked {
        fn new(memory_mb: u32) -> Self {
            use std::os::unix::fs::PermissionsExt;
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("program");
            std::fs::write(&program, SCRIPT).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let bounds = Bounds { time: Duration::from_secs(2), memory_mb };
            Self { kept: Kept::new(program, ECHO, bounds), _folder: folder }
        }

        async fn ask(&self, file: &str) -> Answer<Vec<String>> {
            self.of(file, 9).await
        }

        /// The words of the answer.
        async fn of(&self, file: &str, most: usize) -> Answer<Vec<String>> {
            let words = |printed: Vec<u8>| {
                let printed = String::from_utf8(printed).unwrap();
                (!file.contains("stranger"))
                    .then(|| printed.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            };
            self.kept.ask(Path::new(file), most, words).await
        }

        /// The process that answers.
        async fn pid(&self, file: &str) -> String {
            let Answer::Given(words) = self.ask(file).await else { panic!("no answer about {file}") };
            assert_eq!(words[1..4], ["kept", file, "end"]);
            words[0].clone()
        }
    }

    #[tokio::test]
    async fn one_process_answers_file_after_file_also_when_it_complains() {
        let asked = Asked::new(1024);
        let first = asked.pid("/a").await;
        for file in ["/b", "/complains", "/a"] {
            assert_eq!(asked.pid(file).await, first);
        }
    }

    #[tokio::test]
    async fn one_that_hangs_or_does_not_stop_is_cut_off_and_the_next_file_gets_a_fresh_one() {
        let asked = Asked::new(1024);
        let mut earlier = asked.pid("/a").await;
        for (bad, why) in [("/hangs", "within 2 s"), ("/yes", "more than")] {
            let Answer::Cut(error) = asked.ask(bad).await else { panic!("{bad} is not cut off") };
            assert!(error.to_string().contains(why), "{error}");
            let next = asked.pid("/b").await;
            assert_ne!(next, earlier);
            earlier = next;
        }
    }

    #[tokio::test]
    async fn one_that_goes_away_or_speaks_of_something_else_leaves_the_file_to_another() {
        let asked = Asked::new(64);
        let mut earlier = asked.pid("/a").await;
        for bad in ["/gone", "/eats", "/stranger"] {
            assert!(matches!(asked.ask(bad).await, Answer::None), "{bad}");
            let next = asked.pid("/b").await;
            assert_ne!(next, earlier);
            earlier = next;
        }
    }

    #[tokio::test]
    async fn no_more_processes_stay_than_there_may_be() {
        let asked = Asked::new(1024);
        let both = || async { tokio::join!(asked.of("/a", 2), asked.of("/b", 2)) };
        both().await;
        assert_eq!(asked.kept.resting().len(), 2);
        both().await;
        assert_eq!(Arc::strong_count(&asked.kept.alive), 3, "they are asked again");
        asked.of("/c", 1).await;
        assert_eq!(asked.kept.resting().len(), 1);
    }

    #[test]
    fn an_answer_ends_with_a_line_of_its_own() {
        assert_eq!(before(b"[{}]\n{ready7}\n", "{ready7}"), Some(5));
        assert_eq!(before(b"[{}]\r\n{ready7}\r\n", "{ready7}"), Some(6));
        assert_eq!(before(b"{ready7}\n", "{ready7}"), Some(0));
        for unfinished in ["[{}]\n{ready7}", "[{}]\n{ready71}\n", "[{ {ready7}\n", "{ready7}\n[{}]\n", ""] {
            assert_eq!(before(unfinished.as_bytes(), "{ready7}"), None, "{unfinished}");
        }
    }
}
