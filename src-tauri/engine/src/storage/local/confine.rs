//! Programs of others, held in bounds by the system: what differs between systems, in one place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{CommandWrap, KillOnDrop};

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// From its start to its end, or for one of many answers.
    pub(crate) time: Duration,
    /// Address space of each process, in MiB.
    pub(crate) memory_mb: u32,
}

/// What a program gets to see of our environment: no secret of ours is among it.
const ENVIRONMENT: [&str; 14] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SystemRoot",
    "SystemDrive",
    "USERPROFILE",
    "PERL5LIB",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

/// The program with its arguments, in a group of its own that can be killed as a whole, without
/// anything to read, and with its output to be read.
pub(crate) fn command(program: &Path, args: Vec<OsString>, bounds: Bounds) -> CommandWrap {
    let mut command = bounded(program, bounds);
    command.args(args).stdin(Stdio::null());
    grouped(command)
}

/// As [`command`], but it reads what we write, and `farewell` when we are gone.
pub(crate) fn kept_command(
    program: &Path,
    args: Vec<OsString>,
    farewell: &str,
    bounds: Bounds,
) -> CommandWrap {
    let mut command = bounded_and_told(program, farewell, bounds);
    command.args(args).stdin(Stdio::piped());
    grouped(command)
}

fn grouped(mut command: tokio::process::Command) -> CommandWrap {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_clear();
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command.wrap(KillOnDrop);
    command
}

/// The limits are set by the shell that then becomes the program: so they hold from its first
/// instruction on and for everything that it starts. The shell sees the program and its arguments
/// as words, never as text to read. A limit that the system does not know, or that is tighter
/// already, stays as it is.
#[cfg(unix)]
fn bounded(program: &Path, bounds: Bounds) -> tokio::process::Command {
    let mut command = limited(r#"exec "$@""#, bounds);
    command.arg(program);
    command
}

/// A program that waits for more where its input ends (ExifTool does) would outlive us when we are
/// killed. So `cat` hands over what we write, and the shell says farewell in our place. It lets go of
/// what the program prints into, and ends with the program, so that we see its end.
#[cfg(unix)]
fn bounded_and_told(program: &Path, farewell: &str, bounds: Bounds) -> tokio::process::Command {
    const TOLD: &str = r#"farewell=$1; shift; exec 4<&0; { cat; printf %s "$farewell"; } <&4 4<&- | "$@" 4<&- & exec >&- 2>&- <&- 4<&-; wait "$!""#;
    let mut command = limited(TOLD, bounds);
    command.arg(farewell).arg(program);
    command
}

/// The shell, which sets the limits and then does as this says with its further words.
#[cfg(unix)]
fn limited(then: &str, bounds: Bounds) -> tokio::process::Command {
    const LIMITS: &str = r#"ulimit -c 0; ulimit -t "$1"; ulimit -v "$2"; exec 2>&3 3>&-; shift 2"#;
    // Processor time, over all threads. For what is left behind when we are killed ourselves: whoever
    // watches the clock is gone then.
    let seconds = bounds.time.as_secs().saturating_mul(4).saturating_add(1);
    let kib = u64::from(bounds.memory_mb) * 1024;
    let mut command = tokio::process::Command::new("/bin/sh");
    // What the shell itself complains of (a limit that cannot be set) is not the program's word.
    command.arg("-c").arg(format!("{{ {LIMITS}; {then}; }} 3>&2 2>/dev/null")).arg("sh");
    command.arg(seconds.to_string()).arg(kib.to_string());
    command
}

#[cfg(not(unix))]
fn bounded(program: &Path, _: Bounds) -> tokio::process::Command {
    tokio::process::Command::new(program)
}

/// Here the system ends the group with us.
#[cfg(not(unix))]
fn bounded_and_told(program: &Path, _: &str, bounds: Bounds) -> tokio::process::Command {
    bounded(program, bounds)
}

/// Whether the shell says with this exit code that the program could not be started (POSIX, "Exit
/// Status for Commands").
pub(crate) fn says_not_started(code: Option<i32>) -> bool {
    cfg!(unix) && matches!(code, Some(126 | 127))
}

/// Whether there is a program at that path.
pub(crate) fn is_program(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    #[cfg(unix)]
    let may_run = {
        use std::os::unix::fs::PermissionsExt;
        metadata.permissions().mode() & 0o111 != 0
    };
    #[cfg(not(unix))]
    let may_run = true;
    metadata.is_file() && may_run
}

/// Where programs are that `PATH` does not name: a program that was started from the dock or the
/// start menu sees a short one.
const ALSO: [&str; 3] = ["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"];

/// The program of that name, as a full path.
pub(crate) fn find_program(name: &Path) -> Option<PathBuf> {
    let with_suffix = |path: PathBuf| {
        let mut suffixed = path.clone().into_os_string();
        suffixed.push(std::env::consts::EXE_SUFFIX);
        [path, suffixed.into()].into_iter().find(|path| is_program(path))
    };
    if name.components().count() > 1 {
        return with_suffix(std::path::absolute(name).ok()?);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.chain(ALSO.map(PathBuf::from)).find_map(|folder| with_suffix(folder.join(name)))
}
