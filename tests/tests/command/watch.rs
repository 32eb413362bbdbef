//! Watch folders: files arrive while the run goes on, and each is delivered once, whole.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE, Ended, WITH_FAILURES};
use sluice_tests::compare::{assert_same, assert_same_but, identities, leftovers, same_bytes};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::volume::{Mounted, Volume};
use sluice_tests::{tree, wait};

/// A watched folder: the job file, and the command on it.
struct Watched {
    site: Site,
    job: PathBuf,
}

impl Watched {
    /// `watch`: the lines of the table; `more`: other tables.
    fn new(watch: &str, more: &str) -> Self {
        let site = Site::new();
        let job = site.path("job.toml");
        let watched = Self { site, job };
        watched.says(watch, more);
        watched
    }

    fn says(&self, watch: &str, more: &str) {
        let text = format!(
            "sources = ['source']\ndestination = 'destination'\n[watch]\npoll = '100ms'\n{watch}\n{more}\n"
        );
        fs::write(&self.job, text).unwrap();
    }

    fn start(&self) -> Running {
        command::start(self.args(&[]))
    }

    /// Runs until nothing has come for a moment.
    fn until_idle(&self) -> Ended {
        command::run(self.args(&["--until-idle", "300ms"]))
    }

    fn args<'a>(&'a self, more: &'a [&'a str]) -> Vec<&'a std::ffi::OsStr> {
        let mut args: Vec<&std::ffi::OsStr> = vec!["run".as_ref(), self.job.as_ref()];
        args.extend::<[&std::ffi::OsStr; 2]>(["--checkpoint".as_ref(), self.site.checkpoint.as_ref()]);
        args.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
        args
    }

    fn source(&self, name: &str) -> PathBuf {
        self.site.source.join(name)
    }

    fn arrives(&self, name: &str) {
        let target = self.site.destination.join(name);
        wait::until(name, || target.exists().then_some(()));
    }

    fn comes_to(&self, state: &str) {
        wait::until(state, || {
            (self.site.checkpoint.exists() && self.site.status().state == state).then_some(())
        });
    }

    /// Waits until so many files are there.
    fn delivers(&self, count: usize) {
        wait::until("delivered files", || (identities(&self.site.destination).len() >= count).then_some(()));
    }
}

/// Stops a watch that has nothing to do, as a person would.
#[track_caller]
fn stopped(watched: &Watched, mut running: Running) -> Ended {
    watched.comes_to("watching");
    running.signal(Signal::INT);
    let ended = running.ended();
    assert_eq!(watched.site.status().state, "paused");
    ended
}

/// Whose files come, and how.
struct Producer {
    /// Where they lie; the source is mounted from here.
    vault: PathBuf,
    /// Beside it, on the same volume.
    staging: PathBuf,
}

const FILES: u64 = 1_000;
const GROWING: u64 = 20;

impl Producer {
    fn file(&self, n: u64) -> PathBuf {
        tree::small_file(&self.vault, n)
    }

    /// Written in pieces, under its own name.
    fn write_in_pieces(&self, n: u64) {
        let path = self.file(n);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for piece in 0..4 {
            self.append(n, 1 + n % 3000 + piece);
        }
    }

    fn append(&self, n: u64, bytes: u64) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.file(n)).unwrap();
        file.write_all(&vec![(n % 251) as u8; bytes as usize]).unwrap();
    }

    /// Written elsewhere, then renamed into place.
    fn move_in(&self, n: u64) {
        let staged = self.staging.join(n.to_string());
        tree::file(&staged, 1 + n * 7 % 9000, n);
        fs::create_dir_all(self.file(n).parent().unwrap()).unwrap();
        fs::rename(staged, self.file(n)).unwrap();
    }
}

