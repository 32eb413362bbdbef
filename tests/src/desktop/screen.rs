//! A screen of its own for one test.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::Running;
use crate::wait;

/// How long a dialog may take to go away once it is answered.
const ANSWER_TAKES: Duration = Duration::from_secs(1);

/// The colours that the person's system asks programs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// An X server without a monitor, a message bus, a window manager, and a home for the program's
/// data. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Screen {
    home: TempDir,
    scheme: Scheme,
    display: String,
    bus: String,
    // In the order in which they must end.
    _manager: Running,
    _bus: Running,
    _server: Running,
}

impl Screen {
    /// Starts a screen in light colours.
    pub fn new() -> Self {
        Self::in_scheme(Scheme::Light)
    }

    /// Starts a screen.
    ///
    /// # Panics
    /// When one of its programs is missing; `npm test` installs them.
    pub fn in_scheme(scheme: Scheme) -> Self {
        let home = tempfile::Builder::new().prefix("sluice-home-").tempdir().expect("a home folder");
        let server = Running::start(command(
            "Xvfb",
            &["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"],
        ));
        let display = format!(":{}", first_line(&server, "the X server's number"));
        let bus_process =
            Running::start(command("dbus-daemon", &["--session", "--nofork", "--print-address=1"]));
        let bus = first_line(&bus_process, "the message bus's address");
        let mut openbox = command("openbox", &[]);
        openbox.env("DISPLAY", &display);
        let manager = Running::start(openbox);
        wait::until("the window manager", || {
            let desktops = x_command(&display, "xdotool", &["get_num_desktops"]).output().ok()?;
            desktops.status.success().then_some(())
        });
        Self { home, scheme, display, bus, _manager: manager, _bus: bus_process, _server: server }
    }

    /// The same with another message bus, such as one with a keychain on it.
    pub fn on_bus(mut self, address: &str) -> Self {
        address.clone_into(&mut self.bus);
        self
    }

