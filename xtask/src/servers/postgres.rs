//! A throw-away PostgreSQL: a new cluster each time, fast because it need not survive a crash.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::account::{self, Account};
use super::find::Binaries;
use super::scratch::{Scratch, free_port};
use crate::process::{self, Guarded, Signal};
use crate::signals;

const START: Duration = Duration::from_mins(1);
const TRIES: usize = 3;

/// Starts a server and returns the URL of its superuser.
pub(super) fn start(
    binaries: &Binaries,
    scratch: &Scratch,
    account: Option<&Account>,
) -> Result<(String, Guarded)> {
    let home = scratch.folder("postgres", account)?;
    let data = home.join("data");
    initdb(binaries, &home, &data, account)?;
    let mut tries = 1;
    loop {
        let port = free_port()?;
        match serve(binaries, scratch, &home, &data, port, account) {
            Ok(server) => {
                return Ok((format!("postgres://postgres@127.0.0.1:{port}/postgres"), server));
            }
            Err(error) if tries == TRIES || signals::interrupted() => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

fn initdb(binaries: &Binaries, home: &Path, data: &Path, account: Option<&Account>) -> Result<()> {
    let mut command = account::command(&binaries.dir.join("initdb"), account)?;
    // The C locale sorts by bytes, like SQLite: one order for both engines.
    command.args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--pgdata",
    ]);
    // Away from the present folder, which the servers' account may not be allowed to read.
    process::output(command.arg(data).current_dir(home)).context("no cluster for PostgreSQL")?;
    Ok(())
}

/// A cluster that the fault rig starts and crashes by itself: the command, its folder, and the port.
///
/// What it says to be committed survives a crash of its processes, though not of the machine.
pub(super) fn recipe(
    binaries: &Binaries,
    scratch: &Scratch,
    account: Option<&Account>,
    number: usize,
) -> Result<(Command, PathBuf, u16)> {
    let home = scratch.folder(&format!("faults-postgres-{number}"), account)?;
    let data = home.join("data");
    initdb(binaries, &home, &data, account)?;
    let port = free_port()?;
    let settings = ["fsync=off", "synchronous_commit=on", "max_connections=200"];
    Ok((server(binaries, &home, &data, port, account, &settings)?, home, port))
}

fn server(
    binaries: &Binaries,
    home: &Path,
    data: &Path,
    port: u16,
    account: Option<&Account>,
    settings: &[&str],
) -> Result<Command> {
    let mut command = account::command(&binaries.server, account)?;
    command.arg("-D").arg(data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(home);
    for setting in settings {
        command.args(["-c", setting]);
    }
    Ok(command)
}

fn serve(
    binaries: &Binaries,
    scratch: &Scratch,
    home: &Path,
    data: &Path,
    port: u16,
    account: Option<&Account>,
) -> Result<Guarded> {
    let log = scratch.path().join("postgres.log");
    let out = File::create(&log)?;
    let settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];
    let mut command = server(binaries, home, data, port, account, &settings)?;
    command.current_dir(home).stdout(Stdio::null()).stderr(out);
    // SIGINT is a fast shutdown: it does not wait for clients to go.
    let mut server = Guarded::spawn("PostgreSQL", &mut command, Signal::INT)?;
    let deadline = Instant::now() + START;
    loop {
        if let Some(status) = server.ended()? {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("PostgreSQL ended at once ({status}): {}", said.trim());
        }
        if signals::interrupted() || Instant::now() > deadline {
            bail!("PostgreSQL was not ready after {} s", START.as_secs());
        }
        if is_ready(&std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default()) {
            return Ok(server);
        }
        sleep(Duration::from_millis(50));
    }
}

/// The eighth line of `postmaster.pid` is where a server says how far it is; `pg_ctl` reads it as well.
fn is_ready(pid_file: &str) -> bool {
    pid_file.lines().nth(7).is_some_and(|line| line.trim() == "ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_it_says_so() {
        let lines = |state: &str| format!("123\n/data\n1700000000\n5432\n/tmp\n127.0.0.1\n 1 2\n{state}\n");
        assert!(is_ready(&lines("ready   ")));
        assert!(!is_ready(&lines("starting")));
        assert!(!is_ready("123\n/data\n"));
        assert!(!is_ready(""));
    }
}
