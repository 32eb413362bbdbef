//! ExifTool, which is kept alive from file to file.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::assert_same;
use sluice_tests::exiftool::Exiftool;
use sluice_tests::lab::{Lab, Poison, Script, Venom};
use sluice_tests::site::Site;
use sluice_tests::{media, wait};

/// Stills of different widths, so that an answer that belongs to another file is seen.
fn still(folder: &Path, name: &[u8], width: u32) {
    let made = folder.join("made.png");
    media::make(&made, &format!("-f lavfi -i testsrc=size={width}x16 -frames:v 1"));
    fs::rename(made, folder.join(OsStr::from_bytes(name))).unwrap();
}

/// A job that describes stills with this program, two at once, and tells the laboratory their widths.
fn job(site: &Site, exiftool: &Exiftool, lab: &Lab, more: &str) -> PathBuf {
    let path = site.path("job.toml");
    let text = format!(
        "sources = [{:?}]\ndestination = {:?}\n\
         [describe]\ntool = \"exiftool\"\npath = {:?}\nkinds = [\"image\"]\nprocesses = 2\n{more}\n\
         [register]\nurl = \"{}/assets\"\n\
         body = '{{\"path\": {{{{ (name ~ \" \" ~ tech.width | default(\"?\")) | tojson }}}}}}'\n",
        site.source,
        site.destination,
        exiftool.path(),
        lab.url()
    );
    fs::write(&path, text).unwrap();
    path
}

fn run(job: &Path) {
    command::run(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]).expect(COMPLETE);
}

fn told(lab: &Lab) -> Vec<String> {
    lab.assets_by_path().into_keys().collect()
}

#[test]
fn two_processes_read_all_files_but_those_with_names_that_no_line_can_hold() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    let plain: &[&[u8]] =
        &[b"-delete_original!.png", b"#[CSTR]\\n.png", b"@ & $(touch x) %d*?.png", "Ä.png".as_bytes()];
    let odd: &[&[u8]] =
        &[b"a\n-delete_original!\n.png", b"a\r.png", b"a\n-execute1\n.png", b"a\x01.png", b"a\xff.png"];
    for (width, name) in (16..).zip(plain.iter().chain(odd)) {
        still(&site.source, name, width);
    }
    for n in 0..40 {
        still(&site.source, format!("take-{n}.png").as_bytes(), 100 + n);
    }
    // Older versions run such a name as a command.
    still(&site.source, b"touch ran |", 90);
    fs::rename(site.source.join("touch ran |"), site.source.join("touch ran.png |")).unwrap();
    let exiftool = Exiftool::new(site.path("fake"));
    let job = job(&site, &exiftool, &lab, "extensions = [\"png\", \"png |\"]");
    run(&job);
    assert_same(&site.source, &site.destination);
    let alone = exiftool.alone();
    // Each file that gets a process of its own may cost one of the two its place.
    assert!((1..=2 + odd.len()).contains(&exiftool.kept()), "{} processes", exiftool.kept());
    assert_eq!(alone.len(), odd.len(), "{alone:?}");
    for n in 0..40 {
        let expected = format!("take-{n}.png {}", 100 + n);
        assert!(told(&lab).contains(&expected), "{expected}: {:?}", told(&lab));
    }
    let described = told(&lab).iter().filter(|told| !told.ends_with('?')).count();
    assert_eq!(described, 40 + plain.len() + odd.len());
    assert!(told(&lab).contains(&"touch ran.png | ?".to_owned()));
}

#[test]
fn a_file_that_it_cannot_bear_costs_only_itself_its_description() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    for n in 0..20 {
        still(&site.source, format!("take-{n:02}.png").as_bytes(), 100 + n);
    }
    still(&site.source, b"other.png", 77);
    for bad in ["crashes.png", "hangs.png"] {
        still(&site.source, bad.as_bytes(), 50);
    }
    // The process that is kept speaks of another file; one of its own is right.
    still(&site.source, b"forged.png", 51);
    fs::write(site.source.join("empty.png"), "").unwrap();
    fs::write(site.source.join("rubbish.png"), "no picture").unwrap();
    let exiftool = Exiftool::new(site.path("fake"));
    let job = job(&site, &exiftool, &lab, "timeout_s = 5");
    run(&job);
    assert_same(&site.source, &site.destination);
    let mut expected: Vec<String> = (0..20).map(|n| format!("take-{n:02}.png {}", 100 + n)).collect();
    for told in
        ["crashes.png ?", "empty.png ?", "forged.png 51", "hangs.png ?", "other.png 77", "rubbish.png ?"]
    {
        expected.push(told.into());
    }
    expected.sort();
    assert_eq!(told(&lab), expected);
    let status =
        command::run(["status".as_ref(), site.path("job.sluice").as_os_str(), "--json".as_ref()]).json();
    assert_eq!((&status["delivered"], &status["undescribed"]), (&26.into(), &4.into()));
}

#[test]
fn none_is_left_behind_by_a_run_that_dies() {
    // The service holds every record, so that the run does not end.
    let lab = Lab::start(Script { poison: vec![Poison::new(".png", Venom::Hang)], ..Script::default() });
    let site = Site::new();
    for n in 0..4 {
        still(&site.source, format!("take-{n}.png").as_bytes(), 100 + n);
    }
    let exiftool = Exiftool::new(site.path("fake"));
    let job = job(&site, &exiftool, &lab, "");
    let mut running = command::start(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]);
    wait::until("every record at the service", || (lab.requests() == 4).then_some(()));
    let processes = exiftool.processes();
    // One that has ended and waits to be taken note of is a zombie (proc(5)).
    let is_there = |process: &u32| {
        fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    assert!(!processes.is_empty() && processes.iter().all(is_there), "they wait for more files");
    running.signal(Signal::KILL);
    running.ended();
    wait::until("the end of each", || (!processes.iter().any(is_there)).then_some(()));
}
