//! Secrets of Azure and Google are found nowhere but in the keychain or the environment: in no file, no output, no
//! list of processes.

use std::fs;
use std::process::Command;

use sluice_tests::authority::{Authority, CLIENT, HEADER, SECRET, TENANT};
use sluice_tests::azurite::{ACCOUNT, Azurite, KEY};
use sluice_tests::command::{COMPLETE, Ended, WITH_FAILURES};
use sluice_tests::google::Google;
use sluice_tests::servers::BUCKET;
use sluice_tests::tree;
use sluice_tests::user::User;

use super::canary::{assert_clean_files, watched_for};

/// `canary-0b52-wrong`, as account keys are written.
const WRONG_KEY: &str = "Y2FuYXJ5LTBiNTItd3Jvbmc=";

/// Somebody with a service in the cloud.
struct Cloud<'a> {
    user: User,
    /// A secret that does not begin like the canaries.
    other: &'a [u8],
}

impl Cloud<'_> {
    fn new(user: User, other: &[u8]) -> Cloud<'_> {
        tree::small_files(&user.path("source"), 12, 1);
        Cloud { user, other }
    }

    #[track_caller]
    fn run(&self, args: &[&str], input: Option<&str>, equip: impl Fn(&mut Command)) -> Ended {
        let mut command = self.user.sluice(args);
        command.current_dir(self.user.path(""));
        equip(&mut command);
        watched_for(self.other, command, input)
    }

    /// Keeps a connection with a secret.
    #[track_caller]
    fn add(&self, name: &str, more: &[&str], secret: &str) {
        let args = [&["connections", "add", name], more, &["--secrets-from-stdin"]].concat();
        self.run(&args, Some(secret), |_| {}).expect(COMPLETE);
    }

    /// All that can be done with the connection `cloud`, which works, and with `wrong`, which does not.
    fn use_it(&self, equip: impl Fn(&mut Command)) {
        let run = |args: &[&str]| self.run(args, None, &equip);
        let job = |name: &str, destination: &str| {
            let text = format!("sources = [\"source\"]\ndestination = \"{destination}\"\n");
            fs::write(self.user.path(name), text).expect("a job");
        };
        run(&["connections", "list", "--json"]).expect(COMPLETE);
        run(&["connections", "test", &format!("cloud:{BUCKET}"), "--json"]).expect(COMPLETE);
        run(&["connections", "test", &format!("wrong:{BUCKET}"), "--json"]).expect(WITH_FAILURES);
        job("good.toml", &format!("cloud:{BUCKET}/good"));
        job("bad.toml", &format!("wrong:{BUCKET}/bad"));
        let log = ["--log", "log.jsonl", "--log-format", "json"];
        run(&[&["plan", "good.toml", "--json"], &log[..]].concat()).expect(COMPLETE);
        run(&[&["run", "good.toml", "--json"], &log[..]].concat()).expect(COMPLETE);
        assert_eq!(run(&["status", "good.sluice", "--json"]).expect(COMPLETE).json()["delivered"], 12);
        run(&["history", "good.sluice", "1", "--json"]).expect(COMPLETE);
        run(&["verify", "good.sluice", "--json"]).expect(COMPLETE);
        run(&["catalogue-out", "good.sluice", "--all", "--out", "out.ndjson"]).expect(COMPLETE);
        run(&[&["run", "bad.toml", "--json"], &log[..]].concat()).assert_refused(&["wrong:media/bad"]);
        assert_clean_files(&self.user.path(""), &[], self.other);
    }
}

#[test]
fn an_account_key_in_the_keychain_is_found_nowhere_else() {
    let azurite = Azurite::start();
    let cloud = Cloud::new(User::at_desktop(), &[]);
    let endpoint = format!("{}/{ACCOUNT}", azurite.url());
    let azure = ["--kind", "azure", "--account", ACCOUNT, "--endpoint", &endpoint];
    cloud.add("cloud", &azure, &format!("account_key={KEY}\n"));
    cloud.add("wrong", &azure, &format!("account_key={WRONG_KEY}\n"));
    // Not what an account key is: it is not repeated either.
    let args = [&["connections", "add", "none"], &azure[..], &["--secrets-from-stdin"]].concat();
    cloud.run(&args, Some("canary-4f1d-line\n"), |_| {}).assert_refused(&["line 1"]);
    cloud.use_it(|_| {});
}

