//! What a part of a form says of itself.

use crate::http::field;

/// The names in the `Content-Disposition` header of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// The name of the field.
    pub name: String,
    /// The name of the file, as the client gave it.
    pub file_name: Option<String>,
}

/// Reads the `Content-Disposition` header of a part of a form (RFC 7578, section 4.2): UTF-8, the values
/// quoted or not. `None` where it is none, names no field, or names one twice.
pub fn disposition(value: &[u8]) -> Option<Disposition> {
    let text = std::str::from_utf8(value).ok()?;
    let mut pieces = field::split(text, b';');
    if !pieces.next()?.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut field_name, mut file_name) = (None, None);
    for piece in pieces.filter(|piece| !piece.trim().is_empty()) {
        let (name, value) = piece.trim().split_once('=')?;
        let slot = match name.trim_end().to_ascii_lowercase().as_str() {
            "name" => &mut field_name,
            "filename" => &mut file_name,
            _ => continue,
        };
        let value = value.trim_start();
        // What stands without quotes is taken as it is; not every client keeps to tokens.
        let value = field::value(value).or_else(|| (!value.contains('"')).then(|| value.into()))?;
        if slot.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(Disposition { name: field_name?, file_name })
}
