//! Hashes of passwords that were made elsewhere, and go on being good until their owners sign in.

mod bcrypt;
mod better_auth;
mod django;

use std::str::FromStr;

use gravity_core::SecretString;
use gravity_core::security::password::{PasswordError, PasswordHasher, Verdict};

use bcrypt::Bcrypt;
use better_auth::BetterAuth;
use django::Django;

/// A hash that was made elsewhere. It is verified until its owner signs in, and is then replaced by one of ours.
///
/// | From | looks like |
/// |---|---|
/// | Argon2 | `$argon2id$v=19$m=65536,t=3,p=4$...`, also `$argon2i$` and `$argon2d$` |
/// | bcrypt, with a cost of 4 to 15 | `$2b$12$...`, also `$2a$` and `$2y$` |
/// | better-auth | salt and hash in hexadecimal, a colon between: scrypt with N = 16384, r = 16, p = 1 |
/// | Django | `pbkdf2_sha256$600000$salt$hash`, with up to 4,000,000 passes |
///
/// How much an Argon2 hash may cost is for the [`PasswordHasher`] to say that verifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedHash {
    text: SecretString,
    scheme: Scheme,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Argon2,
    Foreign(Foreign),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Foreign {
    Bcrypt(Bcrypt),
    BetterAuth(BetterAuth),
    Django(Django),
}

/// The longest text that is looked at.
const LONGEST: usize = 256;

impl FromStr for ImportedHash {
    type Err = PasswordError;

    /// Reads a hash. One that asks for more work than a sign-in may cost is [`PasswordError::Excessive`].
    fn from_str(text: &str) -> Result<Self, PasswordError> {
        let scheme = if is_argon2(text) { Scheme::Argon2 } else { Scheme::Foreign(text.parse()?) };
        Ok(Self { text: text.into(), scheme })
    }
}

impl ImportedHash {
    /// The hash as it is kept, if this hasher verifies such.
    pub(crate) fn into_kept(self, hasher: &PasswordHasher) -> Result<SecretString, PasswordError> {
        if self.scheme == Scheme::Argon2 {
            hasher.check_kept(self.text.expose())?;
        }
        Ok(self.text)
    }
}

impl FromStr for Foreign {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        if text.len() > LONGEST {
            Err(PasswordError::Malformed)
        } else if text.starts_with("$2") {
            Bcrypt::read(text).map(Self::Bcrypt)
        } else if let Some(rest) = text.strip_prefix("pbkdf2_sha256$") {
            Django::read(rest).map(Self::Django)
        } else {
            BetterAuth::read(text).map(Self::BetterAuth)
        }
    }
}

impl Foreign {
    /// Whether this is the password, in constant time but for the password's length. It takes a core for long: go by
    /// [`verify`].
    fn matches(&self, password: &str) -> bool {
        match self {
            Self::Bcrypt(hash) => hash.matches(password),
            Self::BetterAuth(hash) => hash.matches(password),
            Self::Django(hash) => hash.matches(password),
        }
    }
}

fn is_argon2(text: &str) -> bool {
    text.starts_with("$argon2")
}

/// Whether this is the password of a kept hash: one of ours, or one that was made elsewhere, which then needs a
/// rehash. All of them are worked on in the hasher's pool.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use gravity_auth::password::verify;
/// use gravity_core::security::password::{PasswordConfig, PasswordHasher};
///
/// let hasher = PasswordHasher::new(PasswordConfig::default()).unwrap();
/// let kept = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
/// let verdict = verify(&hasher, "a".into(), kept).await.unwrap();
/// assert!(verdict.matches && verdict.needs_rehash);
/// # })
/// ```
pub async fn verify(
    hasher: &PasswordHasher,
    password: SecretString,
    kept: &str,
) -> Result<Verdict, PasswordError> {
    if is_argon2(kept) {
        return hasher.verify(password, kept).await;
    }
    let hash: Foreign = kept.parse()?;
    hasher.verify_foreign(password, move |password| hash.matches(password)).await
}

