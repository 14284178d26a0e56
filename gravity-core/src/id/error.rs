//! What is wrong with the text of an id.

/// Why a text is not the id that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The prefix has a character outside `a` to `z` and `_`, begins or ends with `_`, or is longer
    /// than 63 characters; or there is a separator and no prefix.
    #[error("an id begins with a prefix of lower-case letters and an underscore")]
    Prefix,
    /// The part after the prefix does not have 26 characters.
    #[error("an id ends in 26 characters")]
    Length,
    /// The part after the prefix has a character that is not in the alphabet.
    #[error("an id ends in digits and lower-case letters, without `i`, `l`, `o` and `u`")]
    Alphabet,
    /// The part after the prefix begins with more than `7`, and so names more than 128 bits.
    #[error("the number of an id begins with a digit from 0 to 7")]
    Overflow,
    /// A sound id of something else.
    #[error("expected an id that begins with `{expected}_`, got one of `{found}`")]
    WrongEntity {
        /// The prefix that was asked for.
        expected: &'static str,
        /// The prefix that was given.
        found: String,
    },
}
