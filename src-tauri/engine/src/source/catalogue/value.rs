//! Values as text.

use std::borrow::Cow;

use serde_json::Value;

/// FileMaker writes a line break within a value as a vertical tab, and the repetitions of a field
/// with group separators between them.
const LINE_IN_VALUE: char = '\u{b}';
const REPETITION: char = '\u{1d}';

/// A cell's text with line breaks as line breaks and repetitions as a list that people read.
pub(super) fn clean(text: Cow<'_, str>) -> String {
    if !text.contains([LINE_IN_VALUE, REPETITION]) {
        return text.into_owned();
    }
    let parts = text.split(REPETITION).map(|part| part.replace(LINE_IN_VALUE, "\n"));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A value as a person would write it into a cell.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_filemaker_writes_reads_well() {
        assert_eq!(clean("two\u{b}lines".into()), "two\nlines");
        assert_eq!(clean("red\u{1d}green\u{1d}\u{1d}".into()), "red; green");
        assert_eq!(clean("plain".into()), "plain");
    }
}
