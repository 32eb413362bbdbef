//! The export of a real catalogue: the project's corpus where it lies beside the repository, else rows
//! of the same kind.

use std::path::Path;

/// A catalogue's columns and rows.
#[derive(Debug)]
pub struct Export {
    /// The names of the columns; `mediaid`, `mediatype`, `title` and `releasedate` are among them.
    pub columns: Vec<String>,
    /// The cells of each row.
    pub rows: Vec<Vec<String>>,
}

impl Export {
    /// Three hundred rows of a museum's catalogue, with HTML, quotes and line ends in their cells.
    ///
    /// # Panics
    /// When the corpus cannot be read.
    pub fn of_a_museum() -> Self {
        let real = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../shared/corpora/catalogue/nga-media-items-300.csv");
        if !real.is_file() {
            return Self::made();
        }
        let mut export = csv::Reader::from_path(real).expect("the corpus");
        let columns = export.headers().expect("a header").iter().map(str::to_owned).collect();
        let rows = export.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
        Self { columns, rows: rows.collect() }
    }

    fn made() -> Self {
        let row = |n: u32| {
            [
                (78_000_000 + n * 7).to_string(),
                ["audio", "video"][n as usize % 2].to_owned(),
                format!("Lecture {n}: \u{201c}Light / Shadow\u{201d}, \"part {}\": Monet's caf\u{e9}", n % 3),
                format!("<p>Introduction, in two parts.<br>\r\n<br>\n<em>No. {n}</em>; \"free\"</p>"),
                format!("20{:02}-09-22 00:00:00-04", n % 20),
            ]
        };
        Self {
            columns: ["mediaid", "mediatype", "title", "description", "releasedate"].map(String::from).into(),
            rows: (0..300).map(|n| row(n).into()).collect(),
        }
    }

    /// Writes it as CSV with one more column.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, to: &Path, column: &str, value: impl Fn(usize) -> String) {
        let mut out = csv::Writer::from_path(to).expect("a catalogue");
        let head = self.columns.iter().map(String::as_str).chain([column]);
        out.write_record(head).expect("a header");
        for (number, row) in self.rows.iter().enumerate() {
            let more = value(number);
            out.write_record(row.iter().chain([&more])).expect("a row");
        }
        out.flush().expect("a catalogue");
    }

    /// A cell.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn cell(&self, row: usize, column: &str) -> &str {
        let at = self.columns.iter().position(|name| name == column).expect("the column");
        &self.rows[row][at]
    }
}
