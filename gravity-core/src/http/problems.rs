//! The kinds of problem that the HTTP seam itself answers with.

use http::StatusCode;

use super::problem::ProblemKind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal;)*) => {
        $($(#[$doc])* pub const $name: ProblemKind = ProblemKind::new(StatusCode::$status, $code, $title);)*
    };
}

kinds! {
    /// The request breaks the rules of HTTP.
    BAD_REQUEST = BAD_REQUEST, "http.bad_request", "The request is malformed.";
    /// A path or query parameter, or a header, is not what it must be.
    BAD_PARAMETER = BAD_REQUEST, "http.bad_parameter", "A parameter of the request is not valid.";
    /// The cursor, or the order, does not belong to this list.
    INVALID_CURSOR = BAD_REQUEST, "invalid_cursor", "The cursor or the order does not belong to this list.";
    /// The body cannot be read as what it claims to be.
    BAD_BODY = BAD_REQUEST, "http.bad_body", "The body of the request cannot be read.";
    /// No credentials, or none that hold.
    UNAUTHENTICATED = UNAUTHORIZED, "http.unauthenticated", "Sign in to do this.";
    /// The caller may not do this.
    FORBIDDEN = FORBIDDEN, "http.forbidden", "You may not do this.";
    /// No route has this path.
    NOT_FOUND = NOT_FOUND, "http.not_found", "There is nothing at this address.";
    /// The path exists, the method does not.
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED, "http.method_not_allowed", "This address does not take this method.";
    /// The client takes none of the media types that the route can answer with.
    NOT_ACCEPTABLE = NOT_ACCEPTABLE, "http.not_acceptable", "None of the accepted media types can be had here.";
    /// The client took too long to send its request.
    REQUEST_TIMEOUT = REQUEST_TIMEOUT, "http.request_timeout", "The request took too long to arrive.";
    /// The request was meant for another version of the thing.
    PRECONDITION_FAILED = PRECONDITION_FAILED, "http.precondition_failed", "The thing has changed since the version that the request names.";
    /// The body is larger than the route takes.
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE, "http.body_too_large", "The body of the request is too large.";
    /// The address is longer than the limit.
    URI_TOO_LONG = URI_TOO_LONG, "http.uri_too_long", "The address is too long.";
    /// The body is of a media type that the route does not take.
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, "http.unsupported_media_type", "The body is of a media type that is not taken here.";
    /// The byte range lies outside the file.
    RANGE_NOT_SATISFIABLE = RANGE_NOT_SATISFIABLE, "http.range_not_satisfiable", "The requested range lies outside the file.";
    /// The input was read and is not valid; its faults are listed.
    INVALID = UNPROCESSABLE_ENTITY, "http.invalid", "The input is not valid.";
    /// The client must upgrade the connection.
    UPGRADE_REQUIRED = UPGRADE_REQUIRED, "http.upgrade_required", "This address speaks WebSocket only.";
    /// Too many requests.
    TOO_MANY_REQUESTS = TOO_MANY_REQUESTS, "http.too_many_requests", "Too many requests; try again later.";
    /// The header fields are larger than the limit.
    HEADERS_TOO_LARGE = REQUEST_HEADER_FIELDS_TOO_LARGE, "http.headers_too_large", "The header fields are too large.";
    /// A fault of ours.
    INTERNAL = INTERNAL_SERVER_ERROR, "http.internal", "Something went wrong on our side.";
    /// Not now: overloaded, or something we need is down.
    UNAVAILABLE = SERVICE_UNAVAILABLE, "http.unavailable", "The service cannot answer now; try again later.";
    /// The database cannot be reached, or is too busy.
    DATABASE_UNAVAILABLE = SERVICE_UNAVAILABLE, "database_unavailable", "The service cannot reach its data now; try again later.";
    /// The route's time limit passed.
    TIMEOUT = SERVICE_UNAVAILABLE, "http.timeout", "The answer took too long.";
}
