//! Files from elsewhere, described by programs of this computer, with sidecars beside them wherever they
//! go, and groups of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, Status, WITH_FAILURES, failures};
use sluice_tests::compare::entries;
use sluice_tests::media::{self, FakeProber};
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, Kind, Server, connection, signed};
use sluice_tests::site::Site;
use sluice_tests::web::{Page, Web};
use sluice_tests::{tree, wait};

use super::urls;

fn start(file: &Path) -> Running {
    Running::start(signed(command::sluice(["run".as_ref(), file.as_os_str()])))
}

fn run(word: &str, file: &Path) -> Ended {
    urls::run(word, file)
}

/// A job between places of the store and folders.
fn job(site: &Site, store: &Server, source: &str, destination: &str, more: &str) -> PathBuf {
    let text = format!(
        "sources = [{source:?}]\ndestination = {destination:?}\n{more}\n[scratch]\nfolder = \"scratch\"\n{}",
        connection(&store.url())
    );
    fs::write(site.path("job.toml"), text).unwrap();
    site.path("job.toml")
}

#[test]
fn objects_are_described_and_get_their_sidecars_beside_them() {
    for kind in [Kind::Rclone, Kind::Moto] {
        let (site, store) = (Site::new(), Server::start(kind));
        let films = media::films(&site.source);
        fs::write(site.source.join("notes.txt"), "no film").unwrap();
        fs::write(site.source.join("broken.mov"), "no film either").unwrap();
        run("run", &job(&site, &store, site.source.to_str().unwrap(), &format!("shelf:{BUCKET}/in"), ""))
            .expect(COMPLETE);
        fs::remove_file(site.path("job.sluice")).unwrap();

        let more = "[describe]\n[[sidecar]]\nformat = \"json\"\n[map]\ntarget = \"{{ tech.video_codec | default('none') }}/{{ name }}\"";
        let there = format!("shelf:{BUCKET}/out");
        let file = job(&site, &store, &format!("shelf:{BUCKET}/in"), &there, more);
        run("run", &file).expect(COMPLETE);
        let checkpoint = site.path("job.sluice");
        let status = Status::of(&checkpoint);
        assert_eq!(status.delivered, films.len() as u64 + 2, "{kind:?}");
        assert_eq!(entries(&site.path("scratch")).len(), 0, "nothing stays in the scratch area");
        let verified = Running::start(signed(command::sluice([
            "verify".as_ref(),
            checkpoint.as_os_str(),
            "--json".as_ref(),
        ])));
        let verified = verified.ended().expect(COMPLETE).json();
        assert_eq!(
            (&verified["sidecars"], &verified["sidecars_wrong"]),
            (&status.delivered.into(), &0.into())
        );

        fs::remove_file(&checkpoint).unwrap();
        run("run", &job(&site, &store, &there, "back", "")).expect(COMPLETE);
        for film in &films {
            let (codec, name) = (media::codec(film), film.file_name().unwrap().to_str().unwrap());
            let back = site.path("back").join(&codec).join(name);
            assert_eq!(fs::read(&back).unwrap(), fs::read(film).unwrap(), "{name}");
            let json: Value =
                serde_json::from_slice(&fs::read(back.with_extension("mov.json")).unwrap()).unwrap();
            assert_eq!(json["technical"]["streams"].as_array().map_or(1, Vec::len).min(1), 1, "{json}");
            assert_eq!(json["file"]["path"], format!("{codec}/{name}"));
        }
        assert!(
            site.path("back/none/notes.txt.json").is_file() && site.path("back/none/broken.mov").is_file()
        );
        fs::remove_file(site.path("job.sluice")).unwrap();
    }
}

#[test]
fn a_sidecar_does_not_replace_somebody_elses() {
    let (site, store) = (Site::new(), Server::start(Kind::Moto));
    tree::file(&site.source.join("a.mov"), 5_000, 1);
    tree::file(&site.source.join("b.mov"), 5_000, 2);
    let there = format!("shelf:{BUCKET}/in");
    store.boto("s3.put_object(Bucket=bucket, Key='in/a.mov.json', Body=b'somebody else')");
    let sidecar = "[[sidecar]]\nformat = \"json\"\n";
    let file = job(&site, &store, site.source.to_str().unwrap(), &there, sidecar);
    run("run", &file).expect(WITH_FAILURES);
    let said = failures(&site.path("job.sluice"));
    assert_eq!((said.len(), said[0].category.as_str()), (1, "destination_conflict"), "{said:?}");
    assert!(said[0].message.contains("a.mov.json"), "{said:?}");
    let read = |key: &str| {
        store.boto(&format!("print(s3.get_object(Bucket=bucket, Key={key:?})['Body'].read().decode())"))
    };
    assert_eq!(read("in/a.mov.json").trim(), "somebody else");
    assert!(read("in/b.mov.json").contains("\"b.mov\""));
    // Out of the way, and tried again: the file itself is not sent twice.
    store.boto("s3.delete_object(Bucket=bucket, Key='in/a.mov.json')");
    run("reprocess", &site.path("job.sluice")).expect(COMPLETE);
    assert!(read("in/a.mov.json").contains("\"a.mov\""));
    assert_eq!(Status::of(&site.path("job.sluice")).delivered, 2);
    store.boto("s3.put_object(Bucket=bucket, Key='in/b.mov.json', Body=b'changed')");
    run("verify", &site.path("job.sluice")).expect(WITH_FAILURES);
}