    /// The address of its message bus.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// The folder that the program takes for its user's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Puts a program of that name before those of the system: a script of the shell.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn put_program(&self, name: &str, script: &str) {
        let folder = self.programs();
        std::fs::create_dir_all(&folder).expect("a folder for programs");
        let file = folder.join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a program");
        std::fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("a program");
    }

    fn programs(&self) -> PathBuf {
        self.home().join("programs")
    }

    /// A program that shows its windows here.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", self.home())
            .env(
                "PATH",
                format!("{}:{}", self.programs().display(), std::env::var("PATH").unwrap_or_default()),
            )
            .env("GDK_BACKEND", "x11")
            .env("GTK_THEME", if self.scheme == Scheme::Dark { "Adwaita:dark" } else { "Adwaita" })
            .env("GTK_USE_PORTAL", "0")
            .env("NO_AT_BRIDGE", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env_remove("WAYLAND_DISPLAY");
        for (name, folder) in [("DATA", "data"), ("CONFIG", "config"), ("CACHE", "cache")] {
            command.env(format!("XDG_{name}_HOME"), self.home().join(folder));
        }
        command
    }

    /// When the program of that name that shows its windows here was started, in milliseconds since 1970
    /// (UTC), to 10 ms.
    ///
    /// # Panics
    /// When there is none.
    pub fn begun_ms(&self, program: &str) -> f64 {
        let display = format!("DISPLAY={}\0", self.display);
        let processes =
            std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| Some(entry.ok()?.path()));
        let started = processes.filter_map(|process| {
            let is_it = std::fs::read_link(process.join("exe")).ok()?.file_name()? == program
                && String::from_utf8_lossy(&std::fs::read(process.join("environ")).ok()?).contains(&display);
            // Fields after the name in parentheses, the 22nd of all is the start:
            // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            let stat = std::fs::read_to_string(process.join("stat")).ok()?;
            let ticks: f64 = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
            is_it.then_some(ticks)
        });
        let ticks = started.reduce(f64::max).unwrap_or_else(|| panic!("{program} runs here"));
        let uptime = std::fs::read_to_string("/proc/uptime").expect("/proc/uptime");
        let up: f64 = uptime.split(' ').next().and_then(|up| up.parse().ok()).expect("seconds");
        let age = Duration::from_secs_f64(up - ticks / rustix::param::clock_ticks_per_second() as f64);
        let begun = std::time::SystemTime::now() - age;
        begun.duration_since(std::time::SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1_000.0
    }

    /// Waits for a window with this title, brings it to the front, and returns its number.
    pub fn find_window(&self, title: &str) -> String {
        let window = wait::until(&format!("a window with the title {title:?}"), || {
            let found = x_command(&self.display, "xdotool", &["search", "--onlyvisible", "--name", title])
                .output()
                .ok()?;
            String::from_utf8_lossy(&found.stdout).lines().next().map(str::to_owned)
        });
        self.xdotool(&["windowactivate", "--sync", &window]);
        window
    }

    /// Whether a window with this title is shown.
    pub fn has_window(&self, title: &str) -> bool {
        let mut search = x_command(&self.display, "xdotool", &["search", "--onlyvisible", "--name", title]);
        search.output().is_ok_and(|found| !found.stdout.is_empty())
    }

    /// Presses keys in the window that has the focus: `"ctrl+a"`, `"Return"`.
    pub fn press(&self, keys: &[&str]) {
        self.xdotool(&[&["key", "--clearmodifiers"], keys].concat());
    }

    /// Types text into the window that has the focus.
    pub fn write(&self, text: &str) {
        self.xdotool(&["type", "--clearmodifiers", "--", text]);
    }

    /// Answers the system's dialog of that title with a path, as a person types it.
    pub fn answer(&self, title: &str, path: &Path) {
        self.find_window(title);
        let path = path.to_str().expect("a path that can be typed");
        wait::until(&format!("the end of the dialog {title:?}"), || {
            // Typed again where the dialog was not ready for it.
            self.press(&["ctrl+l", "ctrl+a"]);
            self.write(path);
            self.enter(title).then_some(())
        });
    }

    /// Answers the system's dialog of that title with a folder. It holds folders whose names begin
    /// differently: otherwise the dialog would complete the path with one of them.
    pub fn answer_folder(&self, title: &str, folder: &Path) {
        self.answer(title, &folder.join(""));
    }

    /// Presses Return in the dialog of that title. Whether it went away.
    fn enter(&self, title: &str) -> bool {
        self.press(&["Return"]);
        let start = Instant::now();
        while self.has_window(title) {
            if start.elapsed() > ANSWER_TAKES {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Closes the window of that title, as its frame's button does.
    pub fn close(&self, title: &str) {
        self.find_window(title);
        self.press(&["alt+F4"]);
    }

    /// Minimises the window of that title, as its frame's button does.
    pub fn minimise(&self, title: &str) {
        let window = self.find_window(title);
        self.xdotool(&["windowminimize", "--sync", &window]);
    }

    /// Where the middle of a window is on the screen.
    pub(super) fn middle(&self, window: &str) -> [i32; 2] {
        let told = x_command(&self.display, "xdotool", &["getwindowgeometry", "--shell", window]).output();
        let told = String::from_utf8(told.expect("xdotool").stdout).expect("ASCII");
        let figure = |name: &str| -> i32 {
            let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {name} in {told}"))
        };
        [figure("X") + figure("WIDTH") / 2, figure("Y") + figure("HEIGHT") / 2]
    }

    pub(super) fn xdotool(&self, args: &[&str]) {
        let done = x_command(&self.display, "xdotool", args).output().expect("xdotool");
        assert!(done.status.success(), "xdotool {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// What can take pictures of this screen.
    pub(super) fn camera(&self) -> Camera {
        Camera { display: self.display.clone() }
    }
}

/// Takes pictures of the program's window. WebDriver's own way does not work with every build of
/// the web view, and this one sees what a person sees.
#[derive(Debug)]
pub(super) struct Camera {
    display: String,
}

impl Camera {
    /// Saves a picture of what the window shows as `target/screenshots/NAME.png`.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub(super) fn photograph(&self, name: &str) {
        let found = x_command(&self.display, "xdotool", &["search", "--onlyvisible", "--name", "^Sluice$"])
            .output()
            .expect("xdotool");
        let windows = String::from_utf8_lossy(&found.stdout).into_owned();
        let window = windows.lines().next().unwrap_or("root");
        let mut import = x_command(&self.display, "import", &["-window", window, "-depth", "8", "-strip"]);
        let done = import.arg(picture_path(name)).output().expect("import");
        assert!(done.status.success(), "import: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the picture of that name is kept.
fn picture_path(name: &str) -> PathBuf {
    let program = crate::program("sluice-desktop");
    let target = program.ancestors().nth(2).expect("the target folder");
    let folder = target.join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder.join(format!("{name}.png"))
}

fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

fn x_command(display: &str, program: &str, args: &[&str]) -> Command {
    let mut command = command(program, args);
    command.env("DISPLAY", display);
    command
}

fn first_line(process: &Running, what: &str) -> String {
    wait::until(what, || {
        let printed = process.printed();
        printed.split_once('\n').map(|(line, _)| line.to_owned())
    })
}
