//! Files that belong together: delivered together or failed together, whatever happens on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, Failure, Status, WITH_FAILURES};
use sluice_tests::compare::{assert_same, assert_same_but, identities, leftovers, same_bytes};
use sluice_tests::lab::{Lab, Outage, Poison, Route, Script, Venom};
use sluice_tests::process::Running;
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

const RAW: &str = "[[group]]\npreset = \"raw\"\n";

/// Writes a job from source to destination beside its checkpoint.
fn job(site: &Site, more: &str) -> PathBuf {
    let job = format!("sources = [{:?}]\ndestination = {:?}\n{more}", site.source, site.destination);
    let path = site.path("test.toml");
    fs::write(&path, job).unwrap();
    path
}

fn run(site: &Site, more: &str) -> Ended {
    command::run(["run".as_ref(), job(site, more).as_os_str()])
}

/// Shots of a raw still, its sidecar and its JPEG, and a file that belongs to nothing.
fn shots(root: &Path, count: u64) {
    for shot in 0..count {
        for (part, (ending, size)) in (0..).zip([("CR3", 30_000), ("CR3.xmp", 700), ("JPG", 9_000)]) {
            tree::file(&root.join(format!("day/IMG_{shot:03}.{ending}")), size + shot, shot * 10 + part);
        }
    }
    tree::file(&root.join("day/notes.txt"), 500, 7);
}

/// The category of each failed record, by its file's name.
fn failed(checkpoint: &Path) -> BTreeMap<String, Failure> {
    let name = |failure: &Failure| failure.source.rsplit('/').next().unwrap().to_owned();
    command::failures(checkpoint).into_iter().map(|failure| (name(&failure), failure)).collect()
}

fn categories(checkpoint: &Path) -> Vec<(String, String)> {
    failed(checkpoint).into_iter().map(|(name, failure)| (name, failure.category)).collect()
}

#[track_caller]
fn assert_failed(checkpoint: &Path, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, why)| ((*name).to_owned(), (*why).to_owned())).collect();
    assert_eq!(categories(checkpoint), expected);
}

/// Files under final names that hold this text.
fn arrived(destination: &Path, text: &str) -> Vec<String> {
    let names = identities(destination).into_keys().map(|path| path.to_str().unwrap().to_owned());
    names.filter(|name| name.contains(text)).collect()
}

fn counts(status: &Status) -> (u64, u64, u64, u64) {
    (status.delivered, status.failed, status.skipped, status.pending)
}

#[test]
fn groups_are_told_before_the_start_and_delivered() {
    let site = Site::new();
    shots(&site.source, 40);
    let rules = "[[group]]\npreset = \"camera\"\n[[group]]\nextensions = [\"cr3\", \"XMP\", \"jpg\"]\n[limits]\nbatch_size = 4";
    let planned = command::run(["plan".as_ref(), job(&site, rules).as_os_str(), "--json".as_ref()]);
    let planned = planned.expect(COMPLETE).json();
    let is_group = |finding: &&Value| finding["code"] == "groups";
    let groups: Vec<&Value> = planned["findings"].as_array().unwrap().iter().filter(is_group).collect();
    assert_eq!(groups.len(), 1, "{planned}");
    assert_eq!(groups[0]["records"], 120);
    let said = groups[0]["message"].as_str().unwrap();
    assert!(said.contains("40 groups") && said.contains("camera") && said.contains("cr3+XMP+jpg"), "{said}");

    run(&site, rules).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    assert_eq!(counts(&site.status()), (121, 0, 0, 0));
    assert!(site.status().batches >= 20, "batches of two groups at most: {:?}", site.status());
}

