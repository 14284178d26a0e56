//! [`Memory`]: what Argon2 works in, which goes back to the system when nobody hashes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::Block;

use super::PasswordError;
use super::pool::Pool;

/// Pieces of this size come from the system itself, and go back to it: it is above the highest threshold of glibc,
/// which keeps smaller ones for each thread that has ever had one. What is reserved and never written takes no RAM.
const APART: usize = 33 * 1024 * 1024 / Block::SIZE;

/// Memory for hashes of one size, used again while more of them wait.
#[derive(Debug)]
pub(super) struct Memory {
    /// In blocks of a KiB.
    usual: usize,
    spare: Mutex<Vec<Vec<Block>>>,
    pool: Arc<Pool>,
}

impl Memory {
    /// Memory for hashes that are made in this pool, and take so many KiB as a rule.
    pub(super) fn new(kib: u32, pool: Arc<Pool>) -> Self {
        Self { usual: kib as usize, spare: Mutex::default(), pool }
    }

    /// Does the work with so many blocks, whatever is in them.
    pub(super) fn with<T>(
        &self,
        count: usize,
        work: impl FnOnce(&mut [Block]) -> T,
    ) -> Result<T, PasswordError> {
        let mut blocks = self.take(count)?;
        let done = work(&mut blocks);
        self.give_back(blocks, self.pool.load().waiting > 0);
        Ok(done)
    }

    fn take(&self, count: usize) -> Result<Vec<Block>, PasswordError> {
        let mut blocks = if count == self.usual { self.spare().pop() } else { None }.unwrap_or_default();
        let room = count.max(APART).saturating_sub(blocks.len());
        blocks.try_reserve_exact(room).map_err(|_| PasswordError::Interrupted)?;
        blocks.resize(count, Block::new());
        Ok(blocks)
    }

    /// Keeps them for those who wait, or gives all back where nobody does.
    fn give_back(&self, blocks: Vec<Block>, somebody_waits: bool) {
        if !somebody_waits {
            let spare = std::mem::take(&mut *self.spare());
            drop((spare, blocks));
        } else if blocks.len() == self.usual {
            self.spare().push(blocks);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_gets_what_was_used_and_nobody_leaves_nothing() {
        let memory = Memory::new(64, Arc::new(Pool::new(1, 0)));
        let (one, other) = (memory.take(64).unwrap(), memory.take(64).unwrap());
        assert!(one.len() == 64 && one.capacity() >= APART);
        let place = one.as_ptr();
        memory.give_back(one, true);
        assert_eq!(memory.spare().len(), 1);
        let again = memory.take(64).unwrap();
        assert_eq!(again.as_ptr(), place);
        memory.give_back(again, true);
        // Of another size than usual none is kept.
        memory.give_back(memory.take(128).unwrap(), true);
        assert_eq!(memory.spare().len(), 1);
        memory.give_back(other, false);
        assert!(memory.spare().is_empty());
    }

    #[test]
    fn what_was_in_it_does_not_matter() {
        use argon2::{Algorithm, Argon2, Params, Version};

        let params = Params::new(64, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut blocks = vec![Block::new(); 64];
        let hash = |password: &[u8], blocks: &mut [Block]| {
            let mut hash = [0; 32];
            argon2.hash_password_into_with_memory(password, b"some salt", &mut hash, blocks).unwrap();
            hash
        };
        let first = hash(b"one", &mut blocks);
        assert_ne!(hash(b"other", &mut blocks), first);
        assert_eq!(hash(b"one", &mut blocks), first);
    }
}
