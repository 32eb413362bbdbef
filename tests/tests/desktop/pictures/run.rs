//! A run from its start to a clean end, by way of failed records.

use std::fs;

use sluice_tests::desktop::Window;
use sluice_tests::tree;

use super::Album;

/// Stills whose names are taken at the destination by other files.
const TAKEN: [&str; 3] = [
    "Stills/1974/1974-0007_town hall.tif",
    "Stills/1975/1975-0101_town hall.tif",
    "Stills/1979/1979-0042_town hall.tif",
];
impl Album {
    pub(super) async fn running(&self) -> Window {
        for (seed, still) in (0..).zip(TAKEN) {
            tree::file(&self.site.path("Archive").join(still), 9_000, seed);
        }
        let window = self.check(&self.site.path("Archive")).await;
        self.look(&window, "ready").await;
        window.assert_all_within_reach_of_tab().await;
        self.slow_down(&window).await;
        window.tap("start").await;
        // Some batches and some seconds of throughput, so that the pictures show something.
        window.figure("balance-delivered", |records| records > self.records / 10).await;
        self.look(&window, "running").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("stop").await;
        window.shown("dialog[open]").await;
        self.look(&window, "stop-dialog").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("stop-no").await;
        self.screen.close("Sluice");
        window.shown("[data-testid='dialog-close']").await;
        self.look(&window, "close-dialog").await;
        window.tap("close-no").await;
        window.tap("pause").await;
        window.is_in_state("paused").await;
        self.look(&window, "paused").await;
        window.assert_all_within_reach_of_tab().await;
        window
    }

    pub(super) async fn failed_then_clean(&self, window: Window) {
        window.fill("batch-size-value", "500").await;
        window.fill("concurrency-value", "8").await;
        window.tap("start").await;
        window.is_in_state("finished").await;
        window.says("could not be delivered").await;
        self.look(&window, "finished-with-failures").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("tab-failures").await;
        window.failure_rows(TAKEN.len()).await;
        self.look(&window, "failures").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("change").await;
        window.choose("amend-way", "get a text replaced").await;
        window.fill("amend-from", ".").await;
        window.fill("amend-to", " (2).").await;
        window.shown("[data-testid='change-row']").await;
        self.look(&window, "amend-many").await;
        window.tap("amend-no").await;
        window.tap("tab-records").await;
        window.shown("[data-testid='record-row'][data-id]").await;
        self.look(&window, "records").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("tab-check").await;
        self.look(&window, "check-after-run").await;

        for still in TAKEN {
            fs::remove_file(self.site.path("Archive").join(still)).unwrap();
        }
        window.tap("tab-failures").await;
        window.tap("reprocess-shown").await;
        window.says("Everything is there").await;
        self.look(&window, "finished").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("tab-failures").await;
        window.says("No record has failed").await;
        self.look(&window, "no-failures").await;
        window.tap("tab-records").await;
        window.tap("verify-all").await;
        window.reads("verify-result", |text| text.contains("read again")).await;
        window.tap("find-duplicates").await;
        window.reads("duplicates", |text| !text.contains("not looked for")).await;
        self.look(&window, "records-proven").await;
    }
}