#[test]
fn the_scratch_area_is_bounded_and_cleaned() {
    let (site, web) = (Site::new(), Web::new());
    let fake = FakeProber::new(site.path("fake"));
    let page = |size: usize| Page { body: vec![7; size], etag: Some("\"one\"".into()), ..Page::default() };
    web.put("/a.mov", page(100_000));
    // Larger than all of the area: delivered without a description.
    web.put("/b.mov", page(3 << 20));
    web.put("/c.hangs", page(100_000));
    let urls = ["/a.mov", "/b.mov", "/c.hangs"].map(|path| web.url(path));
    let scratch = site.path("scratch");
    let more = format!(
        "[deliver]\nverify = \"written\"\n[scratch]\nfolder = \"scratch\"\nlimit_mib = 2\n[describe]\npath = {:?}\n\
         extensions = [\"mov\", \"hangs\"]\ntimeout_s = 300\n",
        fake.path().to_str().unwrap()
    );
    let file = urls::job(&site, "destination", &urls, &more);
    let mut running = start(&file);
    let films = |folder: &Path, ending: &str| {
        let names = if folder.is_dir() { entries(folder) } else { BTreeMap::new() };
        names.into_keys().filter(|name| name.extension().is_some_and(|own| own == ending)).count()
    };
    wait::until("two to be delivered, and the third to hang", || {
        let checkpoint = site.path("job.sluice");
        let said = command::run(["status".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]);
        let is_there = said.code == Some(COMPLETE) && said.json()["delivered"] == 2;
        (is_there && films(&scratch, "hangs") == 1).then_some(())
    });
    wait::until("the program to look at it", || (fake.asked().len() == 2).then_some(()));
    running.signal(Signal::KILL);
    running.ended();
    assert_eq!(films(&scratch, "hangs"), 1, "a kill leaves it there");
    web.put("/c.hangs", Page { first: vec!["404 Not Found".into(); 9], ..page(1) });
    run("run", &site.path("job.sluice")).expect(WITH_FAILURES);
    assert_eq!(entries(&scratch).len(), 0, "the next start removes it");
    let status = Status::of(&site.path("job.sluice"));
    assert_eq!((status.delivered, status.failed), (2, 1), "{status:?}");
    assert_eq!(fs::read(site.destination.join("b.mov")).unwrap(), vec![7; 3 << 20]);
    assert!(fake.asked().iter().all(|file| !file.contains("b.mov")));
    let gets = web.asked().into_iter().filter(|asked| asked.method == "GET" && asked.path == "/a.mov");
    assert_eq!(gets.count(), 1, "described and delivered from one copy");
}

#[test]
fn groups_from_elsewhere_come_together_or_not_at_all() {
    let (site, web) = (Site::new(), Web::new());
    let page = |body: &str| Page { body: body.into(), ..Page::default() };
    for path in ["/s/1.cr3", "/s/1.xmp", "/s/2.cr3"] {
        web.put(path, page(path));
    }
    let urls = ["/s/1.cr3", "/s/1.xmp", "/s/2.cr3", "/s/2.xmp"].map(|path| web.url(path));
    let more = "[[group]]\npreset = \"raw\"\n";
    let file = urls::job(&site, "destination", &urls, more);
    run("run", &file).expect(WITH_FAILURES);
    let names: Vec<PathBuf> = entries(&site.destination.join("s")).into_keys().collect();
    assert_eq!(names, ["1.cr3", "1.xmp"].map(PathBuf::from));
    let said = failures(&site.path("job.sluice"));
    let categories: Vec<&str> = said.iter().map(|failure| failure.category.as_str()).collect();
    assert_eq!(categories, ["group_incomplete", "source_missing"], "{said:?}");
    web.put("/s/2.xmp", page("late"));
    run("reprocess", &site.path("job.sluice")).expect(COMPLETE);
    assert_eq!(entries(&site.destination.join("s")).len(), 4);

    let store = Server::start(Kind::Rclone);
    let source = &site.source;
    for (seed, name) in (0..).zip(["a/C1.MP4", "a/C1M01.XML", "b/C1.MP4"]) {
        tree::file(&source.join(name), 3_000, seed);
    }
    fs::remove_file(site.path("job.sluice")).unwrap();
    let there = format!("shelf:{BUCKET}/in");
    run("run", &job(&site, &store, source.to_str().unwrap(), &there, "")).expect(COMPLETE);
    fs::remove_file(site.path("job.sluice")).unwrap();
    run("run", &job(&site, &store, &there, "back", "[[group]]\npreset = \"camera\"\n")).expect(COMPLETE);
    sluice_tests::compare::assert_same(source, &site.path("back"));
    let refused =
        job(&site, &store, &there, &format!("shelf:{BUCKET}/out"), "[[group]]\npreset = \"camera\"\n");
    fs::remove_file(site.path("job.sluice")).unwrap();
    run("run", &refused).assert_refused(&["[[group]]", "folder of this computer"]);
}
