//! [`MemoryIdempotency`]: the store in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Begun, Claim, Error, IdempotencyStore, Slot};
use crate::Timestamp;
use crate::events::MemoryTx;

/// Claims and answers in memory: for tests, and for one node that may forget them when it stops.
///
/// Its transactions are those of [`MemoryEvents`](crate::events::MemoryEvents).
#[derive(Clone, Default)]
pub struct MemoryIdempotency(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    entries: HashMap<Slot, Entry>,
    /// No two claims share a fence, also after an entry was deleted.
    last_fence: i64,
}

struct Entry {
    fingerprint: [u8; 32],
    fence: i64,
    expires_at: Timestamp,
    answer: Option<Vec<u8>>,
}

impl MemoryIdempotency {
    /// Nothing is claimed.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is made in one go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, claim: Claim, answer: &[u8], expires_at: Timestamp) -> Result<(), Error> {
        let mut state = self.state();
        let entry = state.claimed(claim).ok_or(Error::Fenced)?;
        (entry.answer, entry.expires_at) = (Some(answer.to_vec()), expires_at);
        Ok(())
    }
}

impl State {
    fn claimed(&mut self, claim: Claim) -> Option<&mut Entry> {
        self.entries.get_mut(&claim.slot).filter(|entry| entry.fence == claim.fence && entry.answer.is_none())
    }
}

#[async_trait]
impl IdempotencyStore for MemoryIdempotency {
    type Tx<'c> = MemoryTx<'c>;

    async fn begin(
        &self,
        slot: Slot,
        fingerprint: [u8; 32],
        now: Timestamp,
        lease: Duration,
    ) -> Result<Begun, Error> {
        let mut state = self.state();
        let fence = state.last_fence + 1;
        if let Some(entry) = state.entries.get(&slot) {
            let is_over = entry.expires_at <= now;
            match &entry.answer {
                Some(answer) if !is_over && entry.fingerprint == fingerprint => {
                    return Ok(Begun::Answered(answer.clone()));
                }
                None if entry.fingerprint == fingerprint && !is_over => {
                    return Ok(Begun::Running(entry.expires_at));
                }
                Some(_) | None if entry.fingerprint != fingerprint && !is_over => return Ok(Begun::Reused),
                Some(_) | None => {}
            }
        }
        let expires_at = now.saturating_add(lease);
        state.entries.insert(slot, Entry { fingerprint, fence, expires_at, answer: None });
        state.last_fence = fence;
        Ok(Begun::Run(Claim { slot, fence }))
    }

    async fn complete(&self, claim: Claim, answer: &[u8], expires_at: Timestamp) -> Result<(), Error> {
        self.keep(claim, answer, expires_at)
    }

    async fn complete_in(
        &self,
        tx: &mut MemoryTx<'_>,
        claim: Claim,
        answer: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        self.state().claimed(claim).ok_or(Error::Fenced)?;
        let (store, answer) = (self.clone(), answer.to_vec());
        tx.on_commit(move || {
            // A transaction in memory cannot fail any more when it commits.
            let _ = store.keep(claim, &answer, expires_at);
        });
        Ok(())
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        let mut state = self.state();
        if state.claimed(claim).is_some() {
            state.entries.remove(&claim.slot);
        }
        Ok(())
    }

    async fn clean(&self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut state = self.state();
        let mut left = limit;
        let before = state.entries.len();
        state.entries.retain(|_, entry| {
            let goes = left > 0 && entry.expires_at <= now;
            left -= u32::from(goes);
            !goes
        });
        Ok((before - state.entries.len()) as u64)
    }
}

impl fmt::Debug for MemoryIdempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryIdempotency").field("entries", &self.state().entries.len()).finish()
    }
}
