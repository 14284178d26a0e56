//! A throw-away Redis that keeps nothing on disk.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::account::{self, Account};
use super::find::Binaries;
use super::scratch::{Scratch, free_port};
use crate::process::{Guarded, Signal};
use crate::signals;

const START: Duration = Duration::from_secs(30);
const TRIES: usize = 3;

/// Starts a server and returns its URL.
pub(super) fn start(
    binaries: &Binaries,
    scratch: &Scratch,
    account: Option<&Account>,
) -> Result<(String, Guarded)> {
    let home = scratch.folder("redis", account)?;
    let mut tries = 1;
    loop {
        let port = free_port()?;
        let log = scratch.path().join("redis.log");
        let mut command = account::command(&binaries.server, account)?;
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.arg("--dir").arg(&home).current_dir(&home).stdout(File::create(&log)?).stderr(Stdio::null());
        let mut server = Guarded::spawn("Redis", &mut command, Signal::TERM)?;
        match ready(&mut server, port) {
            Ok(()) => return Ok((format!("redis://127.0.0.1:{port}"), server)),
            Err(error) if tries == TRIES || signals::interrupted() => {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("{error:#}: {}", said.trim());
            }
            Err(_) => tries += 1,
        }
    }
}

/// A server that the fault rig starts and crashes by itself: the command, its folder, and the port.
///
/// What it has answered survives a crash of its process, though not of the machine.
pub(super) fn recipe(
    binaries: &Binaries,
    scratch: &Scratch,
    account: Option<&Account>,
    number: usize,
) -> Result<(Command, PathBuf, u16)> {
    let home = scratch.folder(&format!("faults-redis-{number}"), account)?;
    let port = free_port()?;
    let mut command = account::command(&binaries.server, account)?;
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "no", "--dir"]).arg(&home);
    Ok((command, home, port))
}

fn ready(server: &mut Guarded, port: u16) -> Result<()> {
    let deadline = Instant::now() + START;
    loop {
        if let Some(status) = server.ended()? {
            bail!("Redis ended at once ({status})");
        }
        if signals::interrupted() || Instant::now() > deadline {
            bail!("Redis was not ready after {} s", START.as_secs());
        }
        if answers(port) {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
}

/// Whether a Redis answers on this port.
fn answers(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG\r\n")
    };
    ping().unwrap_or(false)
}
