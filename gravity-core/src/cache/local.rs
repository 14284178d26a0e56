//! The level in the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::flight::Flight;
use super::message::Message;
use crate::{Timestamp, random};

/// So many tags are known as invalidated one by one. When there are more, everything tagged is.
const MAX_TAGS: usize = 10_000;

/// What is kept of a key: a value, or that there is none.
pub(super) struct Entry<V> {
    pub(super) value: Option<Arc<V>>,
    /// It is fresh until then.
    until: Timestamp,
    /// The longest that it may be fresh. More than that is left when the clock was set back.
    ttl: Duration,
    tags: Arc<[Arc<str>]>,
    /// When its load began, in invalidations.
    began: u64,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            until: self.until,
            ttl: self.ttl,
            tags: self.tags.clone(),
            began: self.began,
        }
    }
}

/// How good an entry is.
pub(super) enum Found<V> {
    Fresh(Option<Arc<V>>),
    /// Past its time, but not long.
    Stale(Option<Arc<V>>),
    Nothing,
}

pub(super) struct Local<V> {
    entries: quick_cache::sync::Cache<Arc<str>, Entry<V>>,
    stale: Duration,
    tags: RwLock<Tags>,
    /// Whoever changes entries or tags by what has happened elsewhere holds it, so that a load can tell whether
    /// something happened since it began.
    flights: Mutex<HashMap<Arc<str>, Arc<Flight<V>>>>,
}

#[derive(Default)]
struct Tags {
    /// How many invalidations there were.
    count: u64,
    /// The last of each tag.
    last: HashMap<Arc<str>, u64>,
    /// What began before it and has tags is not valid.
    floor: u64,
}

impl<V> Local<V> {
    pub(super) fn new(entries: usize, stale: Duration) -> Self {
        Self {
            entries: quick_cache::sync::Cache::new(entries),
            stale,
            tags: RwLock::default(),
            flights: Mutex::default(),
        }
    }

    pub(super) fn find(&self, key: &str, now: Timestamp) -> Found<V> {
        let Some(entry) = self.entries.get(key) else { return Found::Nothing };
        let left = entry.until.saturating_since(now);
        if left > entry.ttl || !self.tags_hold(&entry) {
            return Found::Nothing;
        }
        if !left.is_zero() {
            Found::Fresh(entry.value)
        } else if now.saturating_since(entry.until) < self.stale {
            Found::Stale(entry.value)
        } else {
            Found::Nothing
        }
    }

    fn tags_hold(&self, entry: &Entry<V>) -> bool {
        if entry.tags.is_empty() {
            return true;
        }
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        let last = |tag: &Arc<str>| tags.last.get(tag).copied().unwrap_or(0);
        entry.began >= tags.floor && entry.tags.iter().all(|tag| entry.began >= last(tag))
    }

    /// The load of a key that is under way, or a new one.
    pub(super) fn join(&self, key: &str, tags: &[Arc<str>]) -> Arc<Flight<V>> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(key) {
            return flight.clone();
        }
        let began = self.tags.read().unwrap_or_else(PoisonError::into_inner).count;
        let flight = Arc::new(Flight::new(key, tags, began));
        flights.insert(flight.key.clone(), flight.clone());
        flight
    }

    /// Ends a load, and keeps its value for so long unless it was invalidated since the load began.
    pub(super) fn land(
        &self,
        flight: &Arc<Flight<V>>,
        value: Option<&Option<Arc<V>>>,
        now: Timestamp,
        ttl: Duration,
    ) {
        let mut flights = self.flights();
        if !flights.get(&flight.key).is_some_and(|current| Arc::ptr_eq(current, flight)) {
            return;
        }
        flights.remove(&flight.key);
        let Some(value) = value else { return };
        let tenth = u64::try_from(ttl.as_nanos() / 10).unwrap_or(u64::MAX);
        let entry = Entry {
            value: value.clone(),
            until: now.saturating_add(ttl.saturating_sub(Duration::from_nanos(random::up_to(tenth)))),
            ttl,
            tags: flight.tags.clone(),
            began: flight.began,
        };
        self.entries.insert(flight.key.clone(), entry);
    }

    /// Leaves a load, and forgets it when nobody takes part in it any more.
    pub(super) fn leave(&self, flight: Arc<Flight<V>>) {
        let mut flights = self.flights();
        // The map has one and the caller one; nobody gets another while the map is locked.
        if Arc::strong_count(&flight) <= 2
            && flights.get(&flight.key).is_some_and(|current| Arc::ptr_eq(current, &flight))
        {
            flights.remove(&flight.key);
        }
        // Before the next one who leaves counts.
        drop(flight);
        drop(flights);
    }

    /// Forgets what is not valid any more. Loads under way go on for those who wait, and keep nothing.
    pub(super) fn forget(&self, message: &Message) {
        let mut flights = self.flights();
        match message {
            Message::Key(key) => {
                flights.remove(&**key);
                self.entries.remove(&**key);
            }
            Message::Tag(tag) => {
                flights.retain(|_, flight| flight.tags.iter().all(|of_flight| **of_flight != **tag));
                let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
                tags.count += 1;
                let count = tags.count;
                if tags.last.len() >= MAX_TAGS && !tags.last.contains_key(&**tag) {
                    tags.last.clear();
                    tags.floor = count;
                }
                tags.last.insert(tag.as_str().into(), count);
            }
            Message::All => {
                flights.clear();
                self.entries.clear();
            }
        }
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Flight<V>>>> {
        // Every change under the lock is whole.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