/// The story that issue 5 asks for.
#[test]
fn a_thousand_files_arrive_slowly_and_each_is_delivered_once() {
    // `rescan` so long that only events show what comes in between.
    let watched = Watched::new("quiet = '2s'\nrescan = '20s'", "[limits]\nbatch_size = 50");
    let volume = Volume::new(64 << 20);
    let producer = Producer { vault: volume.path().join("vault"), staging: volume.path().join("staging") };
    fs::create_dir_all(&producer.vault).unwrap();
    fs::create_dir_all(&producer.staging).unwrap();
    // What lies in the empty place when nothing is mounted there is not the source.
    fs::write(watched.source("decoy.mov"), "not the source").unwrap();
    let mounted = Mounted::new(&producer.vault, &watched.site.source);

    // It is there before the program.
    (0..100).for_each(|n| producer.write_in_pieces(n));
    let is_growing = AtomicBool::new(true);
    thread::scope(|scope| {
        let growing = scope.spawn(|| {
            while is_growing.load(Ordering::Relaxed) {
                for n in FILES - GROWING..FILES {
                    fs::create_dir_all(producer.file(n).parent().unwrap()).unwrap();
                    producer.append(n, 1 + n % 7);
                }
                let round = Instant::now();
                wait::until("the next piece", || (round.elapsed() > Duration::from_millis(50)).then_some(()));
            }
        });
        // So that a failed assertion is told, and not waited for.
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut running = watched.start();
            watched.delivers(100);
            (100..300).for_each(|n| producer.write_in_pieces(n));
            watched.delivers(250);
            running.signal(Signal::KILL);
            running.ended();
            let before = identities(&watched.site.destination);

            // Comes while the program is off.
            (300..400).for_each(|n| producer.move_in(n));
            let running = watched.start();
            (400..500).for_each(|n| producer.move_in(n));
            watched.delivers(500);

            watched.comes_to("watching");
            mounted.unmount();
            watched.comes_to("waiting");
            // Comes while the folder is away.
            (500..700).for_each(|n| producer.move_in(n));
            let status = watched.site.status();
            assert_eq!((status.records, status.failed, status.pending), (500, 0, 0), "{status:?}");
            mounted.mount();
            (700..FILES - GROWING).for_each(|n| producer.write_in_pieces(n));
            watched.delivers((FILES - GROWING) as usize);

            let now = identities(&watched.site.destination);
            assert_eq!(now.len() as u64, FILES - GROWING, "nothing that still grows was taken");
            assert!(before.iter().all(|(path, identity)| now[path] == *identity), "written again");
            running
        }));
        is_growing.store(false, Ordering::Relaxed);
        growing.join().unwrap();
        let running = told.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        watched.delivers(FILES as usize);
        stopped(&watched, running).expect(COMPLETE);
    });
    assert_same(&producer.vault, &watched.site.destination);
    let status = watched.site.status();
    assert_eq!((status.records, status.delivered, status.retries), (FILES, FILES, 0), "{status:?}");
    watched.site.on_checkpoint("verify", &[]).expect(COMPLETE);
}

#[test]
fn a_folder_that_is_renamed_away_and_back() {
    let watched = Watched::new("quiet = '100ms'\nrescan = '200ms'", "");
    tree::small_files(&watched.site.source, 50, 1);
    let running = watched.start();
    watched.delivers(50);
    // Nobody but the watch looks at the folder then.
    watched.comes_to("watching");
    let away = watched.site.path("away");
    fs::rename(&watched.site.source, &away).unwrap();
    watched.comes_to("waiting");
    // An empty folder in its place is another one.
    fs::create_dir(&watched.site.source).unwrap();
    tree::file(&away.join("meanwhile.mov"), 5_000, 1);
    assert_eq!(watched.site.status().state, "waiting");
    fs::remove_dir(&watched.site.source).unwrap();
    fs::rename(&away, &watched.site.source).unwrap();
    watched.arrives("meanwhile.mov");
    stopped(&watched, running).expect(COMPLETE);
    assert_same(&watched.site.source, &watched.site.destination);
    let status = watched.site.status();
    assert_eq!((status.records, status.delivered), (51, 51), "{status:?}");
}

#[test]
fn a_marker_says_what_is_complete() {
    // Nobody is quiet for so long: only markers count.
    let watched = Watched::new("quiet = '24h'\nmarker = '.ready'\nrescan = '100ms'", "");
    for name in ["a.mov", "b.mov", "reel/c.mov", "reel/day/d.mov"] {
        tree::file(&watched.source(name), 4_000, 1);
    }
    fs::write(watched.source("a.mov.ready"), "").unwrap();
    let running = watched.start();
    watched.arrives("a.mov");
    watched.comes_to("watching");
    assert_eq!(watched.site.status().records, 2, "the file and its marker");
    // Grows up to its marker.
    OpenOptions::new().append(true).open(watched.source("b.mov")).unwrap().write_all(&[7; 999]).unwrap();
    fs::write(watched.source("b.mov.ready"), "").unwrap();
    watched.arrives("b.mov");
    fs::write(watched.source("reel/.ready"), "").unwrap();
    watched.arrives("reel/c.mov");
    watched.arrives("reel/day/d.mov");
    stopped(&watched, running).expect(COMPLETE);
    let is_marker =
        |path: &Path| path.extension().is_some_and(|end| end == "ready") || path.ends_with(".ready");
    assert_same_but(&watched.site.source, &watched.site.destination, is_marker);
    let status = watched.site.status();
    assert_eq!((status.records, status.delivered, status.excluded), (7, 4, 3), "{status:?}");
}

