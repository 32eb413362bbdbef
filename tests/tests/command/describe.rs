//! Technical metadata: what a program says of each file, and what becomes of files that it cannot
//! bear.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Ended, REFUSED, WITH_FAILURES};
use sluice_tests::compare::assert_same;
use sluice_tests::lab::{Lab, Poison, Script, Venom};
use sluice_tests::media::{self, FakeProber};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// A job with these tables.
struct Job {
    site: Site,
    path: std::path::PathBuf,
    checkpoint: std::path::PathBuf,
}

impl Job {
    fn new(site: Site, tables: &[&str]) -> Self {
        let [source, destination] =
            [&site.source, &site.destination].map(|path| path.to_str().expect("ASCII"));
        let path = site.path("job.toml");
        let text = format!("sources = [{source:?}]\ndestination = {destination:?}\n{}\n", tables.join("\n"));
        fs::write(&path, text).expect("the job file");
        Self { checkpoint: site.path("job.sluice"), site, path }
    }

    fn start(&self) -> Running {
        command::start(["run".as_ref(), self.path.as_os_str(), "--quiet".as_ref()])
    }

    fn run(&self) -> Ended {
        self.start().ended()
    }

    fn status(&self) -> Value {
        let status = command::run(["status".as_ref(), self.checkpoint.as_os_str(), "--json".as_ref()]);
        status.expect(COMPLETE).json()
    }

    fn assert_untouched(&self) {
        assert!(!self.site.destination.exists() && !self.checkpoint.exists(), "something was touched");
    }
}

fn describe_with(fake: &FakeProber, more: &str) -> String {
    format!("[describe]\npath = {:?}\n{more}\n", fake.path().to_str().expect("ASCII"))
}

/// Registers at the laboratory what the template gives, in the place of the path.
fn tell(lab: &Lab, template: &str) -> String {
    format!(
        "[register]\nurl = \"{}/assets\"\nbody = '{{\"path\": {{{{ ({template}) | tojson }}}}}}'\n",
        lab.url()
    )
}

/// The name and its codec, or a question mark.
const CODEC: &str = r#"name ~ " " ~ tech.video_codec | default("?")"#;

fn told(lab: &Lab) -> Vec<String> {
    lab.assets_by_path().into_keys().collect()
}

#[test]
fn every_film_is_described_as_ffprobe_itself_says() {
    let lab = Lab::start(Script::default());
    let site = Site::new();
    let films = media::films(&site.source);
    // Names that a careless call would take for options, protocols or patterns.
    for name in ["-i.mov", "concat:a|b.mov", "$(touch x) 'q' \"d\".mov", "a\nb.mov", "100%03d.mov", "Ä.MOV"]
    {
        fs::copy(&films[0], site.source.join(name)).unwrap();
    }
    fs::write(site.source.join("notes.txt"), "no film").unwrap();
    let job = Job::new(site, &["[describe]", &tell(&lab, CODEC)]);
    job.run().expect(COMPLETE);
    assert_same(&job.site.source, &job.site.destination);
    let mut expected: Vec<String> = fs::read_dir(&job.site.source)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let codec = if path.ends_with("notes.txt") { "?".into() } else { media::codec(&path) };
            assert!(!codec.is_empty(), "{} is no film", path.display());
            format!("{} {codec}", path.file_name().unwrap().to_str().unwrap())
        })
        .collect();
    expected.sort();
    assert_eq!(told(&lab), expected);
    assert_eq!(job.status()["undescribed"], 0);
}

#[test]
fn the_same_words_mean_the_same_with_every_program() {
    let names = ["kind", "container", "width", "height", "frame_rate", "sample_rate", "channels", "created"];
    let template = format!("[{}] | join(\" \")", names.map(|name| format!("tech.{name}")).join(", "));
    for (tool, zone) in [("ffprobe", "Z"), ("exiftool", ""), ("mediainfo", "Z")] {
        let lab = Lab::start(Script::default());
        let site = Site::new();
        media::film(&site.source.join("film.mov"));
        Job::new(site, &[&format!("[describe]\ntool = \"{tool}\""), &tell(&lab, &template)])
            .run()
            .expect(COMPLETE);
        let expected = format!("video mov 320 180 30000/1001 48000 2 2001-02-03T04:05:06{zone}");
        assert_eq!(told(&lab), [expected], "{tool}");
    }
}

