//! The opening handshake: RFC 6455, section 4.2.

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine, alphabet};
use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Method, Version};
use sha1::{Digest, Sha1};

use crate::http::{Parts, Problem, problems};

/// Some clients make up a key of random letters, whose last one says more than two bits.
const NONCE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Checks the request, and makes the value of `Sec-WebSocket-Accept`.
pub(crate) fn accept(parts: &Parts) -> Result<HeaderValue, Problem> {
    let headers = parts.headers();
    if parts.head().version >= Version::HTTP_2 {
        return Err(Problem::new(problems::UPGRADE_REQUIRED)
            .detail("WebSockets are spoken over HTTP/1.1 here; ask again with that."));
    }
    if parts.method() != Method::GET {
        return Err(bad("A WebSocket is opened with GET."));
    }
    if parts.head().version < Version::HTTP_11
        || !has_token(headers, &CONNECTION, "upgrade")
        || !has_token(headers, &UPGRADE, "websocket")
    {
        return Err(upgrade_required("Ask for `Upgrade: websocket` with `Connection: upgrade`."));
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return Err(upgrade_required("Version 13 of the protocol is spoken here.")
            .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")));
    }
    // Bytes of a body would be taken for frames by one side and not by the other.
    if headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0")
    {
        return Err(bad("The request that opens a WebSocket has no body."));
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY)
        .filter(|key| NONCE.decode(key).is_ok_and(|nonce| nonce.len() == 16))
        .ok_or_else(|| bad("`Sec-WebSocket-Key` must be 16 bytes in base64, once."))?;
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest))
        .map_err(|error| Problem::new(problems::INTERNAL).because(error))
}

fn bad(detail: &'static str) -> Problem {
    Problem::new(problems::BAD_REQUEST).detail(detail)
}

fn upgrade_required(detail: &'static str) -> Problem {
    Problem::new(problems::UPGRADE_REQUIRED)
        .detail(detail)
        .header(UPGRADE, HeaderValue::from_static("websocket"))
        .header(CONNECTION, HeaderValue::from_static("upgrade"))
}

/// The value of a header that stands there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes().trim_ascii()),
        _ => None,
    }
}

/// Whether a list, which may be spread over several headers, has this token in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|listed| listed.eq_ignore_ascii_case(token))
}

fn tokens<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// The first of the server's subprotocols that the client offers.
pub(crate) fn negotiate<'s>(
    headers: &HeaderMap,
    mut spoken: impl Iterator<Item = &'s str>,
) -> Option<HeaderValue> {
    let found = spoken.find(|own| tokens(headers, &SEC_WEBSOCKET_PROTOCOL).any(|offered| offered == *own))?;
    HeaderValue::from_str(found).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
    use sha1::{Digest, Sha1};

    use super::{Engine, GUID, NONCE, STANDARD, has_token, negotiate};

    #[test]
    fn the_key_of_the_rfc_is_accepted_as_the_rfc_says() {
        let digest = Sha1::new().chain_update("dGhlIHNhbXBsZSBub25jZQ==").chain_update(GUID).finalize();
        assert_eq!(STANDARD.encode(digest), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_of_sixteen_random_bytes_or_letters_will_do() {
        for (key, fits) in [
            ("dGhlIHNhbXBsZSBub25jZQ==", true),
            ("dGhlIHNhbXBsZSBub25jZZ==", true),
            ("dGhlIHNhbXBsZSBub25jZQ", false),
            ("dGhlIHNhbXBsZSBub25j", false),
        ] {
            assert_eq!(NONCE.decode(key).is_ok_and(|nonce| nonce.len() == 16), fits, "{key}");
        }
    }

    #[test]
    fn tokens_are_found_in_any_case_and_over_several_headers() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive ,x"));
        assert!(!has_token(&headers, &CONNECTION, "upgrade"));
        headers.append(CONNECTION, HeaderValue::from_static("close,, UpGrade "));
        assert!(has_token(&headers, &CONNECTION, "upgrade"));
    }

    #[test]
    fn the_server_prefers_among_what_the_client_offers() {
        let mut headers = HeaderMap::new();
        assert_eq!(negotiate(&headers, ["chat"].into_iter()), None);
        headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("a, chat.v1"));
        headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat.v2"));
        let negotiated = negotiate(&headers, ["chat.v3", "chat.v2", "chat.v1"].into_iter());
        assert_eq!(negotiated.unwrap(), "chat.v2");
        assert_eq!(negotiate(&headers, ["CHAT.V1", "chat"].into_iter()), None);
    }
}
