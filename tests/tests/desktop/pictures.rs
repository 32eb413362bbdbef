//! Every state of the window, light and dark, large and small: photographed for people to look at
//! (`target/screenshots`), and checked for what a machine can see.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_tests::command::STOPPED;
use sluice_tests::compare::entries;
use sluice_tests::desktop::{Scheme, Screen, Window};
use sluice_tests::lab::{Lab, Outage, Poison, Script, Venom};
use sluice_tests::library::library;
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;
use sluice_tests::volume::Volume;

use crate::served::{forgetful_lab, knows_them_now};

/// Enough to be looked at while it runs.
const YEARS: u64 = 12;

/// Files enough to be looked at while they are counted.
const COUNTED: u64 = 90_000;

/// Stills whose names are taken at the destination by other files.
const TAKEN: [&str; 3] = [
    "Stills/1974/1974-0007_town hall.tif",
    "Stills/1975/1975-0101_town hall.tif",
    "Stills/1979/1979-0042_town hall.tif",
];

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

    /// Catalogues as they come: with markup, names from right to left and paths without an end in them;
    /// locked, and without a column that looks like a path.
    async fn catalogues(&self) {
        let export = self.export();
        let window = Window::open(&self.screen, &[export.as_os_str()]).await;
        window.reads("files-found", |text| text.starts_with("0 of")).await;
        window.shown("[data-testid='choose-place']").await;
        self.look(&window, "catalogue-found").await;
        window.assert_all_within_reach_of_tab().await;

        window.fill("rule-to", self.library.to_str().unwrap()).await;
        window.reads("files-found", |text| text.starts_with("17 of")).await;
        let template = "{{ fields.Year }}/{{ fields.Rights | default('unknown') }}/{{ fields.Title }}.{{ extension | lower }}";
        window.fill("template", template).await;
        window.holds("preview", |text| text.contains("becomes")).await;
        window.choose("checksum-column", "Remarks of the digitisation team").await;
        window.shown("[data-testid='first-wrong']").await;
        self.look(&window, "catalogue-mapped").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("template", "{{ fields.Year }}/{{ fields.Titel").await;
        window.shown("[data-testid='template'][aria-invalid='true']").await;
        window.tap("join").await;
        self.look(&window, "catalogue-template-wrong").await;
        window.tap("step-sources").await;
        self.look(&window, "setup-with-catalogue").await;
        window.assert_all_within_reach_of_tab().await;
        drop(window);

        let locked = self.site.path("locked.xlsx");
        fs::write(&locked, tree::locked_workbook()).unwrap();
        let pathless = self.site.path("titles only.csv");
        fs::write(&pathless, "No;Title\n1;Harbour\n2;Town hall\n").unwrap();
        let window = Window::open(&self.screen, &[pathless.as_os_str(), locked.as_os_str()]).await;
        window.shown("[data-testid='unreadable']").await;
        self.look(&window, "catalogue-locked").await;
        window.assert_all_within_reach_of_tab().await;
        window.choose("which-catalogue", pathless.to_str().unwrap()).await;
        window.shown("[data-testid='no-path']").await;
        self.look(&window, "catalogue-without-path").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// Every step of a new migration with something in it.
    async fn steps(&self) {
        let lab = Lab::start(Script::default());
        let missing = self.site.path("Unplugged drive");
        fs::create_dir(&missing).unwrap();
        let window = Window::open(&self.screen, &[self.library.as_os_str(), missing.as_os_str()]).await;
        window.says("No files in it.").await;
        fs::remove_dir(&missing).unwrap();
        window.fill("place", "s3://AKIA:secret").await;
        window.tap("add-place").await;
        window.tap("watch").await;
        window.fill("watch-quiet", "10").await;
        window.reads("watch-hint", |text| text.contains("unit")).await;
        self.look(&window, "step-sources").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("watch-quiet", "10s").await;
        window.tap("watch").await;
        window
            .shown("[data-testid='source']:last-of-type [data-testid='remove-source']")
            .await
            .click()
            .await
            .unwrap();

        window.tap("step-names").await;
        self.look(&window, "step-names-plain").await;
        window.fill("template", "{{ folder }}/{{ stem | slug }}.{{ extension | lower }}").await;
        window.tap("add-field").await;
        window.fill("field-name", "kind").await;
        window.fill("field-value", "{{ 'film' if extension in ['mov', 'mxf'] else 'still' }}").await;
        // The preview of what was typed moves it away from under a pointer.
        window.enter("add-require").await;
        window.fill("require-field", "kind").await;
        window.fill("require-values", "still").await;
        window.holds("preview", |text| text.contains("town-hall")).await;
        self.look(&window, "step-names").await;
        window.assert_all_within_reach_of_tab().await;

        window.tap("step-describe").await;
        self.look(&window, "step-describe-plain").await;
        window.tap("add-lookup").await;
        window.fill("lookup-name", "rights").await;
        window.fill("lookup-url", &format!("{}/lookup?path={{{{ path | urlencode }}}}", lab.url())).await;
        window.tap("add-answer-field").await;
        window.fill("answer-field-name", "title").await;
        window.fill("answer-field-pointer", "/asset/title").await;
        window.tap("group-raw").await;
        window.tap("sidecar-xmp").await;
        window.tap("try-lookup").await;
        window.holds("trial-fields", |text| text.contains("title")).await;
        self.look(&window, "step-describe").await;
        window.assert_all_within_reach_of_tab().await;
        window.fill("answer-field-pointer", "/asset/rights").await;
        window.tap("try-lookup").await;
        window.shown("[data-testid='trial-problem']").await;
        self.look(&window, "step-describe-failing").await;
        window.fill("answer-field-pointer", "/asset/title").await;

        window.tap("step-check").await;
        self.look(&window, "step-check-before").await;
        window.name_destination(&self.site.path("Steps")).await;
        window.tap("registers").await;
        window.fill("register-url", &format!("{}/assets", lab.url())).await;
        window.tap("try-register").await;
        window.shown("[data-testid='trial-request']").await;
        self.look(&window, "step-destination").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("job-file").await;
        window.holds("job-text", |text| text.contains("[register]")).await;
        self.look(&window, "job-dialog").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("job-close").await;

        window.tap("check").await;
        window.is_in_state("ready").await;
        window.shown("[data-testid='show-records']").await.click().await.unwrap();
        window.shown("[data-testid='concerned-record']").await;
        self.look(&window, "step-check").await;
        window.assert_all_within_reach_of_tab().await;
        window.tap("step-pilot").await;
        self.look(&window, "step-pilot-before").await;
        window.fill("pilot-records", "8").await;
        window.tap("start-pilot").await;
        window.shown("[data-testid='pilot-outcome']").await;
        self.look(&window, "step-pilot").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// An export of the library from a Windows computer, with all that strains a page.
    fn export(&self) -> PathBuf {
        let mut rows = vec!["Regional archive, export of 2026-06-01".to_owned()];
        rows.push("Inventory no;Title;Path;Year;Rights;Remarks of the digitisation team;Keywords".into());
        let entries = entries(&self.library);
        let files = entries.iter().filter(|(_, metadata)| metadata.is_file()).map(|(file, _)| file);
        for (n, file) in files.take(40).enumerate() {
            let below = file.to_str().unwrap().replace('/', "\\");
            let (title, path) = match n {
                3 => ("<img src=x onerror=alert(1)> & <b>bold</b>".to_owned(), below),
                5 => ("ראיון עם הבמאי, חלק ב".to_owned(), below),
                8 => (
                    "Harbour".to_owned(),
                    format!("{}gone.mov", "Aufzeichnung der Jahreshauptversammlung\\".repeat(7)),
                ),
                11 => ("Lost".to_owned(), "1974\\lost.mov".to_owned()),
                14 => ("Lost too".to_owned(), "1974\\lost too.mov".to_owned()),
                _ => (["Harbour", "Town hall", "Interview: part 1/2"][n % 3].to_owned(), below),
            };
            let remark = "Scratches in the second reel, mended; ".repeat(n % 4 * 5).replace(';', ",");
            rows.push(format!("R-{n:05};{title};Z:\\Archive\\{path};{};free;{remark};", 1970 + n % 9));
        }
        let path = self.site.path("Export of the regional archive.csv");
        fs::write(&path, rows.join("\n") + "\n").unwrap();
        path
    }

    /// A destination with too little room.
    async fn blocked(&self) {
        let small = Volume::new(4 << 20);
        let window = self.check(&small.path().join("Archive")).await;
        window.says("Cannot start yet").await;
        self.look(&window, "blocked").await;
        window.assert_all_within_reach_of_tab().await;
    }

    /// A destination that somebody else fills up while the run goes on.
    async fn outage(&self) {
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
    async fn served(&self) {
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

    async fn running(&self) -> Window {
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

    async fn failed_then_clean(&self, window: Window) {
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
        window.reads("duplicates", |text| !text.contains('–')).await;
        self.look(&window, "records-proven").await;
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
