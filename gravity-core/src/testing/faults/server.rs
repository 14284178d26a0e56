//! [`Server`]: a server that a plan may crash.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use tokio::sync::Mutex;

use super::Crash;

const START: Duration = Duration::from_secs(30);
/// How long a server may take to end before it is killed.
const END: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

type Make = Box<dyn Fn() -> Command + Send + Sync>;
type Ready = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// A server in a process group of its own, that can be crashed and started again; dropping it kills it.
///
/// `SIGINT` should end it in good order without waiting for clients, and `SIGQUIT` at once, as PostgreSQL takes them.
/// One that takes them otherwise and is still there after five seconds is killed.
pub struct Server {
    name: String,
    make: Make,
    ready: Ready,
    child: Mutex<Running>,
}

struct Running(Child);

impl Server {
    /// Starts what `make` makes, and waits until `ready` says yes.
    pub async fn start<F>(
        name: impl Into<String>,
        make: impl Fn() -> Command + Send + Sync + 'static,
        ready: impl Fn() -> F + Send + Sync + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let (name, make): (_, Make) = (name.into(), Box::new(make));
        let child = Mutex::new(Running(make().process_group(0).spawn()?));
        let server = Self { name, make, ready: Box::new(move || Box::pin(ready())), child };
        server.get_ready(&mut *server.child.lock().await).await?;
        Ok(server)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lets it end, and starts it again after a while. Returns when it is ready.
    pub async fn crash(&self, how: Crash, away: Duration) -> io::Result<()> {
        let mut running = self.child.lock().await;
        let Some(pid) = running.pid() else { return Ok(()) };
        match how {
            Crash::Fast => kill_process(pid, Signal::INT)?,
            Crash::Immediate => kill_process(pid, Signal::QUIT)?,
            Crash::Killed => kill_process_group(pid, Signal::KILL)?,
        }
        let deadline = Instant::now() + START;
        let mut killed_at = Some(Instant::now() + END);
        while running.0.try_wait()?.is_none() {
            // A signal may be ignored, as by what a shell has put into the background.
            if killed_at.take_if(|at| Instant::now() > *at).is_some() {
                kill_process_group(pid, Signal::KILL)?;
            }
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{} did not end ({how:?})", self.name)));
            }
            tokio::time::sleep(LOOK).await;
        }
        // Children that outlive it would keep its successor from starting.
        while test_kill_process_group(pid).is_ok() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(away).await;
        *running = Running((self.make)().process_group(0).spawn()?);
        self.get_ready(&mut running).await
    }

    async fn get_ready(&self, running: &mut Running) -> io::Result<()> {
        let deadline = Instant::now() + START;
        loop {
            if (self.ready)().await {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{} was not ready in time", self.name)));
            }
            tokio::time::sleep(LOOK).await;
            if running.0.try_wait()?.is_some() {
                // Traces of its predecessor may be in its way for a moment.
                *running = Running((self.make)().process_group(0).spawn()?);
            }
        }
    }
}

impl Running {
    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.0.id()).ok()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None))
            && let Some(pid) = self.pid()
        {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("name", &self.name).finish_non_exhaustive()
    }
}
