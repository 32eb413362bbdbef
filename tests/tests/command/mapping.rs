//! Templates say where files go and what their fields must be; nothing ever leaves the destination.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, Status, WITH_FAILURES};
use sluice_tests::compare::{entries, leftovers, picture};
use sluice_tests::lab::{Lab, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// A job with a mapping, beside its site.
struct Job {
    site: Site,
    file: PathBuf,
    checkpoint: PathBuf,
}

impl Job {
    fn new(site: Site, more: &str) -> Self {
        let [source, destination] =
            [&site.source, &site.destination].map(|path| path.to_str().expect("Unicode"));
        let file = site.path("job.toml");
        fs::write(&file, format!("sources = [{source:?}]\ndestination = {destination:?}\n{more}")).unwrap();
        Self { checkpoint: site.path("job.sluice"), file, site }
    }

    fn call(&self, word: &str, more: &[&str]) -> Ended {
        let mut args: Vec<&OsStr> = vec![word.as_ref(), self.file.as_os_str()];
        args.extend(more.iter().map(AsRef::<OsStr>::as_ref));
        command::run(args)
    }

    fn plan(&self) -> Value {
        self.call("plan", &["--json"]).expect(COMPLETE).json()
    }

    fn verify(&self) {
        command::run(["verify".as_ref(), self.checkpoint.as_os_str()]).expect(COMPLETE);
    }
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The files below a folder and what is in them.
fn texts(root: &Path) -> BTreeMap<String, String> {
    let files = entries(root).into_iter().filter(|(_, metadata)| metadata.is_file());
    files
        .map(|(path, _)| (path.to_str().unwrap().to_owned(), fs::read_to_string(root.join(path)).unwrap()))
        .collect()
}

fn finding<'a>(preflight: &'a Value, code: &str) -> &'a Value {
    let findings = preflight["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["code"] == code)
        .unwrap_or_else(|| panic!("no {code} in {preflight}"))
}

const REELS: &str = r#"
[map]
target = "{{ fields.year }}/{{ fields.kind }}/{{ fields.title | safe_name }}_{{ fields.number | pad(4) }}.{{ extension | lower }}"

[[map.field]]
name = "kind"
value = "film"
[[map.field]]
name = "kind"
value = "still"
when = "extension | lower in ['tif', 'jpg']"
[[map.field]]
name = "number"
value = "{{ stem | split('-') | last }}"
[[map.field]]
name = "title"
value = "{{ stem | split('-') | first | replace('_', ' ') | title }}"
[[map.field]]
name = "year"
value = "{{ folder | date('%Y') }}"

[[map.require]]
field = "number"
type = "integer"
[[map.require]]
field = "kind"
one_of = ["film", "still"]
"#;

fn reels() -> Job {
    let site = Site::new();
    for (path, content) in [
        ("1974-03-05/evening_news-7.MOV", "a"),
        ("05.03.1981/town: hall?-12.tif", "b"),
        ("1974-03-05/evening_news-x.mov", "c"),
        ("undated/lost-1.mov", "d"),
    ] {
        write(&site.source.join(path), content);
    }
    Job::new(site, REELS)
}

#[test]
fn templates_say_where_files_go_and_what_fields_must_be() {
    let job = reels();
    job.call("run", &[]).expect(WITH_FAILURES);
    let delivered = BTreeMap::from(
        [("1974/film/Evening News_0007.mov", "a"), ("1981/still/Town_ Hall__0012.tif", "b")]
            .map(|(path, content)| (path.to_owned(), content.to_owned())),
    );
    assert_eq!(texts(&job.site.destination), delivered);
    let failures = command::failures(&job.checkpoint);
    let said: BTreeSet<_> =
        failures.iter().map(|failure| (failure.category.as_str(), failure.attempts)).collect();
    assert_eq!(said, BTreeSet::from([("metadata_invalid", 0), ("template_failed", 0)]), "found by the plan");
    let invalid = failures.iter().find(|failure| failure.category == "metadata_invalid").unwrap();
    for word in ["number", "\"x\"", "whole number"] {
        assert!(invalid.message.contains(word), "{}", invalid.message);
    }
    job.verify();

    // A corrected path is mapped anew.
    fs::rename(job.site.source.join("undated"), job.site.source.join("1990")).unwrap();
    let id = failures.iter().find(|failure| failure.category == "template_failed").unwrap().id.to_string();
    let amended = ["amend", job.checkpoint.to_str().unwrap(), "--id", &id, "--path", "1990/lost-1.mov"];
    command::run(amended).expect(COMPLETE);
    command::run(["reprocess".as_ref(), job.checkpoint.as_os_str()]).expect(WITH_FAILURES);
    assert_eq!(texts(&job.site.destination)["1990/film/Lost_0001.mov"], "d");
    job.verify();
}

#[test]
fn a_preview_shows_fields_targets_and_findings_and_moves_nothing() {
    let job = reels();
    let shown = job.call("plan", &["--preview", "10", "--seed", "3", "--json"]).expect(COMPLETE).json();
    let preview = shown["preview"].as_array().unwrap();
    assert_eq!(preview.len(), 4, "those that fail are shown too: {shown}");
    let invalid = preview.iter().find(|one| one["source"].as_str().unwrap().ends_with("-x.mov")).unwrap();
    assert_eq!(
        (&invalid["target"], &invalid["findings"][0]["code"]),
        (&Value::Null, &"metadata_invalid".into())
    );
    let news = preview.iter().find(|one| one["source"].as_str().unwrap().ends_with("-7.MOV")).unwrap();
    assert_eq!(news["target"], "1974/film/Evening News_0007.mov");
    assert_eq!(news["fields"]["title"], "Evening News");
    assert_eq!(shown["samples"].as_array().unwrap().len(), 4);
    assert_eq!(finding(&shown, "metadata_invalid")["records"], 1);
    assert!(!job.site.destination.exists());
    let text = job.call("plan", &["--preview", "10"]).expect(COMPLETE).stdout;
    assert!(text.contains("1974/film/Evening News_0007.mov") && text.contains("kind = \"film\""), "{text}");
}

/// Everything that must not get out, as values of a field and as parts of a template.
const HOSTILE: [&str; 40] = [
    "../canary",
    "../../canary",
    "a/../../canary",
    "a/..",
    "..",
    ".",
    "./x",
    "/canary",
    "//server/share/x",
    "/etc/cron.d/x",
    "\\canary",
    "\\\\server\\share\\x",
    "..\\..\\canary",
    "a\\..\\..\\..\\canary",
    "~/canary",
    "~",
    "~root/canary",
    "C:/canary",
    "C:\\canary",
    "c:",
    "C:canary",
    "nul\u{0}l",
    "a\u{0}/../../canary",
    "bell\u{7}\u{1b}[31m",
    "two\nlines",
    "CON",
    "NUL.txt",
    "aux/COM1",
    "a//b",
    "a/",
    " ",
    "trailing. ",
    "x/ /y",
    "...",
    ".. /canary",
    "%2e%2e%2fcanary",
    "‥/canary",
    "../destination-canary",
    "\u{202e}gpj.exe",
    ".sluice-00000000-1-0.part",
];

#[test]
fn no_value_of_a_field_leaves_the_destination() {
    // As paths, as plain values, and as the folder of a plain name.
    for target in ["{{ fields.v | path }}", "{{ fields.v }}", "{{ fields.v | path }}/x", "x/{{ fields.v }}/y"]
    {
        let site = Site::new();
        // Deep, so that `..` has somewhere to go, with canaries on the way.
        let outside = site.path("outside");
        let destination = outside.join("a/b/destination");
        fs::create_dir_all(&destination).unwrap();
        for canary in ["canary", "a/canary", "a/b/canary", "a/b/destination-canary"] {
            write(&outside.join(canary), "sings");
        }
        let mut rules = String::new();
        for (at, value) in HOSTILE.iter().enumerate() {
            write(&site.source.join(format!("{at:02}.dat")), &format!("content {at}"));
            let value =
                serde_json::to_string(&format!("{{{{ {} }}}}", serde_json::to_string(value).unwrap()))
                    .unwrap();
            rules += &format!("[[map.field]]\nname = \"v\"\nvalue = {value}\nwhen = \"stem == '{at:02}'\"\n");
        }
        let job = site.path("job.toml");
        fs::write(
            &job,
            format!(
                "sources = [{:?}]\ndestination = {destination:?}\n[map]\ntarget = {target:?}\n{rules}",
                site.source
            ),
        )
        .unwrap();
        let before = picture(&outside);
        command::run(["run".as_ref(), job.as_os_str()]);
        let status = Status::of(&site.path("job.sluice"));
        assert_eq!((status.records, status.pending), (HOSTILE.len() as u64, 0), "{target}");
        let after = picture(&outside);
        let below = Path::new("a/b/destination");
        for (path, content) in &after {
            assert!(
                path.starts_with(below) || before.get(path) == Some(content),
                "{target} wrote {}",
                path.display()
            );
        }
        assert!(before.keys().all(|path| after.contains_key(path)), "{target} removed something");
        assert_eq!(
            texts(&destination).len() as u64,
            status.delivered,
            "{target}: each has a file of its own"
        );
        let contents: BTreeSet<String> = texts(&destination).into_values().collect();
        assert_eq!(contents.len() as u64, status.delivered);
        let failures = command::failures(&site.path("job.sluice"));
        assert_eq!(failures.len() as u64, status.failed);
        let categories: BTreeSet<_> = failures.iter().map(|failure| failure.category.as_str()).collect();
        assert!(
            categories.iter().all(|category| ["target_unsafe", "destination_conflict"].contains(category)),
            "{target}: {categories:?}"
        );
        assert!(status.failed > 0 && status.delivered > 0, "{target}: {status:?}");
        assert_eq!(leftovers(&destination), Vec::<PathBuf>::new());
    }
}

#[test]
fn templates_that_loop_or_explode_fail_their_records_and_nothing_else() {
    for target in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{% for a in range(90000) %}{{ name }}/{% endfor %}",
        "{{ 'a' | indent(1000000000) }}{{ '%999999999d' | format(1) }}",
    ] {
        let site = Site::new();
        tree::small_files(&site.source, 20, 1);
        let job = Job::new(site, &format!("[map]\ntarget = {target:?}\n"));
        job.call("run", &[]).expect(WITH_FAILURES);
        let status = Status::of(&job.checkpoint);
        assert_eq!((status.failed, status.delivered), (20, 0), "{target}");
    }
}

