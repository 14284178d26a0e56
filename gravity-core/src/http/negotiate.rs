//! Content negotiation: whether the client accepts what a route answers with.

use http::header::ACCEPT;

use super::parts::Parts;
use super::problem::Problem;
use super::problems;

/// Refuses a request that accepts none of the route's media types.
pub(crate) fn accepts(parts: &Parts) -> Result<(), Problem> {
    let offered = parts.route().media;
    // Most clients say nothing, or that they take anything: the router has seen that already.
    if offered.is_empty() || !parts.matched.picky {
        return Ok(());
    }
    let mut ranges = parts
        .headers()
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    // An Accept header that says nothing accepts everything.
    if ranges.peek().is_none() || ranges.any(|range| offered.iter().any(|media| covers(range, media))) {
        return Ok(());
    }
    Err(Problem::new(problems::NOT_ACCEPTABLE)
        .detail(format!("This address answers with {}.", offered.join(", "))))
}

/// Whether a media range such as `application/*;q=0.5` covers a media type. A weight of 0 excludes it.
fn covers(range: &str, media: &str) -> bool {
    let mut pieces = range.split(';').map(str::trim);
    let wanted = pieces.next().unwrap_or_default();
    let refused =
        pieces.filter_map(|piece| piece.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0_f32));
    let bare = media.split(';').next().unwrap_or(media);
    let matches = wanted == "*/*"
        || wanted.eq_ignore_ascii_case(bare)
        || wanted.strip_suffix("/*").is_some_and(|kind| {
            bare.split_once('/').is_some_and(|(offered, _)| offered.eq_ignore_ascii_case(kind))
        });
    matches && !refused
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn ranges_cover_types() {
        for (range, covered) in [
            ("*/*", true),
            ("application/*", true),
            ("APPLICATION/JSON", true),
            ("application/json;q=0.1", true),
            ("application/json; q=0", false),
            ("text/*", false),
            ("text/html", false),
            ("*", false),
        ] {
            assert_eq!(covers(range, "application/json"), covered, "{range}");
        }
        assert!(covers("text/plain", "text/plain; charset=utf-8"));
    }
}
