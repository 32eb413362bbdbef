//! Every screen at twice its size, as one with weak eyes reads it: nothing is cut off, covered or out of reach.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::desktop::{Scheme, Screen, Window, part};
use sluice_tests::keychain::Keychain;
use sluice_tests::lab::{Lab, Outage, Poison, Route, Script, Venom};
use sluice_tests::library::library;
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_can_be_read_at_twice_its_size() {
    let site = Site::new();
    let source = site.path("Regional archive");
    library(&source, 4);
    let catalogue = site.path("Export of the regional archive.csv");
    fs::write(&catalogue, "No;Title;Path\n1;Harbour;1974/harbour.mov\n2;Town hall;1974/hall.mov\n").unwrap();
    let screen = Screen::in_scheme(Scheme::Dark);
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;
    window.zoom_to_double().await;
    window.key("" + Key::Tab).await;
    look(&window, "empty").await;
    window.enter("shortcuts").await;
    look(&window, "shortcuts").await;
    window.enter("shortcuts-close").await;
    window.enter("settings").await;
    window.reads("tools", |text| text.contains("ffprobe")).await;
    look(&window, "settings").await;
    window.enter("open-connections").await;
    look(&window, "connections").await;
    window.enter("connections-close").await;

    window.enter("new-migration").await;
    window.enter("add-folders").await;
    screen.answer_folder("Add folders", &source);
    window.reads("source-found", |text| text.contains("files")).await;
    look(&window, "sources").await;
    window.enter("add-catalogues").await;
    screen.answer("Add catalogues", &catalogue);
    window.shown("[data-testid='files-found']").await;
    look(&window, "names").await;
    window.enter("step-sources").await;
    window.shown("[data-testid='catalogue']").await;
    window.enter("remove-catalogue").await;
    window.enter("step-describe").await;
    window.enter("add-lookup").await;
    look(&window, "describe").await;
    window.enter("remove-lookup").await;

    window.enter("step-destination").await;
    window.type_into("destination", site.destination.to_str().unwrap()).await;
    window.type_into("batch-size-value", "2").await;
    look(&window, "destination").await;
    window.enter("check").await;
    window.is_in_state("ready").await;
    look(&window, "check").await;
    run(&window, &site).await;
}

async fn run(window: &Window, site: &Site) {
    // Some names are taken by other files.
    for file in ["1974/1974-0007_town hall.tif", "1975/1975-0101_town hall.tif"] {
        tree::file(&site.destination.join("Stills").join(file), 100, 1);
    }
    window.enter("start").await;
    window.is_in_state("running").await;
    look(window, "run").await;
    window.type_into("batch-size-value", "1000").await;
    window.key("" + Key::Tab).await;
    window.is_in_state("finished").await;
    look(window, "finished").await;
    for tab in ["check", "failures", "records", "events"] {
        window.turn_to(tab).await;
        if tab == "failures" {
            window.failure_rows(2).await;
        }
        look(window, &format!("tab-{tab}")).await;
    }
    window.enter("home").await;
    window.shown("[data-testid='row-done']").await;
    look(window, "home").await;
}

async fn look(window: &Window, state: &str) {
    window.assert_nothing_is_out_of_reach(&format!("double-{state}")).await;
}

