//! When to try again, and how long to wait first.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};

use super::error::ClientError;
use crate::backoff::Backoff;

/// The waits of our own choosing.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
/// The most that is added to a wait that the server asks for.
const SPREAD: Duration = Duration::from_millis(100);
/// The longest wait that a server may ask of a caller who waits for an answer. Past it the call
/// ends, and its error says how long to wait.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

/// The answers that say "not now".
pub(super) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 502 | 503 | 504)
}

/// Whether doing it twice is the same as doing it once.
pub(super) fn is_repeatable(method: &Method, has_idempotency_key: bool) -> bool {
    method.is_idempotent() || has_idempotency_key
}

/// How long to wait before the next try; `None` when there should be none.
pub(super) fn wait_after(error: &ClientError, retries_done: u32) -> Option<Duration> {
    match error {
        ClientError::Problem(problem) if matches!(problem.status().as_u16(), 429 | 502 | 503 | 504) => {
            let wait = BACKOFF.wait(retries_done.saturating_add(1));
            match problem.retry_after() {
                // Never sooner than asked; the jitter keeps those who were told the same apart.
                Some(asked) => (asked <= LONGEST_ASKED).then(|| asked + wait.min(SPREAD)),
                None => Some(wait),
            }
        }
        ClientError::Connect(_) | ClientError::Io(_) if error.is_retryable() => {
            Some(BACKOFF.wait(retries_done.saturating_add(1)))
        }
        _ => None,
    }
}

/// The wait that a server asks for, in seconds or until a date.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    // The server's own clock is the one that its date was made with.
    let now = headers
        .get(DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_server_asks_for() {
        let read = |retry: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, retry.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            asked(&headers)
        };
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(read("7", None), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:00 GMT", Some(date)), Some(Duration::from_secs(23)));
        assert_eq!(read(date, Some("Sun, 06 Nov 1994 08:50:00 GMT")), Some(Duration::ZERO));
        assert_eq!(read(date, None), Some(Duration::ZERO));
        for junk in ["", "-1", "soon", "1.5", "99999999999999999999999"] {
            assert_eq!(read(junk, None), None, "{junk}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
