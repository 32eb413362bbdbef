//! Object storage that keeps versions: which one came, and which one was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sluice_engine::api::Reader;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{COMPLETE, Status, WITH_FAILURES};
use sluice_tests::compare::entries;
use sluice_tests::google::Google;
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, Kind, Server};
use sluice_tests::shelf::{Shelf, column};
use sluice_tests::{attempts, command, tree, wait};

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

/// The latest versions of a bucket's objects, by key.
fn latest(server: &Server, bucket: &str) -> BTreeMap<String, String> {
    let said = server.boto(&format!(
        "print(json.dumps({{v['Key']: v['VersionId'] for v in s3.list_object_versions(Bucket={bucket:?})['Versions'] if v['IsLatest']}}))"
    ));
    serde_json::from_str(&said).expect("JSON")
}

fn history(checkpoint: &Path, id: &str) -> serde_json::Value {
    let args = ["history".as_ref(), checkpoint.as_os_str(), id.as_ref(), "--json".as_ref()];
    command::run(args).expect(COMPLETE).json()
}

fn proof_of(checkpoint: &Path, to: &Path) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let reader = Reader::open(checkpoint).await.expect("the checkpoint");
        reader.export_proof(to).await.expect("the proof");
        reader.close().await;
    });
    serde_json::from_slice(&fs::read(to).expect("the proof")).expect("JSON")
}

#[test]
fn the_version_that_was_really_read_is_kept() {
    let server = Server::start(Kind::Moto);
    server.keep_versions(BUCKET);
    server.boto(
        "s3.put_object(Bucket=bucket, Key='in/a.mov', Body=b'as it was listed')\n\
         s3.put_object(Bucket=bucket, Key='in/b.mov', Body=b'b', StorageClass='GLACIER_IR')",
    );
    let shelf = Shelf::s3(server.url());
    let job = shelf.download("");
    shelf.run("plan", &job).expect(COMPLETE);
    let listed = latest(&server, BUCKET);
    server.boto("s3.put_object(Bucket=bucket, Key='in/a.mov', Body=b'as it was when it was read')");
    shelf.run("run", &job).expect(COMPLETE);

    let checkpoint = shelf.site.path("down.sluice");
    let known = latest(&server, BUCKET);
    assert_ne!(listed["in/a.mov"], known["in/a.mov"]);
    let came = column(&shelf.site, &checkpoint, "source_version");
    assert_eq!((&came["a.mov"], &came["b.mov"]), (&known["in/a.mov"], &known["in/b.mov"]));
    let class = column(&shelf.site, &checkpoint, "source_class");
    assert_eq!((class["a.mov"].as_str(), class["b.mov"].as_str()), ("", "GLACIER_IR"));
    let here = fs::read_to_string(shelf.site.destination.join("a.mov")).expect("the file");
    assert_eq!(here, "as it was when it was read");

    let said = history(&checkpoint, "2");
    assert_eq!(said["source_version"], known["in/b.mov"].as_str());
    assert_eq!((&said["source_class"], &said["target_version"]), (&"GLACIER_IR".into(), &().into()));
    let told = command::run(["history".as_ref(), checkpoint.as_os_str(), "1".as_ref()]).expect(COMPLETE);
    assert!(told.stdout.contains(&known["in/a.mov"]), "{}", told.stdout);
}

#[test]
fn what_is_replaced_in_the_middle_of_reading_is_read_anew() {
    const SIZE: u64 = 16 << 20;
    let server = Server::start(Kind::Moto);
    server.keep_versions(BUCKET);
    server.boto(&format!("s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=b'1' * {SIZE})"));
    // Each answer breaks off, so that the rest is asked for under the first one's tag.
    let cable = Cable::to(&server.url(), Weather { cut_after: Some(1 << 20), ..Weather::default() });
    let shelf = Shelf::s3(cable.url());
    let job = shelf.download("[control]\nbandwidth = \"3MB/s\"\nbackoff_base_ms = 5");
    shelf.run("plan", &job).expect(COMPLETE);
    let running = Running::start(shelf.sluice("run", &job));
    let here = &shelf.site.destination;
    let is_begun = || entries(here).values().any(|there| there.is_file() && there.len() > 0);
    wait::until("a share of it to be read", || (here.is_dir() && is_begun()).then_some(()));
    server.boto(&format!("s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=b'2' * {SIZE})"));
    running.ended().expect(COMPLETE);

    let checkpoint = shelf.site.path("down.sluice");
    let failed = attempts::failed(&checkpoint);
    assert_eq!(failed.values().flatten().collect::<Vec<_>>(), ["source_changed"]);
    let came = column(&shelf.site, &checkpoint, "source_version");
    assert_eq!(came["reel.mov"], latest(&server, BUCKET)["in/reel.mov"]);
    assert!(fs::read(shelf.site.destination.join("reel.mov")).expect("it").iter().all(|byte| *byte == b'2'));
}

