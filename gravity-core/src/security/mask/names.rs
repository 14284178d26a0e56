//! Which names speak of secrets.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// The longest name that is looked at; a longer one is taken for a secret's.
const LONGEST: usize = 256;

/// Words that make a name speak of a secret wherever they stand in it, also within another word.
const ANYWHERE: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "credential",
    "apikey",
    "privatekey",
    "cardnumber",
    "accountnumber",
    "signature",
];

/// Words that do so only as words of their own, for they are part of harmless ones.
const AS_WORDS: [&str; 16] = [
    "auth", "card", "csc", "cvc", "cvv", "dsn", "iban", "jwt", "otp", "pan", "pass", "pin", "pwd", "salt",
    "sid", "ssn",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    anywhere: BTreeSet<String>,
    as_words: BTreeSet<String>,
    harmless: BTreeSet<String>,
}

impl Default for Names {
    fn default() -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self { anywhere: owned(&ANYWHERE), as_words: owned(&AS_WORDS), harmless: BTreeSet::new() }
    }
}

impl Names {
    pub(super) fn add(&mut self, name: &str) {
        let name = joined(&words(name));
        if !name.is_empty() {
            self.harmless.remove(&name);
            self.as_words.insert(name);
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.harmless.insert(joined(&words(name)));
    }

    pub(super) fn speak_of_a_secret(&self, name: &str) -> bool {
        if name.len() > LONGEST {
            return true;
        }
        let words = words(name);
        let all = joined(&words);
        if self.harmless.contains(&all) {
            return false;
        }
        self.anywhere.iter().any(|word| all.contains(word)) || {
            // Several words in a row may be one that is looked for: `social security number`.
            (0..words.len()).any(|from| {
                (from + 1..=words.len()).any(|until| self.as_words.contains(&joined(&words[from..until])))
            })
        }
    }
}

/// The words of a name, in lower case: `apiKey`, `api_key` and `API-Key` have the same, and
/// so do letters of another width or form.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for letter in name.nfkc() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && before_is_lower);
        before_is_lower = letter.is_lowercase() || letter.is_numeric();
        if begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn joined(words: &[String]) -> String {
    words.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_in_every_spelling() {
        let names = Names::default();
        for name in [
            "password",
            "newPassword",
            "PASSWORD_HASH",
            "user-password",
            "passwd",
            "client_secret",
            "accessToken",
            "refresh_tokens",
            "Authorization",
            "Set-Cookie",
            "apiKey",
            "API_KEY",
            "x-api-key",
            "apikey",
            "privateKey",
            "card",
            "card_number",
            "cardNumber",
            "CVC",
            "pin",
            "user.pin",
            "otp",
            "iban",
            "mytoken",
            "db_pwd",
            "\u{ff50}\u{ff41}ssword",
            "pa\u{17f}\u{17f}word",
            "pass\u{200b}word",
            "\u{1d5c9}\u{1d5ba}\u{1d5cc}\u{1d5cc}",
            &"a".repeat(300),
        ] {
            assert!(names.speak_of_a_secret(name), "{name}");
        }
        for name in [
            "",
            "name",
            "email",
            "author",
            "opinion",
            "shipping",
            "discarded",
            "company",
            "expand",
            "key",
            "id",
            "passenger",
            "japan",
            "saltwater",
            "наименование",
            "cards_total_is_not",
            "authored_at",
        ] {
            assert!(!names.speak_of_a_secret(name), "{name}");
        }
    }

    #[test]
    fn names_are_added_and_taken_away() {
        let mut names = Names::default();
        names.add("Social-Security Number");
        names.add("паспорт");
        names.remove("token_count");
        for name in ["socialSecurityNumber", "his_social_security_number", "ПАСПОРТ"] {
            assert!(names.speak_of_a_secret(name), "{name}");
        }
        assert!(!names.speak_of_a_secret("tokenCount"));
        assert!(names.speak_of_a_secret("token"));
        names.add("");
        assert!(!names.speak_of_a_secret("anything"));
    }

    #[test]
    fn long_names_take_no_time() {
        assert!(Names::default().speak_of_a_secret(&"a_".repeat(1_000_000)));
        assert!(!Names::default().speak_of_a_secret(&"a_".repeat(LONGEST / 2)));
    }
}