#[test]
fn a_member_that_fails_holds_its_group_back_until_it_is_mended() {
    let site = Site::new();
    shots(&site.source, 12);
    let blocked = site.destination.join("day/IMG_003.JPG");
    tree::file(&blocked, 50, 1);
    run(&site, RAW).expect(WITH_FAILURES);
    let incomplete = "group_incomplete";
    assert_failed(
        &site.checkpoint,
        &[
            ("IMG_003.CR3", incomplete),
            ("IMG_003.CR3.xmp", incomplete),
            ("IMG_003.JPG", "destination_conflict"),
        ],
    );
    let failures = failed(&site.checkpoint);
    let raw = &failures["IMG_003.CR3"];
    assert!(
        raw.message.contains("day/IMG_003.JPG") && raw.message.contains("destination_conflict"),
        "{raw:?}"
    );
    assert_eq!((raw.class.as_str(), raw.stage.as_str()), ("permanent", "deliver"));
    assert!(raw.advice.contains("reprocess"));
    assert_eq!(arrived(&site.destination, "IMG_003."), ["day/IMG_003.JPG"], "only what was in the way");
    assert!(leftovers(&site.destination).is_empty());
    assert_eq!(counts(&site.status()), (34, 3, 0, 0));

    // Any one of the group stands for all of it; what is not mended fails again, all of it.
    let id = raw.id.to_string();
    site.on_checkpoint("reprocess", &["--id", &id]).expect(WITH_FAILURES);
    assert!(failed(&site.checkpoint).values().all(|failure| failure.attempts == 2));
    fs::remove_file(&blocked).unwrap();
    site.on_checkpoint("reprocess", &["--id", &id]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    assert_eq!(counts(&site.status()), (37, 0, 0, 0));
}

/// The wrong bytes are seen only after all of the group is copied.
#[test]
fn a_checksum_that_does_not_fit_holds_back_what_is_copied_already() {
    let site = Site::new();
    shots(&site.source, 3);
    let wrong = site.source.join("day/IMG_001.CR3.xmp");
    let right = fs::read(&wrong).unwrap();
    let mut rows = String::from("file,hash\n");
    for (path, metadata) in sluice_tests::compare::entries(&site.source) {
        if metadata.is_file() {
            let hash = xxhash_rust::xxh3::xxh3_128(&fs::read(site.source.join(&path)).unwrap());
            rows += &format!("{},{hash:032x}\n", path.display());
        }
    }
    fs::write(site.path("shots.csv"), rows).unwrap();
    fs::write(&wrong, [b"x", &right[1..]].concat()).unwrap();
    let job = format!(
        "destination = {:?}\n{RAW}[[catalogue]]\nfile = \"shots.csv\"\npath = \"file\"\nbase = \"source\"\nchecksum = {{ column = \"hash\", algorithm = \"xxh128\" }}",
        site.destination
    );
    fs::write(site.path("test.toml"), job).unwrap();
    command::run(["run".as_ref(), site.path("test.toml").as_os_str()]).expect(WITH_FAILURES);
    let incomplete = "group_incomplete";
    let expected =
        [("IMG_001.CR3", incomplete), ("IMG_001.CR3.xmp", "checksum_mismatch"), ("IMG_001.JPG", incomplete)];
    assert_failed(&site.checkpoint, &expected);
    assert!(arrived(&site.destination, "IMG_001.").is_empty());
    assert!(leftovers(&site.destination).is_empty());
    assert_eq!(counts(&site.status()), (7, 3, 0, 0));

    fs::write(&wrong, right).unwrap();
    site.on_checkpoint("reprocess", &["--category", "checksum_mismatch"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

/// What the plan cannot find fails its group before anything moves; what a person leaves is no longer of it.
#[test]
fn a_member_that_is_missing_fails_its_group_in_the_plan_and_can_be_left() {
    let site = Site::new();
    shots(&site.source, 3);
    let rows = "file\nday/IMG_000.CR3\nday/IMG_000.JPG\nday/IMG_000.xmp\nday/IMG_001.CR3\nday/IMG_001.JPG\nday/IMG_001.JPG\n";
    fs::write(site.path("shots.csv"), rows).unwrap();
    let job = format!(
        "destination = {:?}\n{RAW}[[catalogue]]\nfile = \"shots.csv\"\npath = \"file\"\nbase = \"source\"",
        site.destination
    );
    let path = site.path("test.toml");
    fs::write(&path, job).unwrap();
    let planned =
        command::run(["plan".as_ref(), path.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
    let code = |finding: &Value| finding["code"].as_str().unwrap().to_owned();
    let codes: BTreeSet<String> = planned["findings"].as_array().unwrap().iter().map(code).collect();
    assert!(codes.contains("group_incomplete") && codes.contains("source_missing"), "{codes:?}");
    command::run(["run".as_ref(), path.as_os_str()]).expect(WITH_FAILURES);
    assert_eq!(
        arrived(&site.destination, ""),
        ["day/IMG_001.CR3", "day/IMG_001.JPG"],
        "a row that is there twice is no missing file"
    );
    let failures = failed(&site.checkpoint);
    let incomplete = &failures["IMG_000.CR3"];
    assert_eq!((incomplete.category.as_str(), incomplete.attempts), ("group_incomplete", 0));
    assert!(incomplete.message.contains("IMG_000.xmp"), "{incomplete:?}");

    site.on_checkpoint("reprocess", &[]).expect(WITH_FAILURES);
    assert!(arrived(&site.destination, "IMG_000").is_empty());
    let missing = failures["IMG_000.xmp"].id.to_string();
    site.on_checkpoint("leave", &["--id", &missing, "--note", "never written"]).expect(COMPLETE);
    site.on_checkpoint("reprocess", &["--category", "group_incomplete"]).expect(WITH_FAILURES);
    assert_eq!(arrived(&site.destination, "IMG_000"), ["day/IMG_000.CR3", "day/IMG_000.JPG"]);
    assert_eq!(categories(&site.checkpoint).len(), 2, "the missing file, and the row that is there twice");
}

#[test]
fn a_p2_card_is_delivered_as_a_whole_or_not_at_all() {
    let site = Site::new();
    for (card, seed) in [("A001", 1), ("A002", 2)] {
        let files = [
            "CLIP/0001AB.XML",
            "VIDEO/0001AB.MXF",
            "AUDIO/0001AB00.MXF",
            "AUDIO/0001AB01.MXF",
            "ICON/0001AB.BMP",
        ];
        for (number, file) in (0..).zip(files) {
            tree::file(&site.source.join(card).join("CONTENTS").join(file), 4_000, seed * 100 + number);
        }
        tree::file(&site.source.join(card).join("LASTCLIP.TXT"), 40, seed);
    }
    let blocked = site.destination.join("A001/CONTENTS/AUDIO/0001AB01.MXF");
    fs::create_dir_all(&blocked).unwrap();
    run(&site, "[[group]]\npreset = \"p2\"\n").expect(WITH_FAILURES);
    assert_eq!(arrived(&site.destination, "A001"), ["A001/LASTCLIP.TXT"]);
    assert_eq!(arrived(&site.destination, "A002").len(), 6);
    assert_eq!(counts(&site.status()), (7, 5, 0, 0));
    fs::remove_dir(&blocked).unwrap();
    site.on_checkpoint("reprocess", &["--category", "destination_conflict"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn what_is_there_already_is_fine_for_its_group() {
    let site = Site::new();
    shots(&site.source, 2);
    let there = site.destination.join("day/IMG_000.JPG");
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    fs::copy(site.source.join("day/IMG_000.JPG"), &there).unwrap();
    fs::File::open(&there)
        .unwrap()
        .set_modified(fs::metadata(site.source.join("day/IMG_000.JPG")).unwrap().modified().unwrap())
        .unwrap();
    tree::file(&site.source.join("day/._IMG_000.CR3"), 10, 1);
    run(&site, RAW).expect(COMPLETE);
    let status = site.status();
    assert_eq!((counts(&status), status.excluded), ((6, 0, 1, 0), 1));
    assert_same_but(&site.source, &site.destination, |path| path.ends_with("._IMG_000.CR3"));
}

/// One place at the gate: members that waited for each other would wait for ever.
#[test]
fn with_one_record_in_flight_groups_still_come_through_all_their_steps() {
    let lab = Lab::start(Script {
        latency: Duration::from_millis(1),
        errors: 0.15,
        poison: vec![Poison::new("IMG_004.CR3.xmp", Venom::Missing).on(Route::Lookup)],
        ..Script::default()
    });
    let site = Site::new();
    shots(&site.source, 8);
    let more = format!(
        "{RAW}[[sidecar]]\nformat = \"json\"\n[limits]\nconcurrency = 1\nstreams = 1\nbatch_size = 5\n[control]\nbackoff_base_ms = 10\nattempts = 20"
    );
    let served = Served::new(site, &lab, &more);
    served.run(&[]).expect(WITH_FAILURES);
    let incomplete = "group_incomplete";
    let expected =
        [("IMG_004.CR3", incomplete), ("IMG_004.CR3.xmp", "not_found"), ("IMG_004.JPG", incomplete)];
    assert_failed(&served.checkpoint, &expected);
    assert!(arrived(&served.site.destination, "IMG_004.").is_empty());
    assert!(
        lab.assets_by_path().keys().all(|path| !path.contains("IMG_004.")),
        "nothing of it is registered"
    );
    assert_eq!(counts(&served.status()), (22, 3, 0, 0));

    lab.change(|script| script.poison.clear());
    command::run(["reprocess".as_ref(), served.checkpoint.as_os_str()]).expect(COMPLETE);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    for path in &paths {
        let (from, to) = (served.site.source.join(path), served.site.destination.join(path));
        assert!(same_bytes(&from, &to), "{path}");
        assert!(served.site.destination.join(format!("{path}.json")).is_file(), "{path}");
    }
}

/// A group is one on the destination; what a service says of a delivered file is that file's own.
#[test]
fn a_record_that_cannot_be_registered_fails_alone() {
    let lab = Lab::start(Script {
        latency: Duration::from_millis(1),
        poison: vec![Poison::new("IMG_002.JPG", Venom::Reject).on(Route::Register)],
        ..Script::default()
    });
    let site = Site::new();
    shots(&site.source, 4);
    let served = Served::new(site, &lab, &format!("{RAW}[limits]\nconcurrency = 3"));
    served.run(&[]).expect(WITH_FAILURES);
    assert_failed(&served.checkpoint, &[("IMG_002.JPG", "request_rejected")]);
    assert_same(&served.site.source, &served.site.destination);
    let before = identities(&served.site.destination);
    let paths = served.paths();
    lab.change(|script| script.poison.clear());
    // It is at the destination already.
    fs::remove_file(served.site.source.join("day/IMG_002.JPG")).unwrap();
    command::run(["reprocess".as_ref(), served.checkpoint.as_os_str()]).expect(COMPLETE);
    lab.assert_each_once(paths.iter().map(String::as_str));
    assert_eq!(identities(&served.site.destination), before, "nothing is copied again");
}

/// Whatever an outage spoiled of a group is not counted, for none of it.
#[test]
fn an_outage_costs_a_group_no_attempt() {
    let lab = Lab::start(Script { latency: Duration::from_millis(10), ..Script::default() });
    let site = Site::new();
    shots(&site.source, 100);
    let served = Served::new(site, &lab, &format!("{RAW}[limits]\nbatch_size = 60\nconcurrency = 8"));
    let running = served.start(&[]);
    wait::until("the first assets", || (lab.registered() > 40).then_some(()));
    lab.outage(Some(Outage::Unavailable));
    let args = ["status".as_ref(), served.checkpoint.as_os_str(), "--json".as_ref()];
    let waits = || (command::run(args).expect(COMPLETE).json()["state"] == "waiting").then_some(());
    wait::until("the run to wait", waits);
    lab.outage(None);
    running.ended().expect(COMPLETE);
    assert_same(&served.site.source, &served.site.destination);
    lab.assert_each_once(served.paths().iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.failed, status.attempts, status.retries), (0, 301, 0), "{status:?}");
}

/// A site with one group of three, of which the first is the largest, and a file alone.
fn with_three(names: [&str; 3]) -> (Site, PathBuf) {
    let site = Site::new();
    for (number, name) in (1..).zip(names) {
        tree::file(&site.source.join(name), 10_000 / number, number);
    }
    tree::file(&site.source.join("alone.mov"), 30_000, 9);
    let more = "[[group]]\nextensions = [\"dat\", \"mov\", \"xmp\"]\n[limits]\nconcurrency = 2\n\
                [control]\nattempts = 2\nbackoff_base_ms = 10\nlease = { floor_s = 1, cap_s = 2 }";
    let job = job(&site, more);
    (site, job)
}

/// Starts a run while this fault is switched on.
fn start_with(fault: &str, job: &Path) -> Running {
    let mut command = command::sluice(["run".as_ref(), job.as_os_str()]);
    command.env("FAILPOINTS", fault);
    Running::start(command)
}

#[test]
fn names_that_were_given_are_taken_back_where_one_is_refused() {
    let (site, job) = with_three(["refused.mov", "refused.xmp", "refused.dat"]);
    start_with("a_name_is_refused=return", &job).ended().expect(WITH_FAILURES);
    let incomplete = "group_incomplete";
    let expected =
        [("refused.dat", "destination_denied"), ("refused.mov", incomplete), ("refused.xmp", incomplete)];
    assert_failed(&site.checkpoint, &expected);
    assert_eq!(arrived(&site.destination, ""), ["alone.mov"]);
    assert!(leftovers(&site.destination).is_empty());
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn what_replaced_another_file_is_not_taken_back_into_nothing() {
    let names = ["refused.mov", "refused.xmp", "refused.dat"];
    let (site, job) = with_three(names);
    let text = std::fs::read_to_string(&job).unwrap();
    std::fs::write(&job, text + "\n[deliver]\non_conflict = \"overwrite\"\n").unwrap();
    for name in names {
        tree::file(&site.destination.join(name), 500, 7);
    }
    start_with("a_name_is_refused=return", &job).ended().expect(WITH_FAILURES);
    // The old file or the new one, but never none.
    assert_eq!(arrived(&site.destination, "refused"), ["refused.dat", "refused.mov", "refused.xmp"]);
    assert_eq!(std::fs::read(site.destination.join("refused.dat")).unwrap().len(), 500);
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn a_member_that_hangs_for_good_takes_its_group_with_it_and_nobody_else() {
    let (site, job) = with_three(["hang.mov", "hang.dat", "hang.xmp"]);
    start_with("a_record_hangs=pause", &job).ended().expect(WITH_FAILURES);
    let failures = failed(&site.checkpoint);
    let said: Vec<_> =
        failures.values().map(|failure| (failure.category.as_str(), failure.attempts)).collect();
    assert_eq!(said, [("timeout", 2), ("group_incomplete", 2), ("group_incomplete", 2)]);
    assert_eq!(arrived(&site.destination, ""), ["alone.mov"]);
    assert!(leftovers(&site.destination).is_empty());
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

/// Kills a run between the final names of one group: two are given, the third is not.
fn kill_between_two_names(site: &Site, job: &Path) {
    let mut running = start_with("a_name_waits=pause", job);
    let two = ["waits.mov", "waits.xmp"];
    wait::until("two of three final names", || (arrived(&site.destination, "waits") == two).then_some(()));
    running.signal(rustix::process::Signal::KILL);
    running.ended();
    assert_eq!(arrived(&site.destination, "waits"), two);
}

const WAITING: [&str; 3] = ["waits.mov", "waits.xmp", "waits.dat"];

/// All of it was proven before the first name was given: the sources are not needed any more.
#[test]
fn a_kill_between_two_names_leaves_a_group_that_the_next_run_completes() {
    let (site, job) = with_three(WAITING);
    kill_between_two_names(&site, &job);
    let before = identities(&site.destination);
    let away = site.path("away");
    fs::rename(site.source.join("waits.dat"), &away).unwrap();
    fs::write(site.source.join("waits.xmp"), "other").unwrap();
    command::run(["run".as_ref(), job.as_os_str()]).expect(COMPLETE);
    let after = identities(&site.destination);
    assert!(
        before.iter().all(|(path, identity)| after.get(path) == Some(identity)),
        "nothing is written twice"
    );
    assert_eq!(arrived(&site.destination, "waits").len(), 3);
    assert!(same_bytes(&away, &site.destination.join("waits.dat")));
    assert_eq!(counts(&site.status()), (4, 0, 0, 0));
    assert!(leftovers(&site.destination).is_empty());
    site.on_checkpoint("verify", &[]).expect(COMPLETE);
}

#[test]
fn a_group_that_cannot_be_completed_after_a_kill_loses_the_names_that_it_has() {
    let (site, job) = with_three(WAITING);
    kill_between_two_names(&site, &job);
    for left in leftovers(&site.destination) {
        fs::remove_file(site.destination.join(left)).unwrap();
    }
    let (last, away) = (site.source.join("waits.dat"), site.path("away"));
    fs::rename(&last, &away).unwrap();
    command::run(["run".as_ref(), job.as_os_str()]).expect(WITH_FAILURES);
    let incomplete = "group_incomplete";
    let expected = [("waits.dat", "source_missing"), ("waits.mov", incomplete), ("waits.xmp", incomplete)];
    assert_failed(&site.checkpoint, &expected);
    assert_eq!(arrived(&site.destination, ""), ["alone.mov"]);
    fs::rename(&away, &last).unwrap();
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn a_group_that_is_completed_after_a_kill_is_registered_as_well() {
    let lab = Lab::start(Script { latency: Duration::from_millis(1), ..Script::default() });
    let (site, _) = with_three(WAITING);
    let served = Served::new(site, &lab, "[[group]]\nextensions = [\"dat\", \"mov\", \"xmp\"]\n");
    kill_between_two_names(&served.site, &served.job);
    let before = identities(&served.site.destination);
    let paths = served.paths();
    fs::remove_file(served.site.source.join("waits.mov")).unwrap();
    served.run(&[]).expect(COMPLETE);
    let after = identities(&served.site.destination);
    assert!(
        before.iter().all(|(path, identity)| after.get(path) == Some(identity)),
        "nothing is written twice"
    );
    lab.assert_each_once(paths.iter().map(String::as_str));
}

const KILLS: u32 = 25;

/// Kills a run after this long, if it has not ended by then.
fn kill(mut running: Running, moment: Duration) {
    let start = Instant::now();
    wait::until("the moment of the kill", || {
        (running.has_ended().is_some() || start.elapsed() >= moment).then_some(())
    });
    running.signal(rustix::process::Signal::KILL);
    running.ended();
}

/// A kill between two final names leaves a group half there, and the next run completes it.
#[test]
fn killed_at_random_moments_no_group_stays_half_there() {
    let seed = std::env::var("SLUICE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SLUICE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let site = Site::new();
    shots(&site.source, 700);
    let blocked = site.destination.join("day/IMG_123.CR3.xmp");
    fs::create_dir_all(&blocked).unwrap();
    let path = job(&site, &format!("{RAW}[limits]\nbatch_size = 50"));
    let args = ["run".as_ref(), path.as_os_str(), "--quiet".as_ref()];
    let mut seen = BTreeMap::new();
    for _ in 0..KILLS {
        kill(command::start(args), Duration::from_millis(random.u64(10..250)));
        let now = identities(&site.destination);
        assert!(
            seen.iter().all(|(path, identity)| now.get(path) == Some(identity)),
            "nothing is written twice"
        );
        seen = now;
    }
    command::run(args).expect(WITH_FAILURES);
    assert_eq!(categories(&site.checkpoint).len(), 3);
    assert!(arrived(&site.destination, "IMG_123.").is_empty());
    fs::remove_dir(&blocked).unwrap();
    assert_same_but(&site.source, &site.destination, |path| path.to_string_lossy().contains("IMG_123."));
    let status = site.status();
    assert_eq!((status.delivered + status.skipped, status.failed), (2098, 3));
    site.on_checkpoint("reprocess", &["--category", "group_incomplete"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

/// The same with services on the way: no asset twice, none without its file.
#[test]
fn killed_at_random_moments_groups_are_registered_once() {
    let seed = std::env::var("SLUICE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SLUICE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let lab = Lab::start(Script { latency: Duration::from_millis(4), jitter: 0.5, ..Script::default() });
    let site = Site::new();
    shots(&site.source, 150);
    let served = Served::new(site, &lab, &format!("{RAW}[limits]\nbatch_size = 40\nconcurrency = 8"));
    for _ in 0..10 {
        kill(served.start(&["--quiet"]), Duration::from_millis(random.u64(20..300)));
    }
    served.run(&[]).expect(COMPLETE);
    assert_same(&served.site.source, &served.site.destination);
    lab.assert_each_once(served.paths().iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.delivered + status.skipped, status.failed), (451, 0));
}
