//! What a plan finds out before anything moves, as JSON and as CSV.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, REFUSED};
use sluice_tests::process::Running;
use sluice_tests::site::Site;

fn job(site: &Site, more: &str) -> PathBuf {
    let file = site.path("job.toml");
    let text = format!("sources = [{:?}]\ndestination = {:?}\n{more}", site.source, site.destination);
    fs::write(&file, text).unwrap();
    file
}

fn codes(planned: &Ended) -> BTreeMap<String, Value> {
    let planned = planned.json();
    let findings = planned["findings"].as_array().unwrap().clone();
    findings.into_iter().map(|finding| (finding["code"].as_str().unwrap().to_owned(), finding)).collect()
}

#[test]
fn every_finding_goes_into_a_table_that_a_spreadsheet_may_open() {
    let site = Site::new();
    for path in [
        "1/=cmd().mov",
        "2/=cmd().mov",
        "3/good.mov",
        "4/mine.mov",
        "5/mine.mov",
        "6/theirs.mov",
        ".DS_Store",
    ] {
        let path = site.source.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, path.to_str().unwrap()).unwrap();
    }
    let job = job(
        &site,
        r#"
        [map]
        target = "{{ name }}"
        [[map.field]]
        name = "rights"
        value = "{{ stem if stem in ['mine', 'theirs'] else 'free' }}"
        [[map.require]]
        field = "rights"
        one_of = ["free", "licensed"]
        "#,
    );
    let table = site.path("findings.csv");
    let args =
        ["plan".as_ref(), job.as_os_str(), "--json".as_ref(), "--findings".as_ref(), table.as_os_str()];
    let planned = command::run(args).expect(COMPLETE);
    let json = planned.json();
    assert_eq!(
        json["unmapped"],
        serde_json::json!([
            { "field": "rights", "value": "mine", "records": 2 },
            { "field": "rights", "value": "theirs", "records": 1 },
        ])
    );
    assert_eq!(codes(&planned)["name_numbered"]["records"], 1);
    assert!(!site.destination.exists() && !site.path("job.sluice").exists());

    let mut reader = csv::Reader::from_path(&table).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let of = |code: &str| rows.iter().filter(|row| row["code"] == code).collect::<Vec<_>>();
    assert_eq!(of("value_unmapped").len(), 2);
    // One line for all of them, and one for each.
    assert_eq!(of("metadata_invalid").len(), 1 + 3);
    let renamed = of("name_collision");
    assert_eq!(renamed.len(), 1);
    assert_eq!((&*renamed[0]["wanted"], &*renamed[0]["proposed"]), ("'=cmd().mov", "'=cmd() (2).mov"));
    assert_eq!(of("excluded_junk").len(), 1);
    assert!(
        !rows.iter().flat_map(BTreeMap::values).any(|cell| cell.starts_with('=')),
        "no cell is a formula"
    );
}

/// A service that answers every request with one status.
fn service(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes(),
            );
        }
    });
    format!("http://{address}")
}

#[test]
fn services_and_secrets_are_looked_at_once_and_fail_no_record() {
    let site = Site::new();
    fs::write(site.source.join("a.mov"), "a").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lookup = |name: &str, url: &str, auth: &str| {
        format!("[[lookup]]\nname = \"{name}\"\nurl = \"{url}/x?p={{{{ path }}}}\"\n{auth}\n")
    };
    let job = job(
        &site,
        &[
            lookup("gone", &format!("http://{gone}"), ""),
            lookup("denied", &service("401 Unauthorized"), "auth = { bearer = \"SLUICE_TEST_KNOWN\" }"),
            lookup("fine", &service("404 Not Found"), "auth = { bearer = \"SLUICE_TEST_KNOWN\" }"),
            lookup("unset", &service("200 OK"), "auth = { bearer = \"SLUICE_TEST_UNSET\" }"),
        ]
        .concat(),
    );
    let mut plan = command::sluice(["plan".as_ref(), job.as_os_str(), "--json".as_ref()]);
    plan.env("SLUICE_TEST_KNOWN", "s3cr3t-v4lue");
    let planned = Running::start(plan).ended().expect(REFUSED);
    let found = codes(&planned);
    assert!(found["secret_missing"]["message"].as_str().unwrap().contains("SLUICE_TEST_UNSET"));
    assert!(found["service_unreachable"]["message"].as_str().unwrap().contains("gone"));
    assert!(found["service_denied"]["message"].as_str().unwrap().contains("denied"));
    let wrong =
        planned.json()["findings"].as_array().unwrap().iter().filter(|f| f["severity"] != "notes").count();
    assert_eq!(wrong, 3, "{}", planned.stdout);
    assert!(!planned.stdout.contains("s3cr3t-v4lue") && !planned.stderr.contains("s3cr3t-v4lue"));
    assert_eq!(planned.json()["balance"]["failed"], 0);
}
