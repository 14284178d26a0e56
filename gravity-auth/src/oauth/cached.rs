//! [`Cached`]: a document of the provider's, fetched when it is needed.

use std::sync::Arc;
use std::time::Duration;

use gravity_core::{Clock, Timestamp};
use tokio::sync::Mutex;

use super::OAuthError;

/// How old a document may be before it is fetched again, and when it cannot be.
const FRESH: Duration = Duration::from_mins(15);
const STALE: Duration = Duration::from_hours(24);

/// How long there is no fetch after one: tokens that are made up cost the provider little.
const PAUSE: Duration = Duration::from_secs(30);

/// As long as there is no document at all.
const PAUSE_WITHOUT: Duration = Duration::from_secs(1);

/// A document, and when it was fetched. One fetch is under way at a time; who comes meanwhile waits for it.
#[derive(Debug)]
pub(super) struct Cached<T> {
    state: Mutex<State<T>>,
    clock: Clock,
}

#[derive(Debug)]
struct State<T> {
    found: Option<(Arc<T>, Timestamp)>,
    tried: Option<Timestamp>,
}

impl<T> Cached<T> {
    pub(super) fn new(clock: Clock) -> Self {
        Self { state: Mutex::new(State { found: None, tried: None }), clock }
    }

    /// The document, fetched if there is none or it is too old.
    pub(super) async fn get(
        &self,
        load: impl AsyncFnOnce() -> Result<T, OAuthError>,
    ) -> Result<Arc<T>, OAuthError> {
        let mut held = self.state.lock().await;
        if let Some((found, at)) = &held.found
            && self.is_younger(*at, FRESH)
        {
            return Ok(Arc::clone(found));
        }
        let stale = held.found.as_ref().filter(|(_, at)| self.is_younger(*at, STALE));
        let stale = stale.map(|(found, _)| Arc::clone(found));
        let pause = if stale.is_some() { PAUSE } else { PAUSE_WITHOUT };
        if held.tried.is_some_and(|at| self.is_younger(at, pause)) {
            return stale.ok_or(OAuthError::IdToken(crate::jwt::TokenError::KeysUnavailable));
        }
        match (self.load(&mut held, load).await, stale) {
            (Err(error), Some(stale)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a document of a provider could not be fetched"
                );
                Ok(stale)
            }
            (outcome, _) => outcome,
        }
    }

    /// A document that is newer than this one, unless one was fetched a moment ago.
    pub(super) async fn newer(
        &self,
        than: &Arc<T>,
        load: impl AsyncFnOnce() -> Result<T, OAuthError>,
    ) -> Option<Arc<T>> {
        let mut state = self.state.lock().await;
        match &state.found {
            Some((found, _)) if !Arc::ptr_eq(found, than) => return Some(Arc::clone(found)),
            _ if state.tried.is_some_and(|at| self.is_younger(at, PAUSE)) => return None,
            _ => {}
        }
        self.load(&mut state, load).await.ok()
    }

    async fn load(
        &self,
        state: &mut State<T>,
        load: impl AsyncFnOnce() -> Result<T, OAuthError>,
    ) -> Result<Arc<T>, OAuthError> {
        let now = self.clock.now();
        state.tried = Some(now);
        let found = Arc::new(load().await?);
        state.found = Some((Arc::clone(&found), now));
        Ok(found)
    }

    /// Whether a time is less long ago than this. One in the future says that the clock was set back: it is not.
    fn is_younger(&self, at: Timestamp, span: Duration) -> bool {
        self.clock.now().checked_since(at).is_some_and(|age| age < span)
    }
}
