//! A stop does not wait for a disk that does not answer.

use sluice_engine::api::Migration;
use sluice_engine::spec::JobSpec;
use sluice_engine::state::State;
use sluice_tests::compare::{assert_same, leftovers};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// Switched off when the test ends, however it ends: its thread would hold up the program's end.
struct Fault(&'static str);

impl Drop for Fault {
    fn drop(&mut self) {
        fail::remove(self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_a_thread_behind_that_hangs_for_good() {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    tree::file(&site.source.join("hang.dat"), 3_000, 9);
    let mut job = JobSpec::new(vec![site.source.clone().into()], site.destination.clone().into());
    // Longer than this test waits for anything.
    job.control.lease.floor_s = 600;
    // A thread for each, so that nobody waits behind the one that hangs.
    job.limits.concurrency = 64;
    let migration = Migration::create(&site.checkpoint, job).await.expect("a new migration");
    migration.plan().await.expect("a plan");

    let fault = Fault("a_record_hangs");
    fail::cfg(fault.0, "pause").expect("a fault that exists");
    migration.start().await.expect("a start");
    let progress = migration.progress();
    wait::until("all but one", || (progress.borrow().balance.delivered == 20).then_some(()));
    migration.stop().await.expect("a stop");
    let settled = tokio::time::timeout(wait::DEADLINE, migration.settled()).await;
    assert_eq!(settled.expect("an end of the run"), State::Stopped);
    let balance = progress.borrow().balance;
    assert_eq!((balance.delivered, balance.failed, balance.pending), (20, 0, 1));
    drop(fault);

    migration.start().await.expect("a start");
    assert_eq!(migration.settled().await, State::Finished);
    migration.close().await.expect("an end");
    assert_same(&site.source, &site.destination);
    assert!(leftovers(&site.destination).is_empty());
}
