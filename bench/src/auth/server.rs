//! A server in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A process that answers; it ends with this.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// What it says of itself.
    pub(super) about: String,
}

/// Memory that a process has in RAM, in MB of 1,000,000 bytes.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) now: f64,
    /// The most since [`Server::forget_peak`].
    pub(super) peak: f64,
}

impl Server {
    /// Starts a process that prints where it listens, and what it is, on its first line.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("it has a pipe")?);
        // In here already, so that it does not outlive what fails below.
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), about: String::new() };
        let mut line = String::new();
        said.read_line(&mut line)?;
        let (address, about) = line.trim().split_once(' ').with_context(|| format!("it said {line:?}"))?;
        server.address = address.parse()?;
        about.clone_into(&mut server.about);
        // Whatever else it says is read, so that it does not wait for a reader.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Ok(server)
    }

    /// Starts a process that is told where to listen.
    pub(super) fn start_at(about: &str, command: impl FnOnce(SocketAddr) -> Command) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child =
            command(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { child, address, about: about.to_owned() };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(server.child.try_wait()?.is_none(), "{about} has ended");
            ensure!(began.elapsed() < Duration::from_secs(30), "{about} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(super) fn memory(&self) -> Result<Memory> {
        let text = std::fs::read_to_string(self.file("status")).context("this runs on Linux only")?;
        let megabytes = |name: &str| -> Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
            Ok(kilobytes * 1024.0 / 1e6)
        };
        Ok(Memory { now: megabytes("VmRSS:")?, peak: megabytes("VmHWM:")? })
    }

    /// Counts the peak anew.
    pub(super) fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(self.file("clear_refs"), "5")?)
    }

    /// How long all its threads were on processors, in seconds.
    pub(super) fn on_processors(&self) -> Result<f64> {
        let text = std::fs::read_to_string(self.file("stat"))?;
        let (_, rest) = text.rsplit_once(") ").context("no name")?;
        let mut fields = rest.split(' ').skip(11).map(str::parse::<f64>);
        let (Some(user), Some(system)) = (fields.next(), fields.next()) else { bail!("no times") };
        // The kernel counts by hundredths, whatever its clock does.
        Ok((user? + system?) / 100.0)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended by itself, or does now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
