//! A record that makes the program itself panic or hang disturbs no other.

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::compare::{assert_same, assert_same_but, leftovers};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Sixty ordinary files and one that is special, moved while this fault is switched on.
fn with_fault(name: &str, fault: &str) -> Site {
    let site = Site::new();
    tree::small_files(&site.source, 60, 1);
    tree::file(&site.source.join(name), 3_000, 9);
    let [source, destination] = [&site.source, &site.destination].map(|path| path.to_str().unwrap());
    let job = format!(
        "sources = [{source:?}]\ndestination = {destination:?}\n\
         [limits]\nconcurrency = 2\n[control]\nattempts = 2\nbackoff_base_ms = 10\nlease = {{ floor_s = 1, cap_s = 2 }}"
    );
    let path = site.path("test.toml");
    std::fs::write(&path, job).unwrap();
    let mut command = command::sluice(["run".as_ref(), path.as_os_str()]);
    command.env("FAILPOINTS", fault);
    Running::start(command).ended().expect(WITH_FAILURES);
    site
}

#[test]
fn a_panic_is_the_failure_of_its_record_alone() {
    let site = with_fault("panic.dat", "a_record_panics=panic");
    let failures = command::failures(&site.checkpoint);
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].category.as_str(), failures[0].attempts), ("internal", 1));
    assert_same_but(&site.source, &site.destination, |path| path.ends_with("panic.dat"));
}

#[test]
fn a_thread_that_hangs_for_good_holds_up_neither_the_others_nor_the_end() {
    let site = with_fault("hang.dat", "a_record_hangs=pause");
    let failures = command::failures(&site.checkpoint);
    assert_eq!(failures.len(), 1);
    assert_eq!(
        (failures[0].category.as_str(), failures[0].class.as_str(), failures[0].attempts),
        ("timeout", "transient", 2)
    );
    assert_same_but(&site.source, &site.destination, |path| path.ends_with("hang.dat"));
    assert!(leftovers(&site.destination).is_empty());
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}