#[test]
fn a_file_that_changes_after_its_delivery() {
    for (on_change, on_conflict, ends, delivered, excluded, failed, replaced) in [
        ("again", "overwrite", COMPLETE, 3, 0, 0, true),
        ("again", "skip_identical", WITH_FAILURES, 2, 0, 1, false),
        ("ignore", "overwrite", COMPLETE, 2, 1, 0, false),
    ] {
        let more = format!("[deliver]\non_conflict = '{on_conflict}'");
        let watched = Watched::new(&format!("quiet = '100ms'\non_change = '{on_change}'"), &more);
        tree::file(&watched.source("stays.mov"), 4_000, 1);
        tree::file(&watched.source("changes.mov"), 4_000, 2);
        watched.until_idle().expect(COMPLETE);
        let first = fs::read(watched.site.destination.join("changes.mov")).unwrap();
        tree::file(&watched.source("changes.mov"), 5_000, 3);
        watched.until_idle().expect(ends);
        // And no more than once.
        watched.until_idle().expect(ends);

        let status = watched.site.status();
        assert_eq!(
            (status.state.as_str(), status.delivered, status.excluded, status.failed),
            ("finished", delivered, excluded, failed),
            "{on_change} {on_conflict}"
        );
        let (from, to) = (watched.source("changes.mov"), watched.site.destination.join("changes.mov"));
        assert_eq!(same_bytes(&from, &to), replaced);
        assert!(replaced || fs::read(to).unwrap() == first);
        // What was delivered first is there no more where the second took its place.
        watched.site.on_checkpoint("verify", &[]).expect(COMPLETE);
        let failures = command::failures(&watched.site.checkpoint);
        assert!(failures.iter().all(|failure| failure.category == "destination_conflict"), "{failures:?}");
    }
}

