//! A few poisoned records: exactly those fail, rightly told apart, and nobody waits for them.

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom, Wrong};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

#[test]
fn exactly_the_poisoned_records_fail() {
    let poison = vec![
        Poison::new("take-000003", Venom::Hang).on(Route::Lookup),
        Poison::new("take-000113", Venom::Hang).on(Route::Register),
        Poison::new("take-000223", Venom::Reject),
        Poison::new("take-000333", Venom::Rubbish(Wrong::NotJson)).on(Route::Lookup),
        Poison::new("take-000443", Venom::Rubbish(Wrong::Shape)).on(Route::Lookup),
        Poison::new("take-000553", Venom::Error),
        Poison::new("take-000663", Venom::Missing),
    ];
    let lab = Lab::start(Script { poison, latency: Duration::from_millis(2), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 700, 1);
    let more = "[limits]\nbatch_size = 100\nconcurrency = 16\n\
                [control]\nattempts = 3\nbackoff_base_ms = 100\nlease = { floor_s = 1, cap_s = 2 }";
    let served = Served::new(site, &lab, more);
    served.run(&[]).expect(WITH_FAILURES);
    let found: BTreeMap<String, (String, u64)> = command::failures(&served.checkpoint)
        .into_iter()
        .map(|failure| {
            (failure.source[failure.source.len() - 10..].to_owned(), (failure.category, failure.attempts))
        })
        .collect();
    let expected = [
        ("000003.dat", "timeout", 3),
        ("000113.dat", "timeout", 3),
        ("000223.dat", "request_rejected", 1),
        ("000333.dat", "answer_invalid", 1),
        ("000443.dat", "field_missing", 1),
        ("000553.dat", "service_error", 3),
        ("000663.dat", "not_found", 1),
    ]
    .map(|(path, category, attempts)| (path.to_owned(), (category.to_owned(), attempts)));
    assert_eq!(found, BTreeMap::from(expected));
    let status = served.status();
    assert_eq!((status.delivered, status.failed, status.pending), (693, 7, 0));
}

#[test]
fn what_hangs_is_tried_again_aside() {
    let poison = vec![Poison::new("take-00001", Venom::Hang).on(Route::Lookup)];
    let lab = Lab::start(Script { poison, latency: Duration::from_millis(2), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 100, 1);
    let more = "[limits]\nbatch_size = 50\nconcurrency = 16\n\
                [control]\nattempts = 3\nbackoff_base_ms = 100\nlease = { floor_s = 1, cap_s = 2 }";
    let served = Served::new(site, &lab, more);
    served.run(&[]).expect(WITH_FAILURES);
    let failed = command::failures(&served.checkpoint);
    assert_eq!(failed.len(), 10);
    for failure in &failed {
        assert_eq!((failure.category.as_str(), failure.attempts), ("timeout", 3));
        let id = failure.id.to_string();
        let args = ["history".as_ref(), served.checkpoint.as_os_str(), id.as_ref(), "--json".as_ref()];
        let history = command::run(args).expect(COMPLETE).json();
        let lanes: Vec<_> =
            history["attempts"].as_array().expect("attempts").iter().map(|one| &one["lane"]).collect();
        assert_eq!(lanes, ["main", "aside", "aside"]);
    }
    let status = served.status();
    assert_eq!((status.delivered, status.failed, status.pending, status.retries), (90, 10, 0, 20));
}

#[test]
fn a_whole_folder_that_the_service_cannot_bear_is_no_outage_for_ever() {
    let poison = vec![Poison::new("reel-0001", Venom::Error).on(Route::Lookup)];
    let lab = Lab::start(Script { poison, latency: Duration::from_millis(2), ..Script::default() });
    let site = Site::new();
    for n in 0..120 {
        // Sixteen files in a row.
        let folder = if (40..56).contains(&n) { "reel-0001" } else { "reel-0000" };
        tree::file(&site.source.join(format!("{folder}/take-{n:03}.dat")), 1_000, n);
    }
    let more = "[limits]\nbatch_size = 120\nconcurrency = 4\n[control]\nattempts = 2\nbackoff_base_ms = 50";
    let served = Served::new(site, &lab, more);
    served.run(&[]).expect(WITH_FAILURES);
    let status = served.status();
    assert_eq!((status.delivered, status.failed, status.pending), (104, 16, 0));
    assert!(command::failures(&served.checkpoint).iter().all(|failure| failure.category == "service_error"));
}
