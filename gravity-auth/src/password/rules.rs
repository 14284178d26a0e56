//! [`PasswordRules`].

use std::fmt;
use std::sync::Arc;

use gravity_core::SecretString;
use gravity_core::security::password::normal;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::breached::{BreachedPasswords, NoBreaches, is_breached, is_listed};
use super::guesses::is_guessable;

/// What a new password has to be: 8 to 100 characters, hard to guess, and not known to have been in a breach.
///
/// How hard it is to guess is estimated by zxcvbn, which knows the 30,000 most common passwords, names, keyboard walks,
/// dates and repetitions, and is told what the user is called; it is made beside what the application does else, on as many
/// threads as there are cores. 200,000 passwords that were lost in breaches are built in.
/// That works offline. Those of more breaches are asked for through a port; while it is down, a password is judged
/// without it.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use gravity_auth::password::{PasswordRules, WeakPassword};
///
/// let rules = PasswordRules::default();
/// assert!(rules.check(&"correct horse battery".into(), &[]).await.is_ok());
/// assert_eq!(rules.check(&"short".into(), &[]).await, Err(WeakPassword::TooShort { least: 8 }));
/// assert_eq!(rules.check(&"password1".into(), &[]).await, Err(WeakPassword::TooCommon));
/// assert_eq!(rules.check(&"lovelace1815".into(), &["ada.lovelace1815@example.org"]).await, Err(WeakPassword::TooCommon));
/// # })
/// ```
#[derive(Clone)]
pub struct PasswordRules {
    least: usize,
    most: usize,
    guesses_log10: f64,
    words: Arc<[String]>,
    breached: Arc<dyn BreachedPasswords>,
    /// As many are judged at a time.
    turns: Arc<Semaphore>,
}

/// What is wrong with a new password. It never says what the password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakPassword {
    /// It has too few characters.
    #[error("it has fewer than {least} characters")]
    TooShort {
        /// How many it has to have.
        least: usize,
    },
    /// It has too many characters.
    #[error("it has more than {most} characters")]
    TooLong {
        /// How many it may have.
        most: usize,
    },
    /// It is among the first that an attacker would try.
    #[error("it is easy to guess")]
    TooCommon,
    /// It is known to have been in a breach.
    #[error("it is known to have been stolen elsewhere")]
    Breached,
}

impl WeakPassword {
    /// The code of this fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::TooCommon => "too_common",
            Self::Breached => "breached",
        }
    }
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            least: 8,
            most: 100,
            guesses_log10: 6.0,
            words: Arc::default(),
            breached: Arc::new(NoBreaches),
            turns: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from))),
        }
    }
}

impl PasswordRules {
    /// How many characters it has: at least 8, by the standard, and at most 256.
    #[must_use]
    pub fn with_length(mut self, least: usize, most: usize) -> Self {
        self.least = least.clamp(8, 64);
        self.most = most.clamp(self.least.max(64), 256);
        self
    }

    /// How many guesses it has to withstand, as a power of ten; 6 by default, and 0 asks for nothing.
    #[must_use]
    pub fn with_guesses_log10(mut self, power: f64) -> Self {
        self.guesses_log10 = power;
        self
    }

    /// Words that whoever knows the application tries first: its name, its products, its makers. They make a password no
    /// harder to guess, whatever their case and with digits for letters. Those of fewer than 3 bytes are left out, and of
    /// more than 1,000 the rest.
    #[must_use]
    pub fn with_words(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let words = words.into_iter().map(|word| plain(&word.into()));
        self.words = words.filter(|word| is_word(word)).take(1_000).collect();
        self
    }

    /// Who knows passwords that were in breaches.
    #[must_use]
    pub fn with_breached(mut self, breached: impl BreachedPasswords) -> Self {
        self.breached = Arc::new(breached);
        self
    }

    /// Whether this may be a password of somebody about whom everybody knows this: address, names.
    pub async fn check(&self, password: &SecretString, about: &[&str]) -> Result<(), WeakPassword> {
        // Judged as it is hashed: whatever stands for the same letters lets in.
        let password = &normal(password.clone()).map_err(|_| WeakPassword::TooLong { most: self.most })?;
        let length = password.expose().chars().take(self.most + 1).count();
        if length < self.least {
            return Err(WeakPassword::TooShort { least: self.least });
        }
        if length > self.most {
            return Err(WeakPassword::TooLong { most: self.most });
        }
        if self.is_guessable(password, about).await {
            return Err(WeakPassword::TooCommon);
        }
        if is_listed(password) {
            return Err(WeakPassword::Breached);
        }
        match is_breached(&*self.breached, password).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(WeakPassword::Breached),
            Err(error) => {
                tracing::warn!(%error, "a new password was not compared with those of breaches");
                Ok(())
            }
        }
    }

    async fn is_guessable(&self, password: &SecretString, about: &[&str]) -> bool {
        // `ada.lovelace@example.org` is told as a whole and in its parts.
        let parts = about.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
        let theirs = about.iter().copied().chain(parts).map(plain).filter(|word| is_word(word)).take(32);
        let mut words: Vec<String> = theirs.collect();
        words.extend(self.words.iter().filter(|word| !words.contains(word)).cloned().collect::<Vec<_>>());
        let (password, power) = (password.clone(), self.guesses_log10);
        // It is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let judged = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            is_guessable(password.expose(), &words, power)
        });
        // Of one that could not be judged nobody knows that it is hard.
        judged.await.unwrap_or(true)
    }
}

