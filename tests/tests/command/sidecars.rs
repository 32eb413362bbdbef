//! Sidecars beside delivered files: each written once, valid, and accounted for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, Status, WITH_FAILURES};
use sluice_tests::compare::{assert_same_and, identities, leftovers};
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::schemas::assert_valid;
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

const ENDINGS: [&str; 5] = [".json", ".xmp", ".dc.xml", ".pbcore.xml", ".ebucore.xml"];

const ALL: &str = "[[sidecar]]\nformat = \"json\"\n[[sidecar]]\nformat = \"xmp\"\n[[sidecar]]\nformat = \"dublin_core\"\n\
    [[sidecar]]\nformat = \"pbcore\"\n[[sidecar]]\nformat = \"ebucore\"\n";

/// Runs a job from source to destination with more in its job file.
fn run(site: &Site, more: &str) -> Ended {
    let job = format!("sources = [{:?}]\ndestination = {:?}\n{more}", site.source, site.destination);
    let file = site.path("job.toml");
    fs::write(&file, job).unwrap();
    command::run(["run".as_ref(), file.as_os_str(), "--checkpoint".as_ref(), site.checkpoint.as_os_str()])
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn is_sidecar(path: &Path) -> bool {
    let name = path.to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[test]
fn every_delivered_file_has_its_sidecars() {
    let site = Site::new();
    tree::small_files(&site.source, 12, 1);
    // Names that differ only in their extension, and one that XML cannot hold as it is.
    for (seed, name) in (50..).zip(["clip.mov", "clip.wav", "tape & <b> \"\u{1}ü\n.mov"]) {
        tree::file(&site.source.join(name), 3_000, seed);
    }
    run(&site, ALL).expect(COMPLETE);
    assert_same_and(&site.source, &site.destination, is_sidecar);
    assert!(leftovers(&site.destination).is_empty());
    let status = site.status();
    assert_eq!((status.records, status.delivered, status.failed), (15, 15, 0), "sidecars are no records");
    let mut files = 0;
    for (path, _) in identities(&site.destination) {
        let file = site.destination.join(&path);
        if is_sidecar(&path) || file.is_dir() {
            continue;
        }
        files += 1;
        assert_valid(&beside(&file, ".dc.xml"), "oai_dc.xsd");
        assert_valid(&beside(&file, ".pbcore.xml"), "pbcore-2.1.xsd");
        assert_valid(&beside(&file, ".ebucore.xml"), "ebucore.xsd");
        let json: Value = serde_json::from_slice(&fs::read(beside(&file, ".json")).unwrap()).unwrap();
        let content = fs::read(&file).unwrap();
        let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&content));
        assert_eq!(json["file"]["hash"]["value"], hash, "{path:?}");
        assert_eq!(
            (&json["file"]["size"], &json["file"]["evidence"]),
            (&content.len().into(), &"read_back".into())
        );
        assert_eq!(json["file"]["path"], path.to_str().unwrap());
        let read =
            Command::new("exiftool").args(["-s3", "-XMP-sluice:Hash"]).arg(beside(&file, ".xmp")).output();
        let read = read.expect("exiftool, of the package libimage-exiftool-perl");
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), format!("xxh128:{hash}"));
    }
    assert_eq!(files, 15);
    let verify = || command::run(["verify".as_ref(), site.checkpoint.as_os_str(), "--json".as_ref()]);
    let clean = verify().expect(COMPLETE).json();
    assert_eq!(
        (&clean["checked"], &clean["sidecars"], &clean["sidecars_wrong"]),
        (&15.into(), &75.into(), &0.into())
    );

    // One is gone, one was changed, one cannot be read; the files themselves are as they were.
    let [gone, changed, folder] =
        ["clip.mov.xmp", "clip.wav.json", "clip.mov.dc.xml"].map(|name| site.destination.join(name));
    fs::remove_file(&gone).unwrap();
    fs::write(&changed, "{}").unwrap();
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    let found = verify().expect(WITH_FAILURES).json();
    assert_eq!((&found["matching"], &found["sidecars_wrong"]), (&15.into(), &3.into()));
    let problems = found["problems"].as_array().unwrap();
    for (path, problem) in [(gone, "missing"), (changed, "differing"), (folder, "unreadable")] {
        let told =
            problems.iter().find(|told| told["target"] == path.to_str().unwrap()).expect("each is told");
        assert_eq!(told["problem"], problem);
    }
}

