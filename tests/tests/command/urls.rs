//! Rows of a catalogue that are URLs, from real servers to a folder and to object storage.

use std::collections::BTreeMap;
use std::fs::{self, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use sluice_tests::command::{self, COMPLETE, Ended, Status, WITH_FAILURES, failures};
use sluice_tests::compare::{assert_same, entries, same_bytes};
use sluice_tests::process::Running;
use sluice_tests::servers::{self, BUCKET, Kind, SECRET, Server, WebKind, connection, leaks, signed};
use sluice_tests::site::Site;
use sluice_tests::web::{Page, Trick, Web};
use sluice_tests::{tree, wait};

/// Writes a catalogue of these URLs and a job for it; `more` comes after the catalogue's table.
pub(crate) fn job(site: &Site, destination: &str, urls: &[String], more: &str) -> PathBuf {
    let rows: Vec<String> = urls.iter().map(|url| format!("\"{url}\"")).collect();
    fs::write(site.path("list.csv"), format!("url\n{}\n", rows.join("\n"))).unwrap();
    let text = format!(
        "destination = {destination:?}\n[[catalogue]]\nfile = \"list.csv\"\npath = \"url\"\nheader_row = 1\n{more}"
    );
    fs::write(site.path("job.toml"), text).unwrap();
    site.path("job.toml")
}

pub(crate) fn run(word: &str, file: &Path) -> Ended {
    Running::start(signed(command::sluice([word.as_ref(), file.as_os_str()]))).ended()
}

/// What the checkpoint holds of its records: source and hash by target.
fn delivered(site: &Site) -> BTreeMap<String, (String, String)> {
    let out = site.path("catalogue.csv");
    let checkpoint = site.path("job.sluice");
    command::run(["catalogue-out".as_ref(), checkpoint.as_os_str(), "--out".as_ref(), out.as_os_str()])
        .expect(COMPLETE);
    let mut reader = csv::Reader::from_path(out).unwrap();
    let columns = reader.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let [target, source, hash] = ["target", "source", "hash"].map(at);
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| (row[target].into(), (row[source].into(), row[hash].into()))).collect()
}