#[test]
fn the_version_that_was_written_is_kept_and_named_when_it_is_replaced() {
    let server = Server::start(Kind::Moto);
    server.keep_versions(BUCKET);
    let shelf = Shelf::s3(server.url());
    tree::file(&shelf.site.source.join("small.mov"), 1000, 1);
    tree::file(&shelf.site.source.join("large.mov"), 9 << 20, 2);
    let job = shelf.upload("");
    shelf.run("run", &job).expect(COMPLETE);
    let checkpoint = shelf.site.path("up.sluice");
    let known = latest(&server, BUCKET);
    let written = column(&shelf.site, &checkpoint, "target_version");
    for name in ["small.mov", "large.mov"] {
        assert_eq!(written[name], known[&format!("in/{name}")], "{name}");
    }

    // What is there already is known by its version, too.
    let again = shelf.job("again", text(&shelf.site.source), &format!("shelf:{BUCKET}/in"), "");
    shelf.run("run", &again).expect(COMPLETE);
    assert_eq!(Status::of(&shelf.site.path("again.sluice")).skipped, 2);
    assert_eq!(column(&shelf.site, &shelf.site.path("again.sluice"), "target_version"), written);

    // The proof tells it, and so does whoever finds another one there.
    server.boto("s3.put_object(Bucket=bucket, Key='in/small.mov', Body=b'theirs')\ns3.delete_object(Bucket=bucket, Key='in/large.mov')");
    let told = shelf.run("verify", &checkpoint).expect(WITH_FAILURES).stdout;
    for version in written.values() {
        assert!(told.contains(&format!("the version that was written is {version}")), "{told}");
    }
    let proof = proof_of(&checkpoint, &shelf.site.path("proof.json"));
    let records = proof["records"].as_array().expect("records");
    let told: Vec<_> = records.iter().map(|record| record["target_version"].as_str().expect("one")).collect();
    assert!(written.values().all(|version| told.contains(&version.as_str())), "{told:?}");
}

#[test]
fn a_copy_that_the_service_makes_has_both_versions() {
    let server = Server::start(Kind::Moto);
    server.boto("s3.create_bucket(Bucket='shelf2')");
    server.keep_versions(BUCKET);
    server.keep_versions("shelf2");
    server.boto("s3.put_object(Bucket=bucket, Key='in/a.mov', Body=b'a')");
    let shelf = Shelf::s3(server.url());
    let size = "[deliver]\nverify = \"size\"";
    let job = shelf.job("across", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", size);
    shelf.run("run", &job).expect(COMPLETE);
    let said = history(&shelf.site.path("across.sluice"), "1");
    assert_eq!(said["source_version"], latest(&server, BUCKET)["in/a.mov"].as_str());
    assert_eq!(said["target_version"], latest(&server, "shelf2")["there/a.mov"].as_str());
}

#[test]
fn google_numbers_what_is_put_and_a_bucket_without_versions_tells_none() {
    let google = Google::start();
    let shelf = Shelf::google(&google, &google.url());
    tree::file(&shelf.site.source.join("small.mov"), 1000, 1);
    tree::file(&shelf.site.source.join("large.mov"), 9 << 20, 2);
    shelf.run("run", &shelf.upload("")).expect(COMPLETE);
    shelf.run("run", &shelf.download("")).expect(COMPLETE);
    let written = column(&shelf.site, &shelf.site.path("up.sluice"), "target_version");
    let read = column(&shelf.site, &shelf.site.path("down.sluice"), "source_version");
    for name in ["small.mov", "large.mov"] {
        let generation = google.objects()[&format!("in/{name}")].generation.to_string();
        assert_eq!((&written[name], &read[name]), (&generation, &generation), "{name}");
    }

    let server = Server::start(Kind::Moto);
    let shelf = Shelf::s3(server.url());
    tree::file(&shelf.site.source.join("small.mov"), 1000, 1);
    shelf.run("run", &shelf.upload("")).expect(COMPLETE);
    let said = history(&shelf.site.path("up.sluice"), "1");
    assert_eq!(said["target_version"], serde_json::Value::Null);
}
