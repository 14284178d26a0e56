//! The text of a TypeID, by version 0.3 of its specification.

use uuid::Uuid;

use super::IdError;

/// Crockford's base 32: the digits, and the letters without `i`, `l`, `o` and `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;
const LONGEST_PREFIX: usize = 63;
const INVALID: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut value = 0;
    while value < 32 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 32")]
        let byte = value as u8;
        values[ALPHABET[value] as usize] = byte;
        value += 1;
    }
    values
};

/// Whether `prefix` may stand before a TypeID: up to 63 of `a` to `z` and `_`, with a letter at
/// either end. The empty prefix is one, too.
pub const fn is_type_id_prefix(prefix: &str) -> bool {
    let bytes = prefix.as_bytes();
    if bytes.is_empty() {
        return true;
    }
    if bytes.len() > LONGEST_PREFIX || bytes[0] == b'_' || bytes[bytes.len() - 1] == b'_' {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !(bytes[at].is_ascii_lowercase() || bytes[at] == b'_') {
            return false;
        }
        at += 1;
    }
    true
}

/// Splits a TypeID into its prefix, which may be empty, and its number.
///
/// ```
/// use gravity_core::id::parse_type_id;
///
/// let (prefix, uuid) = parse_type_id("note_01h455vb4pex5vsknk084sn02q").unwrap();
/// assert_eq!(prefix, "note");
/// assert_eq!(uuid.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
/// ```
pub fn parse_type_id(text: &str) -> Result<(&str, Uuid), IdError> {
    let (prefix, suffix) = match text.rsplit_once('_') {
        Some(("", _)) => return Err(IdError::Prefix),
        Some(parts) => parts,
        None => ("", text),
    };
    if !is_type_id_prefix(prefix) {
        return Err(IdError::Prefix);
    }
    Ok((prefix, decode(suffix)?))
}

/// The text of a TypeID. The prefix is taken as it is: [`is_type_id_prefix`] tells whether it is one.
pub fn format_type_id(prefix: &str, uuid: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len() + 1 + SUFFIX_LENGTH);
    if !prefix.is_empty() {
        text.push_str(prefix);
        text.push('_');
    }
    text.extend(encode(uuid).map(char::from));
    text
}

pub(super) fn encode(uuid: Uuid) -> [u8; SUFFIX_LENGTH] {
    let mut rest = uuid.as_u128();
    let mut suffix = [0; SUFFIX_LENGTH];
    for byte in suffix.iter_mut().rev() {
        *byte = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    suffix
}

fn decode(suffix: &str) -> Result<Uuid, IdError> {
    let suffix = suffix.as_bytes();
    if suffix.len() != SUFFIX_LENGTH {
        return Err(IdError::Length);
    }
    let mut number: u128 = 0;
    for &byte in suffix {
        let value = VALUES[usize::from(byte)];
        if value == INVALID {
            return Err(IdError::Alphabet);
        }
        // 26 characters hold 130 bits; what falls off the top here was refused below.
        number = (number << 5) | u128::from(value);
    }
    if suffix[0] > b'7' {
        return Err(IdError::Overflow);
    }
    Ok(Uuid::from_u128(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The vectors that the specification publishes as `valid.yml`.
    #[test]
    fn published_valid_vectors() {
        for (text, prefix, uuid) in [
            ("00000000000000000000000000", "", "00000000-0000-0000-0000-000000000000"),
            ("00000000000000000000000001", "", "00000000-0000-0000-0000-000000000001"),
            ("0000000000000000000000000a", "", "00000000-0000-0000-0000-00000000000a"),
            ("0000000000000000000000000g", "", "00000000-0000-0000-0000-000000000010"),
            ("00000000000000000000000010", "", "00000000-0000-0000-0000-000000000020"),
            ("7zzzzzzzzzzzzzzzzzzzzzzzzz", "", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
            ("prefix_0123456789abcdefghjkmnpqrs", "prefix", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
            ("prefix_01h455vb4pex5vsknk084sn02q", "prefix", "01890a5d-ac96-774b-bcce-b302099a8057"),
            ("pre_fix_00000000000000000000000000", "pre_fix", "00000000-0000-0000-0000-000000000000"),
        ] {
            let uuid: Uuid = uuid.parse().unwrap();
            assert_eq!(parse_type_id(text), Ok((prefix, uuid)), "{text}");
            assert_eq!(format_type_id(prefix, uuid), text);
        }
        let longest = "a".repeat(63);
        let text = format!("{longest}_01h455vb4pex5vsknk084sn02q");
        assert_eq!(parse_type_id(&text).unwrap().0, longest);
    }

    /// The vectors that the specification publishes as `invalid.yml`.
    #[test]
    fn published_invalid_vectors() {
        let too_long = format!("{}_00000000000000000000000000", "a".repeat(64));
        for (name, text) in [
            ("prefix-uppercase", "PREFIX_00000000000000000000000000"),
            ("prefix-numeric", "12345_00000000000000000000000000"),
            ("prefix-period", "pre.fix_00000000000000000000000000"),
            ("prefix-non-ascii", "préfix_00000000000000000000000000"),
            ("prefix-spaces", "  prefix_00000000000000000000000000"),
            ("prefix-64-chars", too_long.as_str()),
            ("separator-empty-prefix", "_00000000000000000000000000"),
            ("separator-empty", "_"),
            ("suffix-short", "prefix_1234567890123456789012345"),
            ("suffix-long", "prefix_123456789012345678901234567"),
            ("suffix-spaces", "prefix_1234567890123456789012345 "),
            ("suffix-uppercase", "prefix_0123456789ABCDEFGHJKMNPQRS"),
            ("suffix-hyphens", "prefix_123456789-123456789-123456"),
            ("suffix-wrong-alphabet", "prefix_ooooooiiiiiiuuuuuuulllllll"),
            ("suffix-ambiguous-crockford", "prefix_i23456789ol23456789oi23456"),
            ("suffix-hyphens-crockford", "prefix_123456789-0123456789-0123456"),
            ("suffix-overflow", "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz"),
            ("prefix-underscore-start", "_prefix_00000000000000000000000000"),
            ("prefix-underscore-end", "prefix__00000000000000000000000000"),
            ("empty", ""),
            ("prefix-empty", "prefix_"),
        ] {
            assert!(parse_type_id(text).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(number: u128, prefix in "([a-z]([a-z_]{0,61}[a-z])?)?") {
            let uuid = Uuid::from_u128(number);
            let text = format_type_id(&prefix, uuid);
            prop_assert_eq!(parse_type_id(&text), Ok((prefix.as_str(), uuid)));
        }

        #[test]
        fn text_sorts_as_numbers_do(one: u128, other: u128) {
            let (one, other) = (Uuid::from_u128(one), Uuid::from_u128(other));
            prop_assert_eq!(
                format_type_id("a", one).cmp(&format_type_id("a", other)),
                one.cmp(&other)
            );
        }

        #[test]
        fn whatever_is_accepted_is_the_one_way_to_write_it(text in "[a-z_]{0,8}_?[0-9a-z]{24,27}|\\PC*") {
            if let Ok((prefix, uuid)) = parse_type_id(&text) {
                prop_assert_eq!(format_type_id(prefix, uuid), text);
            }
        }
    }
}