#[cfg(test)]
mod tests {
    use gravity_core::security::password::PasswordConfig;
    use proptest::prelude::*;

    use super::*;

    fn matches(hash: &str, password: &str) -> bool {
        hash.parse::<Foreign>().unwrap().matches(password)
    }

    /// The vectors of jBCrypt and, for bytes above 127 and long passwords, of `crypt_blowfish`.
    #[test]
    fn bcrypt_by_its_published_vectors() {
        for (password, hash) in [
            ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
            ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("\u{a3}", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        ] {
            // The last is one byte in the original, and is not the two of UTF-8.
            let is_text = password.is_ascii();
            assert_eq!(matches(hash, password), is_text, "{password}");
            assert!(!matches(hash, "another"));
            assert!(!matches(hash, &format!("{password}\0")));
        }
        let long = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        // What is behind 72 bytes was never looked at.
        assert!(matches(hash, &format!("{long}chars after 72 are ignored")));
        assert!(!matches(hash, &long[..71]));
    }

    #[test]
    fn django_by_its_published_vector() {
        // From the tests of Django.
        let hash = "pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=";
        assert!(matches(hash, "lètmein"));
        assert!(!matches(hash, "lètmeinz"));
        assert!(!matches(&hash.replace("260000", "260001"), "lètmein"));
    }

    /// By the scrypt of OpenSSL, in Python, with the settings of better-auth.
    #[test]
    fn better_auth_as_another_implementation_has_it() {
        let hash = concat!(
            "000102030405060708090a0b0c0d0e0f:",
            "4d0d283f7449d979c31a602cc9bd620e5f53848f484c4bcb2177ed3e814eb13c6103504113a34cc637e58fdfc43bade04dbfd45dea9c309439dcc920e4d0e51d"
        );
        assert!(matches(hash, "pässword"));
        // It is normalised there.
        assert!(matches(hash, "pa\u{308}ssword"));
        assert!(!matches(hash, "password"));
        assert!(matches(
            &hash.to_uppercase().replacen(
                "000102030405060708090A0B0C0D0E0F",
                "000102030405060708090a0b0c0d0e0f",
                1
            ),
            "pässword"
        ));
    }

    #[test]
    fn what_costs_too_much_is_refused_before_any_work() {
        for hash in [
            "$2b$16$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$31$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "pbkdf2_sha256$4000001$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
            "pbkdf2_sha256$4294967295$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
        ] {
            assert_eq!(hash.parse::<ImportedHash>(), Err(PasswordError::Excessive), "{hash}");
        }
        for hash in [
            "",
            ":",
            "plain text",
            "$2b$12$short",
            "$2x$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$03$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$6$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$99$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$06$DCq7YPn5Rq63x1Lad4cll!TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "pbkdf2_sha256$0$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
            "pbkdf2_sha256$+1$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
            "pbkdf2_sha256$1000$$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
            "pbkdf2_sha256$1000$seasalt$YlZ2",
            "pbkdf2_sha1$1000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=",
        ] {
            assert_eq!(hash.parse::<ImportedHash>(), Err(PasswordError::Malformed), "{hash}");
        }
    }

    #[tokio::test]
    async fn ours_and_others_by_one_call() {
        let hasher = PasswordHasher::new(PasswordConfig::default()).unwrap();
        let own = hasher.hash("correct horse".into()).await.unwrap();
        let verdict = verify(&hasher, "correct horse".into(), &own).await.unwrap();
        assert!(verdict.matches && !verdict.needs_rehash);
        let theirs = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
        let verdict = verify(&hasher, "abc".into(), theirs).await.unwrap();
        assert!(verdict.matches && verdict.needs_rehash);
        let verdict = verify(&hasher, "abd".into(), theirs).await.unwrap();
        assert!(!verdict.matches && !verdict.needs_rehash);
        let long = verify(&hasher, "x".repeat(1_025).into(), theirs).await;
        assert_eq!(long, Err(PasswordError::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            for start in ["", "$2b$06$", "pbkdf2_sha256$"] {
                let _ = format!("{start}{text}").parse::<ImportedHash>();
            }
        }
    }
}
