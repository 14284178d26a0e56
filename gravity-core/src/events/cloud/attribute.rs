//! Attributes: what the specification lets them be.

use serde_json::Value;

/// Why something is no `CloudEvent`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{attribute}` {reason}")]
pub struct CloudEventError {
    pub(super) attribute: String,
    pub(super) reason: &'static str,
}

impl CloudEventError {
    pub(super) fn new(attribute: &str, reason: &'static str) -> Self {
        // What stands in the wrong place may be long.
        Self { attribute: attribute.chars().take(64).collect(), reason }
    }

    /// The attribute in question.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }
}

/// The value of an extension attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// Text without control characters and without what Unicode calls noncharacters.
    Text(String),
    /// A whole number of 32 bits.
    Integer(i32),
    /// Yes or no.
    Boolean(bool),
}

impl Attribute {
    /// Reads a value; `None` for `null`, which stands for an attribute that is not there.
    pub(super) fn read(name: &str, value: Value) -> Result<Option<Self>, CloudEventError> {
        let fail = |reason| Err(CloudEventError::new(name, reason));
        match value {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(Self::Boolean(value))),
            Value::String(text) => check_text(name, &text).map(|()| Some(Self::Text(text))),
            Value::Number(number) => match number.as_i64().and_then(|number| i32::try_from(number).ok()) {
                Some(number) => Ok(Some(Self::Integer(number))),
                None => fail("is no whole number of 32 bits"),
            },
            Value::Array(_) | Value::Object(_) => fail("is neither text, number nor boolean"),
        }
    }

    pub(super) fn check(&self, name: &str) -> Result<(), CloudEventError> {
        match self {
            Self::Text(text) => check_text(name, text),
            Self::Integer(_) | Self::Boolean(_) => Ok(()),
        }
    }

    pub(super) fn write(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Integer(number) => Value::from(*number),
            Self::Boolean(value) => Value::from(*value),
        }
    }
}

/// Names have lower-case letters and digits alone.
pub(super) fn check_name(name: &str) -> Result<(), CloudEventError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Err(CloudEventError::new(name, "is no name of lower-case letters and digits"));
    }
    Ok(())
}

pub(super) fn check_text(name: &str, text: &str) -> Result<(), CloudEventError> {
    let is_noncharacter =
        |char: char| matches!(u32::from(char), 0xfdd0..=0xfdef) || u32::from(char) & 0xfffe == 0xfffe;
    if text.chars().any(|char| char.is_control() || is_noncharacter(char)) {
        return Err(CloudEventError::new(name, "has characters that an attribute may not have"));
    }
    Ok(())
}

pub(super) fn check_nonempty(name: &str, text: &str) -> Result<(), CloudEventError> {
    if text.is_empty() {
        return Err(CloudEventError::new(name, "is empty"));
    }
    check_text(name, text)
}

/// A URI reference by the characters that it may have.
pub(super) fn check_reference(name: &str, text: &str) -> Result<(), CloudEventError> {
    check_nonempty(name, text)?;
    let bytes = text.as_bytes();
    let is_fine = bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    });
    if !is_fine || text.matches('#').count() > 1 {
        return Err(CloudEventError::new(name, "is no URI reference"));
    }
    Ok(())
}

/// A URI with a scheme.
pub(super) fn check_uri(name: &str, text: &str) -> Result<(), CloudEventError> {
    check_reference(name, text)?;
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    if is_scheme { Ok(()) } else { Err(CloudEventError::new(name, "is no absolute URI")) }
}

/// A media type, `type/subtype` with parameters or without.
pub(super) fn check_media_type(name: &str, text: &str) -> Result<(), CloudEventError> {
    check_nonempty(name, text)?;
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(()),
        _ => Err(CloudEventError::new(name, "is no media type")),
    }
}
