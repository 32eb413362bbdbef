//! The user's connections: add, list, test, remove, import.

mod args;

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use serde_json::json;
use sluice_engine::api::Error;
use sluice_engine::api::connections::{
    self, ConnectionError, HostTrust, Imported, Known, SecretAt, SecretPlace, Step, StepResult, Trial,
    TrialStep,
};
use sluice_engine::spec::{Azure, Connection, Gcs, Secret, SecretField};

pub(crate) use args::ConnectionsArgs;
use args::{Add, What};

use crate::Ending;
use crate::output::Output;

/// Secrets from standard input are at most so long (bytes), a configuration of rclone likewise.
const INPUT_MAX: u64 = (1 << 20) + 1;

pub(crate) async fn connections(args: ConnectionsArgs, output: &Output) -> Result<Ending, Error> {
    match args.what {
        What::Add(args) => add(&args, output),
        What::List => list(output),
        What::Test { place } => test(&place, output).await,
        What::Trust { place, fingerprint } => trust(&place, fingerprint, output).await,
        What::Remove { name, yes } => remove(&name, yes, output),
        What::Import { config, only, dry_run } => import(&config, only.as_deref(), dry_run, output),
    }
}

fn add(args: &Add, output: &Output) -> Result<Ending, Error> {
    let connection = args.connection()?;
    connection.check(&args.name)?;
    let secrets = if args.secrets_from_stdin {
        let mut text = String::new();
        io::stdin().take(INPUT_MAX).read_to_string(&mut text).map_err(unreadable)?;
        connections::read_secrets(&text, &connection)?
    } else if !io::stdin().is_terminal() || connections::is_in_environment(&args.name) {
        Vec::new()
    } else if connections::has_keychain() {
        ask(&connection)?
    } else {
        output.note("This computer has no keychain, so the secrets have to come from the environment.");
        Vec::new()
    };
    let known = connections::add(&args.name, connection, &secrets)?;
    output.result(|| format!("{} added; {}", known.name, secrets_of(&known)), &known);
    Ok(Ending::Complete)
}

/// Asks for secrets on the terminal, which does not show them.
fn ask(connection: &Connection) -> Result<Vec<(SecretField, Secret)>, Error> {
    let mut secrets = Vec::new();
    for field in asked(connection) {
        let prompt = format!("{} (empty: none): ", field.word().replace('_', " "));
        let text = rpassword::prompt_password(prompt).map_err(unreadable)?;
        if !text.is_empty() {
            secrets.push((*field, Secret::new(text)));
        }
    }
    Ok(secrets)
}

/// The secrets that such a connection usually has.
fn asked(connection: &Connection) -> &'static [SecretField] {
    use SecretField::{
        AccessKeyId, AccountKey, ClientSecret, KeyPassphrase, Password, SasToken, SecretAccessKey,
        ServiceAccountKey, SessionToken, Token,
    };
    match connection {
        Connection::S3(s3) if s3.anonymous || s3.profile.is_some() => &[],
        Connection::S3(_) => &[AccessKeyId, SecretAccessKey, SessionToken],
        Connection::Azure(Azure { anonymous: true, .. } | Azure { managed_identity: true, .. })
        | Connection::Gcs(Gcs { anonymous: true, .. } | Gcs { key_file: Some(_), .. }) => &[],
        Connection::Azure(Azure { tenant: Some(_), .. }) => &[ClientSecret],
        Connection::Azure(_) => &[AccountKey, SasToken],
        Connection::Gcs(_) => &[ServiceAccountKey],
        Connection::Sftp(sftp) if sftp.key.is_some() => &[KeyPassphrase],
        Connection::Webdav(webdav) if webdav.user.is_none() => &[Token],
        Connection::Http(http) if http.user.is_none() => &[Token],
        Connection::Ftp(ftp) if ftp.user.is_none() => &[],
        Connection::Sftp(_) | Connection::Webdav(_) | Connection::Ftp(_) | Connection::Http(_) => &[Password],
    }
}

