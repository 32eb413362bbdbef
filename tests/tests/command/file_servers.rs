//! Servers with folders at either end: WebDAV, FTP and SFTP, with real ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE, Ended, REFUSED, Status, WITH_FAILURES, failures};
use sluice_tests::compare::{picture, same_bytes};
use sluice_tests::file_servers::{FileServer, PASSWORD, PROTOCOLS, Protocol, signed};
use sluice_tests::hostile::Hostile;
use sluice_tests::media::FakeProber;
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// A job between a folder and a server.
struct Nas {
    site: Site,
    server: FileServer,
}

impl Nas {
    fn new(protocol: Protocol) -> Self {
        Self { site: Site::new(), server: FileServer::start(protocol) }
    }

    fn job(&self, name: &str, source: &str, destination: &str, more: &str) -> PathBuf {
        let path = self.site.path(&format!("{name}.toml"));
        let connection = self.server.connection();
        let text = format!("sources = [{source:?}]\ndestination = {destination:?}\n{more}\n{connection}");
        fs::write(&path, text).expect("the job file");
        path
    }

    /// The job that brings the source folder to the server.
    fn upload(&self, more: &str) -> PathBuf {
        self.job("up", text(&self.site.source), "nas:in/deep", more)
    }

    /// The job that brings it back to the destination folder.
    fn download(&self, more: &str) -> PathBuf {
        self.job("down", "nas:in/deep", text(&self.site.destination), more)
    }

    fn checkpoint(&self, name: &str) -> PathBuf {
        self.site.path(&format!("{name}.sluice"))
    }

    fn there(&self) -> PathBuf {
        self.server.files().join("in/deep")
    }
}

/// Names and bytes are the same; servers keep whole seconds of times, if any.
#[track_caller]
fn assert_arrived(source: &Path, target: &Path) {
    assert!(picture(source) == picture(target), "{} is not the source", target.display());
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

fn sluice(word: &str, file: &Path) -> Command {
    signed(command::sluice([word.as_ref(), file.as_os_str()]))
}

fn run(word: &str, file: &Path) -> Ended {
    Running::start(sluice(word, file)).ended()
}

/// What the checkpoint holds of its records, by target.
fn column(nas: &Nas, checkpoint: &Path, wanted: &str) -> BTreeMap<String, String> {
    let out = nas.site.path("catalogue.csv");
    command::run(["catalogue-out".as_ref(), checkpoint.as_os_str(), "--out".as_ref(), out.as_os_str()])
        .expect(COMPLETE);
    let mut reader = csv::Reader::from_path(out).expect("the catalogue");
    let columns = reader.headers().expect("columns").clone();
    let number = |name: &str| columns.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let (target, value) = (number("target").expect("target"), number(wanted).expect("the column"));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[target].into(), row[value].into())).collect()
}

/// Names that a person has, and that a protocol may trip over.
fn names() -> Vec<String> {
    let long = format!("{}.mov", "l".repeat(240));
    let plain = [
        "two words.mov",
        "say \"action\".mov",
        "it's.mov",
        "<b>bold &amp; more.mov",
        "100% #1 a+b;c=d?.mov",
        "-rf",
        "e\u{301}clair – 映画.mov",
        "*?[a]{b}.mov",
        "$HOME `id`.mov",
        "...",
        &long,
    ];
    plain.map(ToOwned::to_owned).into()
}

