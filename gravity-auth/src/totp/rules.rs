//! [`Totp`].

use std::time::Duration;

use gravity_core::security::constant_time_eq;
use gravity_core::{SecretString, Timestamp};
use ring::hmac;
use zeroize::{Zeroize, Zeroizing};

use super::{TotpAlgorithm, TotpSecret, TotpStep};

/// How one-time passwords are made: by SHA-1, of 6 digits, a new one every 30 seconds, unless said otherwise. Those
/// are the settings that every app knows.
///
/// ```
/// use gravity_auth::totp::{Totp, TotpAlgorithm, TotpRefused, TotpSecret};
/// use gravity_core::Clock;
///
/// let totp = Totp::default();
/// let secret = TotpSecret::generate(TotpAlgorithm::Sha1).unwrap();
/// let now = Clock::system().now();
///
/// let typed = totp.code(&secret, now);
/// let step = totp.verify(&secret, typed.expose(), now, None).unwrap();
/// // The store keeps the step, and the same password is not taken again.
/// assert_eq!(totp.verify(&secret, typed.expose(), now, Some(step)), Err(TotpRefused::Replayed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totp {
    algorithm: TotpAlgorithm,
    digits: u8,
    period: Duration,
    drift: u8,
}

/// A setting that one-time passwords cannot be made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TotpConfigError {
    /// There are 6 to 8 digits.
    #[error("a one-time password has 6 to 8 digits")]
    Digits,
    /// A password holds for 15 to 120 seconds, whole ones.
    #[error("a one-time password is for 15 to 120 whole seconds")]
    Period,
    /// A clock may be off by up to 10 steps.
    #[error("a clock may be off by up to 10 steps")]
    Drift,
}

/// Why a one-time password was refused. The difference is for the log: who typed it learns that it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TotpRefused {
    /// It is not the password of now, nor of the steps around it.
    #[error("the one-time password is wrong")]
    Wrong,
    /// It is right, and it, or a later one, was used before.
    #[error("the one-time password was used before")]
    Replayed,
}

impl Default for Totp {
    fn default() -> Self {
        Self { algorithm: TotpAlgorithm::Sha1, digits: 6, period: Duration::from_secs(30), drift: 1 }
    }
}

impl Totp {
    /// Which hash is used.
    pub fn with_algorithm(mut self, algorithm: TotpAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How many digits a password has: 6 to 8.
    pub fn with_digits(mut self, digits: u8) -> Result<Self, TotpConfigError> {
        if !(6..=8).contains(&digits) {
            return Err(TotpConfigError::Digits);
        }
        self.digits = digits;
        Ok(self)
    }

    /// How long one password is the current one: 15 to 120 whole seconds.
    pub fn with_period(mut self, period: Duration) -> Result<Self, TotpConfigError> {
        if !(15..=120).contains(&period.as_secs()) || period.subsec_nanos() != 0 {
            return Err(TotpConfigError::Period);
        }
        self.period = period;
        Ok(self)
    }

    /// By how many steps the clock of an app may be off, to either side: 0 to 10, by default 1. Each step gives who
    /// guesses two chances more.
    pub fn with_drift(mut self, steps: u8) -> Result<Self, TotpConfigError> {
        if steps > 10 {
            return Err(TotpConfigError::Drift);
        }
        self.drift = steps;
        Ok(self)
    }

    /// Which hash is used.
    pub const fn algorithm(&self) -> TotpAlgorithm {
        self.algorithm
    }

    /// How many digits a password has.
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// How long one password is the current one.
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// The password of a time.
    pub fn code(&self, secret: &TotpSecret, at: Timestamp) -> SecretString {
        self.code_of(&self.algorithm.key(secret.expose()), TotpStep::of(at, self.period))
    }

    /// The step that what somebody typed is the password of: of now, or of a step around it, and later than the one
    /// that was accepted last. Spaces and hyphens are passed over.
    ///
    /// The caller keeps the step by compare-and-set (only if the one that is kept is still lower), and lets nobody in
    /// where that fails: of two that show one password at the same time one is let in. It counts the failures too:
    /// there are a million passwords, and three of them are right.
    ///
    /// All steps are gone through, and compared in constant time, whichever fits.
    pub fn verify(
        &self,
        secret: &TotpSecret,
        typed: &str,
        now: Timestamp,
        last: Option<TotpStep>,
    ) -> Result<TotpStep, TotpRefused> {
        let typed = self.digits_of(typed).ok_or(TotpRefused::Wrong)?;
        let key = self.algorithm.key(secret.expose());
        let mut found = None;
        for step in TotpStep::of(now, self.period).around(self.drift) {
            // The latest that fits: were two steps to have one password, it would not be taken for both.
            if constant_time_eq(self.code_of(&key, step).expose(), &*typed) {
                found = Some(step);
            }
        }
        let step = found.ok_or(TotpRefused::Wrong)?;
        if last.is_some_and(|last| step <= last) { Err(TotpRefused::Replayed) } else { Ok(step) }
    }

    /// The digits of what somebody typed, if there are as many as there have to be.
    fn digits_of(&self, typed: &str) -> Option<Zeroizing<String>> {
        let mut digits = Zeroizing::new(String::with_capacity(8));
        for letter in typed.trim().chars() {
            match letter {
                ' ' | '-' | '\u{a0}' => {}
                '0'..='9' if digits.len() < usize::from(self.digits) => digits.push(letter),
                _ => return None,
            }
        }
        (digits.len() == usize::from(self.digits)).then_some(digits)
    }

    /// RFC 4226, section 5.3.
    fn code_of(&self, key: &hmac::Key, step: TotpStep) -> SecretString {
        let tag = hmac::sign(key, &step.counter().to_be_bytes());
        let tag = tag.as_ref();
        let offset = tag.last().map_or(0, |last| usize::from(last & 0xf));
        // Every hash is longer than 19 bytes.
        let chosen = tag.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        let mut number = (u32::from_be_bytes(chosen) & 0x7fff_ffff) % 10_u32.pow(u32::from(self.digits));
        let code = SecretString::new(format!("{number:0width$}", width = usize::from(self.digits)));
        number.zeroize();
        code
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    /// RFC 6238, appendix B; the secrets as the reference implementation and the errata have them.
    #[test]
    fn codes_by_the_published_vectors() {
        let digits = b"1234567890".repeat(7);
        for (time, sha1, sha256, sha512) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            for (algorithm, length, code) in [
                (TotpAlgorithm::Sha1, 20, sha1),
                (TotpAlgorithm::Sha256, 32, sha256),
                (TotpAlgorithm::Sha512, 64, sha512),
            ] {
                let totp = Totp::default().with_algorithm(algorithm).with_digits(8).unwrap();
                let secret = TotpSecret::from_bytes(&digits[..length]).unwrap();
                assert_eq!(totp.code(&secret, at(time)).expose(), code);
                assert!(totp.verify(&secret, code, at(time), None).is_ok());
            }
        }
    }

    /// RFC 4226, appendix D: the counters 0 to 9.
    #[test]
    fn counters_by_the_published_vectors() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, code) in (0_i64..).zip(codes) {
            assert_eq!(Totp::default().code(&secret(), at(30 * step)).expose(), code);
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let totp = Totp::default();
        let now = at(1_800_000_015);
        for (off, is_taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = totp.code(&secret(), at(1_800_000_015 + off));
            let outcome = totp.verify(&secret(), code.expose(), now, None);
            assert_eq!(outcome.is_ok(), is_taken, "{off}");
        }
        let exact = totp.with_drift(0).unwrap();
        let before = totp.code(&secret(), at(1_799_999_985));
        assert_eq!(exact.verify(&secret(), before.expose(), now, None), Err(TotpRefused::Wrong));
    }

