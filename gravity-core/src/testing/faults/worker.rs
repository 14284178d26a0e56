//! [`Worker`]: a worker process's own end of the rig.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::{Ledger, Note};

/// The variable that holds a worker's [`Setting`].
pub(super) const VARIABLE: &str = "GRAVITY_FAULTS_WORKER";

/// What a worker process is told at its start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) process: String,
    pub(super) ledger: PathBuf,
    pub(super) lines: BTreeMap<String, SocketAddr>,
    pub(super) settings: Value,
}

/// What a worker process is told later, a line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Make no more load.
    Calm,
    /// End in good order.
    Leave,
    /// Be struck at this point.
    Strike { point: String, is_kill: bool },
    /// Never mind.
    Spare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Load,
    Calm,
    Leave,
}

/// A worker process's own end of the rig. A clone is another handle to the same.
#[derive(Debug, Clone)]
pub struct Worker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    setting: Setting,
    ledger: Ledger,
    phase: watch::Sender<Phase>,
    strike: Mutex<Option<(String, bool)>>,
}

impl Worker {
    /// The worker that this process is to be; `None` in a process that no [`Stage`](super::Stage) has started.
    ///
    /// From then on the process ends with the rig that started it, and standard input belongs to the rig.
    ///
    /// # Panics
    ///
    /// When the rig speaks another language, which is to say that it was built of other sources.
    pub fn from_env() -> Option<Self> {
        let setting: Setting = serde_json::from_str(&std::env::var(VARIABLE).ok()?).unwrap();
        die_with_parent();
        let ledger = Ledger::open(&setting.ledger, setting.process.as_str()).unwrap();
        let phase = watch::Sender::new(Phase::Load);
        let worker = Self(Arc::new(Inner { setting, ledger, phase, strike: Mutex::new(None) }));
        let listener = worker.clone();
        std::thread::spawn(move || listener.listen());
        Some(worker)
    }

    /// Its name, and which of its processes this is, such as `w1.2`.
    pub fn name(&self) -> &str {
        &self.0.setting.process
    }

    /// What the rig was given to pass on to workers.
    ///
    /// # Panics
    ///
    /// When that is something else.
    pub fn settings<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.0.setting.settings.clone()).unwrap()
    }

    /// Where this worker's line of a name begins.
    pub fn line(&self, name: &str) -> Option<SocketAddr> {
        self.0.setting.lines.get(name).copied()
    }

    /// Where it writes down what it sees and does.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Whether it is to make load.
    pub fn is_loading(&self) -> bool {
        *self.0.phase.borrow() == Phase::Load
    }

    /// Waits until it is to make no more load.
    pub async fn until_calm(&self) {
        self.until(Phase::Calm).await;
    }

    /// Waits until it is to end in good order.
    pub async fn until_leave(&self) {
        self.until(Phase::Leave).await;
    }

    async fn until(&self, phase: Phase) {
        // It errs when the sender is gone, which `self` holds.
        let _ = self.0.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Marks a point at which a plan may strike this process: it is killed or stopped here.
    pub fn point(&self, name: &str) {
        let mut strike = self.0.strike.lock().unwrap_or_else(PoisonError::into_inner);
        if strike.as_ref().is_none_or(|(point, _)| point != name) {
            return;
        }
        let is_kill = strike.take().is_some_and(|(_, is_kill)| is_kill);
        drop(strike);
        self.0.ledger.note(Note::Struck { point: name.to_owned() });
        let signal = if is_kill { Signal::KILL } else { Signal::STOP };
        kill_process(getpid(), signal).unwrap();
    }

    fn listen(&self) {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            match serde_json::from_str(&line).unwrap() {
                Order::Calm => self.enter(Phase::Calm),
                Order::Leave => self.enter(Phase::Leave),
                Order::Strike { point, is_kill } => self.arm(Some((point, is_kill))),
                Order::Spare => self.arm(None),
            }
        }
        // The rig is gone.
        std::process::exit(3);
    }

    fn enter(&self, phase: Phase) {
        self.0.phase.send_modify(|now| *now = phase.max(*now));
    }

    fn arm(&self, strike: Option<(String, bool)>) {
        *self.0.strike.lock().unwrap_or_else(PoisonError::into_inner) = strike;
    }
}

/// A process that stands still cannot notice that the rig is gone.
fn die_with_parent() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
        tracing::warn!(%error, "this process may outlive the rig");
    }
}
