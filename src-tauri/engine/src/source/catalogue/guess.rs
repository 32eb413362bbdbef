//! Which columns of a catalogue probably say what: by their names, and by the values of the first
//! rows. A guess is only ever proposed; what a job maps is what its author chose.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{InspectedRow, cells, checksum, place};
use crate::spec::{ChecksumColumn, HashAlgorithm};

/// The columns that probably say what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct ColumnGuess {
    /// The file's path, or folder and name. Empty: no column looks like one.
    pub path: Vec<String>,
    /// The record's own number or name.
    pub id: Option<String>,
    /// The file's size in bytes.
    pub size: Option<String>,
    /// The file's checksum.
    pub checksum: Option<ChecksumColumn>,
}

/// Names of columns with paths or file names, without spaces and in small letters.
const PATHS: &str = "path filepath fullpath sourcepath sourcefile file filename filelocation unc mediapath \
    mediafile originalfilename pfad dateipfad datei dateiname quelldatei chemin fichier \
    nomdefichier ruta archivo nombredearchivo percorso nomefile bestand bestandsnaam";
/// Words that a name of such a column holds.
const PATH_WORDS: &str = "path file filename filepath pfad datei dateiname chemin fichier";
/// Files beside the one that is meant.
const LESSER: &str = "thumb thumbnail proxy preview poster icon sidecar vorschau vignette";
/// Words that a name of a column with folders holds.
const FOLDERS: &str = "folder directory dir path filepath ordner verzeichnis pfad dossier repertoire répertoire \
    carpeta cartella";
/// The same, where the values must look like folders too: places have names as well.
const PLACES: &str = "location volume storage speicherort emplacement server";
/// Names of columns with a record's number.
const IDS: &str = "id assetid recordid itemid mediaid objectid fileid clipid documentid uid uuid guid \
    identifier assetnumber assetno recordnumber recordno inventoryno inventorynumber \
    inventarnummer inventarnr accessionnumber accessionno catalogueno cataloguenumber catalogno \
    catalognumber barcode signatur shelfmark callnumber umid cote signatura";
/// Names of columns with a size in bytes.
const SIZES: &str = "size filesize bytes sizebytes sizeinbytes filesizebytes filesizeinbytes bytesize dateigröße \
    dateigroesse grösse taille";
/// Words that a name of a column with checksums holds.
const CHECKSUMS: &str = "checksum hash fixity digest prüfsumme pruefsumme xxhash somme";

/// Sizes below this (bytes) are no sizes of media files, but lengths or numbers.
const LEAST_SIZE: u64 = 1000;

/// Proposes columns.
pub(super) fn guess(columns: &[String], rows: &[InspectedRow]) -> ColumnGuess {
    let columns: Vec<Column> =
        columns.iter().enumerate().map(|(at, name)| Column::of(name, at, rows)).collect();
    let path = path_of(&columns);
    let rest = || columns.iter().filter(|column| !path.contains(&column.name));
    let named = |column: Option<&Column>| column.map(|column| column.name.to_owned());
    ColumnGuess {
        id: named(rest().find(|column| column.is_id())),
        size: named(rest().find(|column| column.is_size())),
        checksum: rest().find_map(Column::checksum),
        path: path.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn path_of<'a>(columns: &[Column<'a>]) -> Vec<&'a str> {
    let candidates = columns.iter().enumerate().filter(|(_, column)| column.holds_files());
    // Of equals the first one: the order is that of the catalogue's author.
    let best = candidates.rev().max_by_key(|(_, column)| column.score_as_path());
    let Some((at, best)) = best else { return Vec::new() };
    if best.values.iter().any(|value| has_separator(value)) {
        return vec![best.name];
    }
    let folder = columns.iter().enumerate().find(|(other, column)| *other != at && column.holds_folders());
    folder.map(|(_, folder)| folder.name).into_iter().chain([best.name]).collect()
}

/// A column, and its values in the first rows that are not empty.
struct Column<'a> {
    name: &'a str,
    words: Vec<String>,
    /// The words as one.
    plain: String,
    values: Vec<&'a str>,
    rows: usize,
}

impl<'a> Column<'a> {
    fn of(name: &'a str, at: usize, rows: &'a [InspectedRow]) -> Self {
        let readable = || rows.iter().filter(|row| row.unreadable.is_none());
        let values = readable().filter_map(|row| row.cells.get(at)).map(|cell| cell.trim());
        let words = words(name);
        Self {
            name,
            plain: words.concat(),
            words,
            values: values.filter(|value| !value.is_empty()).collect(),
            rows: readable().count(),
        }
    }

    fn has_word(&self, known: &str) -> bool {
        self.words.iter().any(|word| is_among(known, word))
    }

    fn is_named(&self, known: &str) -> bool {
        is_among(known, &self.plain)
    }

    fn is_filled(&self) -> bool {
        !self.values.is_empty() && self.values.len() * 2 >= self.rows
    }

    fn most(&self, is_so: impl Fn(&str) -> bool) -> bool {
        self.values.iter().filter(|value| is_so(value)).count() * 5 >= self.values.len() * 3
    }

    fn all(&self, is_so: impl Fn(&str) -> bool) -> bool {
        !self.values.is_empty() && self.values.iter().all(|value| is_so(value))
    }

    /// Files have endings; where they have none, the column's name must say what they are.
    fn holds_files(&self) -> bool {
        self.is_filled()
            && (self.most(is_file)
                || self.is_named(PATHS) && self.most(|value| !is_address(value) && !place::is_rooted(value)))
    }

