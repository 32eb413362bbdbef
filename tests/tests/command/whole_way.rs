//! The whole way of a catalogue: read, described, named by template, delivered with sidecars, and a
//! catalogue out that accounts for every row.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, Status, WITH_FAILURES};
use sluice_tests::export::Export;
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::schemas::assert_valid;
use sluice_tests::site::Site;
use sluice_tests::{media, tree};

/// A job over `films.csv`, an export as an archive's database gives it.
fn job(site: &Site) -> String {
    let [source, destination, films, out] =
        [&site.source, &site.destination, &site.path("films.csv"), &site.path("delivered.csv")]
            .map(|path| path.to_str().expect("ASCII").to_owned());
    format!(
        r#"destination = {destination:?}
[[catalogue]]
file = {films:?}
path = ["Datei"]
id = "Inventarnr"
base = {source:?}
[[catalogue.prefix]]
from = 'Z:\Archiv'
to = {source:?}
[describe]
[map]
target = "{{{{ fields.year }}}}/{{{{ tech.video_codec }}}}/{{{{ fields.Titel }}}}_{{{{ row | pad(4) }}}}.{{{{ extension | lower }}}}"
[[map.field]]
name = "year"
value = "{{{{ fields.Datum | date('%Y', order='dmy') }}}}"
[[sidecar]]
format = "dublin_core"
[sidecar.fields]
title = "fields.Titel"
[catalogue_out]
path = {out:?}
records = "all"
"#
    )
}

#[test]
fn every_row_of_a_catalogue_is_described_named_delivered_and_accounted_for() {
    let site = Site::new();
    fs::create_dir_all(&site.source).unwrap();
    let films = media::films(&site.source);
    let mut rows = String::from("Inventarnr;Datei;Titel;Datum\r\n");
    for (number, film) in films.iter().enumerate() {
        let name = film.file_name().unwrap().to_str().expect("ASCII");
        rows += &format!("{number:05};Z:\\Archiv\\{name};Uber/Film;1.03.1994\r\n");
    }
    rows += "99998;Z:\\Archiv\\gone.mov;Gone;1.03.1994\r\n99999;Z:\\Archiv\\..\\..\\etc\\passwd;Bad;1.03.1994\r\n";
    fs::write(site.path("films.csv"), &rows).unwrap();
    let path = site.path("job.toml");
    fs::write(&path, job(&site)).unwrap();

    command::run(["run".as_ref(), path.as_os_str(), "--quiet".as_ref()]).expect(WITH_FAILURES);

    let mut csv = csv::Reader::from_path(site.path("delivered.csv")).unwrap();
    let found: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    assert_eq!(found.len(), films.len() + 2, "every row is accounted for");
    for (number, film) in films.iter().enumerate() {
        let row = &found[number];
        let target = format!("1994/{}/Uber_Film_{:04}.mov", media::codec(film), number + 2);
        assert_eq!(
            (row["state"].as_str(), &row["target"], row["year"].as_str()),
            ("delivered", &target, "1994")
        );
        assert_eq!(row["external_id"], format!("{number:05}"));
        let delivered = site.destination.join(&target);
        assert_eq!(fs::read(&delivered).unwrap(), fs::read(film).unwrap());
        let sidecar = fs::read_to_string(delivered.with_extension("mov.dc.xml")).unwrap();
        assert!(sidecar.contains("Uber/Film"), "{sidecar}");
    }
    let failed: Vec<&str> = found[films.len()..].iter().map(|row| row["reason"].as_str()).collect();
    assert_eq!(failed, ["source_missing", "path_unsafe"]);
}

/// Rows of the export that have a file; the archive never got the others.
const WITH_FILE: usize = 48;
/// A row that the service does not know.
const UNKNOWN: usize = 5;

/// A job over the export: described, looked up, mapped from all three, with sidecars, registered.
fn served_job(site: &Site, lab: &Lab) -> String {
    let sidecar = |format: &str| {
        format!("[[sidecar]]\nformat = \"{format}\"\nfields = {{ creator = \"fields.owner\" }}\n")
    };
    let sidecars = ["json", "dublin_core", "pbcore", "ebucore"].map(sidecar).concat();
    format!(
        r#"destination = {destination:?}
[[catalogue]]
file = {export:?}
path = "original file"
id = "mediaid"
prefix = [{{ from = 'M:\Media', to = {source:?} }}]
[describe]
kinds = ["video", "audio", "image"]
[[lookup]]
name = "archive"
url = "{url}/lookup?path={{{{ fields.mediaid | urlencode }}}}"
fields = {{ shelf = "/asset/title", owner = "/asset/owner", number = "/asset/number" }}
[map]
target = "{{{{ fields.year }}}}/{{{{ fields.owner | lower }}}}/{{{{ tech.video_codec }}}}/{{{{ fields.number | pad(6) }}}} {{{{ fields.title | safe_name | short(40) }}}}.{{{{ extension }}}}"
[[map.field]]
name = "year"
value = "{{{{ fields.releasedate | date('%Y') }}}}"
[[map.field]]
name = "picture"
value = "{{{{ tech.width }}}}x{{{{ tech.height }}}}"
[[map.require]]
field = "owner"
one_of = ["Archive", "News", "Sports", "Documentary", "Drama"]
{sidecars}[register]
url = "{url}/assets"
body = '{{"path": {{{{ target | tojson }}}}, "shelf": {{{{ fields.shelf | tojson }}}}, "hash": {{{{ hash | tojson }}}}}}'
id = "/id"
[catalogue_out]
path = {out:?}
records = "all"
"#,
        destination = site.destination,
        export = site.path("export.csv"),
        source = site.source,
        out = site.path("delivered.csv"),
        url = lab.url(),
    )
}