fn encoded(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(byte);
    let text = path.to_str().unwrap();
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn md5(file: &Path) -> String {
    let said = Command::new("md5sum").arg(file).output().expect("md5sum").stdout;
    let said = String::from_utf8(said).unwrap();
    format!("md5:{}", said.trim_start_matches('\\').split(' ').next().unwrap())
}

#[test]
fn urls_go_to_a_folder_and_to_object_storage() {
    for kind in [WebKind::Python, WebKind::Rclone] {
        let site = Site::new();
        tree::small_files(&site.source, 150, 1);
        tree::file(&site.source.join("large.mov"), (9 << 20) + 7, 2);
        tree::file(&site.source.join("Zürich – 映画 1+.mov"), 1000, 3);
        fs::write(site.source.join("empty.bin"), "").unwrap();
        for film in tree::corpus().iter().flat_map(|corpus| fs::read_dir(corpus).unwrap()) {
            let film = film.unwrap().path();
            fs::copy(&film, site.source.join(film.file_name().unwrap())).unwrap();
        }
        // HTTP tells times in whole seconds.
        let then = FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000));
        for path in entries(&site.source).into_keys().map(|path| site.source.join(path)) {
            fs::File::open(path).unwrap().set_times(then).unwrap();
        }
        let server = servers::Site::serve(kind, &site.source);
        let files = entries(&site.source).into_iter().filter(|(_, entry)| entry.is_file());
        let files: Vec<PathBuf> = files.map(|(path, _)| path).collect();
        let urls: Vec<String> =
            files.iter().map(|path| format!("{}/{}", server.url(), encoded(path))).collect();

        let md5s = "[deliver]\nhash = \"md5\"\n";
        let file = job(&site, "destination", &urls, md5s);
        let plan =
            command::run(["plan".as_ref(), file.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
        let unsized_urls =
            plan["findings"].as_array().unwrap().iter().find(|one| one["code"] == "urls_unsized");
        assert_eq!(unsized_urls.unwrap()["records"], files.len(), "{kind:?}");
        run("run", &file).expect(COMPLETE);
        let status = Status::of(&site.path("job.sluice"));
        assert_eq!((status.delivered, status.records), (files.len() as u64, files.len() as u64));
        assert_eq!(status.bytes_total, status.bytes_delivered, "what was not known is known now");
        assert_same(&site.source, &site.destination);
        for (target, (source, hash)) in delivered(&site) {
            assert_eq!(source, format!("{}/{}", server.url(), encoded(Path::new(&target))));
            assert_eq!(hash, md5(&site.source.join(&target)), "{target}");
        }
        run("verify", &site.path("job.sluice")).expect(COMPLETE);
        fs::remove_file(site.destination.join("empty.bin")).unwrap();
        let ended = run("verify", &site.path("job.sluice")).expect(WITH_FAILURES);
        assert!(ended.stdout.contains(&format!("{}/empty.bin", server.url())), "{}", ended.stdout);

        fs::remove_file(site.path("job.sluice")).unwrap();
        let store = Server::start(Kind::Rclone);
        let more = format!("{md5s}{}", connection(&store.url()));
        let file = job(&site, &format!("shelf:{BUCKET}/in"), &urls, &more);
        run("run", &file).expect(COMPLETE);
        for path in &files {
            assert!(same_bytes(&site.source.join(path), &store.files().join("in").join(path)), "{path:?}");
        }
        for (target, (_, hash)) in delivered(&site) {
            assert_eq!(hash, md5(&site.source.join(&target)), "{target}");
        }
        run("verify", &site.path("job.sluice")).expect(COMPLETE);
        // What is there already is known by its content.
        fs::remove_file(site.path("job.sluice")).unwrap();
        run("run", &file).expect(COMPLETE);
        assert_eq!(Status::of(&site.path("job.sluice")).skipped, files.len() as u64);
    }
}

#[test]
fn what_breaks_off_goes_on_where_it_was() {
    let (site, web) = (Site::new(), Web::new());
    let body: Vec<u8> = (0..1_000_000_u32).map(|n| (n * 7 / 3) as u8).collect();
    let page = |trick| Page { body: body.clone(), etag: Some("\"one\"".into()), trick, ..Page::default() };
    web.put("/ranges.bin", page(Trick::Cut(150_000)));
    let file = job(&site, "destination", &[web.url("/ranges.bin")], "");
    run("run", &file).expect(COMPLETE);
    assert_eq!(fs::read(site.destination.join("ranges.bin")).unwrap(), body);
    assert_eq!(web.sent(), body.len() as u64, "no byte twice");
    let status = Status::of(&site.path("job.sluice"));
    assert_eq!((status.attempts, status.retries), (1, 0), "one attempt");
    let asked = web.asked();
    let ranges: Vec<_> = asked.iter().filter_map(|asked| asked.headers.get("range")).collect();
    assert_eq!(ranges[0], "bytes=150000-");
    assert!(asked.iter().all(|asked| asked.headers["accept-encoding"] == "identity"));

    // Without ranges the beginning comes again, and is passed over.
    let (site, web) = (Site::new(), Web::new());
    web.put("/plain.bin", page(Trick::CutWithoutRanges(150_000)));
    run("run", &job(&site, "destination", &[web.url("/plain.bin")], "")).expect(COMPLETE);
    assert_eq!(fs::read(site.destination.join("plain.bin")).unwrap(), body);
    assert_eq!(web.sent(), body.len() as u64 + 150_000);
    assert_eq!(Status::of(&site.path("job.sluice")).attempts, 1);
}

#[test]
fn names_come_from_the_server_where_the_job_wants_it() {
    let (site, web) = (Site::new(), Web::new());
    let named = |disposition: &str, body: &str| Page {
        body: body.into(),
        headers: vec![format!("Content-Disposition: {disposition}")],
        ..Page::default()
    };
    web.put("/get/1", named("attachment; filename=\"Reel 1.mov\"", "one"));
    web.put("/get/2", named("attachment; filename=x; filename*=UTF-8''Reel%201.mov", "two"));
    web.put("/get/3", named("attachment; filename=\"../../../etc/evil\"", "three"));
    web.put("/get/4", Page { body: "four".into(), trick: Trick::NoHead, ..Page::default() });
    let urls: Vec<String> = (1..=4).map(|n| web.url(&format!("/get/{n}?key=a%2Fb"))).collect();
    let file = job(&site, "destination", &urls, "url_name = \"content_disposition\"\n");
    run("run", &file).expect(COMPLETE);
    let read = |name: &str| fs::read_to_string(site.destination.join("get").join(name)).unwrap();
    let both = [read("Reel 1.mov"), read("Reel 1 (2).mov")];
    assert!(both.contains(&"one".to_owned()) && both.contains(&"two".to_owned()), "{both:?}");
    assert_eq!((read("evil"), read("4")), ("three".into(), "four".into()));
    assert_eq!(fs::read_dir(site.path("")).unwrap().count(), 5, "nothing outside of the destination");
    run("verify", &site.path("job.sluice")).expect(COMPLETE);

    // The same where a template makes the path.
    fs::remove_file(site.path("job.sluice")).unwrap();
    let more = "url_name = \"content_disposition\"\n[map]\ntarget = \"{{ stem | upper }}-{{ id }}.{{ extension | default('bin', true) }}\"\n";
    run("run", &job(&site, "mapped", &urls, more)).expect(COMPLETE);
    let names: Vec<PathBuf> = entries(&site.path("mapped")).into_keys().collect();
    assert_eq!(names, ["4-4.bin", "EVIL-3.bin", "REEL 1-1.mov", "REEL 1-2.mov"].map(PathBuf::from));
}

#[test]
fn a_secret_goes_to_its_server_and_nowhere_else() {
    let (site, dam, other) = (Site::new(), Web::new(), Web::new());
    let page = || Page { body: "film".into(), ..Page::default() };
    for path in ["/media/a.mov", "/mediathek/b.mov", "/c.mov"] {
        dam.put(path, page());
    }
    other.put("/d.mov", page());
    other.put("/media/e.mov", page());
    dam.put(
        "/media/d.mov",
        Page { first: vec![format!("302 Found\r\nLocation: {}", other.url("/d.mov")); 8], ..Page::default() },
    );
    let urls = ["/media/a.mov", "/mediathek/b.mov", "/c.mov", "/media/d.mov"].map(|path| dam.url(path));
    let mut urls = urls.to_vec();
    urls.push(other.url("/media/e.mov"));
    let more = format!("[connections.dam]\nkind = \"http\"\nurl = \"{}\"\n", dam.url("/media"));
    let file = job(&site, "destination", &urls, &more);
    let run = |word: &str, file: &Path| {
        let mut command = command::sluice([word.as_ref(), file.as_os_str()]);
        command.env("SLUICE_DAM_TOKEN", SECRET);
        Running::start(command).ended()
    };
    run("run", &file).expect(COMPLETE);
    for asked in dam.asked() {
        let expected = asked.path.starts_with("/media/").then(|| format!("Bearer {SECRET}"));
        assert_eq!(asked.headers.get("authorization"), expected.as_ref(), "{}", asked.path);
    }
    assert!(other.asked().iter().all(|asked| !asked.headers.contains_key("authorization")));
    assert_eq!(other.asked().iter().filter(|asked| asked.path == "/d.mov").count(), 2, "it was led there");
    assert_eq!(leaks(&site.path("")), Vec::<PathBuf>::new());

    // Without the secret: told by its name, and not asked without.
    fs::remove_file(site.path("job.sluice")).unwrap();
    let before = dam.asked().len();
    let more =
        format!("[connections.dam]\nkind = \"http\"\nurl = \"{}\"\nuser = \"me\"\n", dam.url("/media"));
    let file = job(&site, "destination", &urls[..1], &more);
    let mut started = command::start(["run".as_ref(), file.as_os_str()]);
    let status = || {
        let said = command::run(["status".as_ref(), site.path("job.sluice").as_os_str()]);
        said.stdout.contains("SLUICE_DAM_PASSWORD").then_some(())
    };
    wait::until("the run to say what is missing", status);
    started.signal(rustix::process::Signal::TERM);
    started.ended();
    assert_eq!(dam.asked().len(), before);
}

#[test]
fn a_server_that_asks_us_to_slow_down_is_heard() {
    let (site, web) = (Site::new(), Web::new());
    web.put(
        "/a.mov",
        Page {
            body: "film".into(),
            first: vec![
                "429 Too Many Requests\r\nRetry-After: 1".into(),
                "503 Service Unavailable\r\nRetry-After: 1".into(),
            ],
            ..Page::default()
        },
    );
    let more = "[control]\nbackoff_base_ms = 5\nretry_budget_percent = 100\n";
    run("run", &job(&site, "destination", &[web.url("/a.mov")], more)).expect(COMPLETE);
    let status = Status::of(&site.path("job.sluice"));
    assert_eq!((status.delivered, status.throttled, status.failed), (1, 2, 0), "{status:?}");
}

#[test]
fn a_wrong_url_is_corrected_in_the_report() {
    let (site, web) = (Site::new(), Web::new());
    web.put("/right.mov", Page { body: "film".into(), ..Page::default() });
    let urls = [web.url("/wrong.mov"), "http://me:hunter2@host/x.mov".into(), "ftp://host/y.mov".into()];
    run("run", &job(&site, "destination", &urls, "")).expect(WITH_FAILURES);
    let checkpoint = site.path("job.sluice");
    let said = failures(&checkpoint);
    let categories: Vec<&str> = said.iter().map(|failure| failure.category.as_str()).collect();
    assert_eq!(categories, ["source_missing", "path_unsafe", "path_unsafe"]);
    assert_eq!(said[0].source, urls[0]);
    assert!(said.iter().all(|failure| !format!("{failure:?}").contains("hunter2")), "{said:?}");
    let report = site.path("failures.csv");
    command::run(["failures".as_ref(), checkpoint.as_os_str(), "--export".as_ref(), report.as_os_str()])
        .expect(COMPLETE);
    let text = fs::read_to_string(&report).unwrap();
    // Only the column `path`: the source is as it was.
    let mut rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let at = rows[0].iter().position(|name| name == "path").expect("path");
    rows[1][at] = web.url("/right.mov");
    let mut out = csv::Writer::from_path(&report).unwrap();
    rows[..2].iter().for_each(|row| out.write_record(row).unwrap());
    out.flush().unwrap();
    drop(out);
    let args = ["correct".as_ref(), checkpoint.as_os_str(), report.as_os_str(), "--apply".as_ref()];
    command::run(args).expect(WITH_FAILURES);
    assert_eq!(fs::read_to_string(site.destination.join("right.mov")).unwrap(), "film");
}

#[test]
fn a_server_that_is_away_is_waited_for() {
    let (site, web) = (Site::new(), Web::new());
    let urls: Vec<String> = (0..30).map(|n| web.url(&format!("/{n}.mov"))).collect();
    for n in 0..30 {
        web.put(&format!("/{n}.mov"), Page { body: vec![n; 1000], ..Page::default() });
    }
    web.be_away(true);
    let file = job(&site, "destination", &urls, "[control]\nbackoff_base_ms = 5\n");
    let running = command::start(["run".as_ref(), file.as_os_str()]);
    let checkpoint = site.path("job.sluice");
    wait::until("the run to wait for the server", || {
        let said = command::run(["status".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]);
        said.stdout.contains("\"service_down\"").then_some(())
    });
    let status = Status::of(&checkpoint);
    assert_eq!((status.failed, status.pending), (0, 30), "{status:?}");
    web.be_away(false);
    running.ended().expect(COMPLETE);
    let status = Status::of(&checkpoint);
    assert_eq!((status.delivered, status.failed, status.attempts), (30, 0, 30), "no attempt was spent");
}

#[test]
fn one_dead_server_of_many_costs_its_own_records() {
    let (site, web, dead) = (Site::new(), Web::new(), Web::new());
    dead.be_away(true);
    let mut urls: Vec<String> = (0..20).map(|n| web.url(&format!("/{n}.mov"))).collect();
    for n in 0..20 {
        web.put(&format!("/{n}.mov"), Page { body: vec![n; 1000], ..Page::default() });
    }
    urls.extend((0..6).map(|n| dead.url(&format!("/dead-{n}.mov"))));
    // One after the other, so that the living one has answered before the dead one is asked.
    let more = "[limits]\nstreams = 1\nconcurrency = 1\n\
                [control]\nattempts = 2\nbackoff_base_ms = 5\nretry_budget_percent = 100\n";
    run("run", &job(&site, "destination", &urls, more)).expect(WITH_FAILURES);
    let status = Status::of(&site.path("job.sluice"));
    assert_eq!((status.delivered, status.failed), (20, 6), "{status:?}");
    let said = failures(&site.path("job.sluice"));
    assert!(said.iter().all(|failure| failure.category == "service_unreachable"), "{said:?}");
}

#[test]
fn the_users_own_connection_signs_in_too() {
    let (site, dam) = (Site::new(), Web::new());
    dam.put("/media/a.mov", Page { body: "film".into(), ..Page::default() });
    dam.put("/media/b.mov", Page { first: vec!["401 Unauthorized".into(); 9], ..Page::default() });
    let book = site.path("connections.toml");
    let run = |args: &[&str]| {
        let mut command = command::sluice(args);
        command.env("SLUICE_CONNECTIONS", &book).env("SLUICE_DAM_TOKEN", SECRET);
        Running::start(command).ended()
    };
    let address = dam.url("/media");
    let add = ["connections", "add", "dam", "--kind", "http", "--endpoint", &address, "--header", "X-Key"];
    run(&add).expect(COMPLETE);
    let tried = run(&["connections", "test", "dam:a.mov"]).expect(COMPLETE);
    assert!(tried.stdout.contains("4 bytes are there"), "{}", tried.stdout);
    run(&["connections", "test", "dam:b.mov"]).expect(WITH_FAILURES);
    run(&["connections", "test", "dam:c.mov"]).expect(WITH_FAILURES);
    let file = job(&site, "destination", &[dam.url("/media/a.mov")], "");
    run(&["run", file.to_str().unwrap()]).expect(COMPLETE);
    let asked = dam.asked();
    let signed = asked.iter().filter(|asked| asked.path.starts_with("/media/"));
    assert!(signed.clone().count() >= 5 && signed.clone().all(|asked| asked.headers["x-key"] == SECRET));
    assert_eq!(leaks(&site.path("")), Vec::<PathBuf>::new());
    // A place to list or to write to it is not.
    let text = "sources = [\"dam:x\"]\ndestination = \"destination\"\n";
    fs::write(site.path("other.toml"), text).unwrap();
    run(&["run", site.path("other.toml").to_str().unwrap()]).assert_refused(&["catalogue", "url"]);
}
