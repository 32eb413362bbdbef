//! A wrong beginning in a catalogue, mended in the window while the run goes on: causes, a rule with its
//! preview, the recovery lane, a kill in the middle, reports in four formats, corrections from a file, and the
//! proof at the end.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sluice_tests::command::{self, Status};
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::lab::{Lab, Script};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Rows whose path begins wrongly.
const WRONG: u64 = 40;
/// Rows that nothing is wrong with; enough for the run to last as long as the story needs.
const RIGHT: u64 = 400;
/// A name that is markup; another file has it at the destination already.
const MARKUP: &str = "<img src=x onerror=document.title=1>.mov";

/// The job, planned, with one record delivered.
fn planned(site: &Site, lab: &Lab) -> PathBuf {
    let mut rows = String::from("path,title\n");
    for n in 0..WRONG {
        tree::file(&site.source.join(format!("new/take-{n:02}.mov")), 2_000, n);
        rows += &format!("old/take-{n:02}.mov,Take {n}\n");
    }
    for n in 0..RIGHT {
        tree::file(&site.source.join(format!("reel/clip-{n:03}.mov")), 2_000, 1_000 + n);
        rows += &format!("reel/clip-{n:03}.mov,Clip {n}\n");
    }
    tree::file(&site.source.join(MARKUP), 2_000, 5_000);
    tree::file(&site.destination.join(MARKUP), 2_000, 5_001);
    tree::file(&site.source.join("instead.mov"), 2_000, 5_002);
    rows += &format!("{MARKUP},Markup\n");
    fs::write(site.path("export.csv"), rows).unwrap();
    let url = lab.url();
    let job = format!(
        r#"name = "Wrong beginning"
destination = {:?}
[limits]
batch_size = 20
concurrency = 2
[[catalogue]]
file = "export.csv"
base = {:?}
path = ["path"]
[register]
url = "{url}/assets"
body = '{{"path": {{{{ path | tojson }}}}, "title": {{{{ fields.title | tojson }}}}}}'
id = "/id"
"#,
        site.destination, site.source
    );
    let file = site.path("job.toml");
    fs::write(&file, job).unwrap();
    let checkpoint = site.path("job.sluice");
    let args: [&OsStr; 4] = ["run".as_ref(), file.as_os_str(), "--pilot".as_ref(), "1".as_ref()];
    command::run(args);
    assert_eq!(Status::of(&checkpoint).delivered, 1);
    checkpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_mended_by_a_rule_while_the_run_goes_on() {
    let lab = Lab::start(Script { latency: Duration::from_millis(150), ..Script::default() });
    let site = Site::new();
    let checkpoint = planned(&site, &lab);
    let screen = Screen::new();
    let window = Window::open(&screen, &[checkpoint.as_os_str()]).await;
    window.is_in_state("paused").await;
    window.tap("start").await;
    window.is_in_state("running").await;
    mend_by_a_rule(&window).await;

    // Killed while both lanes are at work.
    let killed = Status::of(&checkpoint);
    assert!(killed.pending > 0, "{killed:?}");
    drop(window);
    let window = Window::open(&screen, &[checkpoint.as_os_str()]).await;
    window.is_in_state("stopped").await;
    lab.change(|script| script.latency = Duration::from_millis(1));
    window.tap("start").await;
    window.is_in_state("finished").await;
    let status = Status::of(&checkpoint);
    assert_eq!((status.delivered, status.failed), (WRONG + RIGHT, 1));

    let csv = reports(&screen, &window, &site).await;
    correct(&screen, &window, &site, &csv).await;
    prove(&window).await;
    assert_eq!(window.title().await.unwrap(), "Sluice", "the markup did nothing");
}

async fn mend_by_a_rule(window: &Window) {
    window.tap("tab-failures").await;
    window.tap("cause-source_missing").await;
    window.reads("failures-shown", |text| text == "40 failed records").await;
    window.holds("causes", |text| text.contains("there is no file …")).await;
    window.tap("change").await;
    window.choose("amend-way", "get another beginning").await;
    window.fill("amend-from", "old/").await;
    window.fill("amend-to", "new/").await;
    window.reads("amend-count", |text| text.starts_with("40 of 40")).await;
    window
        .holds("changes", |text| text.contains("old/take-00.mov") && text.contains("new/take-00.mov"))
        .await;
    assert_eq!(window.count("change-row").await, 20);
    window.tap("amend-reprocess").await;
    window.says("40 records go onto the recovery lane").await;
    window
        .until("some of them delivered", async |_| {
            let gone = window.count("cause-source_missing").await == 0;
            gone.then_some(())
        })
        .await;
}

/// The same failures in four formats; gives the CSV.
async fn reports(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    window.tap("tab-failures").await;
    window.failure_rows(1).await;
    for kind in ["csv", "xlsx", "json", "html"] {
        let path = site.path(&format!("failed.{kind}"));
        window.tap("menu-report").await;
        window.tap("export").await;
        screen.answer("Export the failure report", &path);
        window.says(&format!("failed.{kind}")).await;
        assert!(fs::metadata(&path).unwrap().len() > 100);
    }
    let page = fs::read_to_string(site.path("failed.html")).unwrap();
    assert!(page.contains("&lt;img src=x") && !page.contains("<img"));
    site.path("failed.csv")
}

/// First a report with a row that makes no sense, which changes nothing; then a right one.
async fn correct(screen: &Screen, window: &Window, site: &Site, csv: &std::path::Path) {
    let report = fs::read_to_string(csv).unwrap();
    let wrong = site.path("wrong.csv");
    let mut lines = report.lines();
    let heading = lines.next().unwrap();
    let row = lines.next().unwrap();
    let (_, rest) = row.split_once(',').unwrap();
    fs::write(&wrong, format!("{heading}\n99999,{rest}\n")).unwrap();
    window.tap("menu-report").await;
    window.tap("import").await;
    screen.answer("Import corrections", &wrong);
    window.reads("corrections-problems", |text| text.contains("99999")).await;
    window.tap("corrections-no").await;

    let right = site.path("right.csv");
    // The column after the full path is the path below the source.
    let corrected = row.replace(&format!(",{MARKUP},"), ",instead.mov,");
    assert_ne!(corrected, row);
    fs::write(&right, format!("{heading}\n{corrected}\n")).unwrap();
    window.tap("menu-report").await;
    window.tap("import").await;
    screen.answer("Import corrections", &right);
    window.reads("corrections-count", |text| text.starts_with("1 record changes")).await;
    window.holds("changes", |text| text.contains(MARKUP) && text.contains("instead.mov")).await;
    window.tap("corrections-yes").await;
    window.says("Everything is there").await;
}

/// The account adds up, everything is read again, and the one foreign file is found.
async fn prove(window: &Window) {
    window.tap("tab-records").await;
    window.reads("account-holds", |text| text == "It adds up").await;
    window.tap("part-delivered").await;
    window.reads("records-shown", |text| text.contains("441")).await;
    window.tap("verify-all").await;
    window.reads("verify-result", |text| text.starts_with("441 files read again")).await;
    window.reads("orphans", |text| text.ends_with('1')).await;
    window.fill("record-search", "take-07").await;
    window.holds("records", |text| text.contains("take-07.mov") && !text.contains("clip-001")).await;
}