/// A word as it is compared.
fn plain(word: &str) -> String {
    word.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// Whether it is long enough to say something.
fn is_word(word: &str) -> bool {
    word.len() > 2
}

impl fmt::Debug for PasswordRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRules")
            .field("least", &self.least)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use gravity_core::Error;

    use super::super::HashPrefix;
    use super::*;

    async fn check(password: &str) -> Result<(), WeakPassword> {
        PasswordRules::default().check(&password.into(), &["ada@example.org", "Ada", "Lovelace"]).await
    }

    #[tokio::test]
    async fn length_is_counted_in_characters() {
        assert_eq!(check("aB3$xY7").await, Err(WeakPassword::TooShort { least: 8 }));
        assert_eq!(check("é€🦀ß∂ƒ©˙").await, Ok(()));
        // Seven letters, each typed as two.
        assert_eq!(check(&"e\u{301}".repeat(7)).await, Err(WeakPassword::TooShort { least: 8 }));
        let long = "Zx9 ".repeat(25);
        assert_eq!(check(&format!("{long}!")).await, Err(WeakPassword::TooLong { most: 100 }));
        assert_eq!(check(&"a".repeat(1 << 20)).await, Err(WeakPassword::TooLong { most: 100 }));
    }

    #[tokio::test]
    async fn what_is_tried_first_is_refused() {
        for common in [
            "password",
            "Passw0rd!",
            "12345678",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "abcdefgh",
            "lovelace",
            "ada@example.org",
            "letmein1",
        ] {
            assert_eq!(check(common).await, Err(WeakPassword::TooCommon), "{common}");
        }
        for good in [
            "correct horse battery",
            "tr0ub4dor&3xyz",
            "ein Pferd frisst keinen Gurkensalat",
            "密码是一个很长的句子",
        ] {
            assert_eq!(check(good).await, Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn words_of_the_organisation_make_no_password() {
        let check = async |words: &[&str], password: &str| {
            let rules = PasswordRules::default().with_words(words.iter().copied());
            rules.check(&password.into(), &["Ada"]).await
        };
        for password in
            ["Grünwald-Apparatebau", "zweckverband2026", "Zw3ckv3rb4nd!", "Zweckverband_Apparatebau!"]
        {
            assert_eq!(check(&[], password).await, Ok(()), "{password}");
            let words = ["grünwald", "Zweckverband", "apparatebau"];
            assert_eq!(check(&words, password).await, Err(WeakPassword::TooCommon), "{password}");
            assert_eq!(check(&words, &format!("{password}, sagte der Gurkensalat")).await, Ok(()));
        }
    }

    /// It is the same password once it is hashed.
    #[tokio::test]
    async fn other_letters_hide_nothing() {
        for (disguised, expected) in [
            ("ｐａｓｓｗｏｒｄ１", WeakPassword::TooCommon),
            ("ｌｏｖｅｌａｃｅ", WeakPassword::TooCommon),
            ("ﬁｎﬁ", WeakPassword::TooShort { least: 8 }),
        ] {
            assert_eq!(check(disguised).await, Err(expected), "{disguised}");
        }
        let rules = PasswordRules::default().with_guesses_log10(0.0);
        assert_eq!(rules.check(&"ｃａｎｄｙｍａｎ１".into(), &[]).await, Err(WeakPassword::Breached));
        let rules = PasswordRules::default().with_words(["gru\u{308}nwald"]);
        assert_eq!(rules.check(&"Gr\u{fc}nwald2026".into(), &[]).await, Err(WeakPassword::TooCommon));
        assert_eq!(rules.check(&"Gru\u{308}nwald2026".into(), &[]).await, Err(WeakPassword::TooCommon));
    }

    #[tokio::test]
    async fn breaches_are_known_offline() {
        // No estimate would mind it.
        let rules = PasswordRules::default().with_guesses_log10(0.0);
        assert_eq!(rules.check(&"candyman1".into(), &[]).await, Err(WeakPassword::Breached));
        assert_eq!(rules.check(&"candyman1 and more".into(), &[]).await, Ok(()));
    }

    struct Known(Result<&'static str, ()>);

    #[async_trait]
    impl BreachedPasswords for Known {
        async fn suffixes(&self, prefix: &HashPrefix) -> Result<Vec<String>, Error> {
            assert_eq!(prefix.as_str().len(), 5);
            self.0.map(|suffix| vec!["0".repeat(35), suffix.to_owned()]).map_err(|()| Error::internal("down"))
        }
    }

    #[tokio::test]
    async fn breaches_are_asked_for_and_may_be_down() {
        let check = async |known| {
            let rules = PasswordRules::default().with_guesses_log10(0.0).with_breached(Known(known));
            rules.check(&"correct horse battery".into(), &[]).await
        };
        assert_eq!(check(Ok("c62ece399a22ed30d490ef333be7fde7385")).await, Err(WeakPassword::Breached));
        assert_eq!(check(Ok("C62ECE399A22ED30D490EF333BE7FDE7380")).await, Ok(()));
        assert_eq!(check(Err(())).await, Ok(()));
    }
}