#[test]
fn a_museums_catalogue_goes_by_prober_and_service_to_the_archive_and_back_into_a_catalogue() {
    let site = Site::new();
    fs::create_dir(site.path("films")).unwrap();
    let mut media = media::films(&site.path("films"));
    media.extend(tree::corpus().map(|corpus| corpus.join("lorem-ipsum.jpg")));
    let export = Export::of_a_museum();
    let file_of = |row: usize| {
        let film = &media[row % media.len()];
        let extension = film.extension().and_then(|extension| extension.to_str()).expect("ASCII");
        (film, format!("{row:04}.{extension}"))
    };
    for row in 0..WITH_FILE {
        let (film, name) = file_of(row);
        fs::copy(film, site.source.join(name)).unwrap();
    }
    export.write(&site.path("export.csv"), "original file", |row| match row {
        // Two rows that no file may come of, whatever lies there.
        299 => r"M:\Media\..\..\etc\passwd".into(),
        298 => r"N:\Elsewhere\0001.mov".into(),
        _ => format!(r"M:\Media\{}", file_of(row).1),
    });
    let unknown = Poison::new(export.cell(UNKNOWN, "mediaid"), Venom::Missing).on(Route::Lookup);
    let lab = Lab::start(Script { poison: vec![unknown], ..Script::default() });
    let job = site.path("job.toml");
    fs::write(&job, served_job(&site, &lab)).unwrap();

    command::run(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]).expect(WITH_FAILURES);

    let checkpoint = site.path("job.sluice");
    let status = Status::of(&checkpoint);
    let rows = export.rows.len() as u64;
    let delivered = WITH_FILE as u64 - 1;
    assert_eq!((status.records, status.delivered, status.failed), (rows, delivered, rows - delivered));

    let mut csv = csv::Reader::from_path(site.path("delivered.csv")).unwrap();
    let found: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    assert_eq!(found.len(), export.rows.len(), "every row is accounted for");
    let mut targets = BTreeSet::new();
    for (number, row) in found.iter().enumerate() {
        for column in &export.columns {
            let told = row[column].strip_prefix('\'').unwrap_or(&row[column]);
            assert_eq!(told, export.cell(number, column), "row {number}, {column}");
        }
        let reason = match number {
            UNKNOWN => "not_found",
            298 | 299 => "path_unsafe",
            0..WITH_FILE => "",
            _ => "source_missing",
        };
        assert_eq!(
            (row["reason"].as_str(), row["state"] == "delivered"),
            (reason, reason.is_empty()),
            "{row:?}"
        );
        if !reason.is_empty() {
            continue;
        }
        let film = file_of(number).0;
        let delivered = site.destination.join(&row["target"]);
        assert_eq!(fs::read(&delivered).unwrap(), fs::read(film).unwrap());
        // The year from the catalogue, the owner and the number from the service, the codec from the file.
        let codec = media::codec(film);
        let parts: Vec<&str> = row["target"].split('/').collect();
        let owner = row["owner"].to_lowercase();
        let year = &export.cell(number, "releasedate")[..4];
        assert_eq!(parts[..3], [year, &owner, &codec], "{}", film.display());
        let stem = format!("{:0>6} {:.10}", row["number"], row["title"]).replace(['/', ':', '"', '?'], "_");
        assert!(parts[3].starts_with(&stem), "{} begins with {stem}", parts[3]);
        assert_eq!(row["shelf"], format!("Title of {}", row["mediaid"]));
        assert_sidecars(&delivered, &codec, row);
        targets.insert(row["target"].as_str());
    }
    lab.assert_each_once(targets.iter().copied());
    assert_eq!(lab.seen().lookups, WITH_FILE as u64, "what has no file is not asked about");
    command::run(["verify".as_ref(), checkpoint.as_os_str()]).expect(COMPLETE);
}

/// The sidecars beside a delivered film say what the prober, the service and the catalogue said.
fn assert_sidecars(film: &Path, codec: &str, row: &BTreeMap<String, String>) {
    let beside = |ending: &str| {
        let mut name = film.as_os_str().to_owned();
        name.push(ending);
        std::path::PathBuf::from(name)
    };
    for (ending, schema) in
        [(".dc.xml", "oai_dc.xsd"), (".pbcore.xml", "pbcore-2.1.xsd"), (".ebucore.xml", "ebucore.xsd")]
    {
        assert_valid(&beside(ending), schema);
        let text = fs::read_to_string(beside(ending)).unwrap();
        let number = format!("{:0>6} ", row["number"]);
        assert!(text.contains(&row["owner"]) && text.contains(&number), "{ending}: {text}");
    }
    let json: Value = serde_json::from_slice(&fs::read(beside(".json")).unwrap()).unwrap();
    assert_eq!(json["technical"]["video_codec"], codec);
    assert_eq!(json["terms"]["creator"][0].as_str(), Some(row["owner"].as_str()));
    let size = &json["technical"];
    assert_eq!(row["picture"], format!("{}x{}", size["width"], size["height"]));
    assert_eq!(row["hash"], format!("xxh128:{}", json["file"]["hash"]["value"].as_str().unwrap()));
}
