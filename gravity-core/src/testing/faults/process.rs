//! A worker process, as the rig sees it.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};

use super::worker::{Order, Setting, VARIABLE};

/// A running worker process; dropping it kills it.
pub(super) struct Process {
    pub(super) name: String,
    child: Child,
    orders: ChildStdin,
}

impl Process {
    pub(super) fn spawn(command: std::process::Command, setting: &Setting) -> io::Result<Self> {
        let mut child = Command::from(command)
            .env(VARIABLE, serde_json::to_string(setting)?)
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = child.stdin.take().ok_or_else(|| io::Error::other("no standard input"))?;
        Ok(Self { name: setting.process.clone(), child, orders })
    }

    pub(super) async fn tell(&mut self, order: &Order) -> io::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line).await
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // One that was waited for has no id any more.
        pid.map_or(Ok(()), |pid| Ok(kill_process(pid, signal)?))
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end; `None` if it has not ended in this time.
    pub(super) async fn wait(&mut self, span: Duration) -> io::Result<Option<ExitStatus>> {
        match tokio::time::timeout(span, self.child.wait()).await {
            Ok(status) => status.map(Some),
            Err(_) => Ok(None),
        }
    }
}
