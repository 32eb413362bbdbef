//! Catalogues: exports that name the files to move, one row a file. How each is read, and which
//! of its columns say what.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{HashAlgorithm, SpecError};

/// A catalogue, and which of its columns say what. Everything but `path` may be left out: what the
/// file itself tells is found, and each guess can be overruled here.
///
/// The same table without `file`, in a TOML file of its own, is a preset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Catalogue {
    /// The export: CSV, TSV, XLSX, XLS, ODS, JSON, NDJSON or Avid ALE.
    #[serde(skip_serializing_if = "is_empty")]
    #[ts(type = "string")]
    pub file: PathBuf,
    /// A preset; what is left out here comes from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub preset: Option<PathBuf>,
    /// What kind of file it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<CatalogueFormat>,
    /// Its character encoding, by a label of <https://encoding.spec.whatwg.org/#names-and-labels>,
    /// such as `windows-1252`, `macintosh`, `shift_jis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What stands between two cells: one character, or `tab`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// What stands around a cell that holds a delimiter: one character, or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Which sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row with the columns' names, as a spreadsheet counts; 0: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// Rows at the beginning that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<u64>,
    /// The column with the file's path, or several that are joined by `/`.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// Where relative paths begin. Default: the catalogue's own folder, unless there are prefixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub base: Option<PathBuf>,
    /// Beginnings of paths as the catalogue writes them, and where these are on this computer.
    #[serde(rename = "prefix", skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<PrefixRule>,
    /// The column with the record's own number or name in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The column with the file's size in bytes; a file of another size fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// The column with the file's checksum; a file with another one fails.
    #[serde(deserialize_with = "checksum", skip_serializing_if = "Option::is_none")]
    pub checksum: Option<ChecksumColumn>,
    /// What files that rows name by a URL are called. Default: as the URL's own path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_name: Option<UrlName>,
    /// Whether files below `base` that no row names are counted, as excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<bool>,
}

/// What files that rows name by a URL are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UrlName {
    /// As the URL's own path, decoded: known while planning.
    #[default]
    Path,
    /// As the server says when it is asked (`Content-Disposition`), in the folder of the URL's own path:
    /// known only in the run, by one request more for each file. Where it does not say, as the URL's path.
    ContentDisposition,
}

/// What kind of file a catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum CatalogueFormat {
    /// Text with cells between delimiters: CSV, TSV and their kin.
    Csv,
    /// A workbook of Excel 2007 and later, and of nearly everything else.
    Xlsx,
    /// A workbook of Excel 97 to 2003.
    Xls,
    /// A workbook of OpenDocument.
    Ods,
    /// A JSON array of objects, or an object that holds one.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// An Avid Log Exchange file.
    Ale,
}

impl CatalogueFormat {
    /// The word that the job file uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Ale => "ale",
        }
    }
}

/// A beginning of paths as the catalogue writes them, and where that is on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct PrefixRule {
    /// `Z:\Archive`, `\\server\share`, `/Volumes/Archive`, or `Archive:Tapes` as old Macs write it.
    pub from: String,
    /// The folder on this computer.
    #[ts(type = "string")]
    pub to: PathBuf,
}

/// The column with the file's checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ChecksumColumn {
    /// The column.
    pub column: String,
    /// How it was computed. Default: as the value says by a prefix (`md5:…`), else by its length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<HashAlgorithm>,
}

impl Catalogue {
    /// A catalogue of which everything is to be found out.
    pub fn new(file: PathBuf) -> Self {
        Self { file, ..Self::default() }
    }

    /// Reads a preset. Relative paths in it start at its own folder.
    pub fn load_preset(path: &Path) -> Result<Self, SpecError> {
        let unreadable = |error| SpecError::PresetUnreadable { path: path.to_owned(), error };
        let text = super::read_text(path).map_err(unreadable)?;
        let mut preset: Self = toml::from_str(&text).map_err(|error| SpecError::PresetMalformed {
            path: path.to_owned(),
            why: super::told(&text, &error),
        })?;
        if !is_empty(&preset.file) || preset.preset.is_some() {
            let why =
                "a preset says how catalogues are read and mapped; it names no file and no other preset"
                    .to_owned();
            return Err(SpecError::PresetMalformed { path: path.to_owned(), why });
        }
        preset.start_at(path.parent().unwrap_or(Path::new("")));
        Ok(preset)
    }

    /// Keeps how this catalogue is read and mapped, for others of its kind. Its place and that of its
    /// file are left out.
    pub fn save_preset(&self, path: &Path) -> Result<(), SpecError> {
        let preset = Self { file: PathBuf::new(), preset: None, ..self.clone() };
        let unwritable = |error| SpecError::PresetUnwritable { path: path.to_owned(), error };
        let text = toml::to_string(&preset).map_err(|error| unwritable(std::io::Error::other(error)))?;
        let folder = path.parent().filter(|folder| !is_empty(folder)).unwrap_or(Path::new("."));
        let draft = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
        std::fs::write(draft.path(), text).map_err(unwritable)?;
        draft.persist(path).map_err(|error| unwritable(error.error))?;
        Ok(())
    }

    /// Takes what is left out here from a preset.
    pub fn or(self, preset: Self) -> Self {
        Self {
            file: self.file,
            preset: self.preset,
            format: self.format.or(preset.format),
            encoding: self.encoding.or(preset.encoding),
            delimiter: self.delimiter.or(preset.delimiter),
            quote: self.quote.or(preset.quote),
            sheet: self.sheet.or(preset.sheet),
            header_row: self.header_row.or(preset.header_row),
            skip: self.skip.or(preset.skip),
            path: if self.path.is_empty() { preset.path } else { self.path },
            base: self.base.or(preset.base),
            prefixes: if self.prefixes.is_empty() { preset.prefixes } else { self.prefixes },
            id: self.id.or(preset.id),
            size: self.size.or(preset.size),
            checksum: self.checksum.or(preset.checksum),
            url_name: self.url_name.or(preset.url_name),
            unlisted: self.unlisted.or(preset.unlisted),
        }
    }