    fn score_as_path(&self) -> i32 {
        let by_values = 4 * i32::from(self.most(is_file)) + i32::from(self.most(has_separator));
        let by_name = 2 * i32::from(self.is_named(PATHS)) + i32::from(self.has_word(PATH_WORDS));
        by_values + by_name - 4 * i32::from(self.has_word(LESSER))
    }

    fn holds_folders(&self) -> bool {
        let looks_so = |value: &str| !is_address(value) && (has_separator(value) || place::is_rooted(value));
        self.is_filled()
            && !self.most(|value| is_file(value) || is_address(value))
            && (self.has_word(FOLDERS) || self.has_word(PLACES) && self.most(looks_so))
    }

    /// An id that is not unique would fail its records: nearly is not enough.
    fn is_id(&self) -> bool {
        let unique = || {
            let mut values = self.values.clone();
            values.sort_unstable();
            values.dedup();
            values.len() == self.rows
        };
        self.is_named(IDS) && self.rows > 0 && unique()
    }

    fn is_size(&self) -> bool {
        let says_so = self.has_word("file bytes byte");
        let is_large = |value: &str| cells::bytes(value).is_some_and(|bytes| says_so || bytes >= LEAST_SIZE);
        self.is_named(SIZES) && self.all(is_large)
    }

    fn checksum(&self) -> Option<ChecksumColumn> {
        let algorithm =
            HashAlgorithm::ALL.into_iter().find(|algorithm| self.plain.contains(algorithm.word()));
        let is_one = |value: &str| matches!(checksum::parse(value, algorithm), Ok(Some(_)));
        let is_so = (algorithm.is_some() || self.has_word(CHECKSUMS)) && self.all(is_one);
        is_so.then(|| ChecksumColumn { column: self.name.to_owned(), algorithm })
    }
}

fn is_among(known: &str, word: &str) -> bool {
    known.split(' ').any(|other| other == word)
}

/// `fileName`, `File name` and `FILE_NAME` are the same two words.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for char in name.chars() {
        if char.is_alphanumeric() {
            let begins = !before.is_alphanumeric() || before.is_lowercase() && char.is_uppercase();
            if begins || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(char.to_lowercase());
            }
        }
        before = char;
    }
    words
}

fn is_address(value: &str) -> bool {
    value.contains("://")
}

fn has_separator(value: &str) -> bool {
    value.contains(['/', '\\'])
}

/// Whether a value ends like a file's name: `reel 1.mov`.
fn is_file(value: &str) -> bool {
    if is_address(value) || value.contains('\n') {
        return false;
    }
    let name = value.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        let is_short = (1..=5).contains(&ending.len());
        let is_word = ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !stem.trim().is_empty()
            && is_short
            && is_word
            && ending.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(columns: &[&str], rows: &[&[&str]]) -> ColumnGuess {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let row = |(at, cells): (usize, &&[&str])| InspectedRow {
            number: at as u64 + 2,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            unreadable: None,
        };
        guess(&columns, &rows.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn the_usual_catalogue_needs_no_help() {
        let md5 = "900150983cd24fb0d6963f7d28e17f72";
        let found = guessed(
            &["Inventory no", "Title", "Path", "File size", "MD5", "Shot"],
            &[
                &["7", "Harbour, 1974", r"Z:\Archive\1974\harbour.mov", "1234", md5, "5/3/1974"],
                &["8", "Town hall", r"Z:\Archive\1975\hall.mov", "12", md5, "6/3/1975"],
            ],
        );
        assert_eq!(found.path, ["Path"]);
        assert_eq!((found.id.as_deref(), found.size.as_deref()), (Some("Inventory no"), Some("File size")));
        let checksum = found.checksum.expect("a checksum");
        assert_eq!((checksum.column.as_str(), checksum.algorithm), ("MD5", Some(HashAlgorithm::Md5)));
    }

    #[test]
    fn folder_and_name_are_joined() {
        let rows: &[&[&str]] = &[&["a.mov", "1974", "Berlin"], &["b.mov", "1975/Spring", "Ulm"]];
        assert_eq!(guessed(&["File name", "Folder", "Location"], rows).path, ["Folder", "File name"]);
        assert_eq!(
            guessed(&["fileName", "Year", "Location"], rows).path,
            ["fileName"],
            "Berlin is no folder"
        );
        let rows: &[&[&str]] = &[&[r"\\nas\media", "a.mov"], &[r"\\nas\media", "b.mov"]];
        assert_eq!(guessed(&["Storage location", "Clip"], rows).path, ["Storage location", "Clip"]);
    }

    #[test]
    fn values_say_more_than_names_and_the_file_itself_goes_first() {
        let rows: &[&[&str]] = &[
            &["T. Miller", "t/1.jpg", "film/1.mov", "https://x.org/1.mov"],
            &["St. Mary", "t/2.jpg", "film/2.mov", "https://x.org/2.mov"],
        ];
        assert_eq!(guessed(&["File", "Thumbnail path", "Essence", "File path"], rows).path, ["Essence"]);
        assert_eq!(guessed(&["Source File", "Tape"], &[&["A001C001", "A001"]]).path, ["Source File"]);
    }

    #[test]
    fn what_might_fail_records_is_proposed_only_where_it_is_sure() {
        let rows: &[&[&str]] = &[&["1", "35", "n/a", "a.mov"], &["1", "16", "", "b.mov"]];
        let found = guessed(&["ID", "Size", "Checksum", "File"], rows);
        assert_eq!((found.id, found.size, found.checksum), (None, None, None));
        assert_eq!(guessed(&["Title", "Link"], &[&["A", "https://x.org/a.mov"]]), ColumnGuess::default());
        assert_eq!(guessed(&[], &[]), ColumnGuess::default());
        assert_eq!(guessed(&["Path"], &[]).path, [""; 0]);
    }
}
