//! A password in the form in which it is hashed.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::PasswordError;
use crate::secret::SecretString;

/// The longest password, in bytes as given.
pub(super) const LONGEST: usize = 1024;

/// The most that normalisation lengthens a text by: U+FDFA turns from 3 bytes into 33.
const GROWTH: usize = 11;

/// A password as it is hashed: by NFKC, so that it is the same from every keyboard. Whoever judges one judges this, for it
/// is what lets somebody in. Fails where it has more than 1,024 bytes.
pub fn normal(password: SecretString) -> Result<SecretString, PasswordError> {
    let text = password.expose();
    if text.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return Ok(password);
    }
    // Held to its room from the start, so that no copy is left behind when it grows.
    let mut normal = String::with_capacity(GROWTH * text.len());
    normal.extend(text.nfkc());
    Ok(SecretString::new(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_password_from_every_keyboard() {
        for (one, other) in
            [("pass wörd", "pass wo\u{308}rd"), ("ﬁne", "fine"), ("１２３", "123"), ("Å", "\u{212b}")]
        {
            assert_eq!(normal(one.into()).unwrap(), normal(other.into()).unwrap());
        }
        assert_ne!(normal("Pass".into()).unwrap(), normal("pass".into()).unwrap());
        assert_ne!(normal("pass ".into()).unwrap(), normal("pass".into()).unwrap());
    }

    #[test]
    fn the_length_is_bounded_as_given() {
        assert!(normal("x".repeat(LONGEST).into()).is_ok());
        assert_eq!(normal("x".repeat(LONGEST + 1).into()).unwrap_err(), PasswordError::TooLong);
        assert_eq!(normal("ä".repeat(LONGEST / 2 + 1).into()).unwrap_err(), PasswordError::TooLong);
    }

    #[test]
    fn no_letter_grows_more_than_there_is_room_for() {
        for letter in '\0'..=char::MAX {
            let grown: usize = letter.nfkc().map(char::len_utf8).sum();
            assert!(grown <= GROWTH * letter.len_utf8(), "{letter:?}");
        }
    }
}
