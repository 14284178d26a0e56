//! base64url as RFC 7515 has it: no padding, no white space, and one form only for each value.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bits that belong to no byte have to be zero: else several texts would be one token.
const STRICT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STRICT.encode(bytes)
}

pub(crate) fn encode_onto(bytes: impl AsRef<[u8]>, text: &mut String) {
    STRICT.encode_string(bytes, text);
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STRICT.decode(text).ok()
}

/// Decodes into a buffer, and returns the part that was filled; `None` also where it is too small.
pub(crate) fn decode_into<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let length = STRICT.decode_slice(text, buffer).ok()?;
    buffer.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_text_for_each_value() {
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        for text in ["_-8=", "_-9", "/+8", "_-8 ", "\n_-8", "_ -8", "_-8.", "_", "ä", "_-8\0"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
