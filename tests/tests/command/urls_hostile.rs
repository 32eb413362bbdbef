//! Servers that lie, break off and lead astray: each costs its own record, with the reason, and no more.

use std::collections::BTreeMap;
use std::fs;

use sluice_tests::command::{Status, WITH_FAILURES, failures};
use sluice_tests::compare::{entries, leftovers};
use sluice_tests::site::Site;
use sluice_tests::web::{Page, Trick, Web};

use super::urls::{job, run};

const PATIENT: &str = "[control]\nattempts = 2\nbackoff_base_ms = 5\nretry_budget_percent = 100\n";

#[test]
fn each_lie_fails_its_own_record() {
    let (site, web) = (Site::new(), Web::new());
    let page = |trick| Page { body: vec![7; 40_000], etag: Some("\"one\"".into()), trick, ..Page::default() };
    let with = |line: &str| Page { headers: vec![line.to_owned()], ..page(Trick::None) };
    let answer = |status: &str| Page { first: vec![status.to_owned(); 30], ..page(Trick::None) };
    let good = ["/good.mov", "/chunked.mov", "/no-head.mov"];
    web.put(good[0], page(Trick::None));
    web.put(good[1], page(Trick::Chunked));
    web.put(good[2], page(Trick::NoHead));
    let cases = [
        ("/endless.mov", page(Trick::Endless), "scratch_too_small"),
        ("/longer.mov", page(Trick::Length(50_000)), "source_changed"),
        ("/no-end.mov", page(Trick::ToTheEnd), "answer_invalid"),
        ("/changes.mov", page(Trick::Changes), "source_changed"),
        ("/gzip.mov", with("Content-Encoding: gzip"), "answer_invalid"),
        ("/round.mov", answer("302 Found\r\nLocation: /round.mov"), "request_rejected"),
        ("/file.mov", answer("301 Moved Permanently\r\nLocation: file:///etc/passwd"), "request_rejected"),
        ("/nowhere.mov", answer("301 Moved Permanently"), "request_rejected"),
        ("/nothing.mov", answer("204 No Content"), "answer_invalid"),
        ("/missing.mov", answer("404 Not Found"), "source_missing"),
        ("/gone.mov", answer("410 Gone"), "source_missing"),
        ("/forbidden.mov", answer("403 Forbidden"), "source_unreadable"),
        ("/unknown.mov", answer("401 Unauthorized\r\nWWW-Authenticate: Basic"), "source_unreadable"),
        ("/teapot.mov", answer("418 I'm a teapot"), "request_rejected"),
        ("/broken.mov", answer("500 Internal Server Error"), "service_error"),
        ("/rubbish.mov", answer("OK, then"), "service_unreachable"),
    ];
    let mut urls: Vec<String> = good.iter().map(|path| web.url(path)).collect();
    for (path, page, _) in &cases {
        web.put(path, page.clone());
        urls.push(web.url(path));
    }
    let more =
        format!("{PATIENT}[scratch]\nfolder = \"scratch\"\nlimit_mib = 1\n[limits]\nconcurrency = 2\n");
    run("run", &job(&site, "destination", &urls, &more)).expect(WITH_FAILURES);
    let said = failures(&site.path("job.sluice"));
    let categories: BTreeMap<&str, &str> =
        said.iter().map(|failure| (failure.source.as_str(), failure.category.as_str())).collect();
    for (path, _, category) in &cases {
        assert_eq!(categories.get(web.url(path).as_str()), Some(category), "{path}: {said:#?}");
    }
    let status = Status::of(&site.path("job.sluice"));
    assert_eq!((status.delivered, status.failed), (good.len() as u64, cases.len() as u64));
    for path in good {
        assert_eq!(fs::read(site.destination.join(&path[1..])).unwrap(), vec![7; 40_000], "{path}");
    }
    assert_eq!(entries(&site.destination).len(), good.len());
    assert!(leftovers(&site.destination).is_empty());
    assert_eq!(entries(&site.path("scratch")).len(), 0, "nothing stays in the scratch area");
}

#[test]
fn a_catalogue_knows_better_than_a_server() {
    let (site, web) = (Site::new(), Web::new());
    let page = |trick| Page { body: vec![7; 40_000], etag: Some("\"one\"".into()), trick, ..Page::default() };
    web.put("/to-the-end.mov", page(Trick::ToTheEnd));
    web.put("/other-size.mov", page(Trick::None));
    web.put("/other-sum.mov", page(Trick::None));
    web.put("/right.mov", page(Trick::None));
    let sum = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&[7; 40_000]));
    let rows = [
        ("/to-the-end.mov", "40000", sum.as_str()),
        ("/other-size.mov", "39999", ""),
        ("/other-sum.mov", "", "00000000000000000000000000000000"),
        ("/right.mov", "40000", sum.as_str()),
    ];
    let rows: Vec<String> =
        rows.iter().map(|(path, size, sum)| format!("{},{size},{sum}", web.url(path))).collect();
    let more = format!(
        "size = \"bytes\"\nchecksum = {{ column = \"sum\", algorithm = \"xxh128\" }}\n{PATIENT}[scratch]\nfolder = \"scratch\"\n"
    );
    let file = job(&site, "destination", &[], &more);
    fs::write(site.path("list.csv"), format!("url,bytes,sum\n{}\n", rows.join("\n"))).unwrap();
    run("run", &file).expect(WITH_FAILURES);
    let said = failures(&site.path("job.sluice"));
    let categories: Vec<&str> = said.iter().map(|failure| failure.category.as_str()).collect();
    assert_eq!(categories, ["size_mismatch", "checksum_mismatch"], "{said:#?}");
    assert_eq!(fs::read(site.destination.join("to-the-end.mov")).unwrap(), vec![7; 40_000]);
    let looks = web.asked().iter().filter(|asked| asked.method == "HEAD").count();
    assert_eq!(looks, 0, "a checksum proves more than a second look");
}
