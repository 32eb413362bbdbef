//! What a catalogue of 800,000 rows costs to plan, and what one cell at the far corner costs to read.

use std::path::Path;
use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use sluice_tests::command::sluice;
use sluice_tests::site::Site;

use crate::checkpoint::{empty_file, empty_files};
use crate::measure::{bytes, peak_memory};
use crate::ramdisk::RamDisk;

const ROWS: u64 = 800_000;
const LEAST: f64 = 50_000.0;
const MOST: u64 = 200_000_000;
const CORNER: Duration = Duration::from_secs(2);
const NAMES: [&str; 6] = ["Asset ID", "File", "Title", "Description", "Keywords", "Recorded"];

pub(crate) fn run(disk: &RamDisk) {
    let site = Site::below(disk.path());
    empty_files(&site, ROWS);
    let csv = site.path("export.csv");
    write_csv(&csv);
    let (rate, csv_peak) = plan(&site, &csv);
    let xlsx = site.path("export.xlsx");
    write_xlsx(&xlsx);
    let (_, xlsx_peak) = plan(&site, &xlsx);
    println!("at least {LEAST} rows/s of CSV, at most {} of memory", bytes(MOST));
    let corner = site.path("corner.xlsx");
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(1_048_575, 16_383, "path").expect("a cell");
    workbook.save(&corner).expect("a workbook");
    let start = Instant::now();
    let peak = peak_memory(sluice(["catalogue".as_ref(), corner.as_os_str()]));
    let took = start.elapsed();
    println!("one cell at XFD1048576: {} ms, peak memory {}", took.as_millis(), bytes(peak));
    assert!(rate >= LEAST && csv_peak <= MOST && xlsx_peak <= MOST && peak <= MOST && took <= CORNER);
}

/// Rows a second, and the most memory, of a plan.
fn plan(site: &Site, file: &Path) -> (f64, u64) {
    let job = site.path("job.toml");
    let text = "destination = \"destination\"\n[[catalogue]]\nbase = \"source\"\npath = \"File\"\nid = \"Asset ID\"\n";
    std::fs::write(&job, format!("{text}file = {:?}\n", file.to_str().expect("ASCII"))).expect("a job");
    let start = Instant::now();
    let peak = peak_memory(sluice(["plan".as_ref(), job.as_os_str(), "--quiet".as_ref()]));
    let took = start.elapsed().as_secs_f64();
    let rate = ROWS as f64 / took;
    let name = file.file_name().unwrap_or_default().display();
    let size = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    println!(
        "{name:<12} {ROWS} rows, {}: planned in {took:.1} s, {rate:.0} rows/s, peak memory {}",
        bytes(size),
        bytes(peak)
    );
    (rate, peak)
}

fn cells(n: u64) -> [String; 6] {
    [
        format!("A{n:07}"),
        empty_file(n),
        format!("Evening news, reel {n}"),
        format!("Interview \"{}\" and street scenes;\ntransferred from film number {n}.", n % 1000),
        "news; interview; street".to_owned(),
        format!("19{:02}-{:02}-{:02}", n % 90, n % 12 + 1, n % 28 + 1),
    ]
}

fn write_csv(path: &Path) {
    let mut writer = csv::Writer::from_path(path).expect("a file");
    writer.write_record(NAMES).expect("room");
    (0..ROWS).for_each(|n| writer.write_record(cells(n)).expect("room"));
    writer.flush().expect("room");
}

/// As Excel saves it: each text once, in a part of its own.
fn write_xlsx(path: &Path) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_low_memory().expect("a sheet");
    for (column, name) in (0..).zip(NAMES) {
        sheet.write(0, column, name).expect("a cell");
    }
    for n in 0..ROWS {
        for (column, cell) in (0..).zip(cells(n)) {
            sheet.write(n as u32 + 1, column, cell).expect("a cell");
        }
    }
    workbook.save(path).expect("a workbook");
}
