//! Files shown in the file manager: exactly those that the records name, however they are called, and no others.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::entries;
use sluice_tests::desktop::{FileManager, Screen, Window, part};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};
use thirtyfour::prelude::*;

/// Names that a shell, a URL or an option parser would take for something else.
const NAMES: [&[u8]; 12] = [
    b"plain.mov",
    b"two  words.mov",
    b"semi;colon & more | less.mov",
    b"it's \"quoted\" `so`.mov",
    b"-leading.mov",
    b"--help",
    b"per%41cent %2F 100%.mov",
    b"$(touch pwned).mov",
    b"hash#query?.mov",
    b"back\\slash.mov",
    "ümläut 映像 \u{202e}vom.mov".as_bytes(),
    b"latin \xe9\xff.mov",
];

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_files_that_the_records_name_are_shown() {
    let site = Site::new();
    for (name, seed) in NAMES.into_iter().zip(0..) {
        tree::file(&site.source.join("reel 1").join(OsStr::from_bytes(name)), 900, seed);
    }
    let checkpoint = site.path("-odd; it's %41 \"so\".sluice");
    let args = ["copy".as_ref(), site.source.as_os_str(), site.destination.as_os_str()];
    command::run([&args[..], &["--checkpoint".as_ref(), checkpoint.as_os_str()]].concat()).expect(COMPLETE);
    let screen = Screen::new();
    let manager = FileManager::on(&screen);
    let window = Window::open(&screen, &[checkpoint.as_os_str()]).await;
    window.is_in_state("finished").await;
    window.tap("tab-records").await;

    let shown = show_each(&window, &manager).await;
    let sources: BTreeSet<PathBuf> = shown.iter().map(|(_, source, _)| source.clone()).collect();
    let delivered: BTreeSet<PathBuf> = shown.iter().map(|(_, _, delivered)| delivered.clone()).collect();
    assert_eq!(sources, files(&site.source));
    assert_eq!(delivered, files(&site.destination));

    nothing_else_is_shown(&window, &manager, &site, &checkpoint, &shown[0]).await;
    window.tap("home").await;
    window.tap("reveal").await;
    assert_eq!(manager.shown(), checkpoint.canonicalize().unwrap());
}

/// Shows both files of each record, by key and by button. Gives the records' numbers, their sources and what was
/// delivered of them.
async fn show_each(window: &Window, manager: &FileManager) -> Vec<(String, PathBuf, PathBuf)> {
    let mut shown: Vec<(String, PathBuf, PathBuf)> = Vec::new();
    go_to(window, Key::Home, |id| !id.is_empty()).await;
    for n in 0..NAMES.len() {
        let id =
            if n == 0 { at(window).await } else { go_to(window, Key::Down, |id| id != shown[n - 1].0).await };
        window.chord(Key::Control, "" + Key::Enter).await;
        let source = manager.shown();
        let keys =
            window.action_chain().key_down(Key::Control).key_down(Key::Shift).send_keys("" + Key::Enter);
        keys.key_up(Key::Shift).key_up(Key::Control).perform().await.expect("presses of keys");
        let delivered = manager.shown();
        assert_eq!(fs::read(&source).unwrap(), fs::read(&delivered).unwrap(), "{source:?} and {delivered:?}");
        window.tap("show-source").await;
        assert_eq!(manager.shown(), source);
        window.tap("show-delivered").await;
        assert_eq!(manager.shown(), delivered);
        shown.push((id, source, delivered));
    }
    // Whoever pressed a line with the mouse has the same keys.
    let (id, source, _) = &shown[NAMES.len() - 1];
    window.tap_in(&format!("[data-testid='record-row'][data-id='{id}'] [data-testid='record-part']")).await;
    window.chord(Key::Control, "" + Key::Enter).await;
    assert_eq!(manager.shown(), *source);
    shown
}

/// Presses a key in the list of records, and waits until it is at a record as wanted.
async fn go_to(window: &Window, key: Key, wanted: impl Fn(&str) -> bool) -> String {
    window.shown(&part("records")).await;
    window.script("document.querySelector(\"[data-testid='records']\").focus()", Vec::new()).await;
    window.key("" + key).await;
    window.until("another record", async |_| Some(at(window).await).filter(|id| wanted(id))).await
}

/// The number of the record that the list is at; empty where it has none yet.
async fn at(window: &Window) -> String {
    let id = "return document.querySelector(\"[data-testid='record-row'].cursor\")?.dataset.id ?? ''";
    window.script(id, Vec::new()).await.as_str().unwrap_or_default().to_owned()
}

/// Neither where a link leads, nor what is gone, nor what a page asks for that is no record's.
async fn nothing_else_is_shown(
    window: &Window,
    manager: &FileManager,
    site: &Site,
    checkpoint: &Path,
    (id, source, delivered): &(String, PathBuf, PathBuf),
) {
    let secret = site.path("secret.txt");
    fs::write(&secret, "secret").unwrap();
    fs::remove_file(delivered).unwrap();
    symlink(&secret, delivered).unwrap();
    go_to(window, Key::Home, |at| at == id).await;
    window.tap("show-delivered").await;
    assert_eq!(manager.shown(), delivered.parent().unwrap(), "the folder of the link, not what it points to");
    fs::remove_file(source).unwrap();
    window.tap("show-source").await;
    window.says("cannot be shown").await;

    let out = site.destination.join("..").join("secret.txt");
    for path in [Path::new("/etc/passwd"), &secret, &out, delivered, Path::new("file:///etc/passwd")] {
        assert_eq!(refusal(window, "reveal", json!({ "path": path })).await, "not_shown", "{path:?}");
    }
    let none = json!({ "of": checkpoint, "id": 999_999, "delivered": false });
    assert_eq!(refusal(window, "reveal_record", none).await, "not_here");
    assert!(manager.is_left_alone());
}

/// Why the window may not do that.
async fn refusal(window: &Window, command: &str, with: Value) -> Value {
    let ask = "const [command, args, done] = arguments; \
               window.__TAURI_INTERNALS__.invoke(command, args).then(done, (error) => done(error.code))";
    window.execute_async(ask, vec![json!(command), with]).await.expect("an answer").json().clone()
}

/// Every file below a folder, links followed on the way there.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let folder = folder.canonicalize().unwrap();
    let files = entries(&folder).into_iter().filter(|(_, metadata)| metadata.is_file());
    files.map(|(below, _)| folder.join(below)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_the_logs_is_opened_and_nothing_is_run() {
    let screen = Screen::new();
    screen.put_program("xdg-open", r#"printf '%s\0' "$@" >> "$HOME/opened""#);
    let window = Window::open(&screen, &[]).await;
    window.tap("settings").await;
    window.tap("open-logs").await;
    let logs = screen.home().join("data/sluice/logs");
    let told = wait::until("the folder", || {
        fs::read(screen.home().join("opened")).ok().filter(|told| told.ends_with(b"\0"))
    });
    assert_eq!(told, [logs.as_os_str().as_bytes(), b"\0"].concat());
}
