//! How the steps ended.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;

use crate::progress;

/// A run that takes longer than this is worth a warning.
const LONG: Duration = Duration::from_hours(1);

/// How a step that did not fail ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    skipped: bool,
    notes: Vec<String>,
}

impl Outcome {
    /// It did what it is there for.
    pub(crate) fn passed() -> Self {
        Self { skipped: false, notes: Vec::new() }
    }

    /// There was nothing to do.
    pub(crate) fn skipped(why: &str) -> Self {
        Self { skipped: true, notes: vec![why.to_owned()] }
    }

    /// Adds what a reader of the table should know.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
}

/// A line of the table.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) took: Duration,
    pub(super) outcome: Result<Outcome>,
}

impl Row {
    fn state(&self) -> &'static str {
        match &self.outcome {
            Ok(outcome) if outcome.skipped => "skipped",
            Ok(_) => "passed",
            Err(_) => "FAILED",
        }
    }
}

/// A line for each step, and the sum.
pub(super) fn table(rows: &[Row], total: Duration) -> String {
    let mut text = String::from("\n");
    for row in rows {
        let notes = match &row.outcome {
            Ok(outcome) => outcome.notes.join("; "),
            Err(error) => format!("{error:#}").lines().next().unwrap_or_default().to_owned(),
        };
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "{:9} {:7} {:>13}  {notes}", row.name, row.state(), progress::duration(row.took));
    }
    let _ = writeln!(text, "{:9} {:7} {:>13}", "total", "", progress::duration(total));
    if total > LONG {
        let _ = writeln!(text, "WARNING: this run took more than {} minutes", LONG.as_secs() / 60);
    }
    text
}

/// The last line of a run, in the form that test runners close with.
pub(super) fn closing(rows: &[Row]) -> String {
    let count = |state| rows.iter().filter(|row| row.state() == state).count();
    let text = format!("steps: {} passed, {} failed", count("passed"), count("FAILED"));
    match count("skipped") {
        0 => text,
        skipped => format!("{text}, {skipped} skipped"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, outcome: Result<Outcome>) -> Row {
        Row { name, took: Duration::from_secs(3), outcome }
    }

    #[test]
    fn the_closing_line_counts() {
        let mut rows =
            vec![row("fmt", Ok(Outcome::passed())), row("deny", Err(anyhow::anyhow!("bad\nmore")))];
        assert_eq!(closing(&rows), "steps: 1 passed, 1 failed");
        rows.push(row("examples", Ok(Outcome::skipped("none"))));
        assert_eq!(closing(&rows), "steps: 1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn the_table_says_what_was_not_checked_and_when_it_took_long() {
        let rows = [
            row("deny", Ok(Outcome::passed().note("NOT CHECKED advisories"))),
            row("doc", Err(anyhow::anyhow!("bad\nmore"))),
        ];
        let text = table(&rows, Duration::from_secs(10));
        assert!(text.contains("NOT CHECKED advisories") && text.contains("FAILED"), "{text}");
        assert!(!text.contains("more") && !text.contains("WARNING"), "{text}");
        assert!(table(&rows, Duration::from_secs(4000)).contains("WARNING"));
    }
}
