//! The table that closes a run of everything.

use std::fmt::{Display, Write as _};
use std::fs;
use std::io::Write as _;

use anyhow::Result;

/// What was measured, a line each: ours, the peer's, and the one in relation to the other.
#[derive(Default)]
pub(crate) struct Table(String);

impl Table {
    /// Adds a line. `command` is what `cargo xtask bench bench --` is given to measure this alone.
    pub(crate) fn add(
        &mut self,
        command: &str,
        what: impl Display,
        [ours, peer]: [&dyn Display; 2],
        ratio: impl Display,
        goal: &str,
    ) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.0, "| {what} | {ours} | {peer} | {ratio} | {goal} | `{command}` |");
    }

    /// Prints all lines, and on what they were measured.
    pub(crate) fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{}\n", machine())?;
        writeln!(out, "| figure | ours | peer | ratio | goal | command |\n|---|---:|---:|---:|---|---|")?;
        write!(out, "{}", self.0)?;
        Ok(())
    }
}

/// What kind of machine this is.
fn machine() -> String {
    let field = |path: &str, name: &str, separator: char| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let value = line.split_once(separator).map_or("unknown", |(_, value)| value);
        value.trim().trim_matches('"').to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = field("/proc/cpuinfo", "model name", ':');
    let system = field("/etc/os-release", "PRETTY_NAME", '=');
    format!("{processor}, {cores} cores, {}, {system}", std::env::consts::ARCH)
}
