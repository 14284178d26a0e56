//! [`constant_time_eq`].

use subtle::ConstantTimeEq;

/// Whether two byte strings are the same, in a time that does not tell where they differ.
///
/// That their lengths differ is not hidden.
///
/// ```
/// use gravity_core::security::constant_time_eq;
///
/// assert!(constant_time_eq("sesame", "sesame"));
/// assert!(!constant_time_eq("sesame", "sesamo"));
/// assert!(!constant_time_eq("sesame", "sesame "));
/// ```
pub fn constant_time_eq(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    one.as_ref().ct_eq(other.as_ref()).into()
}
