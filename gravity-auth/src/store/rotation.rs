//! [`Rotate`]: a refresh token is shown, and what comes of it.

use std::time::Duration;

use gravity_core::Timestamp;

use crate::domain::{Client, EndReason, Session, SessionId};

/// A refresh token of a session is shown; its checksum has been found to be right.
///
/// - If the session is live and of this generation, it gets the next one. Of several callers exactly one is told
///   [`Rotation::Done`].
/// - If it is live, exactly one generation further and got there no longer than `grace` ago, the caller is told
///   [`Rotation::Again`]: two tabs of one browser have shown the same token.
/// - If it is live and further than that, the token was used before: the session ends, and the caller is told
///   [`Rotation::Reused`].
/// - In all other cases it is [`Rotation::Dead`], and nothing happens.
#[derive(Debug, Clone)]
pub struct Rotate {
    /// The session of the token.
    pub session: SessionId,
    /// The generation of the token.
    pub generation: u32,
    /// How long a token that was just replaced still gets the same successor.
    pub grace: Duration,
    /// When it is shown.
    pub now: Timestamp,
    /// When the session ends if it is not refreshed before. It never lasts longer than it was to at first.
    pub idle_until: Timestamp,
    /// Where it is shown: what is known takes the place of what was known; the name stays.
    pub client: Client,
}

/// What comes of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The session has its next generation. The trail `done` is written.
    Done(Session),
    /// The session had got its next generation a moment before. No trail is written.
    Again(Session),
    /// The session was ended. The trail `reused` is written.
    Reused(Session),
    /// There is no such session, or it had ended or run out.
    Dead,
}

impl Rotate {
    /// Whether a session that was refreshed then was so by a caller who raced this one. A clock that went back in
    /// between takes nobody's session.
    pub fn is_in_grace(&self, refreshed_at: Timestamp) -> bool {
        self.now.saturating_sub(self.grace) <= refreshed_at
    }

    /// What comes of it, and the session as it is then. Only where it is [`Done`](Rotation::Done) or
    /// [`Reused`](Rotation::Reused) has the session changed.
    pub(super) fn turn(&self, session: &mut Session) -> Rotation {
        if !session.is_live(self.now) {
            return Rotation::Dead;
        }
        match session.generation.checked_sub(self.generation) {
            Some(0) => {
                session.generation += 1;
                session.refreshed_at = self.now;
                session.idle_until = self.idle_until.min(session.expires_at);
                session.client = Client { name: session.client.name.take(), ..self.client.clone() };
                Rotation::Done(session.clone())
            }
            Some(1) if self.is_in_grace(session.refreshed_at) => Rotation::Again(session.clone()),
            Some(_) => {
                session.end(EndReason::TokenReused, self.now);
                Rotation::Reused(session.clone())
            }
            None => Rotation::Dead,
        }
    }
}