#[test]
fn a_sidecar_that_cannot_be_written_is_its_records_failure() {
    let site = Site::new();
    tree::small_files(&site.source, 5, 1);
    for (seed, name) in (50..).zip(["taken.mov", "folder.mov", "twin.mov", "twin.mov.xmp"]) {
        tree::file(&site.source.join(name), 3_000, seed);
    }
    fs::create_dir_all(site.destination.join("folder.mov.xmp")).unwrap();
    fs::write(site.destination.join("taken.mov.xmp"), "somebody's own").unwrap();
    run(&site, "[[sidecar]]\nformat = \"xmp\"\n").expect(WITH_FAILURES);
    let failures = command::failures(&site.checkpoint);
    let mut names: Vec<_> =
        failures.iter().map(|failure| Path::new(&failure.source).file_name().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["folder.mov", "taken.mov", "twin.mov"]);
    assert!(failures.iter().all(|failure| failure.category == "destination_conflict"), "{failures:?}");
    assert_eq!(fs::read(site.destination.join("taken.mov.xmp")).unwrap(), b"somebody's own");
    assert_eq!(
        fs::read(site.destination.join("twin.mov.xmp")).unwrap(),
        fs::read(site.source.join("twin.mov.xmp")).unwrap(),
        "a file of the source never makes room for a sidecar"
    );

    let before = identities(&site.destination);
    fs::remove_file(site.destination.join("taken.mov.xmp")).unwrap();
    fs::remove_dir(site.destination.join("folder.mov.xmp")).unwrap();
    site.on_checkpoint("reprocess", &[]).expect(WITH_FAILURES);
    let after = identities(&site.destination);
    for name in ["taken.mov", "folder.mov"] {
        assert_eq!(before[Path::new(name)], after[Path::new(name)], "{name} is not copied again");
        assert!(site.destination.join(format!("{name}.xmp")).is_file());
    }
    assert_eq!(site.status().failed, 1);
}

#[test]
fn what_was_written_before_one_that_failed_is_not_in_the_way_of_the_next_attempt() {
    let site = Site::new();
    tree::file(&site.source.join("clip.mov"), 3_000, 1);
    fs::create_dir_all(&site.destination).unwrap();
    fs::write(site.destination.join("clip.mov.xmp"), "somebody's own").unwrap();
    let fails = "[deliver]\non_conflict = \"fail\"\n";
    run(&site, &format!("{fails}{ALL}")).expect(WITH_FAILURES);
    assert_eq!(command::failures(&site.checkpoint)[0].category, "destination_conflict");
    let first = identities(&site.destination)[Path::new("clip.mov.json")];
    fs::remove_file(site.destination.join("clip.mov.xmp")).unwrap();
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    let after = identities(&site.destination);
    assert_eq!(after[Path::new("clip.mov.json")], first, "it is not written again");
    assert!(ENDINGS.iter().all(|ending| after.contains_key(Path::new(&format!("clip.mov{ending}")))));
}

