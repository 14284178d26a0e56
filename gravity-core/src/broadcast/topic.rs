//! [`Topic`]: messages of one type.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Broadcast, Received, Receiver};

/// A topic whose messages are of one type, as JSON.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), gravity_core::Error> {
/// use std::sync::Arc;
/// use gravity_core::broadcast::{LocalBroadcast, Topic, TopicReceived};
///
/// let typing = Topic::<String>::new(Arc::new(LocalBroadcast::default()), "room_1.typing");
/// let mut receiver = typing.subscribe().await?;
/// typing.send(&"ada".to_owned()).await?;
/// assert_eq!(receiver.next().await, Some(TopicReceived::Message("ada".to_owned())));
/// # Ok(())
/// # }
/// ```
pub struct Topic<T> {
    broadcast: Arc<dyn Broadcast>,
    name: Arc<str>,
    message: PhantomData<fn(T) -> T>,
}

/// One who listens to a [`Topic`].
#[derive(Debug)]
pub struct TopicReceiver<T> {
    receiver: Receiver,
    message: PhantomData<fn() -> T>,
}

/// What a receiver of a topic hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicReceived<T> {
    /// A message.
    Message(T),
    /// Messages were missed here.
    Gap,
    /// A message that is no `T`, as of a node that runs another release.
    Unreadable,
}

impl<T: Serialize + DeserializeOwned> Topic<T> {
    /// The topic of this name.
    pub fn new(broadcast: Arc<dyn Broadcast>, name: impl Into<Arc<str>>) -> Self {
        Self { broadcast, name: name.into(), message: PhantomData }
    }

    /// Sends a message to whoever listens.
    pub async fn send(&self, message: &T) -> Result<(), crate::Error> {
        let bytes = serde_json::to_vec(message).map_err(crate::Error::internal)?;
        self.broadcast.send(&self.name, bytes.into()).await
    }

    /// Receives what is sent from when this returns.
    pub async fn subscribe(&self) -> Result<TopicReceiver<T>, crate::Error> {
        Ok(TopicReceiver { receiver: self.broadcast.subscribe(&self.name).await?, message: PhantomData })
    }
}

impl<T: DeserializeOwned> TopicReceiver<T> {
    /// Waits for the next message or gap; `None` when the sender is gone for good.
    pub async fn next(&mut self) -> Option<TopicReceived<T>> {
        Some(match self.receiver.next().await? {
            Received::Gap => TopicReceived::Gap,
            Received::Message(bytes) => {
                serde_json::from_slice(&bytes).map_or(TopicReceived::Unreadable, TopicReceived::Message)
            }
        })
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self { broadcast: self.broadcast.clone(), name: self.name.clone(), message: PhantomData }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").field("name", &self.name).finish_non_exhaustive()
    }
}