#[test]
fn a_tree_goes_to_a_server_and_back() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        let source = &nas.site.source;
        for (seed, folder) in (0..).zip(["", "Zürich 100%/#1 [a]", "d/e/e/p/e/r"]) {
            for (n, name) in (0..).zip(names()) {
                tree::file(&source.join(folder).join(name), 1000 + n, seed << 8 | n);
            }
        }
        fs::write(source.join("empty.bin"), "").expect("a file");
        tree::file(&source.join("large.mov"), (9 << 20) + 7, 2);
        let made = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let large = fs::File::options().write(true).open(source.join("large.mov")).expect("a file");
        large.set_modified(made).expect("a time");

        run("run", &nas.upload("[deliver]\nhash = \"sha256\"")).expect(COMPLETE);
        let up = nas.checkpoint("up");
        let status = Status::of(&up);
        assert_eq!(
            (status.delivered, status.records, status.retries),
            (35, 35, 0),
            "{protocol:?}: {status:?}"
        );
        assert_arrived(source, &nas.there());
        for (target, hash) in column(&nas, &up, "hash") {
            // A spreadsheet must not take `-rf` for a formula.
            let file = nas
                .there()
                .join(target.strip_prefix("'-").map(|rest| format!("-{rest}")).unwrap_or(target.clone()));
            let said = Command::new("sha256sum").arg(file).output().expect("it").stdout;
            let said = String::from_utf8(said).expect("text");
            let said = said.trim_start_matches('\\').split(' ').next().unwrap_or_default().to_owned();
            assert_eq!(hash, format!("sha256:{said}"), "{protocol:?} {target}");
        }
        assert!(column(&nas, &up, "evidence").values().all(|evidence| evidence == "read_back"));
        if protocol != Protocol::Ftp {
            let kept = fs::metadata(nas.there().join("large.mov")).expect("it").modified().expect("a time");
            assert_eq!(kept, made, "{protocol:?}");
        }
        run("verify", &up).expect(COMPLETE);

        run("run", &nas.download("")).expect(COMPLETE);
        assert_arrived(source, &nas.site.destination);
        let leaks = sluice_tests::servers::leaks_of(PASSWORD, nas.site.source.parent().expect("the site"));
        assert_eq!(leaks, Vec::<PathBuf>::new());
    }
}

#[test]
fn a_killed_upload_leaves_nothing_half_under_a_final_name_and_goes_on() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        for n in 0..3 {
            tree::file(&nas.site.source.join(format!("reel {n}.mov")), 6 << 20, n);
        }
        let job = nas.upload("[control]\nbandwidth = \"6MB/s\"");
        let mut running = Running::start(sluice("run", &job));
        let is_part = |path: &PathBuf| text(path).ends_with(".part") && text(path).contains(".sluice-");
        let begun = || {
            nas.server
                .all("in")
                .into_iter()
                .find(|path| is_part(path) && fs::metadata(path).is_ok_and(|part| part.len() > 1 << 20))
        };
        wait::until("a part of a file to arrive", begun);
        running.signal(Signal::KILL);
        drop(running);
        for path in nas.server.all("in").into_iter().filter(|path| !is_part(path)) {
            let name = path.file_name().expect("a name");
            assert!(same_bytes(&nas.site.source.join(name), &path), "{protocol:?} {}", path.display());
        }
        run("run", &nas.upload("")).expect(COMPLETE);
        assert_eq!(Status::of(&nas.checkpoint("up")).delivered, 3);
        // The server may still have been at what was cut off; its own temporary names are gone.
        assert_arrived(&nas.site.source, &nas.there());
    }
}

#[test]
fn a_server_that_goes_away_is_waited_for() {
    for protocol in PROTOCOLS {
        let mut nas = Nas::new(protocol);
        for n in 0..12 {
            tree::file(&nas.site.source.join(format!("reel-{n}.mov")), 1 << 20, n);
        }
        let job = nas.upload("[control]\nbandwidth = \"3MB/s\"");
        let running = Running::start(sluice("run", &job));
        let arrived =
            |nas: &Nas| nas.server.all("in").iter().filter(|path| !text(path).ends_with(".part")).count();
        wait::until("some files to arrive", || (arrived(&nas) > 2).then_some(()));
        nas.server.stop();
        let checkpoint = nas.checkpoint("up");
        let waiting = || {
            let status = run("status", &checkpoint.clone()).code;
            assert_eq!(status, Some(COMPLETE));
            let report = Running::start({
                let mut command = sluice("status", &checkpoint);
                command.arg("--json");
                command
            });
            let report = report.ended().json();
            (report["state"] == "waiting").then_some(report)
        };
        let report = wait::until("the run to wait for the server", waiting);
        assert_eq!(report["outage"]["category"], "service_down", "{protocol:?}: {report}");
        nas.server.start_again();
        running.ended().expect(COMPLETE);
        let status = Status::of(&checkpoint);
        assert_eq!((status.delivered, status.failed), (12, 0), "{protocol:?}: {status:?}");
        assert_arrived(&nas.site.source, &nas.there());
    }
}

