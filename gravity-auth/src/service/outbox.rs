//! What leaves a request as a job: what somebody has asked for, and mail. Both are sealed, for they hold links.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gravity_core::audit::Origin;
use gravity_core::jobs::{Job, JobDraft, Unique};
use gravity_core::security::envelope::ColumnContext;
use gravity_core::security::token::TokenKind;
use gravity_core::{Error, Id, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{EmailAddress, Purpose, Ticket, TicketId, User, UserId};
use crate::{Auth, AuthError};

/// The tokens of links.
pub(crate) const LINK: TokenKind = TokenKind::new("gvl");

/// How long nobody does again what was done: longer than a job is tried.
const DONE_FOR: Duration = Duration::from_hours(7 * 24);

/// The queue of both.
pub(crate) const QUEUE: &str = "auth";

/// Something that somebody has asked for, and of which the answer said nothing: whether the address is known is
/// looked up by a worker.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The ticket that comes of it; and what keeps it from being done twice.
    pub(crate) id: TicketId,
    pub(crate) at: Timestamp,
    pub(crate) email: EmailAddress,
    /// The token or code of the ticket.
    pub(crate) secret: String,
    pub(crate) what: What,
    /// Where it was asked from.
    #[serde(default)]
    pub(crate) origin: Origin,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum What {
    Register {
        user: Box<User>,
        password: String,
    },
    VerifyEmail,
    ResetPassword,
    MagicLink,
    EmailCode,
    /// Somebody was not let in by a password. If it was the right one, they have not verified their address.
    Refused {
        is_right: bool,
    },
}

/// What mail says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Letter {
    VerifyEmail { token: String },
    AlreadyRegistered,
    NeverConfirmed { token: String },
    ResetPassword { token: String },
    MagicLink { token: String },
    EmailCode { code: String },
    LeaveEmail { to: EmailAddress, token: String },
    TakeEmail { token: String },
    EmailChanged { to: EmailAddress },
    PasswordChanged,
    Invited { token: String },
    NewPassword { token: String },
    AccountDeleted { days: u32 },
    SecondFactor(FactorNews),
    AccountLinked { provider: String },
    AccountUnlinked { provider: String },
    Invitation { org: String, token: String },
    ApiKey { hint: String, is_new: bool },
}

/// What has happened to a second factor.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum FactorNews {
    TotpEnabled,
    TotpDisabled,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
    PasskeySuspected,
}

/// Mail to one person.
#[derive(Serialize, Deserialize)]
pub(crate) struct Addressed {
    pub(crate) to: EmailAddress,
    pub(crate) letter: Letter,
}

macro_rules! sealed_jobs {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) id: String,
            pub(crate) sealed: String,
        }

        impl Job for $name {
            const KIND: &'static str = $kind;
            const QUEUE: &'static str = QUEUE;
            const TIMEOUT: Duration = Duration::from_mins(1);
        }
    )*};
}

sealed_jobs! {
    /// An [`Asked`].
    RequestJob = "auth.request";
    /// An [`Addressed`].
    MailJob = "auth.mail";
}

impl Asked {
    pub(crate) fn new(auth: &Auth, email: EmailAddress, secret: String, what: What) -> Self {
        let origin = Origin::default();
        Self { id: Id::new(auth.clock()), at: auth.now(), email, secret, what, origin }
    }
}

/// The token of a new link.
pub(crate) fn link_token() -> String {
    LINK.generate().expose().to_owned()
}

impl Auth {
    /// Has a worker do what was asked for.
    pub(crate) async fn ask(&self, asked: Asked, origin: &Origin) -> Result<(), AuthError> {
        let asked = Asked { origin: origin.clone(), ..asked };
        let trail = self.record(origin).job(self.sealed_request(&asked).await?)?.trail();
        Ok(self.store().record(&trail).await?)
    }

    /// The job of a worker that does what was asked for.
    pub(crate) async fn sealed_request(&self, asked: &Asked) -> Result<RequestJob, AuthError> {
        let id = asked.id.to_string();
        let sealed = self.seal(RequestJob::KIND, &id, asked).await?;
        Ok(RequestJob { id, sealed })
    }

    /// Mail that is sent once for this id.
    pub(crate) async fn letter(
        &self,
        id: String,
        to: &EmailAddress,
        letter: Letter,
    ) -> Result<JobDraft<MailJob>, AuthError> {
        let sealed = self.seal(MailJob::KIND, &id, &Addressed { to: to.clone(), letter }).await?;
        Ok(JobDraft::new(MailJob { id: id.clone(), sealed }).unique(id, Unique::Within(DONE_FOR)))
    }

    /// A ticket for a user. It is told by the checksum of its token, or of its code and whose it is.
    pub(crate) fn ticket(&self, id: TicketId, user: &User, purpose: Purpose, secret: &str) -> Ticket {
        let mail = &self.0.config.settings.mail;
        let minutes = match purpose {
            Purpose::VerifyEmail | Purpose::LeaveEmail | Purpose::TakeEmail => mail.verify_minutes,
            Purpose::ResetPassword => mail.reset_minutes,
            Purpose::MagicLink | Purpose::EmailCode => mail.sign_in_minutes,
        };
        let now = self.now();
        let mac = match purpose {
            Purpose::EmailCode => self.0.macs.sign(purpose.as_str(), code_of(user.id, secret)),
            _ => self.0.macs.sign(purpose.as_str(), secret),
        };
        Ticket {
            id,
            purpose,
            user: user.id,
            email: user.email.clone(),
            mac,
            guesses_left: mail.guesses,
            data: Value::Null,
            created_at: now,
            expires_at: now.saturating_add(Duration::from_mins(minutes.into())),
        }
    }

    async fn seal<T: Serialize>(&self, kind: &str, id: &str, value: &T) -> Result<String, AuthError> {
        let bytes = serde_json::to_vec(value).map_err(Error::internal)?;
        Ok(STANDARD.encode(self.0.vault.seal(&place(kind, id), &bytes).await?))
    }

    pub(crate) async fn unseal<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
        sealed: &str,
    ) -> Result<T, AuthError> {
        let bytes = STANDARD.decode(sealed).map_err(Error::internal)?;
        let opened = self.0.vault.open(&place(kind, id), &bytes).await?;
        // The parser's own words may quote what was sealed.
        serde_json::from_slice(opened.expose())
            .map_err(|_| Error::internal("a sealed job cannot be read").into())
    }
}

/// What the checksum of a code is of: the same code of another user is another.
pub(crate) fn code_of(user: UserId, code: &str) -> String {
    format!("{user}\0{code}")
}

fn place(kind: &str, id: &str) -> ColumnContext {
    ColumnContext::new("jobs", kind, id)
}
