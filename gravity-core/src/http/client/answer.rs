//! What an answer becomes: a value, or an error.

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::error::ClientError;
use super::problem::RemoteProblem;
use crate::http::Response;
use crate::http::body::CollectError;

/// A problem document past this size is no problem document.
const MAX_PROBLEM: u64 = 256 * 1024;

/// Makes an error of an answer that says there was one.
pub(super) async fn check(response: Response) -> Result<Response, ClientError> {
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        return Err(problem(response).await);
    }
    Ok(response)
}

/// The answer of a call that can only use a success.
pub(super) async fn success(response: Response, limit: u64) -> Result<Bytes, ClientError> {
    if !response.status().is_success() {
        return Err(problem(response).await);
    }
    match response.into_body().into_bytes(limit).await {
        Ok(bytes) => Ok(bytes),
        Err(CollectError::TooLarge) => Err(ClientError::TooLarge { limit }),
        Err(CollectError::Broken(error)) => Err(ClientError::Io(error)),
    }
}

/// Whether nothing is there, in the words of the status.
pub(super) fn is_nothing(error: &ClientError) -> bool {
    error.status() == Some(StatusCode::NOT_FOUND)
}

async fn problem(response: Response) -> ClientError {
    let (head, body) = response.into_parts();
    let json = head.headers.get(CONTENT_TYPE).is_some_and(|media| {
        let media = media.as_bytes().to_ascii_lowercase();
        media.starts_with(b"application/problem+json") || media.starts_with(b"application/json")
    });
    // Read to its end even where it says nothing: the connection is free for the next call then.
    let bytes = body.into_bytes(MAX_PROBLEM).await.unwrap_or_default();
    let document: &[u8] = if json { &bytes } else { &[] };
    ClientError::Problem(Box::new(RemoteProblem::new(head.status, &head.headers, document)))
}
