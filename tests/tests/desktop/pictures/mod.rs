//! Every state of the window, light and dark, large and small: photographed for people to look at
//! (`target/screenshots`), and checked for what a machine can see.

mod catalogues;
mod run;
mod service;
mod steps;

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use sluice_tests::desktop::{Scheme, Screen, Window};
use sluice_tests::library::library;
use sluice_tests::site::Site;

/// Enough to be looked at while it runs.
const YEARS: u64 = 12;

/// Files enough to be looked at while they are counted.
const COUNTED: u64 = 90_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_state_looks_right_by_day() {
    Album::of(Scheme::Light).take().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_looks_right_by_night() {
    Album::of(Scheme::Dark).take().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogues_look_right_by_day() {
    Album::of(Scheme::Light).catalogues().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogues_look_right_by_night() {
    Album::of(Scheme::Dark).catalogues().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_look_right_by_day() {
    Album::of(Scheme::Light).steps().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_look_right_by_night() {
    Album::of(Scheme::Dark).steps().await;
}

struct Album {
    word: &'static str,
    screen: Screen,
    site: Site,
    library: PathBuf,
    records: u64,
}

impl Album {
    fn of(scheme: Scheme) -> Self {
        let site = Site::new();
        let library_folder = site.path("Regional archive");
        Self {
            word: if scheme == Scheme::Dark { "night" } else { "day" },
            screen: Screen::in_scheme(scheme),
            records: library(&library_folder, YEARS),
            library: library_folder,
            site,
        }
    }

    async fn take(self) {
        self.beginning().await;
        self.blocked().await;
        self.outage().await;
        self.served().await;
        let window = self.running().await;
        self.failed_then_clean(window).await;
    }

    async fn look(&self, window: &Window, state: &str) {
        window.assert_looks_right(&format!("{state}-{}", self.word)).await;
    }

    async fn beginning(&self) {
        let window = Window::open(&self.screen, &[]).await;
        window.says("Drop folders or files here").await;
        self.look(&window, "empty").await;
        window.assert_all_within_reach_of_tab().await;
        drop(window);

        let many = self.site.path("Tape restore");
        for n in 0..COUNTED {
            let folder = many.join(format!("tape {:03}", n / 1_000));
            fs::create_dir_all(&folder).unwrap();
            fs::File::create(folder.join(format!("clip {n:06}.mxf"))).unwrap();
        }
        let window = Window::open(&self.screen, &[self.library.as_os_str(), many.as_os_str()]).await;
        window.shown("[data-testid='source']").await;
        self.look(&window, "setup").await;
        window.assert_all_within_reach_of_tab().await;
        window.name_destination(&self.site.path("Counted")).await;
        window.tap("check").await;
        window.is_in_state("planning").await;
        self.look(&window, "planning").await;
        drop(window);
        fs::remove_dir_all(many).unwrap();
    }

    /// A window in which the library is checked against a destination.
    async fn check(&self, destination: &std::path::Path) -> Window {
        let window = Window::open(&self.screen, &[self.library.as_os_str() as &OsStr]).await;
        window.name_destination(destination).await;
        window.tap("check").await;
        window.is_in_state("ready").await;
        window
    }

    /// Small batches, so that the run lasts as long as the pictures need.
    async fn slow_down(&self, window: &Window) {
        window.tap("edit").await;
        window.tap("step-destination").await;
        window.fill("batch-size-value", "6").await;
        window.fill("streams-value", "3").await;
        window.fill("concurrency-value", "3").await;
        window.tap("check").await;
        window.is_in_state("ready").await;
    }
}
