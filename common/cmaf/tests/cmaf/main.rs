//! The crate from outside: against golden files, other implementations, and damage.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod clips;
mod damage;
mod documents;
mod encryptor;
mod golden;
mod periods;
mod protect;
mod tracks;
