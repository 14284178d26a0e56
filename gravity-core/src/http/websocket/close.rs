//! [`CloseFrame`]: why a socket ends.

use std::fmt;

use tokio_tungstenite::tungstenite::protocol;

use super::message::Text;

/// Why a socket ends: a number of RFC 6455, section 7.4, or one of the application's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// Done: what the socket was opened for has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server shuts down, its handler has let go of the socket, or the browser has left the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The other side broke the rules of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of message that is not taken here: binary where text is wanted.
    pub const UNSUPPORTED: Self = Self(1003);
    /// The close frame of the other side named no code. It is never sent.
    pub const NONE: Self = Self(1005);
    /// A message that is not what its kind promises: text that is not UTF-8.
    pub const INVALID: Self = Self(1007);
    /// A message that breaks a rule of the service.
    pub const POLICY: Self = Self(1008);
    /// A message that is too big.
    pub const TOO_BIG: Self = Self(1009);
    /// Something went wrong on the server.
    pub const INTERNAL: Self = Self(1011);
    /// The server restarts; come back after a moment.
    pub const RESTARTING: Self = Self(1012);
    /// The server is overloaded; come back later.
    pub const TRY_LATER: Self = Self(1013);

    /// A code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999, of which those from
    /// 4000 are for applications to choose.
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is said at the end of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// Why.
    pub code: CloseCode,
    /// For whoever debugs it; often empty. A frame holds 123 bytes: what is longer is cut when it is sent.
    pub reason: Text,
}

/// A close frame has 125 bytes, two of which are the code.
const REASON: usize = 123;

impl CloseFrame {
    /// A code and a reason.
    pub fn new(code: CloseCode, reason: impl Into<Text>) -> Self {
        Self { code, reason: reason.into() }
    }

    pub(crate) fn from_wire(frame: Option<protocol::CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self::new(CloseCode(frame.code.into()), Text(frame.reason)),
            None => Self::new(CloseCode::NONE, ""),
        }
    }

    pub(crate) fn into_wire(self) -> Option<protocol::CloseFrame> {
        if self.code == CloseCode::NONE {
            return None;
        }
        let reason = match self.reason.get(..self.reason.floor_char_boundary(REASON)) {
            Some(short) if short.len() < self.reason.len() => short.into(),
            _ => self.reason.0,
        };
        Some(protocol::CloseFrame { code: self.code.0.into(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::{CloseCode, CloseFrame};

    #[test]
    fn only_codes_of_the_standard_can_be_made() {
        let allowed: Vec<u16> = (0..=u16::MAX).filter(|code| CloseCode::new(*code).is_some()).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(allowed, expected);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let wire = CloseFrame::new(CloseCode::NORMAL, "ß".repeat(100)).into_wire().unwrap();
        assert_eq!(wire.reason.as_str(), "ß".repeat(61));
        assert_eq!(CloseFrame::new(CloseCode::NONE, "lost").into_wire(), None);
    }
}
