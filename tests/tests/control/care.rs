//! What a person does with failed records: look, correct, leave, try again.

use std::ffi::OsStr;

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, WITH_FAILURES};
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

fn on(served: &Served, word: &str, more: &[&str]) -> Ended {
    let mut args: Vec<&OsStr> = vec![word.as_ref(), served.checkpoint.as_os_str()];
    args.extend(more.iter().map(AsRef::<OsStr>::as_ref));
    command::run(args)
}

/// Thirty records of which the service rejects three, does not know one, and fails for one.
fn with_failures(lab: &Lab) -> Served {
    let site = Site::new();
    tree::small_files(&site.source, 30, 1);
    let served = Served::new(site, lab, "[control]\nattempts = 2\nbackoff_base_ms = 10");
    served.run(&[]).expect(WITH_FAILURES);
    served
}

fn lab() -> Lab {
    let poison = vec![
        Poison::new("take-00000", Venom::Reject).on(Route::Register),
        Poison::new("take-000011", Venom::Missing).on(Route::Lookup),
        Poison::new("take-000012", Venom::Error).on(Route::Lookup),
    ];
    Lab::start(Script { poison, ..Script::default() })
}

fn ids(served: &Served, more: &[&str]) -> usize {
    let listed = on(served, "failures", &[&["--json"], more].concat()).expect(COMPLETE).json();
    listed["failures"].as_array().expect("a list").len()
}

#[test]
fn failures_are_found_by_category_stage_service_and_message() {
    let lab = lab();
    let served = with_failures(&lab);
    assert_eq!(ids(&served, &[]), 12);
    assert_eq!(ids(&served, &["--category", "not_found"]), 1);
    assert_eq!(ids(&served, &["--stage", "deliver"]), 10);
    assert_eq!(ids(&served, &["--stage", "transform"]), 2);
    assert_eq!(ids(&served, &["--endpoint", &lab.url()]), 12);
    assert_eq!(ids(&served, &["--endpoint", "http://elsewhere"]), 0);
    assert_eq!(ids(&served, &["--message", "LOOKUP:RIGHTS", "--stage", "transform"]), 2);
}

#[test]
fn every_failed_attempt_is_kept_with_what_the_service_said() {
    let lab = lab();
    let served = with_failures(&lab);
    let failed = command::failures(&served.checkpoint);
    let failed = failed.iter().find(|failure| failure.category == "service_error").expect("one of them");
    let history = on(&served, "history", &[&failed.id.to_string(), "--json"]).expect(COMPLETE).json();
    let attempts = history["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 2);
    for (number, attempt) in (1..).zip(attempts) {
        assert_eq!((&attempt["number"], &attempt["stage"]), (&Value::from(number), &"transform".into()));
        assert!(attempt["http_status"].as_u64().is_some_and(|status| status >= 500), "{attempt}");
        assert_eq!(attempt["endpoint"], lab.url());
    }
}

#[test]
fn a_corrected_path_is_looked_up_and_delivered_anew() {
    let lab = lab();
    let served = with_failures(&lab);
    let failed = command::failures(&served.checkpoint);
    let unknown = failed.iter().find(|failure| failure.category == "not_found").expect("one of them");
    let id = unknown.id.to_string();
    let right = served.site.source.join("right.dat");
    tree::file(&right, 5_000, 7);

    let missing = on(&served, "amend", &["--id", &id, "--path", "../outside.dat"]);
    missing.assert_refused(&["outside.dat", ".."]);
    on(&served, "amend", &["--category", "not_found", "--path", "right.dat"]).assert_refused(&["one record"]);

    on(&served, "amend", &["--id", &id, "--path", "right.dat"]).expect(COMPLETE);
    on(&served, "reprocess", &["--id", &id]).expect(WITH_FAILURES);
    assert_eq!(ids(&served, &["--category", "not_found"]), 0);
    lab.assert_each_once(
        ["right.dat"]
            .into_iter()
            .chain(lab.assets_by_path().keys().map(String::as_str).filter(|path| *path != "right.dat")),
    );
    assert!(sluice_tests::compare::same_bytes(&right, &served.site.destination.join("right.dat")));
}

#[test]
fn what_is_left_with_a_note_stays_until_it_is_named() {
    let lab = lab();
    let served = with_failures(&lab);
    on(&served, "leave", &["--stage", "deliver", "--note", " "]).assert_refused(&["note"]);
    on(&served, "leave", &["--stage", "deliver", "--note", "no rights, ask legal"]).expect(COMPLETE);
    lab.change(|script| script.poison.clear());
    on(&served, "reprocess", &[]).expect(WITH_FAILURES);
    let status = on(&served, "status", &["--json"]).expect(COMPLETE).json();
    assert_eq!((&status["failed"], &status["left"]), (&10.into(), &10.into()));
    let csv = served.site.path("left.csv");
    on(&served, "failures", &["--export", csv.to_str().expect("ASCII")]).expect(COMPLETE);
    assert!(std::fs::read_to_string(csv).unwrap().contains("no rights, ask legal"));

    let all: Vec<String> =
        command::failures(&served.checkpoint).iter().map(|failure| failure.id.to_string()).collect();
    let named: Vec<&str> = std::iter::once("--id").chain(all.iter().map(String::as_str)).collect();
    on(&served, "reprocess", &named).expect(COMPLETE);
    assert_eq!(served.status().delivered, 30);
}
