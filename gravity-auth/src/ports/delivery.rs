//! [`Delivery`]: who brings mail to people.

use std::fmt;

use async_trait::async_trait;
use gravity_core::Error;

use crate::domain::EmailAddress;

/// Brings mail to people.
///
/// It is called by a job, never by a request. What fails is tried again later, and what a crash has cut short is
/// sent again under the same [id](Message::id): a provider that takes such an id sends it once.
#[async_trait]
pub trait Delivery: fmt::Debug + Send + Sync + 'static {
    /// Sends a message.
    async fn send(&self, message: &Message) -> Result<(), Error>;
}

/// A message to one person. It may hold a link or code that lets its reader in: it belongs in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Tells it from every other message.
    pub id: String,
    /// What it is for, such as `verify_email`.
    pub kind: &'static str,
    /// To whom.
    pub to: EmailAddress,
    /// What it is about.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as HTML.
    pub html: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// Sends nothing, and says so, until a delivery is set.
#[derive(Debug)]
pub(crate) struct Undelivered;

#[async_trait]
impl Delivery for Undelivered {
    async fn send(&self, _: &Message) -> Result<(), Error> {
        Err(Error::unavailable(
            "auth.no_delivery",
            "No delivery of mail is set: see `AuthConfig::with_delivery`.",
        ))
    }
}
