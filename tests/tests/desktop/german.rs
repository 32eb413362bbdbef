//! The window in German: what the engine tells is said in German too, not only what stands on buttons.

use std::fs;
use std::path::Path;

use sluice_tests::command::STOPPED;
use sluice_tests::desktop::{Scheme, Screen, Window};
use sluice_tests::lab::{Lab, Outage, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// A window that speaks German from its first word on, as the settings of the person say.
async fn window(screen: &Screen, args: &[&Path]) -> Window {
    let settings = screen.home().join("config/sluice/settings.json");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(settings, r#"{ "language": "german" }"#).unwrap();
    let args: Vec<_> = args.iter().map(|arg| arg.as_os_str()).collect();
    Window::open(screen, &args).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_speaks_german() {
    let screen = Screen::in_scheme(Scheme::Light);
    let site = Site::new();
    tree::small_files(&site.source, 40, 1);
    for n in 0..2 {
        tree::file(&site.source.join(format!("{n}/.DS_Store")), 10, 1);
    }
    tree::file(&site.destination.join("there.txt"), 10, 1);
    let window = window(&screen, &[&site.source]).await;
    window.name_destination(&site.destination).await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    window.says("2 Überbleibsel von Systemen (.DS_Store, ._*, Thumbs.db und dergleichen) bleiben weg").await;
    window.says("am Ziel liegen schon Dateien").await;
    window.says("Was dort unter demselben Namen liegt, wird behandelt").await;
    window.assert_looks_right("german-check").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_said_in_german() {
    let screen = Screen::new();
    let site = Site::new();
    let broken = site.path("broken.sluice");
    fs::write(&broken, "no migration").unwrap();
    let window = window(&screen, &[&broken]).await;
    window.reads("notice-message", |text| text.contains("ist keine Migration von Sluice")).await;
    window.says("Die .sluice-Datei einer Migration wählen.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_speaks_german() {
    let screen = Screen::in_scheme(Scheme::Light);
    let lab = Lab::start(Script::default());
    let site = Site::new();
    tree::small_files(&site.source, 4_000, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 12\nstreams = 3\nconcurrency = 6");
    lab.outage(Some(Outage::Refused));
    served.run(&["--outage-wait", "0"]).expect(STOPPED);
    lab.outage(None);
    // It asks to slow down: then there is advice.
    lab.change(|script| (script.rate, script.burst) = (Some(55.0), 3.0));
    let window = window(&screen, &[&served.checkpoint]).await;
    window.is_in_state("paused").await;
    window.tap("start").await;
    window.is_in_state("running").await;
    window.tap("batch-size-auto").await;
    window.reads("advice-text", |text| text.contains("bittet uns, langsamer zu machen")).await;
    window.reads("changes", |text| text.contains("Autopilot, Stapelgröße: ein Stapel dauerte")).await;
    window.assert_looks_right("german-run").await;
}