#[test]
fn odd_files_are_described_as_far_as_they_say_anything() {
    const PICTURE: &str = "-f lavfi -i testsrc=size=64x48:rate=25 -t 0.4";
    const SOUND: &str = "-f lavfi -i sine=sample_rate=44100:duration=0.4";
    let lab = Lab::start(Script::default());
    let site = Site::new();
    let make = |name: &str, how: &str| media::make(&site.source.join(name), how);
    make("a.mxf", "-f lavfi -i testsrc=size=720x576:rate=25 -t 0.4 -c:v mpeg2video -timecode 10:00:00:00");
    make("b.wav", &format!("{SOUND} -metadata date=1998-03-04"));
    make("c.gif", PICTURE);
    make("d.dpx", &format!("{PICTURE} -frames:v 1"));
    make("e.png", &format!("{PICTURE} -frames:v 1"));
    let cover = site.source.join("e.png");
    make(
        "f.mp3",
        &format!("{SOUND} -i {} -map 0:a -map 1:v -c:v copy -disposition:v attached_pic", cover.display()),
    );
    make("g.m4a", SOUND);
    make("h.mkv", &format!("{PICTURE} -c:v ffv1 -metadata creation_time=2001-02-03T04:05:06Z"));
    make("i.mp4", &format!("{PICTURE} -c:v mpeg4"));
    let cut = fs::read(site.source.join("i.mp4")).unwrap();
    fs::write(site.source.join("j.mp4"), &cut[..cut.len() / 2]).unwrap();
    fs::write(site.source.join("k.mov"), "").unwrap();
    fs::write(site.source.join("l.mov"), "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n").unwrap();
    let words =
        ["kind", "container", "video_codec", "audio_codec", "width", "frame_rate", "timecode", "created"];
    let words = words.map(|word| format!("tech.{word} | default(\"-\")")).join(", ");
    let template = format!("name ~ \" \" ~ ([{words}] | join(\" \"))");
    let kinds = "[describe]\nkinds = [\"video\", \"audio\", \"image\"]";
    let job = Job::new(site, &[kinds, &tell(&lab, &template)]);
    job.run().expect(COMPLETE);
    assert_eq!(
        told(&lab),
        [
            "a.mxf video mxf mpeg2video - 720 25/1 10:00:00:00 -",
            "b.wav audio wav - pcm_s16le - - - 1998-03-04",
            "c.gif video gif gif - 64 25/1 - -",
            "d.dpx image dpx dpx - 64 - - -",
            "e.png image png png - 64 - - -",
            "f.mp3 audio mp3 - mp3 - - - -",
            "g.m4a audio m4a - aac - - - -",
            "h.mkv video matroska ffv1 - 64 25/1 - 2001-02-03T04:05:06Z",
            "i.mp4 video mp4 mpeg4 - 64 25/1 - -",
            "j.mp4 - - - - - - - -",
            "k.mov - - - - - - - -",
            "l.mov - - - - - - - -",
        ]
    );
    assert_eq!(job.status()["undescribed"], 3);
}

/// Thirty good files and one of each kind of bad ones.
fn with_bad_ones() -> Site {
    let site = Site::new();
    for n in 0..30 {
        tree::file(&site.source.join(format!("take-{n:02}.mov")), 500, n);
    }
    for bad in BAD {
        tree::file(&site.source.join(format!("{bad}.mov")), 500, 1);
    }
    site
}

const BAD: [&str; 6] = ["crashes", "eats", "endless", "fails", "hangs", "rubbish"];

const TIGHT: &str = "timeout_s = 1\nmemory_mb = 128\nprocesses = 3";

#[test]
fn files_that_the_program_cannot_bear_are_cut_off_and_counted_and_the_others_go_on() {
    let lab = Lab::start(Script::default());
    let site = with_bad_ones();
    let fake = FakeProber::new(site.path("fake"));
    let told_of_each = tell(&lab, CODEC);
    let job = Job::new(site, &[&describe_with(&fake, TIGHT), "[limits]\nconcurrency = 16", &told_of_each]);
    job.run().expect(COMPLETE);
    assert_same(&job.site.source, &job.site.destination);
    let status = job.status();
    assert_eq!((&status["delivered"], &status["undescribed"]), (&36.into(), &BAD.len().into()));
    let expected: Vec<String> = (BAD.iter().map(|bad| format!("{bad}.mov ?")))
        .chain((0..30).map(|n| format!("take-{n:02}.mov fake")))
        .collect();
    assert_eq!(told(&lab), expected);
    assert_eq!(fake.asked().len(), 36, "each is asked about once");
    assert!((2..=3).contains(&fake.most_at_once()), "{} at once, and three may be", fake.most_at_once());
}

#[test]
fn where_the_job_says_so_they_fail() {
    let site = with_bad_ones();
    let fake = FakeProber::new(site.path("fake"));
    let job = Job::new(site, &[&describe_with(&fake, &format!("{TIGHT}\non_unknown_media = \"fail\""))]);
    job.run().expect(WITH_FAILURES);
    let mut failures = command::failures(&job.checkpoint);
    failures.sort_by(|a, b| a.source.cmp(&b.source));
    let said = ["signal", "ended with", "more than 4 MiB", "moov atom not found", "within 1 s", "no JSON"];
    assert_eq!(failures.len(), BAD.len());
    for ((failure, bad), words) in failures.iter().zip(BAD).zip(said) {
        assert!(failure.source.ends_with(&format!("{bad}.mov")), "{failure:?}");
        assert_eq!((failure.category.as_str(), failure.stage.as_str()), ("media_unreadable", "ingest"));
        assert!(failure.message.contains(words), "{failure:?}");
        assert!(!job.site.destination.join(format!("{bad}.mov")).exists());
    }
    assert_eq!(
        (job.status()["delivered"].clone(), job.status()["undescribed"].clone()),
        (30.into(), 0.into())
    );
}

