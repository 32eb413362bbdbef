//! What goes where: results on standard output, progress and errors on standard error.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use sluice_engine::api::Error;

/// How this call talks.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    quiet: bool,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressStyle {
    None,
    Lines,
    Bar,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    pub(crate) fn progress_style(&self) -> ProgressStyle {
        match (self.quiet, std::io::stderr().is_terminal()) {
            (true, _) => ProgressStyle::None,
            (false, true) => ProgressStyle::Bar,
            (false, false) => ProgressStyle::Lines,
        }
    }

    /// A result for people; with `--json`, `value` instead.
    pub(crate) fn result(&self, text: impl FnOnce() -> String, value: &impl Serialize) {
        let line = if self.json {
            serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
        } else {
            text()
        };
        // A reader that hung up (`sluice … | head`) is no error of ours.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// A line for people, on standard error.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    pub(crate) fn error(&self, error: &Error) {
        let report = error.report();
        eprintln!("error: {}", report.message);
        if !report.advice.is_empty() {
            eprintln!("{}", report.advice);
        }
        if self.json {
            self.result(String::new, &serde_json::json!({ "error": report }));
        }
    }
}
