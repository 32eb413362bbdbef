//! A migration that asks a service: what fails is sent after the run while it goes on, and an outage
//! is waited out without anybody's hand.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use sluice_tests::command::{STOPPED, Status};
use sluice_tests::compare::assert_same;
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::lab::{Lab, Outage, Poison, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// Many enough that two at a time they take far longer than everything that happens meanwhile.
const FILES: u64 = 4_000;

/// A service that knows nobody at first: see [`knows_them_now`].
pub(crate) fn forgetful_lab(latency: Duration) -> Lab {
    let unknown = Poison::new("take-", Venom::Missing).on(Route::Lookup);
    Lab::start(Script { latency, poison: vec![unknown], ..Script::default() })
}

/// Once a few records have failed, the service knows the others. Gives how many have failed: a
/// permanent failure costs one request.
pub(crate) fn knows_them_now(lab: &Lab, served: &Served) -> usize {
    wait::until("some failures", || (lab.seen().answers(404) >= 5).then_some(()));
    lab.change(|script| script.poison.clear());
    wait::until("whole batches of records that are known", || (lab.registered() > 60).then_some(()));
    // What the service refused last may still be on its way into the checkpoint.
    wait::until("every refusal as a failed record", || {
        let failed = served.status().failed;
        (failed == lab.seen().answers(404)).then_some(failed as usize)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_against_a_service_recovers_by_itself_and_by_hand() {
    let lab = forgetful_lab(Duration::from_millis(150));
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 20\nconcurrency = 2");
    // The command plans it, meets a service that is away, and has no patience.
    lab.outage(Some(Outage::Refused));
    served.run(&["--outage-wait", "0"]).expect(STOPPED);
    lab.outage(None);

    let screen = Screen::new();
    let window = Window::open(&screen, &[served.checkpoint.as_os_str() as &OsStr]).await;
    window.is_in_state("paused").await;
    window.says("Paused while it waited: Service away").await;
    window.tap("start").await;
    window.is_in_state("running").await;
    let failed = knows_them_now(&lab, &served);
    window.reads("tab-failures", |text| text.ends_with(&failed.to_string())).await;

    reprocess_meanwhile(&window, &lab, failed).await;
    leave_and_change(&window).await;
    assert_eq!(served.status().state, "running", "all of that while it runs");
    steer(&window, &served).await;
    wait_out_an_outage(&window, &lab).await;

    // The service takes its time as long as the story needs a run that goes on; now it may end.
    lab.change(|script| script.latency = Duration::from_millis(10));
    window.fill("batch-size-value", "500").await;
    window.fill("concurrency-value", "64").await;
    window.is_in_state("finished").await;
    window.says("1 record could not be delivered").await;
    window.tap("show-failures").await;
    let left = window.failure_rows(1).await;
    window.tap_row(&left[0].id).await;
    window.tap("reprocess-selected").await;
    window.says("Everything is there").await;
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    assert_same(&served.site.source, &served.site.destination);
    let status = served.status();
    assert_eq!((status.delivered, status.failed), (FILES, 0));
}

/// A failed record goes onto the recovery lane, fails again there, and its history tells so.
async fn reprocess_meanwhile(window: &Window, lab: &Lab, failed: usize) {
    window.tap("tab-failures").await;
    let rows = window.failure_rows(failed).await;
    window.tap_row(&rows[0].id).await;
    window.reads("failure-service", |text| text.contains(&lab.url()) && text.contains("answered 404")).await;
    window.reads("attempts", |text| text.contains("(404)")).await;
    // One that the outage at the beginning spoiled is told too, as not counted.
    let tries = window.count("attempt").await;
    let again = (rows[0].attempts.parse::<u32>().expect("a number") + 1).to_string();
    let name = Path::new(&rows[0].source).file_name().expect("a name").to_str().expect("ASCII");
    lab.change(|script| script.poison.push(Poison::new(name, Venom::Missing)));
    window.tap("reprocess-selected").await;
    window.says("1 record goes onto the recovery lane").await;
    window
        .until("one more attempt", async |_| {
            let rows = window.failure_rows(failed).await;
            (rows[0].attempts == again).then_some(())
        })
        .await;
    window.tap_row(&rows[0].id).await;
    window.until("one more try", async |_| (window.count("attempt").await == tries + 1).then_some(())).await;
    let history = window.read("attempts").await;
    assert!(history.contains("recovery") && history.contains("(404)"), "{history}");

    lab.change(|script| script.poison.clear());
    for row in &rows[..failed - 2] {
        window.tap_row(&row.id).await;
        window.tap("reprocess-selected").await;
        window
            .until("one fewer", async |page| {
                let gone = format!("[data-testid='failure-row'][data-id='{}']", row.id);
                page.find_all(thirtyfour::By::Css(gone)).await.ok()?.is_empty().then_some(())
            })
            .await;
    }
}

/// One record is left with a note, and stays when the others are reprocessed; the other is changed
/// and goes through.
async fn leave_and_change(window: &Window) {
    let rows = window.failure_rows(2).await;
    window.tap_row(&rows[1].id).await;
    window.tap("leave").await;
    window.fill("leave-note", "The catalogue has no entry").await;
    window.tap("leave-yes").await;
    window.reads("failure-note", |text| text.contains("The catalogue has no entry")).await;

    window.tap_row(&rows[0].id).await;
    window.tap("change").await;
    window.fill("amend-name", "title").await;
    window.fill("amend-value", "Interview").await;
    window.tap("amend-reprocess").await;
    // For a moment the other one may be the only one that is shown: it is on its way, and this one is left.
    window.shown(&format!("[data-testid='failure-row'][data-id='{}']", rows[1].id)).await;
    let left = window.failure_rows(1).await;
    assert_eq!(left[0].id, rows[1].id, "only the one that was left");
    window.tap("reprocess-shown").await;
    window.says("are only tried again when you choose them").await;
}

/// The controls of a run that asks services, in the window and in the checkpoint.
async fn steer(window: &Window, served: &Served) {
    window.tap("tab-run").await;
    window.reads("service-in-flight", |text| text.ends_with("of 2")).await;
    window.shown("[data-testid='more'] summary").await.click().await.expect("a click");
    window.fill("bandwidth", "fast").await;
    window.reads("bandwidth-hint", |text| text.contains("\"fast\" is no bandwidth")).await;
    window.fill("bandwidth", "Mon-Fri 08:00 400MB/s; 19:00 off").await;
    window.reads("bandwidth-hint", |text| !text.contains("is no bandwidth")).await;
    window.tap("look-ahead").await;
    window.tap("batch-size-auto").await;
    let job = |wanted: fn(&serde_json::Value) -> bool| {
        let checkpoint = served.checkpoint.clone();
        async move {
            window
                .until("the job in the checkpoint", async |_| {
                    wanted(&status_json(&checkpoint)["job"]["control"]).then_some(())
                })
                .await;
        }
    };
    job(|control| {
        control["autopilot"]["batch_size"] == true
            && control["look_ahead"] == true
            && control["bandwidth"] == "Mon-Fri 08:00 400MB/s; 19:00 off"
    })
    .await;
    // The person's hand comes first.
    window.fill("batch-size-value", "10").await;
    job(|control| control["autopilot"]["batch_size"] == false).await;
    window.shown("[data-testid='batch-size-auto']:not(:checked)").await;
    assert_eq!(Status::of(&served.checkpoint).batch_size, 10);
}

/// It says what it waits for and when it looks again, and goes on without anybody's hand.
async fn wait_out_an_outage(window: &Window, lab: &Lab) {
    lab.outage(Some(Outage::Refused));
    window.is_in_state("waiting").await;
    window.says("Waiting for a service to answer again").await;
    window.reads("banner-now", |text| text.contains("next look in") && text.contains("so far")).await;
    window.reads("service-state", |text| text == "away").await;
    window.shown("[data-testid='pause']:enabled").await;
    assert_eq!(window.count("start").await, 0, "there is nothing to press");
    let before = lab.registered();
    lab.outage(None);

    window.is_in_state("running").await;
    window.reads("service-state", |text| text == "answers").await;
    window.reads("changes", |text| text.contains("Service away: over after")).await;
    window.until("new assets", async |_| (lab.registered() > before + 10).then_some(())).await;
}

fn status_json(checkpoint: &Path) -> serde_json::Value {
    let ended =
        sluice_tests::command::run([OsStr::new("status"), checkpoint.as_os_str(), OsStr::new("--json")]);
    ended.expect(sluice_tests::command::COMPLETE).json()
}