#[test]
fn a_sidecar_is_written_once_and_again_only_when_it_says_something_else() {
    let poison = Poison::new("take-000003", Venom::Reject).on(Route::Register);
    let lab = Lab::start(Script { poison: vec![poison], ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 6, 1);
    let served = Served::new(site, &lab, "");
    let text = fs::read_to_string(&served.job).unwrap();
    fs::write(
        &served.job,
        text + "\n[[sidecar]]\nformat = \"json\"\nfields = { rights = \"fields.rights\" }\n",
    )
    .unwrap();
    served.run(&[]).expect(WITH_FAILURES);
    let sidecar = beside(&tree::small_file(&served.site.destination, 3), ".json");
    let read = || -> Value { serde_json::from_slice(&fs::read(&sidecar).unwrap()).unwrap() };
    assert!(read()["terms"]["title"][0].is_string(), "what the lookup found: {}", read());

    // Tried again, it is left alone, whatever else the service says.
    let before = identities(&served.site.destination);
    let reprocess = || command::run(["reprocess".as_ref(), served.checkpoint.as_os_str()]);
    reprocess().expect(WITH_FAILURES);
    assert_eq!(identities(&served.site.destination), before, "nothing is written again");

    let id = command::failures(&served.checkpoint)[0].id.to_string();
    let amend = [
        "amend".as_ref(),
        served.checkpoint.as_os_str(),
        "--id".as_ref(),
        id.as_ref(),
        "--field".as_ref(),
        "rights=ours".as_ref(),
    ];
    command::run(amend).expect(COMPLETE);
    lab.change(|script| script.poison.clear());
    reprocess().expect(COMPLETE);
    assert_eq!(read()["terms"]["rights"][0], "ours", "its own earlier one makes room");
    let after = identities(&served.site.destination);
    let changed: Vec<_> =
        after.iter().filter(|(path, identity)| before.get(*path) != Some(*identity)).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
}

#[test]
fn killed_at_random_moments_every_file_has_its_sidecar() {
    let seed = std::env::var("SLUICE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("SLUICE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let site = Site::new();
    tree::small_files(&site.source, 400, 1);
    let job = format!(
        "sources = [{:?}]\ndestination = {:?}\n[limits]\nbatch_size = 40\n[deliver]\non_conflict = \"fail\"\n[[sidecar]]\nformat = \"pbcore\"\n",
        site.source, site.destination
    );
    let file = site.path("job.toml");
    fs::write(&file, job).unwrap();
    let args = [
        "run".as_ref(),
        file.as_os_str(),
        "--quiet".as_ref(),
        "--checkpoint".as_ref(),
        site.checkpoint.as_os_str(),
    ];
    for _ in 0..8 {
        let mut running = command::start(args);
        let moment = Duration::from_millis(random.u64(20..400));
        let start = Instant::now();
        wait::until("the moment of the kill", || {
            (running.has_ended().is_some() || start.elapsed() >= moment).then_some(())
        });
        running.signal(rustix::process::Signal::KILL);
        running.ended();
    }
    command::run(args).expect(COMPLETE);
    let status = Status::of(&site.checkpoint);
    assert_eq!((status.delivered, status.failed, status.pending), (400, 0, 0));
    assert_same_and(&site.source, &site.destination, is_sidecar);
    let files: Vec<PathBuf> = identities(&site.destination)
        .into_keys()
        .filter(|path| site.destination.join(path).is_file())
        .collect();
    let sidecars = files.iter().filter(|path| is_sidecar(path)).count();
    assert_eq!((files.len(), sidecars), (800, 400), "one each");
    assert!(leftovers(&site.destination).is_empty());
}

#[test]
fn sidecars_that_make_no_sense_are_refused_before_anything_moves() {
    let site = Site::new();
    tree::small_files(&site.source, 2, 1);
    for (more, word) in [
        ("[[sidecar]]\nformat = \"marc\"", "marc"),
        ("[[sidecar]]\nformat = \"xmp\"\n[[sidecar]]\nformat = \"xmp\"", "two sidecars"),
        ("[[sidecar]]\nformat = \"xmp\"\nfields = { author = \"fields.a\" }", "author"),
        ("[[sidecar]]\nformat = \"xmp\"\nfields = { title = \"Title\" }", "fields.name"),
        ("[[sidecar]]\nformat = \"xmp\"\nfields = { title = \"{{ fields. }}\" }", "sidecar:xmp, title"),
    ] {
        run(&site, more).assert_refused(&[word]);
        assert!(!site.checkpoint.exists() && !site.destination.exists(), "{more}");
    }
}

#[test]
fn no_sidecar_takes_the_place_of_a_file_or_of_another_sidecar() {
    let site = Site::new();
    // Both want reel.xmp beside them; of the last, the sidecar would have its own name.
    for (seed, name) in (1..).zip(["reel.mov", "reel.wav", "still.jpg", "notes.xmp"]) {
        tree::file(&site.source.join(name), 2_000, seed);
    }
    let more = "[deliver]\non_conflict = \"overwrite\"\n[[sidecar]]\nformat = \"xmp\"\nname = \"stem\"\n";
    // Where names come from a template, no file of the source tells that a name is taken.
    let map = "[map]\ntarget = \"{{ stem | upper }}.{{ extension }}\"\n";
    run(&site, &format!("{map}{more}")).expect(WITH_FAILURES);
    let failures = command::failures(&site.checkpoint);
    let categories: Vec<&str> = failures.iter().map(|failure| failure.category.as_str()).collect();
    assert_eq!(categories, ["name_collision", "name_collision"], "{failures:?}");
    for name in ["reel.mov", "reel.wav", "still.jpg", "notes.xmp"] {
        let (stem, extension) = name.split_once('.').unwrap();
        let delivered = site.destination.join(format!("{}.{extension}", stem.to_uppercase()));
        assert_eq!(fs::read(&delivered).unwrap(), fs::read(site.source.join(name)).unwrap(), "{name}");
    }
    let of_reel = fs::read_to_string(site.destination.join("REEL.xmp")).unwrap();

    // The one that was first keeps it, also when the other is tried again by another process.
    site.on_checkpoint("reprocess", &[]).expect(WITH_FAILURES);
    assert_eq!(fs::read_to_string(site.destination.join("REEL.xmp")).unwrap(), of_reel);
}
