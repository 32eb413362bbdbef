//! A run that something stands in the way of: a full destination, a service that throttles and goes away.

use std::path::Path;
use std::time::Duration;

use sluice_tests::command::STOPPED;
use sluice_tests::desktop::Window;
use sluice_tests::lab::{Outage, Poison, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;
use sluice_tests::volume::Volume;

use super::Album;
use crate::served::{forgetful_lab, knows_them_now};

impl Album {
    /// A destination with too little room.
    pub(super) async fn blocked(&self) {
        let small = Volume::new(4 << 20);
        let window = self.check(&small.path().join("Archive")).await;
        window.says("Cannot start yet").await;
        self.look(&window, "blocked").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// A destination that somebody else fills up while the run goes on.
    pub(super) async fn outage(&self) {
        let volume = Volume::new(512 << 20);
        let window = self.check(&volume.path().join("Archive")).await;
        self.slow_down(&window).await;
        window.tap("start").await;
        window.figure("balance-delivered", |records| records > 10).await;
        volume.fill_up("ballast");
        window.says("Waiting for room at the destination").await;
        window.reads("banner-now", |text| text.contains("next look in")).await;
        self.look(&window, "outage").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// A migration that asks a service: the service throttles, a record hangs on the recovery lane,
    /// people leave and change failed records, and then the service is away.
    pub(super) async fn served(&self) {
        let lab = forgetful_lab(Duration::from_millis(100));
        let site = Site::new();
        tree::small_files(&site.source, 4_000, 1);
        let served = Served::new(site, &lab, "[limits]\nbatch_size = 12\nstreams = 3\nconcurrency = 6");
        lab.outage(Some(Outage::Refused));
        served.run(&["--outage-wait", "0"]).expect(STOPPED);
        let window = Window::open(&self.screen, &[served.checkpoint.as_os_str()]).await;
        window.is_in_state("paused").await;
        self.look(&window, "outage-paused").await;
        lab.outage(None);
        window.tap("start").await;
        let failed = knows_them_now(&lab, &served);
        window.tap("tab-failures").await;
        window.resize(1280, 900).await;
        let rows = window.failure_rows(failed).await;
        let name = Path::new(&rows[0].source).file_name().unwrap().to_str().unwrap();
        lab.change(|script| {
            script.poison = vec![Poison::new(name, Venom::Hang)];
            (script.rate, script.burst) = (Some(55.0), 3.0);
        });
        window.tap_row(&rows[1].id).await;
        window.shown("[data-testid='attempt']").await;
        self.look(&window, "failures-meanwhile").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("change").await;
        window.shown("dialog[open]").await;
        self.look(&window, "amend-dialog").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("amend-no").await;
        window.tap("leave").await;
        window.fill("leave-note", "Restored from another tape").await;
        self.look(&window, "leave-dialog").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("leave-yes").await;
        window.shown("[data-testid='failure-note']").await;
        window.tap_row(&rows[0].id).await;
        window.tap("reprocess-selected").await;
        for _ in 0..2 {
            window.press("Dismiss").await;
        }

        window.tap("tab-run").await;
        window.shown("[data-testid='recovery']").await;
        window.shown("[data-testid='more'] summary").await.click().await.expect("a click");
        window.fill("bandwidth", "fast").await;
        window.reads("bandwidth-hint", |text| text.contains("is no bandwidth")).await;
        window.tap("batch-size-auto").await;
        window.shown("[data-testid='advice-apply']").await;
        self.look(&window, "served").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("stretch-whole").await;
        window.tap("advice-apply").await;
        window.shown("[data-testid='advice-undo']").await;
        self.look(&window, "served-advice-taken").await;
        window.tap("tab-events").await;
        window.shown("[data-testid='event'][data-kind='settings_changed']").await;
        self.look(&window, "events").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("events-text", "nothing of the kind").await;
        window.says("No event is like that").await;
        self.look(&window, "events-none").await;
        window.tap("tab-run").await;

        lab.outage(Some(Outage::Refused));
        window.is_in_state("waiting").await;
        window.reads("banner-now", |text| text.contains("next look in")).await;
        window.reads("service-state", |text| text == "away").await;
        self.look(&window, "service-away").await;
        window.assert_all_within_reach_of_tab().await;
    }
}