fn list(output: &Output) -> Result<Ending, Error> {
    let known = connections::list()?;
    let file = connections::file()?;
    output.result(|| table(&known), &json!({ "file": file, "connections": known }));
    Ok(Ending::Complete)
}

fn table(known: &[Known]) -> String {
    if known.is_empty() {
        return "There is no connection yet; `sluice connections add` makes one.".into();
    }
    let rows = known.iter().map(|known| {
        let kind = known.connection.kind();
        [known.name.clone(), kind.to_owned(), address(&known.connection), secrets_of(known)]
    });
    let rows: Vec<[String; 4]> = rows.collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[name, kind, address, secrets]: &[String; 4]| {
        let [a, b, c] = widths;
        format!("{name:a$}  {kind:b$}  {address:c$}  {secrets}")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where a connection leads, for people.
fn address(connection: &Connection) -> String {
    let server = |user: &Option<String>, host: &str, port: Option<u16>| {
        let user = user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{user}{host}{port}")
    };
    match connection {
        Connection::S3(s3) => s3.endpoint.clone().unwrap_or_else(|| "Amazon S3".into()),
        Connection::Azure(azure) => match (&azure.endpoint, &azure.account) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(account)) => format!("Azure, {account}"),
            (None, None) => "Azure".into(),
        },
        Connection::Gcs(gcs) => gcs.endpoint.clone().unwrap_or_else(|| "Google Cloud Storage".into()),
        Connection::Webdav(webdav) => webdav.url.clone(),
        Connection::Http(http) => http.url.clone(),
        Connection::Sftp(sftp) => server(&sftp.user, &sftp.host, sftp.port),
        Connection::Ftp(ftp) => server(&ftp.user, &ftp.host, ftp.port),
    }
}

/// Where the secrets are.
fn secrets_of(known: &Known) -> String {
    let found = |place| known.secrets.iter().filter(move |secret| secret.place == place);
    let words = |place| {
        let words: Vec<_> = found(place).map(|secret: &SecretAt| secret.field.word()).collect();
        words.join(", ")
    };
    if found(SecretPlace::Locked).next().is_some() {
        return "the keychain is locked".into();
    }
    if found(SecretPlace::Keychain).next().is_some() {
        return format!("{} in the keychain", words(SecretPlace::Keychain));
    }
    if found(SecretPlace::Environment).next().is_some() {
        return format!("{} in the environment", words(SecretPlace::Environment));
    }
    let asked = asked(&known.connection);
    if asked.is_empty() {
        return "no secret".into();
    }
    let variables: Vec<_> = asked
        .iter()
        .filter(|field| **field != SecretField::SessionToken)
        .map(|field| field.variable(&known.name))
        .collect();
    // Of Azure's two, one is enough.
    let word = if matches!(known.connection, Connection::Azure(_)) { " or " } else { " and " };
    format!("no secret yet: set {}", variables.join(word))
}

async fn test(place: &str, output: &Output) -> Result<Ending, Error> {
    // What was written is removed before this ends, so it does not end at the first Ctrl-C.
    let asked_to_end = tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("a moment: what was written is being removed");
            let _ = tokio::signal::ctrl_c().await;
            std::process::exit(Ending::Stopped as i32);
        }
    });
    let trial = connections::test(place).await;
    asked_to_end.abort();
    let trial = trial?;
    output.result(|| tried(&trial), &json!({ "good": trial.is_good(), "trial": trial }));
    Ok(if trial.is_good() { Ending::Complete } else { Ending::WithFailures })
}

fn tried(trial: &Trial) -> String {
    let mut text = format!("{} ({})", trial.place, trial.service);
    for TrialStep { step, result, said, took_ms, .. } in &trial.steps {
        let step = match step {
            Step::Reach => "reach",
            Step::Clock => "clock",
            Step::SignIn => "sign-in",
            Step::List => "list",
            Step::Write => "write",
            Step::Checksum => "checksum",
            Step::Guard => "guard",
            Step::Read => "read",
            Step::Times => "times",
            Step::Delete => "delete",
        };
        let result = match result {
            StepResult::Ok => "ok",
            StepResult::Failed => "failed",
            StepResult::NotSupported => "not supported",
            StepResult::Skipped => "skipped",
        };
        text += &format!("\n  {step:<10}{result:<15}{took_ms:>6} ms  {said}");
    }
    text
}

