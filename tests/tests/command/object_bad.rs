//! Object storage on a bad day: connections that are cut, bytes that change on their way.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sluice_tests::attempts;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{self, COMPLETE, Status};
use sluice_tests::compare::assert_same;
use sluice_tests::process::Running;
use sluice_tests::scissors::Scissors;
use sluice_tests::servers::{BUCKET, Kind, Server, connection, signed};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Tries as often as it takes, without long waits.
const PATIENT: &str = "[control]\nattempts = 50\nbackoff_base_ms = 5\nretry_budget_percent = 100";

fn run(site: &Site, name: &str, [from, to]: [&str; 2], url: &str, more: &str) -> PathBuf {
    let job = site.path(&format!("{name}.toml"));
    let text = format!("sources = [{from:?}]\ndestination = {to:?}\n{PATIENT}\n{more}\n{}", connection(url));
    std::fs::write(&job, text).expect("the job file");
    let command = signed(command::sluice(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]));
    Running::start(command).ended().expect(COMPLETE);
    site.path(&format!("{name}.sluice"))
}

/// Brings the source to the bucket and back to the destination; the two checkpoints.
fn there_and_back(site: &Site, url: &str) -> [PathBuf; 2] {
    [go_up(site, url), come_down(site, url)]
}

fn go_up(site: &Site, url: &str) -> PathBuf {
    run(site, "up", [site.source.to_str().expect("ASCII"), &format!("shelf:{BUCKET}/in")], url, "")
}

fn come_down(site: &Site, url: &str) -> PathBuf {
    come_down_with(site, url, "")
}

fn come_down_with(site: &Site, url: &str, more: &str) -> PathBuf {
    let to = site.destination.to_str().expect("ASCII");
    let checkpoint = run(site, "down", [&format!("shelf:{BUCKET}/in"), to], url, more);
    assert_same(&site.source, &site.destination);
    checkpoint
}

#[test]
fn connections_that_are_cut_bring_everything_all_the_same() {
    let server = Server::start(Kind::Rclone);
    let scissors = Scissors::before(&server.url(), 1..16 << 20, 7);
    let site = Site::new();
    tree::small_files(&site.source, 40, 1);
    tree::file(&site.source.join("reel.mov"), 80 << 20, 2);
    for checkpoint in there_and_back(&site, &scissors.url()) {
        assert_eq!(Status::of(&checkpoint).delivered, 41);
    }
    assert!(scissors.cuts() > 5, "{} cuts", scissors.cuts());
    let open = server.boto("print(len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])))");
    assert_eq!(open.trim(), "0");
}

#[test]
fn a_byte_that_changes_on_its_way_is_found_and_named() {
    let server = Server::start(Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather { damage_every: 7, ..Weather::default() });
    let site = Site::new();
    tree::small_files(&site.source, 80, 1);
    let up = go_up(&site, &cable.url());
    let damaged_up = cable.damaged();
    let down = come_down(&site, &cable.url());
    let damaged_down = cable.damaged().split_off(damaged_up.len());
    for (checkpoint, damaged, category) in
        [(up, damaged_up, "verify_mismatch"), (down, damaged_down, "source_damaged")]
    {
        let named = attempts::failed(&checkpoint);
        let damaged: BTreeSet<&str> =
            damaged.iter().filter_map(|path| path.strip_prefix(&*format!("/{BUCKET}/in/"))).collect();
        assert!(damaged.len() > 5, "{damaged:?}");
        assert_eq!(named.keys().map(String::as_str).collect::<BTreeSet<_>>(), damaged);
        assert!(named.values().flatten().all(|known| known == category), "{named:?}");
    }
}

#[test]
fn a_service_whose_tags_are_no_hashes_is_believed_when_it_says_the_same_twice() {
    // It checks no signature, so that the condition on a tag can be another one on its way.
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather { other_tags: Some("/"), ..Weather::default() });
    let site = Site::new();
    tree::small_files(&site.source, 40, 1);
    let before = cable.requests();
    let [up, down] = there_and_back(&site, &cable.url());
    assert_eq!(attempts::failed(&up).len() + attempts::failed(&down).len(), 0);
    // Each is written, read back and read; only those that come before it has shown are read twice.
    assert!(cable.requests() - before < 150, "{} requests", cable.requests());
}

#[test]
fn one_tag_that_is_no_hash_among_others_is_no_damage() {
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather { other_tags: Some("/media/in/b"), ..Weather::default() });
    let site = Site::new();
    for name in ["a.txt", "b.txt"] {
        std::fs::write(site.source.join(name), name).expect("a file");
    }
    go_up(&site, &cable.url());
    // One after the other: by then it has shown that tags are hashes.
    let down = come_down_with(&site, &cable.url(), "[limits]\nbatch_size = 1\nstreams = 1\n");
    assert!(attempts::failed(&down).is_empty(), "{:?}", attempts::failed(&down));
}
