//! The whole way of a catalogue: read, described, named by template, delivered with sidecars, and a
//! catalogue out that accounts for every row.

use std::collections::BTreeMap;
use std::fs;

use sluice_tests::command::{self, WITH_FAILURES};
use sluice_tests::media;
use sluice_tests::site::Site;

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
