//! What nodes tell each other about their caches, and how they hear it.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use super::handle::Inner;
use super::message::{Message, Told};
use crate::backoff::Backoff;
use crate::broadcast::{Broadcast, Received, Receiver};

const AGAIN: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2)).keeping_half();

/// How long the others may take to be told while a caller waits.
const TELL: Duration = Duration::from_millis(200);

/// When more than this is owed, everything is invalidated instead.
const MOST_OWED: usize = 1_000;

/// Listens to the other nodes until the cache is dropped.
pub(super) fn start<V: Send + Sync + 'static>(inner: &Arc<Inner<V>>) {
    let Some(broadcast) = inner.broadcast.clone() else { return };
    let task = listen(Arc::downgrade(inner), broadcast, inner.topic.clone());
    // It is set once, here.
    let _ = inner.listening.set(tokio::spawn(task).abort_handle());
}

async fn listen<V: Send + Sync>(cache: Weak<Inner<V>>, broadcast: Arc<dyn Broadcast>, topic: String) {
    let mut failures = 0;
    loop {
        match broadcast.subscribe(&topic).await {
            Ok(mut receiver) => {
                failures = 0;
                hear(&cache, &mut receiver).await;
            }
            Err(error) => {
                tracing::debug!(%error, %topic, "a cache does not hear the other nodes");
                failures += 1;
            }
        }
        if cache.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(AGAIN.wait(failures.max(1))).await;
    }
}

async fn hear<V>(cache: &Weak<Inner<V>>, receiver: &mut Receiver) {
    // What was invalidated before it listened is not known.
    let mut message = Some(Received::Gap);
    while let Some(received) = message {
        let Some(cache) = cache.upgrade() else { return };
        let heard: Option<Told> = match received {
            Received::Message(bytes) => serde_json::from_slice(&bytes).ok(),
            Received::Gap => None,
        };
        match heard {
            Some(told) if told.by == cache.id => {}
            Some(told) => cache.local.forget(&told.what),
            // A message that cannot be read, as of a newer release, may mean anything.
            None => {
                cache.counts.gaps.increment();
                cache.local.forget(&Message::All);
            }
        }
        cache.is_listening.send_replace(true);
        drop(cache);
        message = receiver.next().await;
    }
}

impl<V: Send + Sync + 'static> Inner<V> {
    pub(super) async fn invalidate(self: &Arc<Self>, message: Message) {
        self.local.forget(&message);
        // In a task, so that a caller who is dropped in the middle has not told half of it.
        let telling = tokio::spawn({
            let (cache, message) = (self.clone(), message.clone());
            async move {
                if cache.tell(&message).await {
                    cache.paid(&message);
                } else {
                    cache.owe(message.clone());
                }
                // Somebody may have read the old value from Redis meanwhile.
                cache.local.forget(&message);
            }
        });
        if tokio::time::timeout(TELL, telling).await.is_err() {
            self.owe(message.clone());
            self.local.forget(&message);
        }
    }

    /// Tells Redis and the other nodes. Whether that was done.
    async fn tell(&self, message: &Message) -> bool {
        #[cfg(feature = "redis")]
        if let Some(l2) = &self.l2
            && !l2.forget(message).await
        {
            return false;
        }
        let Some(broadcast) = &self.broadcast else { return true };
        let told = Told { by: self.id, what: message.clone() };
        let Ok(bytes) = serde_json::to_vec(&told) else { return true };
        broadcast.send(&self.topic, bytes.into()).await.is_ok()
    }

    /// Notes that the others have not been told, and tells them later.
    fn owe(self: &Arc<Self>, message: Message) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = owed.is_empty();
        if owed.contains(&message) {
            return;
        }
        if owed.len() >= MOST_OWED {
            *owed = vec![Message::All];
        } else {
            owed.push(message);
        }
        if is_first {
            self.pay_later();
        }
    }

    fn paid(&self, message: &Message) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = owed.iter().position(|owed| owed == message) {
            owed.remove(at);
        }
    }

    fn pay_later(self: &Arc<Self>) {
        let cache = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut attempt = 1;
            loop {
                tokio::time::sleep(AGAIN.wait(attempt)).await;
                let Some(cache) = cache.upgrade() else { return };
                let next = cache.owed.lock().unwrap_or_else(PoisonError::into_inner).first().cloned();
                let Some(message) = next else { return };
                if cache.tell(&message).await {
                    cache.paid(&message);
                    cache.local.forget(&message);
                    attempt = 0;
                }
                attempt += 1;
            }
        });
    }
}
