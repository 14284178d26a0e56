//! PEM of private keys (RFC 7468), read without leaving copies behind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gravity_core::SecretString;
use zeroize::Zeroizing;

use super::KeyError;

/// What a PEM block says it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Pkcs8,
    Rsa,
}

/// No key that is taken is longer.
const LONGEST: usize = 16 * 1024;

/// The one block of a text, and what it says it is. Text before and after it is passed over.
pub(super) fn read(text: &str) -> Result<(Label, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() > LONGEST || text.matches("-----BEGIN ").count() != 1 {
        return Err(KeyError::Pem);
    }
    let (_, rest) = text.split_once("-----BEGIN ").ok_or(KeyError::Pem)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::Pem)?;
    let (body, end) = rest.split_once("-----END ").ok_or(KeyError::Pem)?;
    if !end.strip_prefix(label).is_some_and(|end| end.starts_with("-----")) {
        return Err(KeyError::Pem);
    }
    let label = match label {
        "PRIVATE KEY" => Label::Pkcs8,
        // Old OpenSSL says so in the block's own header.
        "RSA PRIVATE KEY" if body.contains("ENCRYPTED") => return Err(KeyError::Encrypted),
        "RSA PRIVATE KEY" => Label::Rsa,
        "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
        "EC PRIVATE KEY" => return Err(KeyError::Sec1),
        _ => return Err(KeyError::Pem),
    };
    // Given their room at once, so that growing leaves no copy behind.
    let mut symbols = Zeroizing::new(Vec::with_capacity(body.len()));
    symbols.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(vec![0; symbols.len()]);
    let length = STANDARD.decode_slice(&*symbols, &mut bytes).map_err(|_| KeyError::Pem)?;
    bytes.truncate(length);
    Ok((label, bytes))
}

/// A block of PKCS#8.
pub(super) fn write(der: &[u8]) -> SecretString {
    let symbols = Zeroizing::new(STANDARD.encode(der));
    let mut text = String::with_capacity(symbols.len() + symbols.len() / 64 + 64);
    text.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = symbols.as_str();
    while !rest.is_empty() {
        let (line, left) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = left;
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    SecretString::new(text)
}
