//! The boundary between the parts of a multipart body.

use crate::http::field;

/// The longest boundary that the standard allows.
const MAX_LEN: usize = 70;

/// The boundary in a `Content-Type` header, where that is a form: 1 to 70 characters of those that RFC
/// 2046 allows.
pub fn boundary(content_type: &str) -> Option<String> {
    let mut pieces = field::split(content_type, b';');
    if !pieces.next()?.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = pieces
        .filter_map(field::parameter)
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let fits = (1..=MAX_LEN).contains(&value.len()) && !value.ends_with(' ') && value.bytes().all(allowed);
    fits.then(|| value.into_owned())
}
