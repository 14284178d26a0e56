#![doc = include_str!("../README.md")]

pub mod jwt;
#[cfg(feature = "testing")]
pub mod testing;
