//! The suite of a store.
