//! Which delimiter and which quote a text has: those under which its rows agree best.

use super::CatalogueError;
use crate::spec::Catalogue;

/// Rows that are looked at.
const ROWS: usize = 200;

/// What usually stands between cells.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// What never stands in a text: between the cells of a table of one column.
pub(super) const NO_DELIMITER: u8 = 0x01;

/// How cells are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
    /// The first line only names the delimiter (`sep=;`), as Excel understands it.
    pub(super) is_named: bool,
}

impl Dialect {
    /// The delimiter as the job file writes it.
    pub(super) fn delimiter_word(self) -> String {
        match self.delimiter {
            b'\t' => "tab".into(),
            NO_DELIMITER => "none".into(),
            byte => char::from(byte).to_string(),
        }
    }

    /// The quote as the job file writes it.
    pub(super) fn quote_word(self) -> String {
        self.quote.map_or("none".into(), |byte| char::from(byte).to_string())
    }
}

/// Finds delimiter and quote of a text from its beginning; what the job chose stays. `is_whole`: the
/// sample is all there is.
pub(super) fn find(sample: &str, is_whole: bool, chosen: &Catalogue) -> Result<Dialect, CatalogueError> {
    let wrong = |what: String| CatalogueError::Option { path: chosen.file.clone(), what };
    let chosen_delimiter = chosen.delimiter.as_deref().map(delimiter_of).transpose().map_err(wrong)?;
    let chosen_quote = chosen.quote.as_deref().map(quote_of).transpose().map_err(wrong)?;
    let named = named_delimiter(sample);
    let delimiters: &[u8] = match chosen_delimiter.or(named) {
        Some(delimiter) => &[delimiter],
        None => &DELIMITERS,
    };
    let quotes: &[Option<u8>] = match chosen_quote {
        Some(quote) => &[quote],
        None => &[Some(b'"'), None],
    };
    let ending = chosen.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let prefers_tab = ["tsv", "tab", "txt"].iter().any(|tab| ending.eq_ignore_ascii_case(tab));
    let mut best = (0.0, delimiters[0], quotes[0]);
    for &delimiter in delimiters {
        for &quote in quotes {
            let mut score = score(sample, is_whole, delimiter, quote);
            if delimiter == b'\t' && prefers_tab {
                score *= 1.2;
            }
            // Quotes are the rule; without them the rows must agree clearly better.
            if quote.is_none() && quotes.len() > 1 {
                score /= 1.1;
            }
            if score > best.0 {
                best = (score, delimiter, quote);
            }
        }
    }
    let (score, mut delimiter, mut quote) = best;
    if score == 0.0 && delimiters.len() > 1 {
        // One column. What stands in a value must not cut it.
        delimiter = if sample.contains(DELIMITERS.map(char::from)) { NO_DELIMITER } else { b',' };
    }
    if chosen_quote.is_none() && is_quoted_by(sample, is_whole, delimiter, b'\'') {
        quote = Some(b'\'');
    }
    Ok(Dialect { delimiter, quote, is_named: named.is_some() })
}

/// How well the rows agree on a number of cells: nothing where that is one.
fn score(sample: &str, is_whole: bool, delimiter: u8, quote: Option<u8>) -> f64 {
    let rows = rows(sample, is_whole, delimiter, quote);
    let widths: Vec<usize> = rows.iter().map(csv::StringRecord::len).collect();
    let most =
        widths.iter().map(|width| (widths.iter().filter(|other| *other == width).count(), *width)).max();
    let Some((agreeing, width)) = most.filter(|(_, width)| *width > 1) else { return 0.0 };
    // The true delimiter is there from the header on; a false one only in the values below it.
    let agreeing = agreeing - rows.iter().filter(|row| swallows(row, char::from(delimiter), width)).count();
    let late = widths.iter().position(|other| *other == width).unwrap_or_default().min(30) as i32;
    agreeing as f64 / widths.len() as f64 * (1.0 + (width as f64).ln()) * 0.7_f64.powi(late)
}

/// Whether a quote that was never closed took whole rows into one of the cells.
fn swallows(row: &csv::StringRecord, delimiter: char, width: usize) -> bool {
    row.len() == width
        && row.iter().any(|cell| {
            let mut lines = cell.lines().skip(1).filter(|line| !line.is_empty()).peekable();
            lines.peek().is_some() && lines.all(|line| line.matches(delimiter).count() + 1 == width)
        })
}

fn rows(sample: &str, is_whole: bool, delimiter: u8, quote: Option<u8>) -> Vec<csv::StringRecord> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).quoting(quote.is_some());
    builder.quote(quote.unwrap_or(b'"'));
    let mut rows: Vec<_> =
        builder.from_reader(sample.as_bytes()).into_records().filter_map(Result::ok).take(ROWS + 1).collect();
    // The last row may be cut off.
    if rows.len() > ROWS || !is_whole && rows.len() > 1 {
        rows.pop();
    }
    rows
}

/// Whether a good part of the cells stands between these quotes, and none between the usual ones.
fn is_quoted_by(sample: &str, is_whole: bool, delimiter: u8, quote: u8) -> bool {
    let rows = rows(sample, is_whole, delimiter, None);
    let cells = || rows.iter().flatten();
    let quoted = |quote: u8| {
        let quote = char::from(quote);
        cells().filter(|cell| cell.len() > 1 && cell.starts_with(quote) && cell.ends_with(quote)).count()
    };
    quoted(b'"') == 0 && quoted(quote) * 4 >= cells().count() && quoted(quote) > 0
}

fn named_delimiter(sample: &str) -> Option<u8> {
    let line = sample.lines().next()?.trim_matches('"');
    let name = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    delimiter_of(name).ok()
}

fn delimiter_of(word: &str) -> Result<u8, String> {
    match (word, word.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("none", _) => Ok(NO_DELIMITER),
        (_, [byte]) if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | b'"') => Ok(*byte),
        _ => Err(format!("delimiter = \"{word}\": it must be one character, or tab, or none")),
    }
}

fn quote_of(word: &str) -> Result<Option<u8>, String> {
    match (word, word.as_bytes()) {
        ("none" | "", _) => Ok(None),
        (_, [byte]) if byte.is_ascii_punctuation() => Ok(Some(*byte)),
        _ => Err(format!("quote = \"{word}\": it must be one character, or none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, Option<char>) {
        let dialect = find(text, true, &Catalogue::default()).unwrap();
        (char::from(dialect.delimiter), dialect.quote.map(char::from))
    }

    #[test]
    fn the_delimiter_is_the_one_on_which_the_rows_agree() {
        assert_eq!(found("id,path\n1,a\n2,b\n").0, ',');
        assert_eq!(found("id\tpath\n1\ta, b, c\n2\td\n").0, '\t');
        assert_eq!(found("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n").0, ';', "commas in numbers");
        assert_eq!(found("Export of today\n\nid|path\n1|a,b\n2|c,d\n").0, '|');
        assert_eq!(found("sep=;\nid;path\n1;a\n").0, ';');
        assert_eq!(found("path\na, b.mov\nc.mov\n").0, char::from(NO_DELIMITER));
    }

    #[test]
    fn the_quote_is_the_one_that_makes_the_rows_agree() {
        assert_eq!(found("id,path\n1,\"a,b\"\n2,\"c\nd\"\n").1, Some('"'));
        assert_eq!(found("id,path\n'1','a,b'\n'2','c'\n").1, Some('\''));
        assert_eq!(found("id\tname\n1\t\"half\n2\tb\n3\tc\n4\td\n5\te\n").1, None);
    }
}
