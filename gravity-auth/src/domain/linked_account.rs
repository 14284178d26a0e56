//! [`LinkedAccount`]: an account at a provider elsewhere that lets a user in here.

use gravity_core::{Entity, Id, Timestamp};

use super::{EmailAddress, UserId};

/// An account at a provider elsewhere that lets a user in here.
///
/// It is known by provider, issuer and subject, and by nothing else: addresses and names change hands. Tokens of the
/// provider are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// Which one it is.
    pub id: LinkedAccountId,
    /// Whom it lets in.
    pub user: UserId,
    /// The provider's name here.
    pub provider: String,
    /// The issuer: one of several where the provider has many.
    pub issuer: String,
    /// The name of the account there, which never changes.
    pub subject: String,
    /// The address that the provider told last, for its owner to know the account again. It proves nothing.
    pub email: Option<EmailAddress>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it last let its user in, or was linked.
    pub used_at: Timestamp,
}

/// The id of a linked account: `account_01h455vb4pex5vsknk084sn02q`.
pub type LinkedAccountId = Id<LinkedAccount>;

impl Entity for LinkedAccount {
    const PREFIX: &'static str = "account";
}
