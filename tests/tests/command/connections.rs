//! Connections by name: kept without their secrets, which are in the keychain or the environment.

use std::fs;

use serde_json::Value;
use sluice_tests::command::{COMPLETE, REFUSED};
use sluice_tests::process::Running;
use sluice_tests::terminal::Terminal;
use sluice_tests::user::User;

/// A secret that must be found nowhere.
const CANARY: &str = "canary-7f3a!x";

const ARCHIVE: [&str; 9] = [
    "connections",
    "add",
    "archive",
    "--kind",
    "s3",
    "--endpoint",
    "https://s3.example:9000",
    "--region",
    "eu-1",
];

fn add_archive(user: &User) {
    let args = ARCHIVE.iter().chain(&["--secrets-from-stdin"]);
    let secrets = format!("access_key_id=AKID\nsecret_access_key={CANARY}\n");
    user.run_with(args, secrets.as_bytes()).expect(COMPLETE);
}

fn listed(user: &User) -> Value {
    user.run(["connections", "list", "--json"]).expect(COMPLETE).json()
}

/// Where the secrets are of the first connection, by field.
fn place(listed: &Value, field: &str) -> String {
    let secrets = listed["connections"][0]["secrets"].as_array().expect("secrets");
    let secret = secrets.iter().find(|secret| secret["field"] == field).expect("the field");
    secret["place"].as_str().expect("a place").to_owned()
}

#[test]
fn a_connection_is_kept_with_its_secrets_in_the_keychain() {
    let user = User::at_desktop();
    add_archive(&user);
    assert_eq!(user.keychain().accounts(), ["archive/access_key_id", "archive/secret_access_key"]);
    let known = listed(&user);
    assert_eq!(known["connections"][0]["name"], "archive");
    assert_eq!(known["connections"][0]["connection"]["endpoint"], "https://s3.example:9000");
    assert_eq!(place(&known, "secret_access_key"), "keychain");
    assert_eq!(place(&known, "session_token"), "missing");
    let shown = user.run(["connections", "list"]).expect(COMPLETE).stdout;
    assert!(shown.contains("archive") && shown.contains("in the keychain"), "{shown}");

    user.run(["connections", "remove", "archive"]).assert_refused(&["archive", "--yes"]);
    user.run(["connections", "remove", "archive", "--yes"]).expect(COMPLETE);
    assert_eq!(user.keychain().accounts(), [""; 0]);
    assert_eq!(listed(&user)["connections"], Value::Array(Vec::new()));
}

#[test]
fn without_a_keychain_the_environment_is_named_and_used() {
    let user = User::headless();
    let args = ARCHIVE.iter().chain(&["--secrets-from-stdin"]);
    user.run_with(args, format!("access_key_id=AKID\nsecret_access_key={CANARY}\n").as_bytes())
        .assert_refused(&["no keychain", "sluice_archive_secret_access_key"]);
    assert!(!user.connections().exists(), "nothing was kept");

    let added = user.run(ARCHIVE).expect(COMPLETE).stdout;
    assert!(added.contains("SLUICE_ARCHIVE_ACCESS_KEY_ID and SLUICE_ARCHIVE_SECRET_ACCESS_KEY"), "{added}");
    assert_eq!(place(&listed(&user), "secret_access_key"), "missing");
    let mut command = user.sluice(["connections", "list", "--json"]);
    command.env("SLUICE_ARCHIVE_SECRET_ACCESS_KEY", CANARY);
    assert_eq!(
        place(&Running::start(command).ended().expect(COMPLETE).json(), "secret_access_key"),
        "environment"
    );
    user.run(["connections", "remove", "archive", "--yes"]).expect(COMPLETE);
}

#[test]
fn a_locked_keychain_says_so_and_loses_nothing() {
    let user = User::at_desktop();
    add_archive(&user);
    user.keychain().lock();
    assert_eq!(place(&listed(&user), "secret_access_key"), "locked");
    user.run(["connections", "remove", "archive", "--yes"])
        .assert_refused(&["keychain", "archive", "unlock"]);
    assert_eq!(listed(&user)["connections"][0]["name"], "archive");
}