#[test]
fn a_wrong_password_is_told_before_anything_moves() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        tree::small_files(&nas.site.source, 3, 1);
        for job in [nas.upload(""), nas.download("")] {
            let mut wrong = sluice("run", &job);
            wrong.env("SLUICE_NAS_PASSWORD", "wrong-canary");
            let ended = Running::start(wrong).ended().expect(REFUSED);
            assert!(ended.stderr.contains("secret"), "{protocol:?}: {}", ended.stderr);
            assert!(!ended.stderr.contains("canary"), "{}", ended.stderr);
        }
        assert_eq!(nas.server.all(""), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_is_there_is_treated_as_the_policy_says() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        let put = |folder: &Path, name: &str, content: &str| {
            fs::create_dir_all(folder).expect("a folder");
            fs::write(folder.join(name), content).expect("a file");
        };
        put(&nas.there(), "same.txt", "same");
        put(&nas.there(), "other.txt", "old!");
        put(&nas.site.source, "same.txt", "same");
        put(&nas.site.source, "other.txt", "new!");
        let policy = |policy: &str| {
            let more = format!("[deliver]\non_conflict = {policy:?}");
            let job = nas.job(policy, text(&nas.site.source), "nas:in/deep", &more);
            (run("run", &job), nas.checkpoint(policy))
        };
        let read = |name: &str| fs::read_to_string(nas.there().join(name)).expect("a file");
        let (ended, checkpoint) = policy("skip_identical");
        ended.expect(WITH_FAILURES);
        let status = Status::of(&checkpoint);
        assert_eq!((status.skipped, status.failed), (1, 1), "{protocol:?}");
        assert_eq!(failures(&checkpoint)[0].category, "destination_conflict");
        let (ended, checkpoint) = policy("fail");
        ended.expect(WITH_FAILURES);
        assert_eq!(Status::of(&checkpoint).failed, 2, "{protocol:?}");
        policy("rename").0.expect(COMPLETE);
        assert_eq!(
            (read("other.txt"), read("other (2).txt")),
            ("old!".into(), "new!".into()),
            "{protocol:?}"
        );
        policy("overwrite").0.expect(COMPLETE);
        assert_eq!(read("other.txt"), "new!", "{protocol:?}");
        let names = nas.server.all("in").len();
        assert_eq!(names, 4, "no temporary name stays: {:?}", nas.server.all("in"));
    }
}

#[test]
fn a_sidecar_takes_no_name_of_anybody_else_on_its_way() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        fs::create_dir_all(nas.there()).expect("a folder");
        let long = format!("{}.mov", "l".repeat(240));
        for (seed, name) in (0..).zip(["reel.mov", long.as_str()]) {
            tree::file(&nas.site.source.join(name), 1000, seed);
        }
        let theirs = nas.there().join("reel.mov.xmp.part");
        fs::write(&theirs, "not ours").expect("a file");
        run("run", &nas.upload("[[sidecar]]\nformat = \"xmp\"")).expect(COMPLETE);
        assert_eq!(fs::read_to_string(&theirs).expect("it is still there"), "not ours", "{protocol:?}");
        assert_eq!(nas.server.all("in").len(), 5, "{protocol:?}: {:?}", nas.server.all("in"));
    }
}

#[test]
fn a_trial_tells_what_works() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        let connections = nas.site.path("connections.toml");
        fs::write(&connections, nas.server.connection()).expect("the connections");
        let mut trial = signed(command::sluice(["connections", "test", "nas:new folder", "--json"]));
        trial.env("SLUICE_CONNECTIONS", &connections);
        let json = Running::start(trial).ended().expect(COMPLETE).json();
        let steps = json["trial"]["steps"].as_array().expect("steps");
        let result = |wanted: &str| {
            let step = steps.iter().find(|step| step["step"] == wanted).expect("the step");
            step["result"].as_str().expect("a word").to_owned()
        };
        for step in ["reach", "sign_in", "list", "write", "read", "delete"] {
            assert_eq!(result(step), "ok", "{protocol:?} {json}");
        }
        let times = if protocol == Protocol::Ftp { "not_supported" } else { "ok" };
        assert_eq!(result("times"), times, "{protocol:?} {json}");
        assert_eq!(nas.server.all(""), Vec::<PathBuf>::new(), "what was written is gone");
        tree::small_files(&nas.site.source, 1, 1);
        let mut plan = sluice("plan", &nas.upload(""));
        plan.arg("--json");
        let planned = Running::start(plan).ended().expect(COMPLETE).stdout;
        assert_eq!(planned.contains("times_lost"), protocol == Protocol::Ftp, "{protocol:?} {planned}");
    }
}