#[test]
fn what_is_described_is_not_described_again() {
    // The service holds every record: all of them are described and copied, and none has ended.
    let lab = Lab::start(Script { poison: vec![Poison::new(".mov", Venom::Hang)], ..Script::default() });
    let site = Site::new();
    let names = ["a.mov", "b.mov", "c.mov", "fails.mov"];
    for (seed, name) in (0..).zip(names) {
        tree::file(&site.source.join(name), 500, seed);
    }
    let fake = FakeProber::new(site.path("fake"));
    let job = Job::new(site, &[&describe_with(&fake, ""), &tell(&lab, CODEC)]);
    let mut running = job.start();
    wait::until("every record at the service", || (lab.requests() == 4).then_some(()));
    running.signal(rustix::process::Signal::KILL);
    running.ended();
    assert_eq!(job.status()["undescribed"], 1);

    lab.change(|script| script.poison.clear());
    job.run().expect(COMPLETE);
    assert_eq!(told(&lab), ["a.mov fake", "b.mov fake", "c.mov fake", "fails.mov ?"]);
    let mut asked = fake.asked();
    asked.sort();
    let expected: Vec<String> = names
        .iter()
        .map(|name| fs::canonicalize(&job.site.source).unwrap().join(name).to_str().unwrap().to_owned())
        .collect();
    assert_eq!(asked, expected, "each is asked about once");
    assert_eq!(job.status()["undescribed"], 1);
}

#[test]
fn a_program_that_is_missing_or_broken_is_found_before_anything_moves() {
    let refused = |table: &str, words: &[&str]| {
        let site = Site::new();
        tree::file(&site.source.join("film.mov"), 10, 1);
        let job = Job::new(site, &[table]);
        command::run(["run".as_ref(), job.path.as_os_str()]).assert_refused(words);
        job.assert_untouched();
        job
    };
    // A plan tells it and looks at everything else.
    let told = |table: &str, code: &str, words: &[&str]| {
        let job = refused(table, words);
        let findings = job.site.path("findings.csv");
        let planned = command::run([
            "plan".as_ref(),
            job.path.as_os_str(),
            "--json".as_ref(),
            "--findings".as_ref(),
            findings.as_os_str(),
        ]);
        let planned = planned.expect(REFUSED).json();
        job.assert_untouched();
        assert_eq!(planned["balance"]["pending"], 1);
        let finding = &planned["findings"][0];
        assert_eq!((&finding["severity"], &finding["code"]), (&"blocks".into(), &code.into()));
        let in_words = command::run(["plan".as_ref(), job.path.as_os_str()]).expect(REFUSED).stdout;
        for text in [finding.to_string(), in_words, fs::read_to_string(findings).unwrap()] {
            for word in words {
                assert!(text.to_lowercase().replace("\\\"", "\"").contains(word), "{word}: {text}");
            }
        }
    };
    let missing = "tool_missing";
    told(
        "[describe]\npath = \"no-such-prober\"",
        missing,
        &["no-such-prober", "apt install ffmpeg", "path ="],
    );
    told(
        "[describe]\ntool = \"mediainfo\"\npath = \"./mediainfo\"",
        missing,
        &["./mediainfo", "brew install"],
    );
    told("[describe]\ntool = \"exiftool\"\npath = \"no\"", missing, &["winget install exiftool"]);
    let unusable = "tool_unusable";
    told("[describe]\npath = \"/bin/false\"", unusable, &["/bin/false", "does not work", "memory_mb"]);
    told("[describe]\nmemory_mb = 64", unusable, &["ffprobe", "does not work", "memory_mb"]);
    refused("[describe]\nprocesses = 0", &["processes", "from 1 to 64"]);
    refused("[describe]\ntool = \"file\"", &["file", "exiftool"]);
}

#[test]
fn a_program_that_goes_away_makes_the_run_wait_and_fails_no_record() {
    let site = Site::new();
    // The largest comes first.
    tree::file(&site.source.join("uninstalls.mov"), 5_000, 1);
    for n in 0..20 {
        tree::file(&site.source.join(format!("take-{n:02}.mov")), 500, n);
    }
    let fake = FakeProber::new(site.path("fake"));
    let job = Job::new(site, &[&describe_with(&fake, "processes = 1")]);
    let running = job.start();
    wait::until("the run to wait", || {
        // The checkpoint may not be there yet.
        let asked = command::run(["status".as_ref(), job.checkpoint.as_os_str(), "--json".as_ref()]);
        (asked.code == Some(COMPLETE) && asked.json()["outage"]["category"] == "tool_gone").then_some(())
    });
    rename_away(&job.site.source.join("uninstalls.mov"));
    fake.install();
    running.ended().expect(WITH_FAILURES);
    let failures = command::failures(&job.checkpoint);
    assert_eq!(failures.len(), 1, "only the one that is not there any more: {failures:?}");
    assert_eq!(failures[0].category, "source_missing");
    assert_eq!(job.status()["delivered"], 20);
}

/// The file that makes the program uninstall itself must not do it again.
fn rename_away(file: &Path) {
    fs::rename(file, file.with_file_name("film.gone")).unwrap();
}
