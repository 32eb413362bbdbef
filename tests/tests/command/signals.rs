//! Signals: the first one drains, the second one leaves at once, and nothing is lost.

use std::fs::Metadata;

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE, STOPPED};
use sluice_tests::compare::{assert_same, entries, identities, leftovers};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// A run in small steps that has delivered something and is far from its end.
fn under_way(site: &Site) -> Running {
    tree::small_files(&site.source, 3_000, 1);
    let running = command::start(site.copy_args(&["--batch-size", "10", "--streams", "2"]));
    let delivered = || entries(&site.destination).values().any(Metadata::is_file);
    wait::until("the first delivered file", || delivered().then_some(()));
    running
}

#[test]
fn the_first_signal_drains_and_the_migration_can_go_on() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::new();
        let mut running = under_way(&site);
        running.signal(signal);
        running.ended().expect(STOPPED);

        let status = site.status();
        assert_eq!(status.state, "paused");
        assert!(status.pending > 0 && status.delivered > 0, "{status:?}");
        assert!(leftovers(&site.destination).is_empty(), "what was in flight has ended");
        let before = identities(&site.destination);
        assert_eq!(
            before.len() as u64,
            status.delivered,
            "what is there is recorded, and the other way round"
        );

        site.on_checkpoint("run", &[]).expect(COMPLETE);
        assert_same(&site.source, &site.destination);
        let after = identities(&site.destination);
        assert!(before.iter().all(|(path, identity)| after[path] == *identity), "written again");
        assert_eq!(site.status().retries, 0);
    }
}

#[test]
fn the_second_signal_leaves_at_once_and_nothing_is_lost() {
    let site = Site::new();
    tree::large_files(&site.source, 4, 256 << 20, 1);
    let mut running = command::start(site.copy_args(&[]));
    wait::until("a delivery in flight", || (!leftovers(&site.destination).is_empty()).then_some(()));
    running.signal(Signal::TERM);
    running.signal(Signal::TERM);
    let ended = running.ended();
    assert!(matches!(ended.code, Some(STOPPED)), "{ended:?}");
    site.status();
    site.on_checkpoint("run", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}