#[test]
fn what_cannot_be_right_is_refused_and_nothing_is_kept() {
    let user = User::at_desktop();
    for (args, words) in [
        ("archive --kind s3 --host nas", ["--host", "--help"]),
        ("archive --kind sftp --user ingest", ["--host", "--help"]),
        ("archive --kind gopher", ["gopher", "s3"]),
        ("s3 --kind s3 --endpoint https://s3.example", ["s3", "name"]),
        ("a --kind s3", ["name", "2 to 64"]),
        ("../archive --kind s3", ["name", "2 to 64"]),
        ("archive --kind s3 --endpoint ftp://s3.example", ["http://", "archive"]),
        ("archive --kind s3 --endpoint https://u:canary-7f3a!x@s3.example", ["password", "address"]),
    ] {
        let args: Vec<_> = ["connections", "add"].into_iter().chain(args.split(' ')).collect();
        let ended = user.run(&args);
        assert!(!ended.stderr.contains(CANARY), "{}", ended.stderr);
        ended.assert_refused(&words);
    }
    for input in [CANARY, "password=canary-7f3a!x\n", "access_key_id=\n"] {
        let ended = user.run_with(ARCHIVE.iter().chain(&["--secrets-from-stdin"]), input.as_bytes());
        assert!(!ended.stderr.contains(CANARY), "{}", ended.stderr);
        ended.assert_refused(&["line 1", "secret_access_key"]);
    }
    assert!(!user.connections().exists());
    assert_eq!(user.keychain().accounts(), [""; 0]);

    add_archive(&user);
    let before = fs::read(user.connections()).expect("the connections");
    user.run(ARCHIVE).assert_refused(&["archive", "already"]);
    assert_eq!(fs::read(user.connections()).expect("the connections"), before);
    user.run(["connections", "remove", "tape", "--yes"]).assert_refused(&["tape", "archive"]);
}

#[test]
fn a_terminal_is_asked_without_showing_what_is_typed() {
    let user = User::at_desktop();
    let mut terminal = Terminal::start(user.sluice(ARCHIVE));
    for typed in ["AKID", CANARY, ""] {
        terminal.type_hidden(typed);
    }
    let shown = terminal.ended().expect(COMPLETE).stdout;
    assert!(shown.contains("secret access key") && shown.contains("archive added"), "{shown}");
    assert!(!shown.contains(CANARY) && !shown.contains("AKID"), "{shown}");
    assert_eq!(user.keychain().accounts(), ["archive/access_key_id", "archive/secret_access_key"]);

    let mut terminal = Terminal::start(user.sluice(["connections", "remove", "archive"]));
    terminal.answer("[y/N]", "n");
    terminal.ended().assert_refused(&["archive", "--yes"]);
    let mut terminal = Terminal::start(user.sluice(["connections", "remove", "archive"]));
    terminal.answer("[y/N]", "y");
    terminal.ended().expect(COMPLETE);
    assert_eq!(user.keychain().accounts(), [""; 0]);
}

const RCLONE: &str = "\
[my archive]
type = s3
provider = Minio
access_key_id = AKID
secret_access_key = canary-7f3a!x
endpoint = https://s3.example:9000
upload_concurrency = 8

[nas]
type = sftp
host = nas.example
user = ingest
key_pem = canary-7f3a!x

[docs]
type = drive
token = canary-7f3a!x
";

#[test]
fn the_remotes_of_rclone_are_taken_over_or_left_with_a_reason() {
    let user = User::at_desktop();
    let config = user.path("rclone.conf");
    fs::write(&config, RCLONE).expect("a configuration");
    let import = |more: &[&str]| {
        let words = ["connections".as_ref(), "import".as_ref(), config.as_os_str()];
        user.run(words.into_iter().chain(more.iter().map(AsRef::as_ref)))
    };
    let told = import(&["--dry-run"]).expect(COMPLETE).stdout;
    assert!(told.contains("my archive: would be taken as my-archive"), "{told}");
    assert!(!user.connections().exists() && user.keychain().accounts().is_empty(), "nothing is changed");
    import(&["--only", "docs"]).expect(REFUSED);
    import(&["--only", "tape"]).assert_refused(&["tape", "my archive", "docs"]);

    let imported = &import(&["--json"]).expect(COMPLETE).json()["imported"];
    assert_eq!(imported["taken"][0]["name"], "my-archive");
    assert_eq!(imported["taken"][0]["dropped"][0], "upload_concurrency");
    let left: Vec<_> =
        imported["left"].as_array().expect("left").iter().map(|left| &left["remote"]).collect();
    assert_eq!(left, ["nas", "docs"]);
    assert_eq!(user.keychain().accounts(), ["my-archive/access_key_id", "my-archive/secret_access_key"]);
    let again = import(&[]).expect(COMPLETE).stdout;
    assert!(again.contains("my archive: left"), "{again}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_refused_with_advice() {
    let user = User::headless();
    let import = |text: &str| user.run_with(["connections", "import", "-"], text.as_bytes());
    import("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nzKz0\n")
        .assert_refused(&["password", "rclone config show |"]);
    let ended = import("[a]\ntype = s3\ncanary-7f3a!x\n");
    assert!(!ended.stderr.contains(CANARY), "{}", ended.stderr);
    ended.assert_refused(&["line 3"]);
    import(&"x".repeat(2 << 20)).assert_refused(&["1 mib"]);
    user.run(["connections", "import", "/no such file"]).assert_refused(&["no such file"]);
    assert!(!user.connections().exists());
}
