//! Common Encryption (ISO/IEC 23001-7): `cbcs` and `cenc`, to and fro, without re-encoding.

mod cipher;
mod decrypt;
mod encrypt;
mod fragment;
mod header;
mod key;
mod nal;
mod samples;
mod segment;
mod subsample;

pub use decrypt::{Decryption, decrypt_segment};
pub use encrypt::{TrackProtection, encrypt_segment};
pub use header::{decrypt_init, encrypt_init};
pub use key::{ContentKey, Protection};
