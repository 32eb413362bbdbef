//! A report as one page to read, to print and to keep: it holds no script, loads nothing, and whatever a name
//! or a service says stands in it as text.

use std::fmt::Display;
use std::io::{self, Write};

use crate::record::show_text;
use crate::report::words::count;

/// How the page looks; on paper, too.
const STYLE: &str = "
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1.5rem; font: 14px/1.5 system-ui, 'Segoe UI', Roboto, sans-serif;
  font-variant-numeric: tabular-nums; color: #12181b; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .quiet { color: #536067; }
.good { color: #0a6c7d; } .bad { color: #b3261e; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #d4dbde;
  overflow-wrap: anywhere; }
th { font-weight: 600; color: #536067; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; margin: .75rem 0; }
dt { color: #536067; } dd { margin: 0; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { color: #e4e9eb; background: #161a1d; } .quiet, th, dt { color: #98a4aa; }
  th, td { border-color: #2a3136; } .good { color: #52c0cf; } .bad { color: #ff8378; } }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 9pt; color: #000; background: #fff; }
  thead { display: table-header-group; } tr { break-inside: avoid; } h2 { break-after: avoid; } }
";

/// A page under way.
pub(crate) struct Page<W: Write> {
    out: W,
}

/// What stands in a table's cell.
pub(crate) enum Shown<'a> {
    Text(&'a str),
    Number(String),
}

impl<'a> Shown<'a> {
    pub(crate) fn count(number: u64) -> Self {
        Self::Number(count(number))
    }

    pub(crate) fn maybe(text: Option<&'a str>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

impl<W: Write> Page<W> {
    pub(crate) fn begin(mut out: W, title: &str) -> io::Result<Self> {
        let title = escape(title);
        // Nothing may be loaded or run, even if a reader's browser is asked to.
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             </head>\n<body>\n<h1>{title}</h1>\n"
        )?;
        Ok(Self { out })
    }

    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "<h2>{}</h2>", escape(text))
    }

    /// A paragraph; `class` is `quiet`, `good`, `bad` or nothing.
    pub(crate) fn says(&mut self, class: &'static str, text: &str) -> io::Result<()> {
        writeln!(self.out, "<p class=\"{class}\">{}</p>", escape(text))
    }

    /// Says so, where only the first `shown` of `all` records stand in the table that comes.
    pub(crate) fn left_out(&mut self, shown: u64, all: u64) -> io::Result<()> {
        if all <= shown {
            return Ok(());
        }
        let text = format!(
            "The first {} of {} records; {} are left out. Export CSV, XLSX or JSON to have them all.",
            count(shown),
            count(all),
            count(all - shown)
        );
        self.says("quiet", &text)
    }

    /// Names and their values.
    pub(crate) fn facts(&mut self, facts: &[(&str, String)]) -> io::Result<()> {
        self.out.write_all(b"<dl>\n")?;
        for (name, value) in facts {
            writeln!(self.out, "<dt>{}</dt><dd><bdi>{}</bdi></dd>", escape(name), escape(value))?;
        }
        self.out.write_all(b"</dl>\n")
    }

    pub(crate) fn begin_table(&mut self, columns: &[&str]) -> io::Result<()> {
        self.out.write_all(b"<table>\n<thead><tr>")?;
        for column in columns {
            write!(self.out, "<th scope=\"col\">{}</th>", escape(column))?;
        }
        self.out.write_all(b"</tr></thead>\n<tbody>\n")
    }

    pub(crate) fn row(&mut self, cells: &[Shown<'_>]) -> io::Result<()> {
        self.out.write_all(b"<tr>")?;
        for cell in cells {
            match cell {
                // Set apart, so that a name in another direction does not turn its neighbours round.
                Shown::Text(text) => write!(self.out, "<td><bdi>{}</bdi></td>", escape(text))?,
                Shown::Number(number) => write!(self.out, "<td class=\"number\">{}</td>", escape(number))?,
            }
        }
        self.out.write_all(b"</tr>\n")
    }

    pub(crate) fn end_table(&mut self) -> io::Result<()> {
        self.out.write_all(b"</tbody>\n</table>\n")
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"</body>\n</html>\n")?;
        self.out.flush()
    }
}

/// The text as it stands in a page: markup is text, and what is not to be seen is spelt out.
pub(crate) fn escape(text: impl Display) -> String {
    let text = show_text(&text.to_string());
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_says_is_text() {
        let mut out = Vec::new();
        let mut page = Page::begin(&mut out, "</title><script>alert(1)</script>").unwrap();
        page.facts(&[("a", "\"><img src=x onerror=alert(1)>".into())]).unwrap();
        page.begin_table(&["<b>"]).unwrap();
        page.row(&[Shown::Text("' onclick='x"), Shown::Text("\u{1b}[31m\u{202e}gpj"), Shown::count(1_000)])
            .unwrap();
        page.end_table().unwrap();
        page.end().unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("' onclick"), "{page}");
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'), "{page}");
        assert!(page.contains("&lt;script&gt;") && page.contains("\\u{202e}gpj") && page.contains("1,000"));
    }

    #[test]
    fn a_name_of_emoji_stays_as_it_is() {
        let name = "🎬".repeat(255);
        assert_eq!(escape(&name), name);
    }
}
