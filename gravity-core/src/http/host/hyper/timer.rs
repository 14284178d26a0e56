//! [`HeadTimer`]: how long hyper waits for the head of a request.
//!
//! hyper has one time limit for a head, counted from the end of the request before, so that it also
//! ends idle connections. It asks a timer of ours when it begins to wait and when it still waits;
//! this one tells the two apart by whether a first byte has come. And it keeps one timer for the
//! life of the connection, where tokio's would be set and removed with each request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

use super::config::ServerConfig;
use crate::http::host::wire::Wire;

type Alarm = Pin<Box<tokio::time::Sleep>>;

/// The timer of one HTTP/1 connection.
pub(super) struct HeadTimer {
    wire: Arc<Wire>,
    head: Duration,
    idle: Duration,
    alarm: Arc<Mutex<Option<Alarm>>>,
}

impl HeadTimer {
    pub(super) fn new(wire: &Arc<Wire>, config: &ServerConfig) -> Self {
        Self {
            wire: Arc::clone(wire),
            head: config.head_timeout,
            idle: config.idle_timeout,
            alarm: Arc::default(),
        }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    /// hyper's deadline is `now` and the limit that it was given: the idle time.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Waiting {
            wire: Arc::clone(&self.wire),
            reads: self.wire.reads(),
            head: self.head.min(self.idle),
            begun: false,
            deadline,
            alarm: Arc::clone(&self.alarm),
        })
    }
}

/// hyper waits for a head.
struct Waiting {
    wire: Arc<Wire>,
    /// How often had been read when the waiting began.
    reads: u64,
    head: Duration,
    begun: bool,
    deadline: Instant,
    alarm: Arc<Mutex<Option<Alarm>>>,
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // It is only polled where there is no whole head: what has come is the beginning of one.
        if !self.begun && self.wire.reads() != self.reads {
            self.begun = true;
            self.deadline = Instant::now() + self.head;
        }
        let deadline = tokio::time::Instant::from_std(self.deadline);
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        loop {
            ready!(alarm.as_mut().poll(cx));
            // The alarm may have been set for an earlier request.
            if alarm.deadline() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}
