//! [`TraceContext`]: where a request stands in a trace, as W3C Trace Context has it.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header of the trace context.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where a request stands in a trace: the trace, its parent's span, and whether it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

/// Which of the traces that begin here are recorded. One that began elsewhere is recorded if it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling(u64);

/// How many of the trace id's bits decide; all of them are random.
const DECIDING: u64 = 1 << 56;

impl Sampling {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(DECIDING);

    /// This share of them, from 0 to 1: 0.1 is every tenth, by chance. Its trace id decides about a trace, so
    /// that everybody who asks about it with one ratio comes to one answer.
    pub fn ratio(share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "it is from 0 to 2^56, of which the last bits do not matter"
        )]
        let most = (share.clamp(0.0, 1.0) * DECIDING as f64) as u64;
        Self(most)
    }

    fn takes(self, trace: u128) -> bool {
        u64::try_from(trace & u128::from(DECIDING - 1)).is_ok_and(|low| low < self.0)
    }
}

impl TraceContext {
    /// The beginning of a trace of its own.
    pub fn start(sampled: bool) -> Self {
        Self { sampled, ..Self::begin(Sampling::NONE) }
    }

    /// The beginning of a trace of its own, of which this decides whether it is recorded.
    pub fn begin(sampling: Sampling) -> Self {
        let mut bytes = [0; 24];
        crate::random::fill(&mut bytes);
        let (trace, span) = bytes.split_at(16);
        // Neither may be zero, which one in more than 10^18 would be.
        let trace = u128::from_be_bytes(trace.try_into().unwrap_or([1; 16])).max(1);
        let span = u64::from_be_bytes(span.try_into().unwrap_or([1; 8])).max(1);
        Self { trace, span, sampled: sampling.takes(trace) }
    }

    /// Reads `traceparent`, of version 00 or of a later one that begins alike.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let version = hex(fields.next()?, 2)?;
        let trace = hex(fields.next()?, 32)?;
        let span = u64::try_from(hex(fields.next()?, 16)?).ok()?;
        let flags = hex(fields.next()?, 2)?;
        let ends = fields.next().is_none();
        let valid = version != 0xff && (version != 0 || ends) && trace != 0 && span != 0;
        valid.then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// From the texts of its two ids.
    pub(crate) fn of_ids(trace: &str, span: &str, sampled: bool) -> Option<Self> {
        Self::parse(&format!("00-{trace}-{span}-{:02x}", u8::from(sampled)))
    }

    /// What a request carries; nothing where it carries none, two, or a broken one.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        let only = all.next()?;
        if all.next().is_some() {
            return None;
        }
        Self::parse(only.to_str().ok()?)
    }

    /// The context for a call that this request makes: the same trace, a span of its own.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: span(), ..self }
    }

    /// The id of the trace, in 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The id of the span, in 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// The ids as numbers, of the trace and of the span.
    #[cfg(feature = "otel")]
    pub(crate) const fn numbers(&self) -> (u128, u64) {
        (self.trace, self.span)
    }

    /// Whether the trace is recorded.
    pub const fn sampled(&self) -> bool {
        self.sampled
    }

    /// The value of `traceparent`.
    pub fn header(&self) -> HeaderValue {
        // Hexadecimal digits and dashes always make a header value.
        HeaderValue::try_from(self.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

fn span() -> u64 {
    let mut bytes = [0; 8];
    crate::random::fill(&mut bytes);
    u64::from_be_bytes(bytes).max(1)
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(lower)).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Sampling, TraceContext};

    #[test]
    fn reads_what_the_specification_says() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(text).unwrap();
        assert_eq!(context.to_string(), text);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(context.sampled());
        let child = context.child();
        assert_eq!(child.trace_id(), context.trace_id());
        assert_ne!(child.span_id(), context.span_id());
        assert!(
            TraceContext::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some()
        );
        let begun = TraceContext::start(false);
        assert_eq!(TraceContext::parse(&begun.to_string()), Some(begun));
    }

    #[test]
    fn a_share_of_the_traces_is_sampled() {
        let sampled = |sampling| (0..20_000).filter(|_| TraceContext::begin(sampling).sampled()).count();
        assert_eq!((sampled(Sampling::NONE), sampled(Sampling::ALL)), (0, 20_000));
        assert_eq!((Sampling::ratio(-1.0), Sampling::ratio(7.0)), (Sampling::NONE, Sampling::ALL));
        assert_eq!(Sampling::ratio(f64::NAN), Sampling::NONE);
        let tenth = sampled(Sampling::ratio(0.1));
        assert!((1_700..2_300).contains(&tenth), "{tenth}");
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }
}
