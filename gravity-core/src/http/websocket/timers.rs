//! [`Timers`]: when to ping, and when to give a client up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::error::WsError;
use super::settings::Settings;

/// One timer for all that a socket waits for. Deadlines mostly move away, so that the timer is left
/// where it is until it fires, and set anew then.
pub(crate) struct Timers {
    timer: Pin<Box<Sleep>>,
    ping: Option<(Duration, Instant)>,
    idle: Option<Duration>,
    write: Duration,
    /// How many bytes had been read when something was last heard.
    read: u64,
    heard: Instant,
    /// Nothing is read while the handler has no room: then nothing can be heard.
    paused: bool,
    /// Since when nothing has been written that should be, and how many bytes had been.
    stalled: Option<(Instant, u64)>,
}

/// A timer that nothing waits for.
const NEVER: Duration = Duration::from_hours(24);

impl Timers {
    pub(crate) fn new(settings: &Settings) -> Self {
        let now = Instant::now();
        let first = [settings.ping, settings.idle].into_iter().flatten().min().unwrap_or(NEVER);
        Self {
            timer: Box::pin(sleep(first.min(NEVER))),
            ping: settings.ping.map(|every| (every, now + every.min(NEVER))),
            idle: settings.idle,
            write: settings.write,
            read: 0,
            heard: now,
            paused: false,
            stalled: None,
        }
    }

    /// Takes down how things stand.
    pub(crate) fn note(&mut self, read: u64, written: u64, paused: bool, unflushed: bool) {
        let now = Instant::now();
        if read != self.read || paused || self.paused {
            (self.read, self.heard) = (read, now);
        }
        self.paused = paused;
        self.stalled = match self.stalled {
            _ if !unflushed => None,
            Some((since, before)) if before == written => Some((since, before)),
            _ => Some((now, written)),
        };
    }

    /// Whether a ping is to be sent now; says so once for each.
    pub(crate) fn ping_is_due(&mut self) -> bool {
        let Some((every, at)) = &mut self.ping else { return false };
        let now = Instant::now();
        let due = *at <= now;
        if due {
            *at = now + (*every).min(NEVER);
        }
        due
    }

    /// Ready when the client is to be given up. It wakes the task when a ping is due.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<WsError> {
        loop {
            let now = Instant::now();
            let silent = self.idle.filter(|_| !self.paused).map(|idle| self.heard + idle.min(NEVER));
            let stalled = self.stalled.map(|(since, _)| since + self.write.min(NEVER));
            if [silent, stalled].into_iter().flatten().any(|deadline| deadline <= now) {
                return Poll::Ready(WsError::TimedOut);
            }
            // A ping that is due and cannot be written waits for the client to read.
            let ping = self.ping.map(|(_, at)| at).filter(|at| *at > now || self.stalled.is_none());
            let next = [silent, stalled, ping].into_iter().flatten().min().unwrap_or(now + NEVER);
            if next <= now {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.timer.is_elapsed() || next < self.timer.deadline() {
                self.timer.as_mut().reset(next);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}
