//! An answer's JSON, as the caller's type.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::{ClientError, DecodeError};

pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        failed(path, error.inner())
    })?;
    reader.end().map_err(|error| failed(".".to_owned(), &error))?;
    Ok(value)
}

/// serde's own message quotes what it found; only its place and sort are kept.
fn failed(path: String, error: &serde_json::Error) -> ClientError {
    let reason = match error.classify() {
        Category::Data => "is JSON of another shape than expected",
        Category::Eof => "is JSON that ends too early",
        Category::Syntax | Category::Io => "is not JSON",
    };
    ClientError::Decode(DecodeError { path, line: error.line(), column: error.column(), reason })
}
