//! Every format is what its schema says, whatever the fields hold.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::describe::Tech;
use crate::record::{ContentHash, Evidence};
use crate::spec::HashAlgorithm;

/// Texts that break what is not careful.
const UGLY: [&str; 8] = [
    "<script>&amp; ]]> \"quotes\" 'and' <!-- more -->",
    "a\0b\u{1}c\u{b}d\u{1b}[31m\u{fffe}\u{ffff}",
    "line\r\nbreaks\nand\ttabs  ",
    "Zürich – 映画 🎬 \u{202e}gpj",
    "-01:00:00:00",
    "=cmd()",
    " ",
    "?> %5B xml:lang=\"de\" &#0; &lt;",
];

fn job(format: SidecarFormat, fields: Value) -> Sidecars {
    let sidecar = json!({ "format": format, "fields": fields });
    Sidecars::prepare(&[serde_json::from_value(sidecar).unwrap()]).unwrap()
}

fn content(format: SidecarFormat, path: &str, fields: Value) -> Vec<u8> {
    let sidecars = job(format, json!({}));
    let hash = ContentHash { algorithm: HashAlgorithm::Md5, hex: "d41d8cd98f00b204e9800998ecf8427e".into() };
    let raw = RawPath(path.as_bytes().to_vec());
    let facts = Facts::new(7, &raw, 12, fields.as_object().unwrap().clone(), Tech::default())
        .delivered(&raw, Some(&hash));
    let proof = Proof::Delivered(Evidence::ReadBack);
    let arrived = Arrived { bytes: 12, target: None, hash: Some(hash), proof };
    sidecars.content(sidecars.iter().next().unwrap(), &facts, &arrived).unwrap()
}

/// The same of a record with technical metadata.
fn described(fields: Value, tech: Value) -> Described {
    let facts = json!({
        "path": "a/b.mov", "stem": "b", "target": "a/b c.mov", "size": 12, "fields": fields, "tech": tech,
        "hash": "00ff", "hash_algorithm": "xxh128",
    });
    let Value::Object(facts) = facts else { unreachable!() };
    let fields = facts["fields"].as_object().unwrap();
    let terms = ALL.iter().map(|term| (*term, terms::usual_values(*term, fields)));
    let mut terms: Terms = terms.filter(|(_, values)| !values.is_empty()).collect();
    terms.entry(Term::Title).or_insert(vec!["b".into()]);
    Described { facts: facts.clone(), evidence: "read_back", terms }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/schemas").join(name)
}

/// Panics where the document is not valid by our schema, and by the published one where it can be had.
fn assert_valid(document: &[u8], schema: &str) {
    let published = std::env::var_os("SLUICE_SCHEMAS").map(|folder| Path::new(&folder).join(schema));
    for schema in std::iter::once(fixture(schema)).chain(published) {
        let mut xmllint = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .args([schema.as_os_str(), "-".as_ref()])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("xmllint, of the package libxml2-utils");
        xmllint.stdin.take().unwrap().write_all(document).unwrap();
        let done = xmllint.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(document));
    }
}

const SCHEMAS: [(SidecarFormat, &str); 3] = [
    (SidecarFormat::DublinCore, "oai_dc.xsd"),
    (SidecarFormat::Pbcore, "pbcore-2.1.xsd"),
    (SidecarFormat::Ebucore, "ebucore.xsd"),
];

fn write(format: SidecarFormat, described: &Described) -> Vec<u8> {
    match format {
        SidecarFormat::Json => json::write(described),
        SidecarFormat::Xmp => xmp::write(described),
        SidecarFormat::DublinCore => dublin_core::write(described),
        SidecarFormat::Pbcore => pbcore::write(described),
        SidecarFormat::Ebucore => ebucore::write(described),
    }
}

#[test]
fn a_record_without_fields_is_valid_too() {
    for (format, schema) in SCHEMAS {
        assert_valid(&content(format, "clip", json!({})), schema);
    }
}

