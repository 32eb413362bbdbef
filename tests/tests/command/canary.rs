//! A secret is found nowhere but in the keychain or the environment: in no file, no output, no list of
//! processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_tests::command::{COMPLETE, Ended, WITH_FAILURES};
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, KEY, Kind, SECRET, Server};
use sluice_tests::user::User;
use sluice_tests::{tree, wait};

/// A secret that no server knows; both begin alike.
const WRONG: &str = "canary-0b52-wrong";

/// How both secrets begin: as they are, in hexadecimal digits, and in base64, three bytes for four digits.
const SPELLINGS: [&[u8]; 3] = [b"canary-", b"63616e6172792d", b"Y2FuYXJ5"];

/// In what is looked for: what every canary begins like, and a secret that is none.
#[track_caller]
fn assert_clean(what: &str, bytes: &[u8], other: &[u8]) {
    assert!([SECRET, WRONG].iter().all(|secret| secret.as_bytes().starts_with(SPELLINGS[0])));
    for spelling in SPELLINGS.into_iter().chain((!other.is_empty()).then_some(other)) {
        let found = bytes.windows(spelling.len()).any(|window| window == spelling);
        assert!(!found, "the secret stands in {what}: {}", String::from_utf8_lossy(bytes));
    }
}

#[track_caller]
fn assert_clean_output(what: &str, ended: Ended, other: &[u8]) -> Ended {
    assert_clean(what, ended.stdout.as_bytes(), other);
    assert_clean(what, ended.stderr.as_bytes(), other);
    ended
}

/// Every file below a folder but those in `own`, which we wrote ourselves.
pub(crate) fn assert_clean_files(folder: &Path, own: &[PathBuf], other: &[u8]) {
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("an entry")) {
        if entry.file_type().is_file() && !own.iter().any(|own| entry.path() == own) {
            let bytes = fs::read(entry.path()).expect("a file");
            assert_clean(&entry.path().display().to_string(), &bytes, other);
            seen += 1;
        }
    }
    assert!(seen > 0, "nothing was looked at");
}

/// Runs a command to its end, and looks at its words in the list of processes meanwhile. `other`: a secret that
/// does not begin like the canaries.
#[track_caller]
pub(crate) fn watched_for(other: &[u8], mut command: Command, input: Option<&str>) -> Ended {
    let what = format!("{:?}", command.get_args().collect::<Vec<_>>());
    command.env("RUST_BACKTRACE", "1");
    let mut running = match input {
        Some(text) => {
            let mut file = tempfile::tempfile().expect("a file");
            std::io::Write::write_all(&mut file, text.as_bytes()).expect("the input");
            std::io::Seek::rewind(&mut file).expect("the input");
            Running::reading(command, file)
        }
        None => Running::start(command),
    };
    let words = PathBuf::from(format!("/proc/{}/cmdline", running.id()));
    wait::until("the end of a command", || {
        assert_clean("the list of processes", &fs::read(&words).unwrap_or_default(), other);
        running.has_ended()
    });
    assert_clean_output(&what, running.ended(), other)
}

#[track_caller]
fn watched(command: Command, input: Option<&str>) -> Ended {
    watched_for(&[], command, input)
}

struct Place {
    user: User,
    server: Server,
}

impl Place {
    fn new(user: User) -> Self {
        tree::small_files(&user.path("source"), 12, 1);
        fs::write(user.path("source/taken.txt"), "ours").expect("a file");
        let server = Server::start(Kind::Rclone);
        fs::create_dir(server.files().join("good")).expect("a prefix");
        fs::write(server.files().join("good/taken.txt"), "another's").expect("an object");
        Self { user, server }
    }

    fn run(&self, args: &[&str]) -> Ended {
        watched(self.command(args), None)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.user.sluice(args);
        command.current_dir(self.user.path(""));
        command
    }

    fn job(&self, name: &str, destination: &str) {
        let text = format!("sources = [\"source\"]\ndestination = \"{destination}\"\n");
        fs::write(self.user.path(name), text).expect("a job");
    }

    fn configuration(&self) -> String {
        let url = self.server.url();
        let remote = |name: &str, secret: &str| {
            format!(
                "[{name}]\ntype = s3\nprovider = Rclone\naccess_key_id = {KEY}\nsecret_access_key = {secret}\nendpoint = {url}\n\n"
            )
        };
        let odd = format!(
            "[odd]\ntype = sftp\nhost = nas\nkey_pem = {SECRET}\n[odder]\ntype = sftp\nhost = nas\npass = {SECRET}\n"
        );
        [remote("archive", SECRET), remote("wrong", WRONG), odd].concat()
    }

