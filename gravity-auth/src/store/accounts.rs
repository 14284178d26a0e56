//! Accounts at providers elsewhere: what may happen to them, and how they are read.

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

use super::WaysIn;
use crate::domain::{EmailAddress, LinkedAccount, LinkedAccountId, UserId};

/// Something that happens to an account at a provider elsewhere.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// An account lets a user in from now on. They must be active. Nobody may have it, and they may have none of this
    /// provider: [`AccountTaken`](super::Refused::AccountTaken). Of several callers one links it.
    Link(LinkedAccount),
    /// An account has let its user in. It must be theirs still.
    Use {
        /// Whose it is.
        user: UserId,
        /// Which one.
        account: LinkedAccountId,
        /// The address that the provider has told.
        email: Option<EmailAddress>,
        /// When.
        at: Timestamp,
    },
    /// An account lets nobody in any more. It must be the user's, and they must have a password or one of these ways in
    /// left: [`LastWayIn`](super::Refused::LastWayIn). Of two who unlink two accounts at the same time, the second sees
    /// what the first has left.
    Unlink {
        /// Whose it is.
        user: UserId,
        /// Which one.
        account: LinkedAccountId,
        /// What lets people in besides.
        ways: WaysIn,
    },
}

/// Reads accounts at providers elsewhere, and keeps what is good once.
///
/// A user has at most one account of each provider, so that no list of them needs pages.
#[async_trait]
pub trait AccountStore: Send + Sync + 'static {
    /// The account of this subject.
    async fn account(
        &self,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<LinkedAccount>, Error>;

    /// The accounts of a user, the one that was linked first before the others.
    async fn accounts(&self, user: UserId) -> Result<Vec<LinkedAccount>, Error>;

    /// [`Change::Spend`](super::Change::Spend) alone: whether it was not used before.
    async fn spend(&self, mark: &str, until: Timestamp) -> Result<bool, Error>;
}
