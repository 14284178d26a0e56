//! Tokens and codes: random texts that open something.

mod code;
mod kind;
mod random_token;

pub use code::Code;
pub use kind::{TokenKind, TokenKindError, WrongToken};
pub use random_token::Token;
