//! When a call may be made again, and how long to wait first: one rule for the typed client and the layers.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use crate::backoff::Backoff;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The waits of our own choosing.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
/// The most that is added to a wait that the server asks for.
const SPREAD: Duration = Duration::from_millis(100);
/// The longest wait that a server may ask of a caller who waits for an answer. Past it the call
/// ends, and its error says how long to wait.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

/// The answers that say "not now".
#[cfg(feature = "client")]
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 502 | 503 | 504)
}

/// Whether doing it twice is the same as doing it once.
pub(crate) fn is_repeatable(method: &Method, headers: &HeaderMap) -> bool {
    method.is_idempotent() || headers.contains_key(IDEMPOTENCY_KEY)
}

/// Whether an answer is worth another try by itself. One that says that the request came too slowly or too early
/// is for whoever sent it to mend.
pub(crate) fn is_worth_repeating(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// How long to wait before the next try, when the server asks for this wait or for none; `None` when it asks for
/// more than a caller would wait.
pub(crate) fn wait_before(asked: Option<Duration>, retries_done: u32) -> Option<Duration> {
    let wait = BACKOFF.wait(retries_done.saturating_add(1));
    match asked {
        // Never sooner than asked; the jitter keeps those who were told the same apart.
        Some(asked) => (asked <= LONGEST_ASKED).then(|| asked + wait.min(SPREAD)),
        None => Some(wait),
    }
}

/// The wait that a server asks for, in seconds or until a date.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
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
