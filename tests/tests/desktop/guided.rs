//! A new migration, step by step: a catalogue, a lookup that is tried on one record, a registration that
//! is only shown, findings with their records, a pilot, and the run of all.

use std::fs;
use std::path::PathBuf;

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::lab::{Lab, Script};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Rows of the catalogue whose file is there.
const FILES: u64 = 14;

/// Records that the pilot tries.
const TRIED: u64 = 5;

/// Writes a catalogue beside the files that it names. One of them is not there.
fn catalogue(site: &Site) -> PathBuf {
    let mut rows = vec!["No,Path,Title,Year".to_owned()];
    for n in 1..=FILES {
        tree::file(&site.source.join(format!("reel {n:02}.MOV")), 3_000, n);
        rows.push(format!("R-{n:03},reel {n:02}.MOV,Harbour {n},{}", 1970 + n % 4));
    }
    rows.push("R-999,lost.MOV,Lost,1970".into());
    let path = site.source.join("reels.csv");
    fs::write(&path, rows.join("\n") + "\n").unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_goes_step_by_step_through_a_lookup_and_a_pilot_to_its_end() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    let catalogue = catalogue(&site);
    let screen = Screen::new();
    let window = Window::open(&screen, &[catalogue.as_os_str()]).await;
    window.reads("files-found", |text| text == "14 of the first 15 files found").await;
    set_a_field(&window).await;
    try_a_lookup(&window, &lab).await;
    show_the_registration(&window, &lab).await;
    window.name_destination(&site.destination).await;
    let job = save_the_job(&screen, &window, &site).await;

    window.tap("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES).await;
    open_the_records_of_a_finding(&window).await;
    assert_eq!(lab.registered(), 0, "the check asks for nothing of the kind");

    pilot(&window, &lab, &site).await;
    window.tap("run-all").await;
    window.is_in_state("finished").await;
    assert_eq!(lab.registered() as u64, FILES, "and none of the pilot's a second time");
    for n in 1..=FILES {
        let to = site.destination.join(format!("{}s/R-{n:03}.mov", 1970 + n % 4));
        assert_eq!(fs::read(to).unwrap(), fs::read(site.source.join(format!("reel {n:02}.MOV"))).unwrap());
    }
    // What the window saved is what the command runs.
    let planned = command::run(["plan".as_ref(), job.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
    assert_eq!(planned["balance"]["found"].as_u64(), Some(FILES + 1), "{planned}");
}

/// A field by a rule, and the target by that field; what is wrong is said beside the rule.
async fn set_a_field(window: &Window) {
    window.tap("add-field").await;
    window.fill("field-name", "decade").await;
    window.fill("field-value", "{{ fields.Year }").await;
    window.shown("[data-testid='field-problem']").await;
    window.fill("field-value", "{{ fields.Year }}s").await;
    window.fill("template", "{{ fields.decade }}/{{ fields.No }}.{{ extension | lower }}").await;
    window.holds("preview", |text| text.contains("R-001.mov")).await;
    assert_eq!(window.count("field-problem").await, 0);
}

async fn try_a_lookup(window: &Window, lab: &Lab) {
    window.tap("step-describe").await;
    window.tap("add-lookup").await;
    window.shown("[data-testid='check']:disabled").await;
    window.fill("lookup-name", "rights").await;
    window.fill("lookup-url", &format!("{}/lookup?path={{{{ path | urlencode }}}}", lab.url())).await;
    window.tap("add-answer-field").await;
    window.fill("answer-field-name", "owner").await;
    window.fill("answer-field-pointer", "/asset/nothing").await;
    window.tap("try-lookup").await;
    window.holds("trial-problem", |text| text.contains("/asset/nothing")).await;
    window.fill("answer-field-pointer", "/asset/title").await;
    window.tap("try-lookup").await;
    window.holds("trial-fields", |text| text.contains("owner")).await;
    window.holds("trial-request", |text| text.contains("GET") && text.contains("/lookup?path=reel%20")).await;
    window.holds("trial-answer", |text| text.contains("200") && text.contains("\"asset\"")).await;
    let first = window.holds("trial-request", |_| true).await;
    window.tap("try-lookup-next").await;
    window.holds("trial-request", |text| text != first).await;
    assert_eq!(lab.seen().lookups, 3, "each look is one request");
}

async fn show_the_registration(window: &Window, lab: &Lab) {
    window.tap("step-destination").await;
    window.tap("registers").await;
    window.fill("register-url", &format!("{}/assets", lab.url())).await;
    window.tap("try-register").await;
    window.holds("trial-request", |text| text.contains("POST") && text.contains("idempotency-key")).await;
    window.says("Not sent").await;
    assert_eq!(lab.registered(), 0);
}

async fn save_the_job(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    let job = site.path("reels.toml");
    window.tap("job-file").await;
    window.holds("job-text", |text| text.contains("[[lookup]]") && text.contains("[[map.field]]")).await;
    window.tap("job-save").await;
    screen.answer("Save the job file", &job);
    window.says("The job file is saved").await;
    window.tap("job-close").await;
    job
}

async fn open_the_records_of_a_finding(window: &Window) {
    let records = "[data-testid='finding'][data-code='source_missing'] [data-testid='show-records']";
    window.shown(records).await.click().await.unwrap();
    window.holds("concerned", |text| text.contains("lost.MOV")).await;
    assert_eq!(window.count("concerned-record").await, 1);
}

/// Five records for real: they are there, and nothing else is.
async fn pilot(window: &Window, lab: &Lab, site: &Site) {
    window.tap("step-pilot").await;
    window.fill("pilot-records", &TRIED.to_string()).await;
    window.tap("start-pilot").await;
    window.reads("pilot-verdict", |text| text.contains("5 records tried")).await;
    window.is_in_state("paused").await;
    assert_eq!(window.count("pilot-outcome").await as u64, TRIED);
    assert_eq!(lab.registered() as u64, TRIED);
    let delivered = sluice_tests::compare::entries(&site.destination);
    assert_eq!(delivered.iter().filter(|(_, metadata)| metadata.is_file()).count() as u64, TRIED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_nobody_touches_asks_the_program_for_nothing() {
    let site = Site::new();
    tree::small_files(&site.source, 3, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.reads("source-found", |text| text.starts_with("3 files")).await;
    // What the page asks goes by `fetch`.
    let count = "window.asked = 0; const { fetch } = window; \
                 window.fetch = (...what) => { window.asked += 1; return fetch(...what); };";
    window.script(count, Vec::new()).await;
    let frames = "const [done] = arguments; let left = 120; \
                  const next = () => (left-- > 0 ? requestAnimationFrame(next) : done(window.asked)); next();";
    for step in ["sources", "destination"] {
        window.tap(&format!("step-{step}")).await;
        window.shown(&format!("[data-testid='step'][data-step='{step}']")).await;
        window.script("window.asked = 0", Vec::new()).await;
        let asked = window.execute_async(frames, Vec::new()).await.expect("two seconds of frames");
        // The draft is kept once, and the connections are read.
        assert!(asked.json().as_u64().expect("a number") <= 4, "{step}: {:?}", asked.json());
    }
}
