//! Content negotiation: whether the client accepts what a route answers with.

use super::media;
use super::parts::Parts;
use super::problem::Problem;
use super::problems;

/// Refuses a request that accepts none of the route's media types.
pub(crate) fn accepts(parts: &Parts) -> Result<(), Problem> {
    let offered = parts.route().media;
    // Most clients say nothing, or that they take anything: the router has seen that already.
    if offered.is_empty() || !parts.matched.picky || media::best(parts.headers(), offered).is_some() {
        return Ok(());
    }
    Err(Problem::new(problems::NOT_ACCEPTABLE)
        .detail(format!("This address answers with {}.", offered.join(", "))))
}