    #[test]
    fn none_is_taken_twice_and_none_that_came_before() {
        let totp = Totp::default();
        let code = |seconds| totp.code(&secret(), at(seconds));
        let now = at(1_800_000_000);
        let ahead = totp.verify(&secret(), code(1_800_000_030).expose(), now, None).unwrap();
        assert_eq!(ahead.number(), 60_000_001);
        for seconds in [1_799_999_970, 1_800_000_000, 1_800_000_030] {
            let outcome = totp.verify(&secret(), code(seconds).expose(), now, Some(ahead));
            assert_eq!(outcome, Err(TotpRefused::Replayed));
        }
        let later = totp.verify(&secret(), code(1_800_000_060).expose(), at(1_800_000_060), Some(ahead));
        assert!(later.unwrap() > ahead);
        // The clock is set back: what was accepted stays used.
        let earlier = totp.verify(&secret(), code(1_700_000_000).expose(), at(1_700_000_000), Some(ahead));
        assert_eq!(earlier, Err(TotpRefused::Replayed));
    }

    #[test]
    fn what_people_type_is_forgiven_and_nothing_else() {
        let totp = Totp::default();
        let verify = |typed: &str| totp.verify(&secret(), typed, at(0), None);
        for typed in ["755224", " 755 224\n", "755-224", "755\u{a0}224"] {
            assert!(verify(typed).is_ok(), "{typed}");
        }
        for typed in
            ["", "75522", "7552244", "755224 0", "０７５５２２４", "755.224", "+55224", "755224\0", "٧٥٥٢٢٤"]
        {
            assert_eq!(verify(typed), Err(TotpRefused::Wrong), "{typed}");
        }
        assert_eq!(verify(&"7".repeat(1 << 20)), Err(TotpRefused::Wrong));
    }

    #[test]
    fn settings_are_bounded() {
        let totp = Totp::default();
        assert_eq!(totp.with_digits(5), Err(TotpConfigError::Digits));
        assert_eq!(totp.with_digits(9), Err(TotpConfigError::Digits));
        assert_eq!(totp.with_drift(11), Err(TotpConfigError::Drift));
        for period in [Duration::ZERO, Duration::from_secs(14), Duration::from_millis(30_500), Duration::MAX]
        {
            assert_eq!(totp.with_period(period), Err(TotpConfigError::Period));
        }
    }

    proptest! {
        #[test]
        fn a_code_is_its_steps(seconds in any::<i32>(), digits in 6..=8_u8, period in 15..=120_u64, last: Option<i64>) {
            let period = Duration::from_secs(period);
            let totp = Totp::default().with_digits(digits).unwrap().with_period(period).unwrap();
            let now = at(i64::from(seconds));
            let code = totp.code(&secret(), now);
            prop_assert_eq!(code.expose().len(), usize::from(digits));
            let last = last.and_then(TotpStep::from_number);
            match totp.verify(&secret(), code.expose(), now, last) {
                Ok(step) => {
                    prop_assert!(last.is_none_or(|last| step > last));
                    prop_assert_eq!(TotpStep::from_number(step.number()), Some(step));
                }
                Err(error) => {
                    prop_assert_eq!(error, TotpRefused::Replayed);
                    prop_assert!(last.is_some());
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(typed: String) {
            let _ = Totp::default().verify(&secret(), &typed, Timestamp::MAX, None);
            let _ = Totp::default().verify(&secret(), &typed, Timestamp::MIN, None);
        }
    }
}
