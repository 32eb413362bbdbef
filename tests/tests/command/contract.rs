//! What scripts rely on: the words of the JSON, one object on standard output, exit codes.

use std::fs;

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::{assert_same, entries};
use sluice_tests::site::Site;
use sluice_tests::tree;

fn job(site: &Site, more: &str) -> std::path::PathBuf {
    let path = site.path("job.toml");
    let text = format!(
        "name = \"From the shelf\"\nsources = [{:?}]\ndestination = {:?}\n{more}",
        site.source.to_str().unwrap(),
        site.destination.to_str().unwrap()
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn json_is_the_only_thing_on_standard_output() {
    let site = Site::new();
    tree::small_files(&site.source, 50, 1);
    let copied = site.copy(&["--json"]).expect(COMPLETE).json();
    assert!(copied.is_object());
    for word in ["status", "failures", "verify", "run", "reprocess"] {
        assert!(site.on_checkpoint(word, &["--json"]).expect(COMPLETE).json().is_object(), "{word}");
    }
}

#[test]
fn quiet_prints_no_progress() {
    let site = Site::new();
    tree::small_files(&site.source, 50, 1);
    let ended = site.copy(&["--quiet", "--json"]).expect(COMPLETE);
    assert_eq!(ended.stderr, "");
}

#[test]
fn plan_moves_nothing_and_run_goes_by_the_job_file() {
    let site = Site::new();
    let bytes = tree::small_files(&site.source, 120, 1);
    fs::write(site.source.join("Thumbs.db"), "junk").unwrap();
    let job = job(
        &site,
        "[limits]\nbatch_size = 50\nstreams = 2\nconcurrency = 4\n[deliver]\nverify = \"written\"\n",
    );

    let planned = command::run(["plan".as_ref(), job.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
    let text = planned.to_string();
    for figure in ["121".to_owned(), bytes.to_string()] {
        assert!(text.contains(&figure), "{figure} should be in {text}");
    }
    assert!(!site.destination.exists() || entries(&site.destination).is_empty(), "a plan moves nothing");

    command::run(["run".as_ref(), job.as_os_str()]).expect(COMPLETE);
    let status = command::Status::of(&site.path("job.sluice"));
    assert_eq!((status.delivered, status.excluded, status.batch_size), (120, 1, 50));
    fs::remove_file(site.source.join("Thumbs.db")).unwrap();
    assert_same(&site.source, &site.destination);
}

#[test]
fn a_finished_migration_run_again_writes_nothing() {
    let site = Site::new();
    tree::small_files(&site.source, 50, 1);
    site.copy(&[]).expect(COMPLETE);
    let before = sluice_tests::compare::identities(&site.destination);
    site.on_checkpoint("run", &[]).expect(COMPLETE);
    assert_eq!(sluice_tests::compare::identities(&site.destination), before);
    assert_eq!(site.status().attempts, 50, "nothing was tried again");
}

#[test]
fn a_finished_checkpoint_is_one_single_file() {
    let site = Site::new();
    tree::small_files(&site.source, 50, 1);
    site.copy(&[]).expect(COMPLETE);
    for word in ["status", "failures"] {
        site.on_checkpoint(word, &[]).expect(COMPLETE);
    }
    for ending in ["-wal", "-shm"] {
        assert!(!site.path(&format!("test.sluice{ending}")).exists(), "{ending} is left");
    }
}

#[test]
fn help_teaches_each_word() {
    let overview = command::run(["--help"]).expect(COMPLETE).stdout;
    for word in ["copy", "plan", "run", "status", "failures", "reprocess", "verify"] {
        assert!(overview.contains(word), "{word} is not in the overview");
        let help = command::run([word, "--help"]).expect(COMPLETE).stdout;
        assert!(help.contains("--json") && help.lines().count() > 5, "{word}: {help}");
    }
}
