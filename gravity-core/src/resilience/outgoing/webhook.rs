//! [`WebhookKey`]: signatures of webhooks in the form of Standard Webhooks.

use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::security::constant_time_eq;
use crate::security::key::hmac_sha256;
use crate::{Secret, Timestamp};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The key that a receiver of webhooks shares, `whsec_` and base64 of 24 to 64 bytes: it signs what is sent, and
/// verifies what has come (Standard Webhooks, `v1`). It never prints.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::{Clock, resilience::outgoing::WebhookKey};
///
/// let key: WebhookKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
/// let now = Clock::system().now();
/// let headers = key.sign("event_1", now, b"{}").unwrap();
/// assert!(key.verify(&headers, b"{}", now, Duration::from_mins(5)));
/// assert!(!key.verify(&headers, b"[]", now, Duration::from_mins(5)));
/// ```
#[derive(Debug, Clone)]
pub struct WebhookKey(Secret<Vec<u8>>);

/// A text that is no key, or an id that cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's key is whsec_ and base64 of 24 to 64 bytes, its id a text of ASCII without dots")]
pub struct WebhookKeyError;

impl FromStr for WebhookKey {
    type Err = WebhookKeyError;

    fn from_str(text: &str) -> Result<Self, WebhookKeyError> {
        let encoded = text.strip_prefix("whsec_").ok_or(WebhookKeyError)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| WebhookKeyError)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(Secret::new(bytes))) } else { Err(WebhookKeyError) }
    }
}

impl WebhookKey {
    /// The headers of a webhook: its id, by which a receiver knows a repetition, the time, and the signature.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> Result<HeaderMap, WebhookKeyError> {
        if id.is_empty() || id.contains('.') || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WebhookKeyError);
        }
        let time = at.as_seconds().to_string();
        let signature = format!("v1,{}", self.signature(id, &time, body));
        let value = |text: &str| HeaderValue::try_from(text).map_err(|_| WebhookKeyError);
        Ok(HeaderMap::from_iter([
            (ID, value(id)?),
            (TIMESTAMP, value(&time)?),
            (SIGNATURE, value(&signature)?),
        ]))
    }

    /// Whether this key has signed it, and no longer ago, and no further ahead, than is tolerated.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp, tolerance: Duration) -> bool {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        let (Some(id), Some(time), Some(signatures)) = (text(&ID), text(&TIMESTAMP), text(&SIGNATURE)) else {
            return false;
        };
        let Ok(signed) = time.parse::<i64>() else { return false };
        let expected = self.signature(id, time, body);
        now.as_seconds().abs_diff(signed) <= tolerance.as_secs()
            && signatures
                .split(' ')
                .filter_map(|signature| signature.strip_prefix("v1,"))
                .any(|signature| constant_time_eq(signature, &expected))
    }

    fn signature(&self, id: &str, time: &str, body: &[u8]) -> String {
        let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
        STANDARD.encode(hmac_sha256(self.0.expose(), &parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector() {
        let key: WebhookKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let at = Timestamp::from_seconds(1_614_265_330).unwrap();
        let headers = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b"{\"test\": 2432232314}").unwrap();
        assert_eq!(headers[SIGNATURE], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let minutes = Duration::from_mins(5);
        let body = b"{\"test\": 2432232314}";
        assert!(key.verify(&headers, body, at, minutes));
        assert!(!key.verify(&headers, body, at.saturating_add(minutes * 2), minutes));
        assert!(!key.verify(&headers, body, at.saturating_sub(minutes * 2), minutes));
        assert!(!key.verify(&HeaderMap::new(), body, at, minutes));
        for id in ["", "a.b", "a b", "\u{e9}"] {
            assert!(key.sign(id, at, b"").is_err(), "{id:?}");
        }
        for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(text.parse::<WebhookKey>().is_err(), "{text}");
        }
    }
}
