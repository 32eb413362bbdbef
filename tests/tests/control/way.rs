//! A record's way by services: looked up, delivered, registered, each of it once.

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::compare::assert_same;
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

#[test]
fn every_record_is_looked_up_delivered_and_registered_once() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    tree::small_files(&site.source, 300, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 100\nconcurrency = 16");
    served.run(&[]).expect(COMPLETE);
    assert_same(&served.site.source, &served.site.destination);
    let seen = lab.seen();
    assert_eq!((seen.lookups, seen.registers, seen.retries), (300, 300, 0));
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.delivered, status.attempts, status.retries), (300, 300, 0));
}

#[test]
fn a_later_failure_never_asks_or_copies_again() {
    let poison = Poison::new("take-000007", Venom::Reject).on(Route::Register);
    let lab = Lab::start(Script { poison: vec![poison], ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    let served = Served::new(site, &lab, "");
    served.run(&[]).expect(WITH_FAILURES);
    let failures = command::failures(&served.checkpoint);
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].category.as_str(), failures[0].stage.as_str()), ("request_rejected", "deliver"));
    assert!(failures[0].message.contains("422"), "it quotes the service: {}", failures[0].message);

    let before = sluice_tests::compare::identities(&served.site.destination);
    lab.change(|script| script.poison.clear());
    command::run(["reprocess".as_ref(), served.checkpoint.as_os_str()]).expect(COMPLETE);
    assert_eq!(
        sluice_tests::compare::identities(&served.site.destination),
        before,
        "nothing is copied again"
    );
    let seen = lab.seen();
    assert_eq!((seen.lookups, seen.registers), (20, 21), "the lookup is not asked again");
}

#[test]
fn a_secret_comes_from_the_environment_and_stays_out_of_every_file() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    tree::small_files(&site.source, 5, 1);
    let served = Served::new(site, &lab, "");
    let text = std::fs::read_to_string(&served.job).unwrap();
    std::fs::write(
        &served.job,
        text.replace("[register]", "[register]\nauth = { bearer = \"SLUICE_TEST_KNOWN\" }"),
    )
    .unwrap();
    served.run(&[]).assert_refused(&["sluice_test_known", "environment"]);
    assert!(!served.checkpoint.exists() && lab.requests() == 0, "nothing was touched");

    let mut command = command::sluice(["run".as_ref(), served.job.as_os_str()]);
    command.env("SLUICE_TEST_KNOWN", "s3cr3t-v4lue").env("SLUICE_LOG", "trace");
    let ended = sluice_tests::process::Running::start(command).ended().expect(COMPLETE);
    assert!(!ended.stdout.contains("s3cr3t") && !ended.stderr.contains("s3cr3t-v4lue"));
    let kept = std::fs::read(&served.checkpoint).unwrap();
    assert!(!kept.windows(12).any(|window| window == b"s3cr3t-v4lue"), "the checkpoint holds a secret");
}

#[test]
fn requests_that_make_no_sense_are_refused_before_anything_moves() {
    let lab = Lab::start(Script::default());
    for (right, wrong, word) in [
        ("/asset/title", "asset/title", "pointer"),
        ("{{ path | urlencode }}", "{{ path | urlencode ", "template"),
        ("name = \"rights\"", "name = \"\"", "name"),
        ("id = \"/id\"", "success = [700]", "700"),
        ("[register]", "[register]\nidempotency_header = \"two words\"", "header"),
    ] {
        let site = Site::new();
        tree::small_files(&site.source, 2, 1);
        let served = Served::new(site, &lab, "");
        let text = std::fs::read_to_string(&served.job).unwrap();
        std::fs::write(&served.job, text.replace(right, wrong)).unwrap();
        served.run(&[]).assert_refused(&[word]);
        assert!(
            !served.checkpoint.exists() && !served.site.destination.exists(),
            "{wrong} touched something"
        );
    }
    assert_eq!(lab.requests(), 0);
}
