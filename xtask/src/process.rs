//! Child processes: each in a process group of its own, and none outlives this process.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
pub(crate) use std::process::Command;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process_group, test_kill_process_group};

use crate::{progress, signals};

const TICK: Duration = Duration::from_millis(25);
/// How long a child may take to end by itself once it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A running child and all that it started; dropping it stops them.
pub(crate) struct Guarded {
    name: String,
    child: Child,
    group: Pid,
    stop_with: Signal,
}

impl Guarded {
    /// Starts `command` without standard input; `stop_with` is the signal that asks it to end.
    pub(crate) fn spawn(name: &str, command: &mut Command, stop_with: Signal) -> Result<Self> {
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name} ({})", command.get_program().display()))?;
        let group = Pid::from_child(&child);
        Ok(Self { name: name.to_owned(), child, group, stop_with })
    }

    /// What the child prints, if its command was given a pipe for it; once.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// The status of a child that has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end; an interruption stops the child and is an error.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if signals::interrupted() {
                bail!("{} was stopped", self.name);
            }
            sleep(TICK);
        }
    }

    fn stop(&mut self) {
        // The group may hold members when its leader is gone: it is the group that has to be empty.
        let _ = kill_process_group(self.group, self.stop_with);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            // Reaped here, or the leader would stay in its group as a zombie.
            let leader_ended = !matches!(self.child.try_wait(), Ok(None));
            if leader_ended && test_kill_process_group(self.group).is_err() {
                return;
            }
            sleep(TICK);
        }
        progress::line(&format!("{} did not end by itself: killing it", self.name));
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The cargo that runs this tool.
///
/// Free of the variables that `cargo run` sets for it: build scripts that watch them would run again at each
/// change between a cargo started here and one started by hand.
pub(crate) fn cargo<I, S>(args: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.args(args);
    command
}

/// Shows the command line, runs it to its end, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = display(command);
    progress::line(&format!("$ {shown}"));
    let status = Guarded::spawn(&shown, command, Signal::INT)?.wait()?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// The trimmed standard output of a command that has to succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = display(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` failed ({}): {}", output.status, complaint.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a command can be run and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn display(command: &Command) -> String {
    let program = command.get_program();
    let name = std::path::Path::new(program).file_name().unwrap_or(program);
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_its_complaint() {
        let error = output(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("sh -c") && text.contains("no such thing") && text.contains('3'), "{text}");
    }

    #[test]
    fn a_dropped_child_takes_its_own_children_along() {
        let mut command = Command::new("sh");
        // The grandchild keeps the write end of this pipe open until it ends.
        command.args(["-c", "sleep 600 & exec sleep 600"]).stdout(Stdio::piped());
        let mut child = Guarded::spawn("sleeper", &mut command, Signal::TERM).unwrap();
        let mut pipe = child.child.stdout.take().unwrap();
        drop(child);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut pipe, &mut rest).unwrap();
        assert_eq!(rest, "");
    }

    #[test]
    fn a_missing_program_is_an_error_and_no_panic() {
        assert!(Guarded::spawn("nothing", &mut Command::new("/does/not/exist"), Signal::TERM).is_err());
        assert!(!succeeds(&mut Command::new("/does/not/exist")));
    }
}
