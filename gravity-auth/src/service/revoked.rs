//! Sessions that were ended, and users whose rights have changed, so that their access tokens are refused before
//! they run out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gravity_core::Timestamp;

use crate::jwt::RevocationList;
use crate::{Auth, AuthConfig, AuthError};

/// How many sessions the list has room for. Past that, all tokens made until then are refused.
const CAPACITY: usize = 100_000;
/// How far a clock may be off, and a commit behind its time: what was read is read again for so long.
const OVERLAP: Duration = Duration::from_mins(1);
/// How many rows are read at once.
const BATCH: u32 = 1_000;

/// What this node knows of sessions that were ended.
pub(crate) struct Revoked {
    pub(crate) list: Arc<RevocationList>,
    /// How long a token of an ended session could still be used, leeway of its check included.
    longest: Duration,
    /// Up to when ended sessions were read.
    read_to: Mutex<Option<Timestamp>>,
}

impl Revoked {
    pub(crate) fn new(config: &AuthConfig) -> Self {
        let longest = config.access() + 2 * OVERLAP;
        Self { list: Arc::new(RevocationList::new(CAPACITY, longest)), longest, read_to: Mutex::default() }
    }
}

impl Auth {
    /// Hears of sessions that were ended, and of users who were given another role, since it last did so, here or on
    /// other nodes.
    ///
    /// [`run_until`](Self::run_until) does so every two seconds unless the settings say otherwise: an access token
    /// of an ended session is refused on the node that ended it at once, and on all others within five seconds.
    pub async fn catch_up(&self) -> Result<(), AuthError> {
        let (revoked, now) = (&self.0.revoked, self.now());
        let read_to = *revoked.read_to.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = now.saturating_sub(revoked.longest);
        let mut since = read_to.map_or(oldest, |at| at.saturating_sub(OVERLAP).max(oldest));
        loop {
            let ended = self.store().ended_since(since, BATCH).await?;
            for (session, _) in &ended {
                revoked.list.revoke(&session.to_string(), now);
            }
            let Some((_, last)) = ended.last().filter(|_| ended.len() == BATCH as usize) else { break };
            // So many of one instant that they do not fit: everybody's tokens go, and come back by a refresh.
            if *last == since {
                revoked.list.revoke_all(now);
                break;
            }
            since = *last;
        }
        self.hear_of_roles(read_to.map_or(oldest, |at| at.saturating_sub(OVERLAP).max(oldest)), now).await?;
        *revoked.read_to.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    /// Calls back the tokens of those who have another role since. A role that is deleted may give thousands another
    /// at one instant.
    async fn hear_of_roles(&self, mut since: Timestamp, now: Timestamp) -> Result<(), AuthError> {
        let mut after = None;
        loop {
            let changed = self.store().reassigned_since(since, after, BATCH).await?;
            for (user, role, _) in &changed {
                self.0.revoked.list.revoke_other_roles(&(*user).into(), role.as_str(), now);
            }
            let is_full = changed.len() == BATCH as usize;
            let Some((user, _, at)) = changed.last().filter(|_| is_full) else { return Ok(()) };
            (since, after) = (*at, Some(*user));
        }
    }
}
