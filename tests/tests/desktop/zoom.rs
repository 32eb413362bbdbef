//! Every screen at twice its size, as one with weak eyes reads it: nothing is cut off, covered or out of reach.

use std::fs;

use sluice_tests::desktop::{Scheme, Screen, Window};
use sluice_tests::library::library;
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
