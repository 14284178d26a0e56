//! Random bytes and symbols from the system.

/// Fills the bytes with random ones.
#[expect(
    clippy::expect_used,
    reason = "without randomness from the system no id, token or key is safe: stop"
)]
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}

/// A number from zero to a limit, both included, for what is merely less fair when it is not random.
pub(crate) fn up_to(limit: u64) -> u64 {
    let random = getrandom::u64().unwrap_or_default();
    limit.checked_add(1).map_or(random, |numbers| random % numbers)
}

/// A text of so many symbols of an alphabet, each as likely as any other.
///
/// The alphabet has 1 to 256 symbols, all of them ASCII.
pub(crate) fn text(alphabet: &[u8], length: usize) -> String {
    // What is left above the last whole round of the alphabet would make its first symbols likelier.
    let whole = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        fill(&mut bytes);
        for byte in bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < whole) {
            if text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    zeroize::Zeroize::zeroize(&mut bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    #[test]
    fn every_symbol_is_as_likely_as_any_other() {
        const DRAWN: usize = 200_000;
        for alphabet in
            [&b"0123456789"[..], b"ab", b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
        {
            let text = text(alphabet, DRAWN);
            assert_eq!(text.len(), DRAWN);
            let expected = DRAWN as f64 / alphabet.len() as f64;
            let chi_squared: f64 = alphabet
                .iter()
                .map(|symbol| text.bytes().filter(|byte| byte == symbol).count() as f64 - expected)
                .map(|off| off * off / expected)
                .sum();
            // Far beyond what chance does (mean n-1, deviation about sqrt(2n)), far below what a bias
            // by the remainder would: 62 symbols over 256 bytes give more than 5,000.
            let degrees = alphabet.len() as f64 - 1.0;
            assert!(chi_squared < degrees + 8.0 * (2.0 * degrees).sqrt(), "{chi_squared} of {degrees}");
        }
    }

    #[test]
    fn one_symbol_and_no_length() {
        assert_eq!(text(b"x", 3), "xxx");
        assert_eq!(text(b"x", 0), "");
    }
}