#[test]
fn ugly_fields_leave_it_valid() {
    let ugly: Map<String, Value> = ALL
        .iter()
        .zip(UGLY.iter().cycle())
        .map(|(term, text)| (term.name().into(), json!([text, text])))
        .collect();
    let mut fields = ugly;
    fields.extend(UGLY.iter().map(|text| ((*text).to_owned(), json!(text))));
    fields.insert("number".into(), json!(-1.5));
    fields.insert("nothing".into(), Value::Null);
    fields.insert("nested".into(), json!({ "a": ["<b>"] }));
    for (format, schema) in SCHEMAS {
        for path in ["clip.mov", "a b/ü & \"x\" <y>\n\u{1}%?#:.wav", "图片/\u{202e}.jpg"] {
            assert_valid(&content(format, path, Value::Object(fields.clone())), schema);
        }
    }
}

#[test]
fn technical_metadata_is_valid_however_odd() {
    let film = json!({
        "container": "mov", "duration_s": 61.25, "bit_rate": 1_000_000, "video_codec": "prores", "width": 1920,
        "height": 1080, "frame_rate": "30000/1001", "pixel_format": "yuv422p10le", "color_space": "bt709",
        "timecode": "01:00:00;02", "audio_codec": "pcm_s24le", "channels": 2, "sample_rate": 48000,
        "created": "2026-11-25T10:00:00Z", "kind": "video",
    });
    let image = json!({ "kind": "image", "video_codec": "mjpeg", "width": 10, "height": 20 });
    let odd = json!({
        "duration_s": -1, "bit_rate": "N/A", "video_codec": "", "width": -5, "frame_rate": "0/0", "timecode": "tape 7",
        "created": "yesterday", "channels": "two", "sample_rate": "48000", "audio_codec": "<pcm>", "kind": 7,
    });
    for tech in [film, image, odd, json!(null), json!({ "duration_s": 1e300 })] {
        for (format, schema) in SCHEMAS {
            let fields = json!({ "language": "deu; en", "date": "ca. 1954", "relation": "Box 7" });
            assert_valid(&write(format, &described(fields, tech.clone())), schema);
        }
    }
}