/// Many enough that two at a time they take far longer than everything that happens meanwhile.
const FILES: u64 = 3_000;
/// Records that the pilot tries.
const TRIED: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn every_question_can_be_read_and_answered_at_twice_its_size() {
    // Some of the records are unknown to it.
    let unknown = Poison::new("7.dat", Venom::Missing).on(Route::Lookup);
    let latency = Duration::from_millis(150);
    let lab = Lab::start(Script { latency, poison: vec![unknown], ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 20\nconcurrency = 2");
    let keychain = Keychain::new();
    let screen = Screen::in_scheme(Scheme::Light).on_bus(keychain.address());
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;
    window.zoom_to_double().await;
    window.key("" + Key::Tab).await;
    describe_connections(&window, &lab).await;

    let checkpoint = try_a_pilot(&screen, &window, &served.job).await;
    window.enter("run-all").await;
    window.is_in_state("running").await;
    // Those that fail later come into the list when they are asked for.
    let failed = |text: &str| text.split_whitespace().last()?.parse::<u32>().ok();
    window.reads("tab-failures", |text| failed(text).is_some_and(|failed| failed >= 3)).await;
    window.turn_to("failures").await;
    window.shown("[data-testid='failure-row'][data-id]").await;
    mend(&window).await;
    import_corrections(&screen, &window, &checkpoint, &served.site).await;

    window.turn_to("run").await;
    window.enter("stop").await;
    look(&window, "stop").await;
    window.key("" + Key::Escape).await;
    window.has_focus_on(&part("stop")).await;
    screen.close("Sluice");
    window.shown("[data-testid='dialog-close']").await;
    look(&window, "close").await;
    window.key("" + Key::Escape).await;
    window.until("no question", async |_| (window.count("dialog-close").await == 0).then_some(())).await;

    lab.outage(Some(Outage::Refused));
    window.is_in_state("waiting").await;
    window.reads("banner-now", |text| text.contains("next look in")).await;
    look(&window, "outage").await;
}

/// The form of every kind of connection with all that it knows to ask, then what a trial of one found.
async fn describe_connections(window: &Window, lab: &Lab) {
    window.enter("settings").await;
    window.enter("open-connections").await;
    window.enter("connection-new").await;
    for kind in ["s3", "azure", "gcs", "sftp", "webdav", "ftp", "http"] {
        window.tab_to("connection-kind").await;
        let choose = "const kind = document.activeElement; kind.value = arguments[0]; \
                      kind.dispatchEvent(new Event('change', { bubbles: true }));";
        window.script(choose, vec![json!(kind)]).await;
        window.shown(&format!("{} option[value='{kind}']:checked", part("connection-kind"))).await;
        if window.count("connection-more").await > 0 {
            window.enter("connection-more").await;
            window.shown("details[open]").await;
        }
        look(window, &format!("connection-{kind}")).await;
    }
    window.type_into("connection-name", "dam").await;
    window.type_into("connection-url", &lab.url()).await;
    window.enter("connection-keep").await;
    window.enter("connection-test").await;
    window.shown(&part("connection-trial")).await;
    look(window, "connection-trial").await;
    window.enter("connections-close").await;
}

/// A job is loaded and checked, and a few of its records are tried. Gives its file.
async fn try_a_pilot(screen: &Screen, window: &Window, job: &Path) -> PathBuf {
    window.enter("new-migration").await;
    window.enter("job-file").await;
    window.enter("job-load").await;
    screen.answer("Load a job file", job);
    window.holds("job-text", |text| text.contains("[[lookup]]")).await;
    look(window, "job").await;
    window.enter("job-close").await;
    window.enter("check").await;
    window.is_in_state("ready").await;
    let checkpoint = window.path("checkpoint").await;
    window.enter("step-pilot").await;
    look(window, "pilot-before").await;
    window.type_into("pilot-records", &TRIED.to_string()).await;
    window.enter("start-pilot").await;
    window
        .until("all that was tried", async |_| {
            (window.count("pilot-outcome").await as u64 == TRIED).then_some(())
        })
        .await;
    look(window, "pilot").await;
    checkpoint
}

/// The two questions about failed records.
async fn mend(window: &Window) {
    window.tab_to("failures").await;
    window.chord(Key::Control, "a").await;
    window.enter("change").await;
    window.tab_to("amend-way").await;
    window.key("" + Key::Down).await;
    window.type_into("amend-from", "reel-").await;
    window.type_into("amend-to", "roll-").await;
    window.shown(&part("change-row")).await;
    look(window, "amend").await;
    window.key("" + Key::Escape).await;
    window.has_focus_on(&part("change")).await;
    window.enter("leave").await;
    window.type_into("leave-note", "Restored from another tape, and not ours any more").await;
    look(window, "leave").await;
    window.key("" + Key::Escape).await;
    window.has_focus_on(&part("leave")).await;
}

/// A report with a record that is not there, and with one whose path is another.
async fn import_corrections(screen: &Screen, window: &Window, checkpoint: &Path, site: &Site) {
    let report = site.path("failed.csv");
    let export: [&OsStr; 4] =
        ["failures".as_ref(), checkpoint.as_os_str(), "--export".as_ref(), report.as_os_str()];
    command::run(export).expect(COMPLETE);
    let text = fs::read_to_string(&report).unwrap();
    let mut lines = text.lines();
    let (heading, row) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, rest) = row.split_once(',').unwrap();
    // The column after the full path is the path below the source.
    let corrected = row.replace(",reel-", ",roll-");
    assert_ne!(corrected, row);
    fs::write(&report, format!("{heading}\n999999,{rest}\n{corrected}\n")).unwrap();
    window.enter("menu-report").await;
    window.enter("import").await;
    screen.answer("Import corrections", &report);
    window.shown(&part("corrections-problem")).await;
    window.shown(&part("change-row")).await;
    look(window, "corrections").await;
    window.key("" + Key::Escape).await;
    window
        .until("no question", async |_| (window.count("dialog-corrections").await == 0).then_some(()))
        .await;
}