/// Ten thousand files of which many want the same name: by case, by composition, by what `safe_name`
/// makes of them, and some that have a numbered name by themselves.
fn ten_thousand_twins(site: &Site) {
    let mut rng = fastrand::Rng::with_seed(7);
    for n in 0..10_000 {
        let word =
            ["Café", "Cafe\u{301}", "CAFÉ", "caf:é", "caf?é", "caf*é", "Plain", "plain"][rng.usize(..8)];
        let number = ["", "", " (2)", " (3)"][rng.usize(..4)];
        write(
            &site.source.join(format!("{n:05}/{word} {:02}{number}.mov", rng.u32(..40))),
            &format!("content {n}"),
        );
    }
}

#[test]
fn ten_thousand_colliding_names_are_found_before_and_resolved_without_a_loss() {
    let resolved = || {
        let site = Site::new();
        ten_thousand_twins(&site);
        let job = Job::new(
            site,
            "[map]\ntarget = \"{{ name | safe_name | lower }}\"\n[deliver]\non_conflict = \"overwrite\"\nverify = \"size\"\n",
        );
        let planned = job.plan();
        let numbered = finding(&planned, "name_numbered")["records"].as_u64().unwrap();
        assert!(numbered > 8_000, "{numbered}");
        let changes = planned["name_changes"].as_array().unwrap();
        assert!(changes.len() == 100 && changes.iter().all(|change| change["wanted"] != change["proposed"]));
        assert!(!job.site.destination.exists(), "before anything moves");
        job.call("run", &[]).expect(COMPLETE);
        let status = Status::of(&job.checkpoint);
        assert_eq!((status.delivered, status.records), (10_000, 10_000));
        let there = texts(&job.site.destination);
        let contents: BTreeSet<&String> = there.values().collect();
        assert_eq!((there.len(), contents.len()), (10_000, 10_000), "no file is lost");
        job.verify();
        there
    };
    let there = resolved();
    assert!(there.contains_key("plain 07.mov") && there.contains_key("plain 07 (4).mov"));
    let again = resolved();
    assert_eq!(there.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
}

#[test]
fn collisions_fail_where_the_job_says_so() {
    let site = Site::new();
    for (path, content) in [("1/a.mov", "1"), ("2/a.mov", "2"), ("3/b.mov", "3")] {
        write(&site.source.join(path), content);
    }
    let job = Job::new(
        site,
        "[map]\ntarget = \"{{ name }}\"\non_collision = \"fail\"\n[deliver]\non_conflict = \"overwrite\"\n",
    );
    for call in ["run", "reprocess"] {
        let file = if call == "run" { &job.file } else { &job.checkpoint };
        command::run([call.as_ref(), file.as_os_str()]).expect(WITH_FAILURES);
        assert_eq!(command::failures(&job.checkpoint)[0].category, "name_collision", "{call}");
        let there: Vec<String> = texts(&job.site.destination).into_keys().collect();
        assert_eq!(there, ["a.mov", "b.mov"]);
    }
    // The first keeps its name, and its content.
    let first = texts(&job.site.destination)["a.mov"].clone();
    assert!(["1", "2"].contains(&first.as_str()));
}

#[test]
fn targets_that_only_the_run_knows_lose_no_file_either() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    tree::small_files(&site.source, 200, 1);
    let more = "[map]\ntarget = \"{{ fields.owner }}.dat\"\n[deliver]\non_conflict = \"overwrite\"\n[limits]\nbatch_size = 50\n";
    let served = Served::new(site, &lab, more);
    let planned =
        command::run(["plan".as_ref(), served.job.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
    assert!(finding(&planned, "target_late")["message"].as_str().unwrap().contains("fields.owner"));
    // Stopped in the middle and gone on: names that were given stay given.
    served.run(&["--pilot", "60"]).expect(COMPLETE);
    assert_eq!(served.status().delivered, 60);
    served.run(&[]).expect(COMPLETE);
    assert_eq!(served.status().delivered, 200);
    let files = entries(&served.site.destination).len();
    assert_eq!(files, 200, "one for each record");
    command::run(["verify".as_ref(), served.checkpoint.as_os_str()]).expect(COMPLETE);
    let seen = lab.seen();
    assert_eq!((seen.lookups, seen.registers), (200, 200));
}

#[test]
fn a_changed_mapping_holds_for_what_is_not_delivered_yet() {
    let site = Site::new();
    tree::small_files(&site.source, 30, 1);
    let job = Job::new(site, "[map]\ntarget = \"old/{{ name }}\"\n[deliver]\non_conflict = \"overwrite\"\n");
    job.call("run", &["--pilot", "10"]).expect(COMPLETE);
    let text = fs::read_to_string(&job.file).unwrap();
    fs::write(&job.file, text.replace("old/{{ name }}", "same.dat")).unwrap();
    job.call("run", &[]).expect(COMPLETE);
    let there = entries(&job.site.destination);
    let files = |beginning: &str| {
        there
            .iter()
            .filter(|(path, file)| file.is_file() && path.to_str().unwrap().starts_with(beginning))
            .count()
    };
    assert_eq!((files("old/"), files("same")), (10, 20), "{there:?}");
    job.verify();
}

#[test]
fn a_pilot_moves_some_records_from_all_over_and_stops() {
    let site = Site::new();
    tree::small_files(&site.source, 500, 1);
    let job = Job::new(site, "[limits]\nbatch_size = 10\n");
    let ended = job.call("run", &["--pilot", "25"]).expect(COMPLETE);
    assert!(ended.stderr.contains("25 of 25"), "{}", ended.stderr);
    let status = Status::of(&job.checkpoint);
    assert_eq!((status.state.as_str(), status.delivered, status.pending), ("paused", 25, 475));
    let delivered = entries(&job.site.destination);
    let reels: BTreeSet<_> = delivered.keys().filter_map(|path| path.iter().next()).collect();
    assert!(reels.len() > 2, "from all over: {reels:?}");
    job.call("run", &["--pilot", "1000"]).expect(COMPLETE);
    assert_eq!(Status::of(&job.checkpoint).state, "finished", "a pilot over everything is the run");
    sluice_tests::compare::assert_same(&job.site.source, &job.site.destination);

    let site = Site::new();
    write(&site.source.join("a.mov"), "a");
    write(&site.source.join("b.mov"), "b");
    write(&site.destination.join("a.mov"), "other");
    write(&site.destination.join("b.mov"), "other");
    let job = Job::new(site, "");
    job.call("run", &["--pilot", "1"]).expect(WITH_FAILURES);
    assert_eq!(Status::of(&job.checkpoint).pending, 1);
}
