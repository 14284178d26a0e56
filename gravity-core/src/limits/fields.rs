//! The `RateLimit-Policy` and `RateLimit` header fields (draft-ietf-httpapi-ratelimit-headers-10).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::decision::Decision;
use super::quota::{Quota, Quotas};

pub(crate) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The items of `RateLimit-Policy`: the first quota has the name of the limit, the others a number after it.
pub(super) fn policy(name: &str, quotas: &Quotas) -> String {
    let item = |(at, quota): (usize, &Quota)| {
        let pace = quota.pace();
        let window = seconds(pace.time(pace.full)).max(1);
        format!("\"{}\";q={};w={window}", label(name, at), quota.burst())
    };
    quotas.as_slice().iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
}

/// The item of `RateLimit`: the quota that decided.
pub(super) fn state(name: &str, quotas: &Quotas, decision: &Decision) -> String {
    let at = quotas.as_slice().iter().position(|quota| *quota == decision.quota).unwrap_or_default();
    let reset = seconds(decision.retry_after.unwrap_or(decision.reset));
    format!("\"{}\";r={};t={reset}", label(name, at), decision.remaining)
}

/// Adds an item to a list field.
pub(super) fn add(headers: &mut HeaderMap, name: HeaderName, item: &str) {
    if let Ok(value) = HeaderValue::try_from(item) {
        headers.append(name, value);
    }
}

fn label(name: &str, at: usize) -> String {
    if at == 0 { name.to_owned() } else { format!("{name}-{}", at + 1) }
}

fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_draft_says() {
        let quotas = Quotas::from([Quota::per_minute(5), Quota::per_hour(20).with_burst(10)]);
        assert_eq!(policy("login", &quotas), r#""login";q=5;w=60, "login-2";q=10;w=1800"#);
        let decision = Decision {
            allowed: false,
            quota: quotas.as_slice()[1],
            remaining: 0,
            reset: Duration::from_secs(1700),
            retry_after: Some(Duration::from_millis(100_500)),
            outage: false,
        };
        assert_eq!(state("login", &quotas, &decision), r#""login-2";r=0;t=101"#);
        assert_eq!(policy("x", &Quota::new(1, Duration::from_millis(5)).unwrap().into()), r#""x";q=1;w=1"#);
    }
}
