//! The words that people are found by, without case and accents.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Line, Person, PersonName, UserName};

/// How many words of a search count.
const MOST_WORDS: usize = 8;
/// How many letters of a word count.
const MOST_LETTERS: usize = 64;

/// A text without case and accents: what stays the same when somebody types it on another keyboard.
pub fn folded(text: &str) -> String {
    let bare = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let bare = bare.nfkd().filter(|letter| !is_combining_mark(*letter));
    let mut folded = String::with_capacity(text.len());
    for letter in bare {
        // Letters that have no mark to take off, and are typed as others.
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            // As it is written at the end of a word, which capitals do not know.
            'ς' => folded.push('σ'),
            letter => folded.push(letter),
        }
    }
    folded
}

/// The words of a text, folded.
fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(MOST_LETTERS).collect()).collect()
}

/// What is searched for: somebody is found who has, for each of these, a word that begins with it.
pub fn sought(text: &str) -> Vec<String> {
    let mut words = words(text);
    words.truncate(MOST_WORDS);
    words
}

/// The words by which somebody is found, and whether by everybody or by those only who may read all users.
pub fn terms(person: &Person) -> BTreeMap<String, bool> {
    let user = &person.user;
    let names = [&user.first_name, &user.last_name].into_iter().flatten().map(PersonName::as_str);
    let kept = std::iter::once(user.email.key()).chain(names);
    let shown = user.user_name.iter().map(UserName::as_str);
    let shown = shown.chain(person.profile.display_name.iter().map(Line::as_str));
    let mut terms = BTreeMap::new();
    for (text, is_shown) in kept.map(|text| (text, false)).chain(shown.map(|text| (text, true))) {
        for word in words(text) {
            *terms.entry(word).or_default() |= is_shown;
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        for (text, is) in [
            ("Zoë", "zoe"),
            ("ZOE\u{308}", "zoe"),
            ("Łukasz", "lukasz"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("Ångström", "angstrom"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("ＡＤＡ", "ada"),
            ("Ørsted", "orsted"),
            ("Ὀδυσσεύς", "οδυσσευσ"),
            ("ὈΔΥΣΣΕΎΣ", "οδυσσευσ"),
            ("张伟", "张伟"),
        ] {
            assert_eq!(folded(text), is, "{text}");
        }
        assert_eq!(words("Ada.Lovelace@example.org"), ["ada", "lovelace", "example", "org"]);
        assert!(words(" - '\" % _ ").is_empty());
        assert_eq!(sought(&"a ".repeat(100)).len(), 8);
        assert_eq!(words(&"é".repeat(1000))[0].len(), 64);
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_so(text in "\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn capitals_find_the_same(text in "[a-zà-öø-ÿα-ωа-я]{1,20}") {
            prop_assert_eq!(words(&text), words(&text.to_uppercase()));
        }
    }
}
