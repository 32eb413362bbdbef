//! A command at a terminal, as a person types to it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::command::Ended;
use crate::wait;

/// A running command whose input and output are a terminal; killed when it is dropped.
pub struct Terminal {
    keyboard: File,
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    typed_after: usize,
}

impl Terminal {
    /// Starts a command.
    ///
    /// # Panics
    /// When the system gives no terminal, or the command cannot be started.
    pub fn start(command: Command) -> Self {
        let controller: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).and_then(|()| unlockpt(&controller)).expect("a terminal that can be used");
        let name = ptsname(&controller, Vec::new()).expect("the terminal's name");
        let user =
            File::options().read(true).write(true).open(name.to_str().expect("ASCII")).expect("its end");
        // In a session of its own, whose terminal is its standard input.
        let mut inside = Command::new("setsid");
        inside.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let [input, output] = [(); 2].map(|()| user.try_clone().expect("the terminal once more"));
        let child = inside.stdin(input).stdout(output).stderr(user).spawn().expect("a command");
        drop(inside);
        let keyboard = File::from(controller);
        let shown = Arc::<Mutex<Vec<u8>>>::default();
        let mut screen = keyboard.try_clone().expect("the terminal once more");
        let seen = Arc::clone(&shown);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It ends with an error when nobody has the other end open.
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                seen.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..read]);
            }
        });
        Self { keyboard, child, shown, reader: Some(reader), typed_after: 0 }
    }

    /// Everything that appeared.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Types a line as soon as something new was asked and the terminal does not show what is typed.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn type_hidden(&mut self, line: &str) {
        wait::until("a question whose answer is not shown", || {
            let hides = !tcgetattr(&self.keyboard).ok()?.local_modes.contains(LocalModes::ECHO);
            let asks = self.shown()[self.typed_after..].trim_end().ends_with(':');
            (hides && asks).then_some(())
        });
        self.enter(line);
    }

    /// Types a line when that question was asked.
    ///
    /// # Panics
    /// When it is not asked.
    pub fn answer(&mut self, question: &str, line: &str) {
        wait::until("a question", || self.shown()[self.typed_after..].contains(question).then_some(()));
        self.enter(line);
    }

    fn enter(&mut self, line: &str) {
        self.typed_after = self.shown().len();
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("keys");
    }

    /// Waits for its end. All that appeared is in both outputs, because a terminal has one screen.
    ///
    /// # Panics
    /// When it does not end.
    pub fn ended(mut self) -> Ended {
        let status = wait::until("the end of a command", || self.child.try_wait().expect("its state"));
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the screen's reader");
        }
        Ended { code: status.code(), stdout: self.shown(), stderr: self.shown() }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
