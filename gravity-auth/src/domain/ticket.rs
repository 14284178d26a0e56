//! [`Ticket`]: a link or code that is good for one thing, once.

use gravity_core::security::mac::Mac;
use gravity_core::{Entity, Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EmailAddress, UserId};

/// A link or code that was sent to somebody, and is good for one thing, once, for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// Which one it is.
    pub id: TicketId,
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is. A purpose and user have one ticket at a time.
    pub user: UserId,
    /// The address it was sent to. It is good only while that is still the one it is about.
    pub email: EmailAddress,
    /// The checksum of what was sent.
    pub mac: Mac,
    /// How many wrong guesses it stands: a code can be guessed, a link cannot.
    pub guesses_left: u32,
    /// What else the purpose needs.
    pub data: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is good for nothing any more.
    pub expires_at: Timestamp,
}

/// The id of a ticket.
pub type TicketId = Id<Ticket>;

impl Entity for Ticket {
    const PREFIX: &'static str = "ticket";
}

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To show that an address is one's own.
    VerifyEmail,
    /// To set a new password without the old one.
    ResetPassword,
    /// To sign in by a link.
    MagicLink,
    /// To sign in by a code.
    EmailCode,
    /// To agree to a change of address, at the old one.
    LeaveEmail,
    /// To agree to a change of address, at the new one.
    TakeEmail,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::MagicLink,
        Self::EmailCode,
        Self::LeaveEmail,
        Self::TakeEmail,
    ];

    /// Those that a new password voids: who had the one before may have asked for them, to come in or to take the
    /// account along to another address.
    pub const VOID_BY_PASSWORD: [Self; 5] =
        [Self::ResetPassword, Self::MagicLink, Self::EmailCode, Self::LeaveEmail, Self::TakeEmail];

    /// The purpose as it is stored, and the context of the checksums of its tickets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::MagicLink => "magic_link",
            Self::EmailCode => "email_code",
            Self::LeaveEmail => "leave_email",
            Self::TakeEmail => "take_email",
        }
    }
}