async fn trust(place: &str, fingerprint: Option<String>, output: &Output) -> Result<Ending, Error> {
    let expected = match fingerprint {
        Some(fingerprint) => fingerprint,
        None => {
            let shown = connections::host_key(place).await?;
            let question = format!(
                "{} shows a key of the kind {} with the fingerprint\n  {}\nIs that what its administrator says? [y/N] ",
                shown.host, shown.algorithm, shown.fingerprint
            );
            if shown.trust != HostTrust::Known && !confirmed(&question) {
                return Err(ConnectionError::NotTrusted { fingerprint: shown.fingerprint }.into());
            }
            shown.fingerprint
        }
    };
    let trusted = connections::trust_host_key(place, &expected).await?;
    let said = || {
        format!("{} is trusted by {} ({})", trusted.host, trusted.fingerprint, trusted.known_hosts.display())
    };
    output.result(said, &trusted);
    Ok(Ending::Complete)
}

fn remove(name: &str, yes: bool, output: &Output) -> Result<Ending, Error> {
    if !yes && !confirmed(&format!("Remove {name} and its secrets? [y/N] ")) {
        return Err(ConnectionError::NotConfirmed { name: name.to_owned() }.into());
    }
    connections::remove(name)?;
    output.result(|| format!("{name} removed"), &json!({ "removed": name }));
    Ok(Ending::Complete)
}

/// Asks on the terminal; without one the answer is no.
fn confirmed(question: &str) -> bool {
    if !io::stdin().is_terminal() {
        return false;
    }
    eprint!("{question}");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().take(16).read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

fn import(config: &Path, only: Option<&str>, dry_run: bool, output: &Output) -> Result<Ending, Error> {
    let mut bytes = Vec::new();
    let read = if config == Path::new("-") {
        io::stdin().take(INPUT_MAX).read_to_end(&mut bytes)
    } else {
        File::open(config).and_then(|file| file.take(INPUT_MAX).read_to_end(&mut bytes))
    };
    read.map_err(|error| ConnectionError::Unreadable { path: config.to_owned(), error })?;
    let imported = connections::import_rclone(&bytes, only, dry_run)?;
    output.result(|| told(&imported, dry_run), &json!({ "dry_run": dry_run, "imported": imported }));
    // What was left has its reason; whoever asked for that one alone wanted it.
    let is_refused = only.is_some() && imported.taken.is_empty();
    Ok(if is_refused { Ending::Refused } else { Ending::Complete })
}

fn told(imported: &Imported, dry_run: bool) -> String {
    let mut lines = Vec::new();
    for taken in &imported.taken {
        let done = if dry_run { "would be taken" } else { "taken" };
        let name = if taken.name == taken.remote { String::new() } else { format!(" as {}", taken.name) };
        let mut line = format!("{}: {done}{name} ({})", taken.remote, taken.connection.kind());
        let missing: Vec<_> = taken
            .secrets
            .iter()
            .filter(|secret| secret.place == SecretPlace::Missing)
            .map(|secret| secret.variable.as_str())
            .collect();
        if !missing.is_empty() {
            line += &format!("; this computer has no keychain: set {}", missing.join(" and "));
        }
        if !taken.dropped.is_empty() {
            line += &format!("; not taken over: {}", taken.dropped.join(", "));
        }
        lines.push(line);
    }
    lines.extend(imported.left.iter().map(|left| format!("{}: left, because {}", left.remote, left.why)));
    if lines.is_empty() {
        lines.push("There is no remote in it.".into());
    }
    lines.join("\n")
}

fn unreadable(error: io::Error) -> Error {
    ConnectionError::Unreadable { path: "standard input".into(), error }.into()
}
