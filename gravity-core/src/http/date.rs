//! Dates in header fields: whole seconds, from 1970 to 9999.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// The year 10000, which no header field can name.
const END: Duration = Duration::from_hours(70_389_528);

/// A time as a header field writes it; `None` where it cannot be written.
pub(crate) fn header(time: SystemTime) -> Option<HeaderValue> {
    let since = time.duration_since(UNIX_EPOCH).ok().filter(|since| *since < END)?;
    HeaderValue::try_from(httpdate::fmt_http_date(UNIX_EPOCH + since)).ok()
}

/// The time in a header field, in any of the three forms that HTTP knows.
pub(crate) fn parse(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// A time without the fractions of a second, which header fields do not carry.
pub(crate) fn whole_seconds(time: SystemTime) -> SystemTime {
    time.duration_since(UNIX_EPOCH).map_or(time, |since| UNIX_EPOCH + Duration::from_secs(since.as_secs()))
}