    /// Folders that records may come from: where relative paths begin, then where the prefixes lead.
    pub fn roots(&self) -> impl Iterator<Item = PathBuf> {
        let own = self.prefixes.is_empty().then(|| self.file.parent().map(Path::to_owned)).flatten();
        self.base.clone().or(own).into_iter().chain(self.prefixes.iter().map(|rule| rule.to.clone()))
    }

    /// Where relative paths begin. None: nowhere, for all of them must begin with a prefix.
    pub fn base(&self) -> Option<PathBuf> {
        if self.base.is_none() && !self.prefixes.is_empty() { None } else { self.roots().next() }
    }

    /// Whether files that no row names are counted.
    pub fn counts_unlisted(&self) -> bool {
        self.unlisted.unwrap_or(false)
    }

    /// Reads the preset, if one is named, and makes relative paths start at `folder`.
    pub(super) fn resolve(&mut self, folder: &Path) -> Result<(), SpecError> {
        self.start_at(folder);
        if let Some(preset) = &self.preset {
            let preset = Self::load_preset(preset)?;
            *self = std::mem::take(self).or(preset);
        }
        Ok(())
    }

    fn start_at(&mut self, folder: &Path) {
        let paths = self.paths_mut().filter(|path| !is_empty(path));
        paths.for_each(|path| *path = folder.join(&*path));
    }

    pub(super) fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let prefixes = self.prefixes.iter_mut().map(|rule| &mut rule.to);
        std::iter::once(&mut self.file).chain(&mut self.preset).chain(&mut self.base).chain(prefixes)
    }

    /// What is wrong with the description, if anything is. Looks at no file.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let name = self.file.display();
        let wrong = |what: String| Err(SpecError::Catalogue { what });
        if is_empty(&self.file) {
            return wrong("a [[catalogue]] needs its `file`".into());
        }
        if self.path.iter().all(|column| column.trim().is_empty()) {
            return wrong(format!(
                "the catalogue {name} needs `path`: the column that holds the files' paths"
            ));
        }
        if let Some(rule) = self.prefixes.iter().find(|rule| rule.from.is_empty() || is_empty(&rule.to)) {
            return wrong(format!(
                "a prefix of the catalogue {name} needs `from` and `to`; it has \"{}\" and \"{}\"",
                rule.from,
                rule.to.display()
            ));
        }
        if self.counts_unlisted() && self.base().is_none() {
            return wrong(format!(
                "the catalogue {name} has `unlisted` but no `base`: name the folder to look through"
            ));
        }
        if let (Some(header), Some(skip)) = (self.header_row, self.skip)
            && header != 0
            && header <= skip
        {
            return wrong(format!(
                "the catalogue {name} has its header in row {header}, but skips {skip} rows; lower `skip`"
            ));
        }
        Ok(())
    }
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a column's name, or a list of them")]
    enum Columns {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Columns::deserialize(from)? {
        Columns::One(column) => vec![column],
        Columns::Many(columns) => columns,
    })
}

fn checksum<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<ChecksumColumn>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a column's name, or { column = …, algorithm = … }")]
    enum Column {
        Named(String),
        Table(ChecksumColumn),
        Nothing(()),
    }
    Ok(match Column::deserialize(from)? {
        Column::Named(column) => Some(ChecksumColumn { column, algorithm: None }),
        Column::Table(column) => Some(column),
        Column::Nothing(()) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_kept_and_gives_what_the_job_leaves_out() {
        let folder = tempfile::tempdir().unwrap();
        let preset = folder.path().join("filemaker.toml");
        let full: Catalogue = toml::from_str(
            r#"
            file = "june.csv"
            encoding = "macintosh"
            path = ["Folder", "Name"]
            base = "/archive"
            id = "ID"
            checksum = { column = "MD5", algorithm = "md5" }
            [[prefix]]
            from = 'Z:\Archive'
            to = "/archive"
            "#,
        )
        .unwrap();
        full.save_preset(&preset).unwrap();
        let mut job: Catalogue =
            toml::from_str("file = \"july.csv\"\npreset = \"filemaker.toml\"\nid = \"Number\"").unwrap();
        job.resolve(folder.path()).unwrap();
        assert_eq!(job.file, folder.path().join("july.csv"));
        assert_eq!((job.id.as_deref(), job.encoding.as_deref()), (Some("Number"), Some("macintosh")));
        assert_eq!((job.path, job.prefixes, job.checksum), (full.path, full.prefixes, full.checksum));
    }

    #[test]
    fn a_preset_that_names_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preset.toml");
        std::fs::write(&path, "file = \"x.csv\"\npath = \"P\"").unwrap();
        assert!(matches!(Catalogue::load_preset(&path), Err(SpecError::PresetMalformed { .. })));
    }

    #[test]
    fn columns_are_named_alone_or_as_a_list() {
        let one: Catalogue = toml::from_str("path = \"P\"\nchecksum = \"MD5\"").unwrap();
        assert_eq!(one.path, ["P"]);
        assert_eq!(one.checksum.unwrap().column, "MD5");
        assert!(toml::from_str::<Catalogue>("path = 3").is_err());
        assert!(toml::from_str::<Catalogue>("pth = \"P\"").is_err());
    }
}
