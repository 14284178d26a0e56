//! Step `deny`: `cargo deny` with `deny.toml`.

use std::process::Command;

use anyhow::{Result, bail};

use super::summary::Outcome;
use crate::workspace::Workspace;
use crate::{install, process};

/// What cargo-deny says when it cannot get the advisories, or reads none.
const NO_DATABASE: [&str; 3] = [
    "failed to fetch advisory database",
    "failed to load advisory database",
    "failed to open advisory database",
];

pub(super) fn check(_: &Workspace) -> Result<Outcome> {
    install::cargo_plugin("deny")?;
    process::run(&mut process::cargo(["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
    let mut advisories = process::cargo(["deny", "--all-features", "--color=never", "check", "advisories"]);
    match judge(&mut advisories)? {
        None => Ok(Outcome::passed()),
        Some(why) => {
            let note = format!("NOT CHECKED advisories: {why}");
            crate::progress::line(&note);
            Ok(Outcome::passed().note(note))
        }
    }
}

/// `None` when the advisories were checked and none applies, else why they could not be.
fn judge(advisories: &mut Command) -> Result<Option<String>> {
    let output = advisories.stdin(std::process::Stdio::null()).output()?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if NO_DATABASE.iter().any(|words| text.contains(words)) {
        return Ok(Some("the RustSec database cannot be reached from here".to_owned()));
    }
    eprintln!("{text}");
    bail!("`cargo deny check advisories` failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str, status: u8) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo '{text}' >&2; exit {status}")]);
        command
    }

    #[test]
    fn an_advisory_fails_and_an_unreachable_database_does_not() {
        assert_eq!(judge(&mut say("advisories ok", 0)).unwrap(), None);
        assert!(judge(&mut say("[ERROR] failed to fetch advisory database somewhere", 1)).unwrap().is_some());
        assert!(judge(&mut say("error[vulnerability]: bad", 1)).is_err());
    }
}
