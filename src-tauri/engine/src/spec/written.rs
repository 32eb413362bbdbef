//! A job as a job file: what is as it always is stays out of it, everything else is there.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use toml::{Table, Value};

use super::{
    Catalogue, CatalogueOut, Connection, Control, Delivery, Describe, Endpoint, Group, JobSpec, Limits,
    Location, Lookup, Mapping, Register, Scratch, Sidecar, SpecError, Watch, is_default,
};

/// The job in the order in which people read it.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sources: &'a [Location],
    #[serde(skip_serializing_if = "Location::is_empty")]
    destination: &'a Location,
    #[serde(rename = "catalogue", skip_serializing_if = "<[_]>::is_empty")]
    catalogues: &'a [Catalogue],
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<Table>,
    #[serde(rename = "group", skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [Group],
    #[serde(skip_serializing_if = "Option::is_none")]
    describe: Option<Table>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    scratch: Table,
    #[serde(rename = "lookup", skip_serializing_if = "<[_]>::is_empty")]
    lookups: &'a [Lookup],
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<&'a Mapping>,
    #[serde(rename = "sidecar", skip_serializing_if = "<[_]>::is_empty")]
    sidecars: &'a [Sidecar],
    #[serde(skip_serializing_if = "Option::is_none")]
    register: Option<&'a Register>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalogue_out: Option<&'a CatalogueOut>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    deliver: Table,
    #[serde(skip_serializing_if = "Table::is_empty")]
    limits: Table,
    #[serde(skip_serializing_if = "Table::is_empty")]
    control: Table,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    endpoints: &'a BTreeMap<String, Endpoint>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    connections: &'a BTreeMap<String, Connection>,
}

impl JobSpec {
    /// The job as the text of a job file. Reading it gives the same job. Never a secret, for a job
    /// holds none. A job without sources or destination gives what a preset is.
    pub fn to_toml(&self) -> Result<String, SpecError> {
        let unwritable = |error: toml::ser::Error| SpecError::NoJobFile { why: error.to_string() };
        // Every field by its name: one that comes to a job cannot be forgotten here.
        let Self {
            name,
            sources,
            catalogues,
            destination,
            watch,
            deliver,
            limits,
            control,
            groups,
            describe,
            scratch,
            map,
            lookups,
            register,
            sidecars,
            catalogue_out,
            endpoints,
            connections,
        } = self;
        let written = Written {
            name,
            sources,
            destination,
            catalogues,
            watch: watch.as_ref().map(|watch| unusual(watch, &Watch::default())).transpose()?,
            groups,
            describe: describe
                .as_ref()
                .map(|describe| unusual(describe, &Describe::default()))
                .transpose()?,
            scratch: unusual(scratch, &Scratch::default())?,
            lookups,
            map: Some(map).filter(|map| !is_default(*map)),
            sidecars,
            register: register.as_ref(),
            catalogue_out: catalogue_out.as_ref(),
            deliver: unusual(deliver, &Delivery::default())?,
            limits: unusual(limits, &Limits::default())?,
            control: unusual(control, &Control::default())?,
            endpoints,
            connections,
        };
        toml::to_string(&written).map_err(unwritable)
    }

    /// Writes the job file, all of it or nothing.
    pub fn save(&self, path: &Path) -> Result<(), SpecError> {
        let text = self.to_toml()?;
        let unwritable = |error: io::Error| SpecError::Unwritable { path: path.to_owned(), error };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
        draft.write_all(text.as_bytes()).map_err(unwritable)?;
        draft.as_file().sync_all().map_err(unwritable)?;
        draft.persist(path).map_err(|error| unwritable(error.error))?;
        Ok(())
    }
}

/// What of a table is not as it is when nothing is said.
fn unusual<T: Serialize>(given: &T, usual: &T) -> Result<Table, SpecError> {
    let table =
        |value: &T| Table::try_from(value).map_err(|error| SpecError::NoJobFile { why: error.to_string() });
    Ok(differing(table(given)?, &table(usual)?))
}