#[test]
fn a_file_whose_name_says_nothing_has_its_number_for_a_title() {
    for (format, schema) in SCHEMAS {
        assert_valid(&content(format, "\t", json!({})), schema);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_leaves_it_valid(name: String, value: String, path in "[^/\0]{1,20}") {
        let fields = json!({ name: value.clone(), "title": value.clone(), "language": value.clone(), "creator": value });
        for (format, schema) in SCHEMAS {
            assert_valid(&content(format, &path, fields.clone()), schema);
        }
    }
}

/// What exiftool reads of an XMP sidecar.
fn exiftool(xmp: &[u8]) -> Map<String, Value> {
    let file = tempfile::Builder::new().suffix(".xmp").tempfile().unwrap();
    std::fs::write(file.path(), xmp).unwrap();
    let done = Command::new("exiftool").args(["-j", "-struct", "-G1"]).arg(file.path()).output();
    let done = done.expect("exiftool, of the package libimage-exiftool-perl");
    let mut read: Vec<Map<String, Value>> = serde_json::from_slice(&done.stdout).unwrap();
    read.remove(0)
}

#[test]
fn other_programs_read_the_xmp() {
    let fields = json!({ "title": UGLY[0], "keywords": "a; b & c", "description": "line\nbreak", "date": "1954-03", "Reel": "007", "language": "deu" });
    let tech = json!({ "video_codec": "prores", "width": 1920, "height": 1080, "frame_rate": "25/1", "duration_s": 2.5, "timecode": "10:00:00:00", "channels": 2 });
    let read = exiftool(&xmp::write(&described(fields, tech)));
    assert!(!read.contains_key("ExifTool:Warning") && !read.contains_key("ExifTool:Error"), "{read:?}");
    for (name, value) in [
        ("XMP-dc:Title", json!(UGLY[0])),
        ("XMP-dc:Subject", json!(["a", "b & c"])),
        ("XMP-dc:Description", json!("line\nbreak")),
        ("XMP-dc:Date", json!(["1954:03"])),
        ("XMP-dc:Language", json!(["deu"])),
        ("XMP-xmpDM:VideoCompressor", json!("prores")),
        ("XMP-xmpDM:VideoFrameSize", json!({ "H": 1080, "Unit": "pixel", "W": 1920 })),
        ("XMP-xmpDM:AudioChannelType", json!("Stereo")),
    ] {
        assert_eq!(read.get(name), Some(&value), "{name} in {read:?}");
    }
    let own = read
        .iter()
        .find(|(name, _)| name.to_lowercase().ends_with(":fields"))
        .map(|(_, value)| value.to_string());
    assert!(own.as_ref().is_some_and(|own| own.contains("Reel") && own.contains("007")), "{read:?}");

    let ugly: Map<String, Value> = UGLY.iter().map(|text| ((*text).to_owned(), json!(text))).collect();
    let read = exiftool(&xmp::write(&described(Value::Object(ugly), json!({}))));
    assert!(!read.contains_key("ExifTool:Warning") && !read.contains_key("ExifTool:Error"), "{read:?}");
}

#[test]
fn the_job_says_where_values_come_from() {
    let sidecars = job(
        SidecarFormat::Json,
        json!({ "title": "fields.Orig. Title", "creator": "{{ fields.who | upper }}", "subject": "", "source": "path" }),
    );
    let fields = json!({ "Orig. Title": "T", "title": "not this", "who": "ann; bo", "keywords": "none" });
    let raw = RawPath(b"x/y.mov".to_vec());
    let facts =
        Facts::new(7, &raw, 12, fields.as_object().unwrap().clone(), Tech::default()).delivered(&raw, None);
    let proof = Proof::Skipped("identical");
    let arrived = Arrived { bytes: 13, target: None, hash: None, proof };
    let content = sidecars.content(sidecars.iter().next().unwrap(), &facts, &arrived).unwrap();
    let read: Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(read["terms"], json!({ "title": ["T"], "creator": ["ANN", "BO"], "source": ["x/y.mov"] }));
    assert_eq!((&read["file"]["size"], &read["file"]["evidence"]), (&json!(13), &json!("size")));
    assert_eq!(read["fields"], fields, "nothing is lost");
    let empty = Facts::new(7, &raw, 12, Map::new(), Tech::default());
    let failure = sidecars.content(sidecars.iter().next().unwrap(), &empty, &arrived).unwrap_err();
    assert_eq!(failure.category, Category::TemplateFailed);
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused() {
    for (place, word) in
        [("Title", "no place"), ("field.Title", "no place"), ("{{ fields.x", "sidecar:json, title")]
    {
        let sidecar =
            serde_json::from_value(json!({ "format": "json", "fields": { "title": place } })).unwrap();
        let why = Sidecars::prepare(&[sidecar]).unwrap_err().to_string();
        assert!(why.contains(word), "{place}: {why}");
    }
}

#[test]
fn names_stand_beside_the_file() {
    let name = |name: &str, path: &str| {
        let sidecar = serde_json::from_value(json!({ "format": "pbcore", "name": name })).unwrap();
        let sidecars = Sidecars::prepare(&[sidecar]).unwrap();
        sidecars.iter().next().unwrap().target(&RawPath(path.as_bytes().to_vec())).to_string()
    };
    assert_eq!(name("full", "a.b/clip.mov"), "a.b/clip.mov.pbcore.xml");
    assert_eq!(name("stem", "a.b/clip.mov"), "a.b/clip.pbcore.xml");
    assert_eq!(name("stem", "a.b/.hidden"), "a.b/.hidden.pbcore.xml");
}
