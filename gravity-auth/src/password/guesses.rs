//! How hard a password is to guess.

use std::cmp::Reverse;

/// How many characters are judged at each end of a longer one. What the estimate costs grows with the square of the length
/// and with every sign that may stand for a letter: a hundred of such signs would take most of a second.
const JUDGED: usize = 32;

/// Longer words are looked for as they stand, and in no disguise.
const LONGEST_IN_DISGUISE: usize = 20;

/// Whether fewer guesses than this power of ten find the password, by whoever knows these words, which are lower-case.
///
/// It is so too where nothing hard is left without the words: how they are joined hides nothing.
pub(super) fn is_guessable(password: &str, words: &[String], power: f64) -> bool {
    if power <= 0.0 {
        return false;
    }
    let in_disguise: Vec<&str> =
        words.iter().filter(|word| word.chars().count() <= LONGEST_IN_DISGUISE).map(String::as_str).collect();
    let is_found = |end: &str| zxcvbn::zxcvbn(end, &in_disguise).guesses_log10() < power;
    let is_weak = |text: &str| {
        let [first, last] = ends(text);
        // Of a short text both are the whole, which is judged once.
        is_found(first) && (first.len() == text.len() || is_found(last))
    };
    is_weak(password) || without(password, words).is_some_and(|left| is_weak(&left))
}

/// The beginning and the end of a long text, which are the same of a short one.
fn ends(text: &str) -> [&str; 2] {
    let first = text.char_indices().nth(JUDGED).map_or(text, |(at, _)| &text[..at]);
    let last = text.char_indices().nth_back(JUDGED - 1).map_or(text, |(at, _)| &text[at..]);
    [first, last]
}

/// What is left of a text that holds some of the words.
fn without(text: &str, words: &[String]) -> Option<String> {
    let whole = text.to_lowercase();
    let mut by_length: Vec<&String> = words.iter().filter(|word| whole.contains(word.as_str())).collect();
    by_length.sort_unstable_by_key(|word| Reverse(word.len()));
    let left = by_length.iter().fold(whole.clone(), |left, word| left.replace(word.as_str(), ""));
    (left != whole).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ones_are_judged_by_their_ends() {
        assert_eq!(ends("ab"), ["ab", "ab"]);
        let long = format!("{}ü{}", "a".repeat(31), "é".repeat(40));
        assert_eq!(ends(&long), [&*format!("{}ü", "a".repeat(31)), &*"é".repeat(32)]);
        let exactly = "é".repeat(32);
        assert_eq!(ends(&exactly), [&*exactly, &*exactly]);
        assert!(is_guessable(&"a".repeat(100), &[], 6.0));
        assert!(!is_guessable(&format!("{}kQ7#vR2!xL9@", "a".repeat(40)), &[], 6.0));
    }

    #[test]
    fn words_leave_what_is_hard_by_itself() {
        let words = ["acme".to_owned(), "acmeworks".to_owned()];
        assert_eq!(without("AcmeWorks-2026", &words).as_deref(), Some("-2026"));
        assert_eq!(without("correct horse", &words), None);
        assert!(is_guessable("Acme_Works_Acme!", &["acme".to_owned(), "works".to_owned()], 6.0));
        assert!(!is_guessable("acme is where the gnu sleeps", &words, 6.0));
    }
}