#[test]
fn what_replaces_a_delivery_replaces_its_sidecar() {
    let more = "[deliver]\non_conflict = 'overwrite'\n[[sidecar]]\nformat = 'json'";
    let watched = Watched::new("quiet = '100ms'", more);
    tree::file(&watched.source("changes.mov"), 4_000, 1);
    watched.until_idle().expect(COMPLETE);
    let sidecar = || -> serde_json::Value {
        let text = fs::read(watched.site.destination.join("changes.mov.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let first = sidecar();
    for seed in 2..4 {
        tree::file(&watched.source("changes.mov"), 5_000, seed);
        watched.until_idle().expect(COMPLETE);
    }
    assert_ne!(sidecar(), first, "it says what is there now");
    assert_eq!(command::failures(&watched.site.checkpoint).len(), 0);
    watched.site.on_checkpoint("verify", &[]).expect(COMPLETE);
}

#[test]
fn a_file_that_changes_after_it_failed_is_tried_again() {
    let watched = Watched::new("quiet = '100ms'", "[deliver]\non_conflict = 'fail'");
    tree::file(&watched.source("clip.mov"), 4_000, 1);
    tree::file(&watched.site.destination.join("clip.mov"), 3_000, 2);
    watched.until_idle().expect(WITH_FAILURES);
    fs::remove_file(watched.site.destination.join("clip.mov")).unwrap();
    watched.until_idle().expect(WITH_FAILURES);
    tree::file(&watched.source("clip.mov"), 4_001, 3);
    watched.until_idle().expect(COMPLETE);
    assert_same(&watched.site.source, &watched.site.destination);
    let status = watched.site.status();
    assert_eq!((status.records, status.delivered, status.failed), (1, 1, 0), "{status:?}");
}

#[test]
fn failed_records_of_a_watch_are_reprocessed_to_an_end() {
    let watched = Watched::new("quiet = '100ms'", "[deliver]\non_conflict = 'fail'");
    tree::file(&watched.source("clip.mov"), 4_000, 1);
    tree::file(&watched.site.destination.join("clip.mov"), 3_000, 2);
    let running = watched.start();
    wait::until("a failed record", || {
        (watched.site.checkpoint.exists() && watched.site.status().failed == 1).then_some(())
    });
    let ended = stopped(&watched, running).expect(WITH_FAILURES);
    assert!(ended.stdout.contains("destination_conflict"), "{}", ended.stdout);
    fs::remove_file(watched.site.destination.join("clip.mov")).unwrap();
    tree::file(&watched.source("later.mov"), 4_000, 3);
    // It does not watch, or it would never end.
    watched.site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    let status = watched.site.status();
    assert_eq!((status.state.as_str(), status.records, status.delivered), ("finished", 1, 1), "{status:?}");
    watched.until_idle().expect(COMPLETE);
    assert_same(&watched.site.source, &watched.site.destination);
}

#[test]
fn several_folders_are_watched_below_their_own_names_and_targets_by_template() {
    let watched = Watched::new("quiet = '100ms'", "");
    let other = watched.site.path("other");
    fs::create_dir(&other).unwrap();
    let job = fs::read_to_string(&watched.job).unwrap();
    fs::write(&watched.job, job.replace("['source']", "['source', 'other']")).unwrap();
    let running = watched.start();
    watched.comes_to("watching");
    for (root, seed) in [(&watched.site.source, 1), (&other, 2)] {
        tree::file(&root.join("reel/clip.mov"), 4_000, seed);
    }
    watched.arrives("source/reel/clip.mov");
    watched.arrives("other/reel/clip.mov");
    stopped(&watched, running).expect(COMPLETE);
    assert_same(&watched.site.source, &watched.site.destination.join("source"));
    assert_same(&other, &watched.site.destination.join("other"));

    let watched = Watched::new("quiet = '100ms'", "[map]\ntarget = 'all/{{ name }}'");
    let running = watched.start();
    watched.comes_to("watching");
    tree::file(&watched.source("a/clip.mov"), 4_000, 1);
    watched.arrives("all/clip.mov");
    // Its target is taken by the first.
    tree::file(&watched.source("b/clip.mov"), 5_000, 2);
    watched.arrives("all/clip (2).mov");
    stopped(&watched, running).expect(COMPLETE);
    // Changed: the same target, and overwritten there.
    let job = fs::read_to_string(&watched.job).unwrap();
    fs::write(&watched.job, job + "[deliver]\non_conflict = 'overwrite'\n").unwrap();
    tree::file(&watched.source("b/clip.mov"), 6_000, 3);
    watched.until_idle().expect(COMPLETE);
    assert!(same_bytes(&watched.source("b/clip.mov"), &watched.site.destination.join("all/clip (2).mov")));
    assert_eq!(identities(&watched.site.destination).len(), 2);
    watched.site.on_checkpoint("verify", &[]).expect(COMPLETE);
}

#[test]
fn what_is_left_out_is_counted_once_and_what_vanishes_never() {
    let watched = Watched::new("quiet = '300ms'\nrescan = '50ms'", "");
    tree::file(&watched.source("clip.mov"), 4_000, 1);
    fs::write(watched.source(".DS_Store"), "junk").unwrap();
    std::os::unix::fs::symlink("clip.mov", watched.source("link.mov")).unwrap();
    fs::create_dir(watched.source("empty")).unwrap();
    let running = watched.start();
    // Written again before it was ever quiet, and then taken away.
    let gone = watched.source("gone.mov");
    let mut bytes = 0;
    wait::until("a delivered file", || {
        bytes += 1;
        tree::file(&gone, bytes, bytes);
        watched.site.destination.join("clip.mov").exists().then_some(())
    });
    fs::remove_file(&gone).unwrap();
    fs::write(watched.source(".DS_Store"), "more junk").unwrap();
    tree::file(&watched.source("later/clip.mov"), 4_000, 2);
    watched.arrives("later/clip.mov");
    stopped(&watched, running).expect(COMPLETE);
    let status = watched.site.status();
    assert_eq!((status.records, status.delivered, status.excluded), (4, 2, 2), "{status:?}");
    assert!(
        !watched.site.destination.join("empty").exists() && leftovers(&watched.site.destination).is_empty()
    );
}

#[test]
fn a_finished_copy_becomes_a_watch_and_takes_nothing_twice() {
    let watched = Watched::new("quiet = '100ms'", "");
    let Watched { site, job } = &watched;
    fs::write(job, "sources = ['source']\ndestination = 'destination'").unwrap();
    tree::small_files(&site.source, 30, 1);
    command::run(watched.args(&[])).expect(COMPLETE);
    let before = identities(&site.destination);
    tree::file(&site.source.join("later.mov"), 4_000, 1);
    // Without a watch there is nothing more to do.
    command::run(watched.args(&[])).expect(COMPLETE);
    assert_eq!(site.status().records, 30);

    watched.says("quiet = '100ms'", "");
    watched.until_idle().expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    let after = identities(&site.destination);
    assert!(before.iter().all(|(path, identity)| after[path] == *identity), "written again");
    let status = site.status();
    assert_eq!((status.state.as_str(), status.records, status.delivered), ("finished", 31, 31), "{status:?}");
}

#[test]
fn what_the_system_tells_of_is_looked_at_without_waiting_for_the_next_listing() {
    // By the clock nothing would be listed before tomorrow.
    let watched = Watched::new("quiet = '100ms'\nrescan = '24h'", "");
    let text = fs::read_to_string(&watched.job).unwrap();
    fs::write(&watched.job, text.replace("poll = '100ms'", "poll = '24h'")).unwrap();
    let running = watched.start();
    watched.comes_to("watching");
    tree::file(&watched.source("new/folder/clip.mov"), 4_000, 1);
    watched.arrives("new/folder/clip.mov");
    let elsewhere = watched.site.path("elsewhere");
    tree::file(&elsewhere.join("reel/moved.mov"), 4_000, 2);
    fs::rename(elsewhere.join("reel"), watched.source("reel")).unwrap();
    watched.arrives("reel/moved.mov");
    tree::file(&watched.source("reel/later.mov"), 4_000, 3);
    watched.arrives("reel/later.mov");
    stopped(&watched, running).expect(COMPLETE);
    assert_same(&watched.site.source, &watched.site.destination);
}

#[test]
fn where_the_system_watches_no_more_folders_they_are_listed() {
    // Nothing would be listed before tomorrow if events were believed to come.
    let watched = Watched::new("quiet = '100ms'\nrescan = '24h'", "");
    let mut command = command::sluice(watched.args(&[]));
    command.env("FAILPOINTS", "no_watches_left=return");
    let running = Running::start(command);
    watched.comes_to("watching");
    tree::file(&watched.source("clip.mov"), 4_000, 1);
    watched.arrives("clip.mov");
    let ended = stopped(&watched, running).expect(COMPLETE);
    assert!(ended.stderr.contains("max_user_watches") && ended.stderr.contains("100ms"), "{}", ended.stderr);
}

#[test]
fn a_plan_counts_what_lies_there_and_takes_nothing_in() {
    let watched = Watched::new("", "");
    tree::small_files(&watched.site.source, 12, 1);
    fs::write(watched.source(".DS_Store"), "junk").unwrap();
    let planned =
        command::run(["plan".as_ref(), watched.job.as_os_str(), "--json".as_ref()]).expect(COMPLETE);
    let plan = planned.json();
    let findings = plan["findings"].as_array().unwrap();
    let of = |code: &str| findings.iter().find(|finding| finding["code"] == code);
    assert_eq!(of("watched").unwrap()["records"], 12, "{plan}");
    assert!(of("nothing_to_move").is_none() && plan["balance"]["found"] == 0, "{plan}");
}

#[test]
fn a_watch_that_makes_no_sense_is_refused() {
    let watched = Watched::new("quiet = '0s'", "");
    command::run(watched.args(&[])).assert_refused(&["quiet", "[watch]"]);
    watched.says("marker = 'a/b'", "");
    command::run(watched.args(&[])).assert_refused(&["marker"]);
    watched.says("quiet = 'soon'", "");
    command::run(watched.args(&[])).assert_refused(&["soon", "10s"]);
    watched.says("", "");
    fs::remove_dir(&watched.site.source).unwrap();
    command::run(watched.args(&[])).assert_refused(&["no source"]);
    File::create(&watched.site.source).unwrap();
    command::run(watched.args(&[])).assert_refused(&["only folders"]);
}
