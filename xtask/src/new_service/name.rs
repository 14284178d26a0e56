//! What a service may be called, and the forms of its name.

use anyhow::{Result, bail};

/// Names that would clash with crates that are there, with the language, or with what a module is called.
const TAKEN: [&str; 25] = [
    "core", "async", "await", "box", "client", "config", "crate", "domain", "dyn", "enum", "error", "http",
    "impl", "item", "match", "mod", "move", "self", "static", "store", "struct", "test", "testing", "type",
    "use",
];

/// The name of a service: lower-case words joined by hyphens.
#[derive(Debug)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn parse(text: &str) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("gravity-") {
            bail!("say `{rest}`: the crate is called gravity-{rest} then");
        }
        if text.len() > 40 || !text.split('-').all(is_word) {
            bail!(
                "`{text}` is no name for a service: lower-case words joined by hyphens, at most 40 letters in all"
            );
        }
        if TAKEN.contains(&text) {
            bail!("`{text}` is taken: it would clash with a module, a crate or a word of the language");
        }
        Ok(Self(text.to_owned()))
    }

    /// `gift-cards`
    pub(super) fn kebab(&self) -> &str {
        &self.0
    }

    /// `gift_cards`
    pub(super) fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `GiftCards`
    pub(super) fn camel(&self) -> String {
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.0.split('-').map(word).collect()
    }

    /// `gravity-gift-cards`
    pub(super) fn package(&self) -> String {
        format!("gravity-{}", self.0)
    }
}

fn is_word(word: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_forms() {
        let name = Name::parse("gift-cards2").unwrap();
        assert_eq!(
            (name.kebab(), name.snake().as_str(), name.camel().as_str()),
            ("gift-cards2", "gift_cards2", "GiftCards2")
        );
        assert_eq!(name.package(), "gravity-gift-cards2");
    }

    #[test]
    fn names_that_make_no_crate_are_refused() {
        let long = "a".repeat(41);
        for bad in [
            "", "-", "a-", "-a", "a--b", "Notes", "2fa", "a-2b", "a_b", "a b", "../x", "é", "core", "type",
            &long,
        ] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
        assert!(Name::parse("gravity-notes").unwrap_err().to_string().contains("`notes`"));
    }
}
