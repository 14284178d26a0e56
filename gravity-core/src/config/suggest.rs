//! What somebody may have meant.

/// The name that another comes near to, if one does.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.6;
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// `; did you mean ...?`, or nothing.
pub(super) fn did_you_mean(name: Option<impl AsRef<str>>) -> String {
    name.map(|name| format!("; did you mean `{}`?", name.as_ref())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let known = ["listen", "port", "max_body", "workers"];
        for (given, meant) in [
            ("lisen", Some("listen")),
            ("prot", Some("port")),
            ("maxbody", Some("max_body")),
            ("max-body", Some("max_body")),
            ("LISTEN", Some("listen")),
            ("wörkers", Some("workers")),
            ("timeout", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
    }
}
