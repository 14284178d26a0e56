//! [`Code`]: short secrets that people read and type.

use zeroize::Zeroizing;

use crate::random;
use crate::secret::SecretString;

const DIGITS: &[u8; 10] = b"0123456789";

/// Crockford's base 32: no `I`, `L`, `O` that look like digits, and no `U`.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The longest code that is read, in characters.
const LONGEST: usize = 64;

/// A short secret that people read and type: `482913`, or `7QK2M-XR94T`.
///
/// It is short, so whoever checks one must count the failed tries. It prints as `[secret]`, and
/// compares in constant time, and however it was typed: see [`Code::typed`].
///
/// ```
/// use gravity_core::security::token::Code;
///
/// let pin = Code::digits(6);
/// assert_eq!(pin.expose().len(), 6);
/// assert_eq!(Code::typed(&format!(" {} ", pin.expose())), Some(pin));
///
/// let recovery = Code::letters(10);
/// assert_eq!(Code::typed(&recovery.grouped(5).expose().to_lowercase()), Some(recovery));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(SecretString);

impl Code {
    /// So many random digits, 4 to 64, each as likely as any other.
    pub fn digits(length: usize) -> Self {
        Self(SecretString::new(random::text(DIGITS, length.clamp(4, LONGEST))))
    }

    /// So many random letters and digits, 4 to 64, in Crockford's base 32: each is worth 5 bits, and
    /// none looks like another.
    pub fn letters(length: usize) -> Self {
        Self(SecretString::new(random::text(CROCKFORD, length.clamp(4, LONGEST))))
    }

    /// What somebody typed, in the form that codes are made in: capital letters, no spaces or hyphens,
    /// and digits for the letters that look like them (`O`, `I`, `L`). `None` if it can be no code.
    pub fn typed(text: &str) -> Option<Self> {
        // Held to its room from the start, so that no copy is left behind when it grows.
        let mut code = Zeroizing::new(String::with_capacity(LONGEST));
        for letter in text.trim().chars() {
            let symbol = match letter.to_ascii_uppercase() {
                ' ' | '-' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                symbol => symbol,
            };
            let is_known = u8::try_from(symbol).is_ok_and(|byte| CROCKFORD.contains(&byte));
            if !is_known || code.len() == LONGEST {
                return None;
            }
            code.push(symbol);
        }
        (code.len() >= 4).then(|| Self(SecretString::new(std::mem::take(&mut *code))))
    }

    /// The code. Each call is a place to ask where it goes from there.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The code in groups of so many symbols with hyphens between, as it is shown to people.
    pub fn grouped(&self, size: usize) -> SecretString {
        let size = size.max(1);
        let mut text = String::with_capacity(2 * self.expose().len());
        for (at, symbol) in self.expose().chars().enumerate() {
            if at > 0 && at % size == 0 {
                text.push('-');
            }
            text.push(symbol);
        }
        SecretString::new(text)
    }
}

impl AsRef<[u8]> for Code {
    fn as_ref(&self) -> &[u8] {
        self.expose().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_leading_zeros() {
        let with_zero = (0..500).map(|_| Code::digits(6)).find(|code| code.expose().starts_with('0'));
        assert_eq!(with_zero.unwrap().expose().len(), 6);
    }

    #[test]
    fn is_never_too_short_to_be_a_code() {
        assert_eq!(Code::digits(0).expose().len(), 4);
        assert_eq!(Code::letters(1_000).expose().len(), 64);
    }

    #[test]
    fn forgives_what_people_type() {
        let code = Code::typed("01AB-CDEF").unwrap();
        for typed in ["01abcdef", "oiab cdef", "OLAB--CDEF", " 0LAB-CDEF-\n"] {
            assert_eq!(Code::typed(typed).as_ref(), Some(&code), "{typed}");
        }
        for typed in ["", "123", "12345U", "12345!", "１２３４５６", "12\u{0}345", &"1".repeat(65)] {
            assert_eq!(Code::typed(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn is_read_however_it_is_grouped(length in 4..=64_usize, size in 0..70_usize) {
            let code = Code::letters(length);
            prop_assert_eq!(Code::typed(code.grouped(size).expose()), Some(code));
        }
    }
}