#[test]
fn one_connection_carries_a_whole_migration() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        tree::small_files(&nas.there(), 40, 1);
        let job = nas.download("");
        let text = fs::read_to_string(&job).expect("the job") + "sessions = 1\n";
        fs::write(&job, text).expect("the job");
        run("run", &job).expect(COMPLETE);
        assert_arrived(&nas.there(), &nas.site.destination);
    }
}

#[test]
fn one_connection_is_enough_for_files_that_are_described_on_their_way() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        for n in 0..12 {
            tree::file(&nas.there().join(format!("reel-{n}.mov")), 700_000, n);
        }
        let fake = FakeProber::new(nas.site.path("fake"));
        // Room for one at a time: who has it needs the connection, and who has the connection must not wait for room.
        let more = format!(
            "[describe]\npath = {:?}\nextensions = [\"mov\"]\n[scratch]\nfolder = \"scratch\"\nlimit_mib = 1\n",
            text(&fake.path())
        );
        let job = nas.download(&more);
        let only = fs::read_to_string(&job).expect("the job") + "sessions = 1\n";
        fs::write(&job, only).expect("the job");
        run("run", &job).expect(COMPLETE);
        let status = Status::of(&nas.checkpoint("down"));
        assert_eq!((status.delivered, status.retries), (12, 0), "{protocol:?}: {status:?}");
        assert_arrived(&nas.there(), &nas.site.destination);
    }
}

#[test]
fn who_waits_for_a_connection_waits_for_nobody_who_waits_for_him() {
    for protocol in PROTOCOLS {
        let nas = Nas::new(protocol);
        tree::small_files(&nas.there(), 12, 1);
        tree::file(&nas.there().join("large.mov"), (9 << 20) + 7, 2);
        // The second time everything is there, and both ends of a file are read.
        for name in ["first", "again"] {
            let job = nas.job(name, "nas:in/deep", "nas:out", "[limits]\nconcurrency = 16\nstreams = 4");
            let few = fs::read_to_string(&job).expect("the job") + "sessions = 2\n";
            fs::write(&job, few).expect("the job");
            run("run", &job).expect(COMPLETE);
            let status = Status::of(&nas.checkpoint(name));
            assert_eq!(
                (status.delivered + status.skipped, status.retries),
                (13, 0),
                "{protocol:?}: {status:?}"
            );
        }
        assert_arrived(&nas.there(), &nas.server.files().join("out"));
    }
}

#[test]
fn names_that_lead_elsewhere_stay_within_the_destination_and_each_is_accounted_for() {
    let site = Site::new();
    let hrefs = [
        "/in/",
        "/in/plain.mov",
        "/in/..%2F..%2Fescape.txt",
        "/in/..",
        "/in/../../escape.txt",
        "/etc/escape.txt",
        "http://elsewhere/in/sub/escape.txt",
        "/in/two%0Alines.txt",
        "/in/%FF.mov",
    ];
    let server = Hostile::start(&hrefs);
    let job = site.path("job.toml");
    let text = format!(
        "sources = [\"dam:in\"]\ndestination = {:?}\n[connections.dam]\nkind = \"webdav\"\nurl = {:?}\n",
        site.destination,
        server.url()
    );
    fs::write(&job, text).expect("the job");
    run("run", &job).expect(WITH_FAILURES);
    let checkpoint = site.path("job.sluice");
    let status = Status::of(&checkpoint);
    assert_eq!((status.records, status.delivered, status.failed), (8, 2, 6), "{status:?}");
    for failure in failures(&checkpoint) {
        let expected = ["name_unsupported", "path_unsafe"];
        assert!(expected.contains(&failure.category.as_str()), "{failure:?}");
    }
    let outside = walkdir::WalkDir::new(site.destination.parent().expect("the site"));
    let escaped = outside.into_iter().filter_map(Result::ok).find(|entry| entry.file_name() == "escape.txt");
    assert!(escaped.is_none(), "{escaped:?}");
}
