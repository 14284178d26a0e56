//! [`Remembered`]: signatures that were found good.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use ring::digest::{Context, SHA256};

/// How many signatures each of two generations has room for: as many as fit before a table of 8,192 places grows.
const ROOM: usize = 7_168;

/// Signatures of one key that were found good, so that who comes again with the same token does not cost another
/// check. What a token says is looked at each time all the same.
///
/// It is bounded: when a generation is full, those that nobody has come with since the one before are forgotten. What
/// does not hold is never kept, so that nobody who has no token displaces those who have.
#[derive(Default)]
pub(super) struct Remembered(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashSet<Digest>,
    old: HashSet<Digest>,
}

type Digest = [u8; 32];

impl Remembered {
    /// Whether this signature of the message was found good, or is so now.
    pub(super) fn or_check(&self, message: &[u8], signature: &[u8], check: impl FnOnce() -> bool) -> bool {
        let digest = digest(message, signature);
        let was_good = self.lock().has(&digest);
        // Nobody waits for the check of somebody else.
        let is_good = was_good || check();
        if is_good && !was_good {
            self.lock().keep(digest);
        }
        is_good
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn has(&mut self, digest: &Digest) -> bool {
        if self.young.contains(digest) {
            return true;
        }
        let was_old = self.old.remove(digest);
        if was_old {
            self.keep(*digest);
        }
        was_old
    }

    fn keep(&mut self, digest: Digest) {
        if self.young.len() >= ROOM {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest);
    }
}

/// The hash of both, of which nobody finds two that are alike.
fn digest(message: &[u8], signature: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(&(message.len() as u64).to_be_bytes());
    context.update(message);
    context.update(signature);
    let mut digest = Digest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it was known.
    fn knows(remembered: &Remembered, message: &[u8], signature: &[u8]) -> bool {
        let mut was_asked = false;
        let is_good = remembered.or_check(message, signature, || {
            was_asked = true;
            true
        });
        assert!(is_good);
        !was_asked
    }

    #[test]
    fn what_was_good_is_not_checked_again() {
        let remembered = Remembered::default();
        assert!(!knows(&remembered, b"message", b"signature"));
        assert!(knows(&remembered, b"message", b"signature"));
        for (message, signature) in
            [("messages", "ignature"), ("messag", "esignature"), ("message", "Signature"), ("", "")]
        {
            assert!(!remembered.or_check(message.as_bytes(), signature.as_bytes(), || false));
        }
    }

    #[test]
    fn what_is_not_good_is_checked_each_time() {
        let remembered = Remembered::default();
        assert!(!remembered.or_check(b"message", b"forged", || false));
        assert!(!remembered.or_check(b"message", b"forged", || false));
        assert!(remembered.lock().young.is_empty());
    }

    #[test]
    fn it_is_bounded_and_keeps_those_who_come_again() {
        let remembered = Remembered::default();
        for number in 0..3 * ROOM {
            knows(&remembered, &number.to_be_bytes(), b"");
            assert!(number == 0 || knows(&remembered, b"often", b"") || number == 1, "{number}");
        }
        let generations = remembered.lock();
        assert!(generations.young.len() <= ROOM && generations.old.len() <= ROOM);
        assert!(!generations.old.contains(&digest(&0_usize.to_be_bytes(), b"")));
    }
}
