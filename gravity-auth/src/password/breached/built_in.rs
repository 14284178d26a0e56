//! The list of breached passwords that needs no network.

use gravity_core::SecretString;
use sha1::{Digest, Sha1};

/// How many bytes of a hash are kept: of a hundred million passwords that are not in the list, about twenty seem to be.
const WIDTH: usize = 5;

/// The beginnings of the SHA-1 of each password, in their order. `list.md` beside it says of which.
static LIST: &[u8] = include_bytes!("list.bin");

/// Whether a password stands in the built-in list.
pub(in crate::password) fn is_listed(password: &SecretString) -> bool {
    let hash = Sha1::digest(password.expose().as_bytes());
    let (hashes, _) = LIST.as_chunks::<WIDTH>();
    hashes.binary_search_by(|listed| listed.as_slice().cmp(&hash[..WIDTH])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_in_order() {
        let (hashes, rest) = LIST.as_chunks::<WIDTH>();
        assert!(rest.is_empty() && hashes.is_sorted_by(|one, other| one < other));
        assert!(hashes.len() > 200_000, "{}", hashes.len());
    }

    #[test]
    fn what_was_lost_is_listed_and_nothing_else() {
        for lost in ["password", "12345678", "candyman1", "august21", "01021990", "a5022607", "satellite"] {
            assert!(is_listed(&lost.into()), "{lost}");
        }
        for kept in
            ["correct horse battery", "PASSWORD ", "candyman1 ", "", "ein Pferd frisst keinen Gurkensalat"]
        {
            assert!(!is_listed(&kept.into()), "{kept}");
        }
    }
}
