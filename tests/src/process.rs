//! Programs that run beside the test.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::command::Ended;
use crate::wait;

/// A running program; killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: TempDir,
}

impl Running {
    /// Starts a program; what it prints is kept for [`Self::ended`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: Command) -> Self {
        Self::reading(command, Stdio::null())
    }

    /// Starts a program that reads its standard input from there.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn reading(mut command: Command, input: impl Into<Stdio>) -> Self {
        let output = tempfile::tempdir().expect("a folder for what it prints");
        let open = |name| File::create(output.path().join(name)).expect("a file for what it prints");
        let child = command
            .stdin(input.into())
            .stdout(open("stdout"))
            .stderr(open("stderr"))
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Self { child, output }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed on standard output so far.
    pub fn printed(&self) -> String {
        self.read("stdout")
    }

    /// What it printed on standard error so far.
    pub fn complaints(&self) -> String {
        self.read("stderr")
    }

    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.output.path().join(name)).expect("what it printed");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether it has ended by now, and how.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child process")
    }

    /// Sends a signal; to a program that has ended already this does nothing.
    pub fn signal(&mut self, signal: Signal) {
        if self.has_ended().is_none() {
            kill_process(Pid::from_child(&self.child), signal).expect("a signal to a child process");
        }
    }

    /// Kills it together with everything that it started, if it leads a process group.
    pub fn kill_group(&mut self) {
        // None of them may be left: then there is nothing to kill.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Ended {
        let status = wait::until("the end of a program", || self.has_ended());
        Ended { code: status.code(), stdout: self.read("stdout"), stderr: self.read("stderr") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
