//! [`narrow`]: what two lists of grants have in common.

use gravity_core::{Grant, Grants};

/// What both cover: of each two grants, the narrower where one covers the other.
pub(crate) fn narrow(held: &Grants, scopes: &Grants) -> Grants {
    let pairs = held.iter().flat_map(|one| scopes.iter().map(move |other| (one, other)));
    pairs.filter_map(|(one, other)| narrower(one, other)).cloned().collect()
}

fn narrower<'a>(one: &'a Grant, other: &'a Grant) -> Option<&'a Grant> {
    let covers =
        |wide: &Grant, slim: &Grant| Grants::from([wide.clone()]).include(&Grants::from([slim.clone()]));
    if covers(one, other) { Some(other) } else { covers(other, one).then_some(one) }
}

/// The first grant that is wanted and not held.
pub(crate) fn lacking<'a>(held: &Grants, wanted: &'a Grants) -> Option<&'a Grant> {
    wanted.iter().find(|grant| !held.include(&Grants::from([(*grant).clone()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_cover_is_left() {
        let both = |held: &str, scopes: &str| narrow(&held.parse().unwrap(), &scopes.parse().unwrap());
        for (held, scopes, left) in [
            ("*", "users:read", "users:read"),
            ("users:read orders:*", "*", "users:read orders:*"),
            ("users:* orders:read", "users:read orders:*", "users:read orders:read"),
            ("users:read", "users:write", ""),
            ("users:read", "", ""),
        ] {
            assert_eq!(both(held, scopes), left.parse().unwrap(), "{held} and {scopes}");
            assert_eq!(both(scopes, held), left.parse().unwrap(), "{scopes} and {held}");
        }
        let held: Grants = "users:* orders:read".parse().unwrap();
        assert_eq!(lacking(&held, &"users:write orders:*".parse().unwrap()).unwrap().as_str(), "orders:*");
        assert_eq!(lacking(&held, &"users:write".parse().unwrap()), None);
    }
}
