//! [`KeyUri`].

use std::fmt::Write as _;

use gravity_core::SecretString;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Totp, TotpSecret, qr};

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many bytes the issuer and the account have at most, escaped: the whole has to fit a QR code.
const MOST_ISSUER: usize = 240;
const MOST_ACCOUNT: usize = 768;

/// What an authenticator app reads, as a link or as a QR code: `otpauth://totp/ISSUER:ACCOUNT?secret=...`.
///
/// It holds the secret: show it once, to its owner, and to no cache and no log.
///
/// ```
/// use gravity_auth::totp::{KeyUri, Totp, TotpSecret};
///
/// let secret = TotpSecret::from_base32("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").unwrap();
/// let uri = KeyUri::new(&Totp::default(), &secret, "Example & Co", "ada@example.org");
/// assert_eq!(
///     uri.expose(),
///     "otpauth://totp/Example%20%26%20Co:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
///      &issuer=Example%20%26%20Co&algorithm=SHA1&digits=6&period=30",
/// );
/// assert!(uri.to_svg().expose().starts_with("<svg "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUri(SecretString);

impl KeyUri {
    /// The address of this secret, with the names that the app shows for it: whose it is at whom.
    ///
    /// A colon stands between the two, so that one inside a name becomes a space; control characters are left out,
    /// and what is too long for a QR code is cut.
    pub fn new(totp: &Totp, secret: &TotpSecret, issuer: &str, account: &str) -> Self {
        let (issuer, account) = (escape(issuer, MOST_ISSUER), escape(account, MOST_ACCOUNT));
        let base32 = secret.to_base32();
        // Held to its room from the start, so that no copy is left behind when it grows.
        let mut uri = String::with_capacity(2 * issuer.len() + account.len() + base32.expose().len() + 128);
        uri.push_str("otpauth://totp/");
        if !issuer.is_empty() {
            uri.push_str(&issuer);
            uri.push(':');
        }
        uri.push_str(&account);
        uri.push_str("?secret=");
        uri.push_str(base32.expose());
        if !issuer.is_empty() {
            uri.push_str("&issuer=");
            uri.push_str(&issuer);
        }
        let (algorithm, digits, period) = (totp.algorithm().name(), totp.digits(), totp.period().as_secs());
        // Writing to a text does not fail.
        let _ = write!(uri, "&algorithm={algorithm}&digits={digits}&period={period}");
        Self(SecretString::new(uri))
    }

    /// The address. Each call is a place to ask where it goes from there.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The address as a QR code: an SVG image without scripts, styles and references, to be put into a page or
    /// behind `data:image/svg+xml`.
    pub fn to_svg(&self) -> SecretString {
        qr::svg(self.expose())
    }
}

/// A name as it stands in the address, at most so many bytes.
fn escape(name: &str, most: usize) -> String {
    let mut escaped = String::new();
    let mut buffer = [0; 4];
    for letter in name.trim().chars().filter(|letter| !letter.is_control()) {
        let letter = if letter == ':' { ' ' } else { letter };
        let one = utf8_percent_encode(letter.encode_utf8(&mut buffer), ESCAPED).to_string();
        if escaped.len() + one.len() > most {
            break;
        }
        escaped.push_str(&one);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn uri(issuer: &str, account: &str) -> KeyUri {
        let secret = TotpSecret::from_bytes(&[7; 20]).unwrap();
        KeyUri::new(&Totp::default(), &secret, issuer, account)
    }

    #[test]
    fn names_cannot_add_parameters_or_change_the_issuer() {
        let uri = uri("Evil:Good?secret=A#", "x&secret=B:y/../\0\n%00");
        assert!(uri.expose().starts_with(
            "otpauth://totp/Evil%20Good%3Fsecret%3DA%23:x%26secret%3DB%20y%2F..%2F%2500?secret=A4DQOBYH"
        ));
        assert_eq!(uri.expose().matches("secret=").count(), 1);
        assert!(!format!("{uri:?}").contains("A4DQ"));
    }

    #[test]
    fn there_may_be_no_issuer() {
        assert!(uri(" ", "ada").expose().starts_with("otpauth://totp/ada?secret="));
        assert!(!uri("", "ada").expose().contains("issuer"));
    }

    proptest! {
        #[test]
        fn is_one_address_and_fits_a_qr_code(issuer: String, account: String) {
            let uri = uri(&issuer.repeat(8), &account.repeat(16));
            prop_assert!(uri.expose().is_ascii());
            prop_assert!(uri.expose().len() < 1_600);
            prop_assert_eq!(uri.expose().matches('?').count(), 1);
            let (path, _) = uri.expose().strip_prefix("otpauth://totp/").unwrap().split_once('?').unwrap();
            prop_assert!(percent_decode_str(path).decode_utf8().is_ok());
            prop_assert!(path.matches(':').count() <= 1);
        }
    }

    #[test]
    fn the_longest_fits_a_qr_code() {
        let secret = TotpSecret::from_bytes(&[7; 128]).unwrap();
        let uri = KeyUri::new(&Totp::default(), &secret, &"🦀".repeat(1_000), &"🦀".repeat(1_000));
        assert!(uri.to_svg().expose().contains("<path"));
    }
}