#[test]
fn a_sas_token_in_the_environment_is_found_nowhere_else() {
    let azurite = Azurite::start();
    let token = azurite.python("print(sas('racwdl'))").trim().to_owned();
    let signature = token.split("sig=").nth(1).expect("a signature").to_owned();
    let cloud = Cloud::new(User::headless(), signature.as_bytes());
    let endpoint = format!("{}/{ACCOUNT}", azurite.url());
    for name in ["cloud", "wrong"] {
        let args =
            ["connections", "add", name, "--kind", "azure", "--account", ACCOUNT, "--endpoint", &endpoint];
        cloud.run(&args, None, |_| {}).expect(COMPLETE);
    }
    cloud.use_it(|command| {
        command.env("SLUICE_CLOUD_SAS_TOKEN", &token);
        command.env("SLUICE_WRONG_SAS_TOKEN", token.replace("sig=", "sig=canary-"));
    });
}

#[test]
fn an_applications_secret_and_the_tokens_that_it_gets_are_found_nowhere_else() {
    let (azurite, authority) = (Azurite::secure(), Authority::start());
    let cloud = Cloud::new(User::at_desktop(), &[]);
    let (endpoint, login) = (format!("{}/{ACCOUNT}", azurite.url()), authority.url());
    let azure = [
        &["--kind", "azure", "--account", ACCOUNT, "--endpoint", &endpoint][..],
        &["--tenant", TENANT, "--client-id", CLIENT, "--authority", &login],
    ]
    .concat();
    cloud.add("cloud", &azure, &format!("client_secret={SECRET}\n"));
    cloud.add("wrong", &azure, "client_secret=canary-0b52-wrong\n");
    cloud.use_it(|command| {
        command.env("SSL_CERT_FILE", azurite.certificate());
    });
    assert!(!authority.asked().is_empty());
}

#[test]
fn what_a_computer_shows_and_the_tokens_that_it_gets_are_found_nowhere_else() {
    let (azurite, authority) = (Azurite::secure(), Authority::start());
    let cloud = Cloud::new(User::headless(), &[]);
    let endpoint = format!("{}/{ACCOUNT}", azurite.url());
    let azure = ["--kind", "azure", "--account", ACCOUNT, "--endpoint", &endpoint];
    let add = |name: &str, more: &[&str]| {
        let args = [&["connections", "add", name], &azure[..], more].concat();
        cloud.run(&args, None, |_| {}).expect(COMPLETE);
    };
    add("cloud", &["--managed-identity"]);
    add("wrong", &[]);
    cloud.use_it(|command| {
        command.env("SSL_CERT_FILE", azurite.certificate()).env("SLUICE_WRONG_ACCOUNT_KEY", WRONG_KEY);
        command.env("IDENTITY_ENDPOINT", format!("{}/identity", authority.url()));
        command.env("IDENTITY_HEADER", HEADER);
    });
}

#[test]
fn a_service_accounts_key_is_found_nowhere_else() {
    for user in [User::at_desktop(), User::headless()] {
        let google = Google::start();
        let url = google.url();
        let gcs = ["--kind", "gcs", "--endpoint", &url];
        let cloud = Cloud::new(user, google.secret().as_bytes());
        let (right, wrong) = (google.key(None), google.key(Some("other")));
        if cloud.user.has_keychain() {
            cloud.add("cloud", &gcs, &format!("service_account_key={right}\n"));
            cloud.add("wrong", &gcs, &format!("service_account_key={wrong}\n"));
            cloud.use_it(|_| {});
        } else {
            for name in ["cloud", "wrong"] {
                cloud.run(&[&["connections", "add", name], &gcs[..]].concat(), None, |_| {}).expect(COMPLETE);
            }
            cloud.use_it(|command| {
                command.env("SLUICE_CLOUD_SERVICE_ACCOUNT_KEY", &right);
                command.env("SLUICE_WRONG_SERVICE_ACCOUNT_KEY", &wrong);
            });
        }
    }
}