    /// All that can be done with a connection that works and one that does not.
    fn use_it(&self, equip: impl Fn(&mut Command)) {
        let run = |args: &[&str]| {
            let mut command = self.command(args);
            equip(&mut command);
            watched(command, None)
        };
        run(&["connections", "list"]).expect(COMPLETE);
        run(&["connections", "list", "--json"]).expect(COMPLETE);
        run(&["connections", "test", "archive:media", "--json"]).expect(COMPLETE);
        run(&["connections", "test", "wrong:media", "--json"]).expect(WITH_FAILURES);
        self.job("good.toml", &format!("archive:{BUCKET}/good"));
        self.job("bad.toml", &format!("wrong:{BUCKET}/bad"));
        let log = ["--log", "log.jsonl", "--log-format", "json"];
        run(&[&["plan", "good.toml", "--json"], &log[..]].concat()).expect(COMPLETE);
        run(&[&["run", "good.toml", "--json"], &log[..]].concat()).expect(WITH_FAILURES);
        let status = run(&["status", "good.sluice", "--json"]).expect(COMPLETE).json();
        assert_eq!((&status["delivered"], &status["failed"]), (&12.into(), &1.into()), "{status}");
        run(&["failures", "good.sluice", "--json"]).expect(COMPLETE);
        run(&["failures", "good.sluice", "--export", "why.xlsx"]).expect(COMPLETE);
        run(&["verify", "good.sluice", "--json"]).expect(COMPLETE);
        run(&["catalogue-out", "good.sluice", "--all", "--out", "out.ndjson"]).expect(COMPLETE);
        run(&[&["run", "bad.toml", "--json"], &log[..]].concat()).assert_refused(&["wrong:media/bad"]);
    }
}

#[test]
fn a_secret_from_standard_input_is_found_nowhere() {
    let place = Place::new(User::at_desktop());
    let url = place.server.url();
    for (name, secret) in [("archive", SECRET), ("wrong", WRONG)] {
        let add = ["connections", "add", name, "--kind", "s3", "--endpoint", &url, "--secrets-from-stdin"];
        let secrets = format!("access_key_id={KEY}\nsecret_access_key={secret}\n");
        watched(place.command(&add), Some(&secrets)).expect(COMPLETE);
        // Once more, to be refused.
        watched(place.command(&add), Some(&secrets)).assert_refused(&["already"]);
        watched(place.command(&add), Some(secret)).assert_refused(&["line 1"]);
    }
    place.use_it(|_| {});
    assert_clean_files(&place.user.path(""), &[], &[]);
    place.run(&["connections", "remove", "archive", "--yes"]).expect(COMPLETE);
}

#[test]
fn a_secret_in_the_environment_is_found_nowhere_else() {
    let place = Place::new(User::headless());
    let url = place.server.url();
    for name in ["archive", "wrong"] {
        place.run(&["connections", "add", name, "--kind", "s3", "--endpoint", &url]).expect(COMPLETE);
    }
    place.use_it(|command| {
        for (name, secret) in [("ARCHIVE", SECRET), ("WRONG", WRONG)] {
            command.env(format!("SLUICE_{name}_ACCESS_KEY_ID"), KEY);
            command.env(format!("SLUICE_{name}_SECRET_ACCESS_KEY"), secret);
        }
    });
    assert_clean_files(&place.user.path(""), &[], &[]);
}

#[test]
fn a_secret_from_rclone_is_found_nowhere_else() {
    let place = Place::new(User::at_desktop());
    let configuration = place.user.path("rclone.conf");
    fs::write(&configuration, place.configuration()).expect("a configuration");
    place.run(&["connections", "import", "rclone.conf", "--dry-run", "--json"]).expect(COMPLETE);
    place.run(&["connections", "import", "rclone.conf", "--json"]).expect(COMPLETE);
    place.use_it(|_| {});
    // It stands there, and so this would find it.
    let found = std::panic::catch_unwind(|| assert_clean_files(&configuration, &[], &[]));
    assert!(found.is_err(), "the search finds nothing");
    assert_clean_files(&place.user.path(""), &[configuration], &[]);
}
