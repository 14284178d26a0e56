//! Masks of single values: addresses, card and phone numbers, long texts.

use std::borrow::Cow;

use super::MASK;

/// An email address with its first letter and its host: `j***@example.com`.
///
/// ```
/// use gravity_core::security::mask::mask_email;
///
/// assert_eq!(mask_email("jane.doe@example.com"), "j***@example.com");
/// assert_eq!(mask_email("no address"), "***");
/// ```
pub fn mask_email(address: &str) -> String {
    match address.trim().rsplit_once('@') {
        Some((local, host)) if !host.is_empty() => {
            // A first letter that is the only one would be the whole name.
            let first = if local.chars().nth(1).is_some() { local.chars().next() } else { None };
            let first = first.map(String::from).unwrap_or_default();
            format!("{first}{MASK}@{host}")
        }
        _ => MASK.to_owned(),
    }
}

/// A card number with its last four digits: `***1111`, as statements show it.
///
/// ```
/// use gravity_core::security::mask::mask_card;
///
/// assert_eq!(mask_card("4111 1111 1111 1111"), "***1111");
/// assert_eq!(mask_card("4111"), "***");
/// ```
pub fn mask_card(number: &str) -> String {
    last_digits(number, 4, 12)
}

/// A phone number with its last two digits: `***67`.
///
/// ```
/// use gravity_core::security::mask::mask_phone;
///
/// assert_eq!(mask_phone("+49 170 1234567"), "***67");
/// assert_eq!(mask_phone("110"), "***");
/// ```
pub fn mask_phone(number: &str) -> String {
    last_digits(number, 2, 7)
}

/// So many digits of a number, if it has enough for the rest to stay hidden.
fn last_digits(number: &str, shown: usize, least: usize) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < least {
        return MASK.to_owned();
    }
    let end: String = digits[digits.len() - shown..].iter().collect();
    format!("{MASK}{end}")
}

/// A text of at most so many characters; one that was cut ends in `…`.
///
/// ```
/// use gravity_core::security::mask::shorten;
///
/// assert_eq!(shorten("short", 10), "short");
/// assert_eq!(shorten("too long for this", 10), "too long …");
/// ```
pub fn shorten(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        None => Cow::Borrowed(text),
        Some(_) if longest == 0 => Cow::Borrowed(""),
        Some(_) => {
            let until = text.char_indices().nth(longest - 1).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..until]))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_addresses() {
        assert_eq!(mask_email("j@example.com"), "***@example.com");
        assert_eq!(mask_email("@example.com"), "***@example.com");
        assert_eq!(mask_email("jane@"), "***");
        assert_eq!(mask_email("жанна@пример.рф"), "ж***@пример.рф");
        assert_eq!(mask_email(r#""a@b"@example.com"#), r#""***@example.com"#);
        assert_eq!(mask_email(""), "***");
    }

    proptest! {
        #[test]
        fn at_most_the_last_digits_are_shown(number in "[0-9 +-]{0,24}") {
            let digits = number.chars().filter(char::is_ascii_digit).count();
            let shown = |mask: String| mask.chars().filter(char::is_ascii_digit).count();
            prop_assert_eq!(shown(mask_card(&number)), if digits >= 12 { 4 } else { 0 });
            prop_assert_eq!(shown(mask_phone(&number)), if digits >= 7 { 2 } else { 0 });
        }

        #[test]
        fn texts_are_cut_between_characters(text: String, longest in 0..20_usize) {
            let short = shorten(&text, longest);
            prop_assert!(short.chars().count() <= longest);
            prop_assert_eq!(short == text, text.chars().count() <= longest);
        }
    }
}
