//! Looks for new events, and wakes the lanes that have some.

use std::time::Duration;

use tokio::sync::watch;

use crate::Clock;
use crate::events::EventStore;
use crate::events::lane::index;

/// The last position of each lane that a node knows of.
pub(super) type Heads = [i64; 16];

/// How long to wait after something was found: what comes in that time is looked for in one go.
const GATHER: Duration = Duration::from_millis(1);
/// The first wait after nothing was found. It doubles each time, as hints are not promised: a burst's last
/// event is found soon, and an idle node asks seldom.
const FIRST_WAIT: Duration = Duration::from_millis(4);

pub(super) struct Pump<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) heads: watch::Sender<Heads>,
    pub(super) longest: Duration,
}

impl<S: EventStore> Pump<S> {
    pub(super) async fn run(self) {
        let mut hints = self.store.hints();
        let mut known = None;
        let mut idle = 0_u32;
        loop {
            hints.mark_unchanged();
            match self.look(&mut known).await {
                Ok(true) => {
                    idle = 0;
                    tokio::time::sleep(GATHER).await;
                    continue;
                }
                Ok(false) => idle = idle.saturating_add(1),
                Err(error) => {
                    tracing::warn!(%error, "cannot look for events; trying again");
                    idle = u32::MAX;
                }
            }
            let wait = FIRST_WAIT.saturating_mul(1 << idle.saturating_sub(1).min(16)).min(self.longest);
            tokio::select! {
                changed = hints.changed() => {
                    if changed.is_err() {
                        self.clock.sleep(wait).await;
                    }
                }
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    /// Whether there was something new.
    async fn look(&self, known: &mut Option<i64>) -> Result<bool, crate::events::Error> {
        let head = self.store.advance().await?;
        let Some(before) = *known else {
            // Each lane looks for itself what it has not seen yet.
            self.heads.send_modify(|heads| heads.fill(head));
            *known = Some(head);
            return Ok(true);
        };
        if head <= before {
            return Ok(false);
        }
        let touched = self.store.touched(before, head).await?;
        self.heads.send_modify(|heads| {
            for (lane, last) in touched {
                let known = &mut heads[index(lane)];
                *known = last.max(*known);
            }
        });
        *known = Some(head);
        Ok(true)
    }
}
