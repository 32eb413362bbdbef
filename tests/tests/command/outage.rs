//! The destination or a source goes away as a whole: the run pauses, and no record is to blame.

use std::fs;

use sluice_tests::command::{self, COMPLETE, Ended, STOPPED};
use sluice_tests::compare::{assert_same, identities, leftovers};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::volume::Volume;
use sluice_tests::{tree, wait};

const FILES: u64 = 3_000;

struct Place {
    site: Site,
    volume: Volume,
}

/// A source, and a destination on a volume of its own with room enough.
fn place() -> Place {
    let mut site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let volume = Volume::new(160 << 20);
    site.destination = volume.path().join("archive");
    Place { site, volume }
}

fn under_way(site: &Site) -> Running {
    let running = command::start(site.copy_args(&["--batch-size", "20", "--streams", "2"]));
    // Some batches, so that some of it is recorded.
    wait::until("the first delivered files", || (identities(&site.destination).len() > 100).then_some(()));
    running
}

/// The run has paused for this outage and says so: nothing failed, nothing is lost.
#[track_caller]
fn assert_paused(site: &Site, ended: Ended, category: &str) {
    let said = ended.expect(STOPPED).stdout;
    let outage = &site.on_checkpoint("status", &["--json"]).json()["outage"];
    assert_eq!(outage["category"], category, "{outage}");
    for word in ["message", "advice"] {
        let text = outage[word].as_str().expect("a text");
        assert!(!text.is_empty() && said.contains(text), "it should say {text:?}:\n{said}");
    }
    let status = site.status();
    assert_eq!((status.state.as_str(), status.failed, status.retries), ("paused", 0, 0), "{status:?}");
    assert!(status.pending > 0 && status.delivered > 0, "{status:?}");
}

#[test]
fn a_destination_that_becomes_full() {
    let Place { site, volume } = place();
    let running = under_way(&site);
    let ballast = volume.fill_up("ballast");
    assert_paused(&site, running.ended(), "destination_full");
    assert!(leftovers(&site.destination).is_empty());
    let before = identities(&site.destination);

    // Still full: it pauses again, and again nothing is lost.
    site.on_checkpoint("run", &[]).expect(STOPPED);
    assert_eq!(site.status().failed, 0);

    fs::remove_file(ballast).unwrap();
    site.on_checkpoint("run", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    let after = identities(&site.destination);
    assert!(before.iter().all(|(path, identity)| after[path] == *identity), "written again");
    let status = site.status();
    assert_eq!((status.delivered, status.failed, status.retries), (FILES, 0, 0));
}

#[test]
fn a_source_that_goes_away_as_a_whole() {
    let Place { site, volume: _volume } = place();
    let running = under_way(&site);
    let elsewhere = site.path("unplugged");
    fs::rename(&site.source, &elsewhere).unwrap();
    assert_paused(&site, running.ended(), "source_gone");

    fs::rename(&elsewhere, &site.source).unwrap();
    site.on_checkpoint("run", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn a_destination_that_goes_away_as_a_whole() {
    let Place { site, volume } = place();
    let running = under_way(&site);
    let elsewhere = volume.path().join("unplugged");
    fs::rename(&site.destination, &elsewhere).unwrap();
    assert_paused(&site, running.ended(), "destination_gone");
    assert!(!site.destination.exists(), "nothing is written to where the drive was");

    fs::rename(&elsewhere, &site.destination).unwrap();
    site.on_checkpoint("run", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}