fn differing(given: Table, usual: &Table) -> Table {
    let differs = |(key, value): (String, Value)| match (value, usual.get(&key)) {
        (value, Some(usual)) if value == *usual => None,
        (Value::Table(value), Some(Value::Table(usual))) => {
            Some((key, Value::Table(differing(value, usual))))
        }
        (value, _) => Some((key, value)),
    };
    given.into_iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job with something of everything.
    const WHOLE: &str = r#"
        name = "Archive"
        sources = ["/mnt/tapes", "shelf:media/in"]
        destination = "/mnt/nas"
        [[catalogue]]
        file = "/mnt/june.csv"
        path = ["Folder", "Name"]
        checksum = { column = "MD5", algorithm = "md5" }
        prefix = [{ from = 'Z:\Archive', to = "/mnt/z" }]
        [watch]
        quiet = "1m 30s"
        marker = ".ready"
        [deliver]
        verify = "written"
        [limits]
        streams = 4
        [control]
        bandwidth = "Mon-Fri 08:00 20MB/s; 19:00 off"
        [control.autopilot]
        concurrency = true
        [control.retry.throttled]
        attempts = 9
        [[group]]
        preset = "raw"
        [[group]]
        extensions = ["mov", "thm"]
        [describe]
        tool = "mediainfo"
        kinds = ["video", "image"]
        [scratch]
        limit_mib = 512
        [map]
        target = "{{ fields.year }}/{{ name }}"
        [[map.field]]
        name = "year"
        value = "{{ fields.Shot | date('%Y') }}"
        when = "fields.Shot"
        [[map.require]]
        field = "Rights"
        type = "text"
        one_of = ["free", "licensed"]
        [[lookup]]
        name = "rights"
        url = "https://dam.example/{{ path | urlencode }}"
        headers = { Accept = "application/json" }
        auth = { basic = { user = "anna", password = "DAM_PASSWORD" } }
        fields = { title = "/title", owner = { pointer = "/owner", required = false } }
        [register]
        url = "https://dam.example/assets"
        body = '''{"path": {{ target | tojson }}}'''
        success = [201]
        [[sidecar]]
        format = "pbcore"
        name = "stem"
        fields = { title = "fields.Title" }
        [catalogue_out]
        path = "/mnt/delivered.xlsx"
        records = "all"
        [endpoints."https://dam.example"]
        rate = 5
        [connections.shelf]
        kind = "s3"
        endpoint = "https://s3.example:9000"
    "#;

    fn read(text: &str) -> JobSpec {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn what_is_too_large_for_a_job_file_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.toml");
        std::fs::write(&large, "#".repeat((1 << 20) + 1)).unwrap();
        // Not cut within a character either.
        let wide = folder.path().join("wide.toml");
        std::fs::write(&wide, "#".to_owned() + &"é".repeat(1 << 20)).unwrap();
        let endless = cfg!(unix).then(|| "/dev/zero".into());
        for path in [large, wide].into_iter().chain(endless) {
            let said = JobSpec::read(&path).unwrap_err().to_string();
            assert!(said.contains("it is larger than 1 MiB"), "{said}");
            let said = crate::spec::Catalogue::load_preset(&path).unwrap_err().to_string();
            assert!(said.contains("it is larger than 1 MiB"), "{said}");
        }
    }

    #[test]
    fn nothing_is_lost_on_the_way_through_a_job_file() {
        let job = read(WHOLE);
        let text = job.to_toml().unwrap();
        assert_eq!(read(&text), job, "{text}");
        assert_eq!(read(&text).to_toml().unwrap(), text, "and it stays as it is");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        job.save(&path).unwrap();
        assert_eq!(JobSpec::read(&path).unwrap(), job);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_usual_is_not_written() {
        let plain = JobSpec::new(vec![Path::new("/a").into()], Path::new("/b").into());
        assert_eq!(plain.to_toml().unwrap(), "sources = [\"/a\"]\ndestination = \"/b\"\n");
        let watched = JobSpec { watch: Some(Watch::default()), describe: Some(Describe::default()), ..plain };
        let text = watched.to_toml().unwrap();
        assert!(text.contains("[watch]\n") && text.contains("[describe]\n"), "{text}");
        assert_eq!(read(&text), watched);
    }

    #[test]
    fn names_that_look_like_toml_come_back_as_they_are() {
        let odd = "/a/\"\"\"\n[register]\\ \u{202e}'''";
        let job = JobSpec::new(vec![Path::new(odd).into()], Location::default());
        assert_eq!(read(&job.to_toml().unwrap()), job);
    }
}
