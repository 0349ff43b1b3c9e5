//! Common Encryption (ISO/IEC 23001-7): `cbcs` and `cenc`, to and fro, without re-encoding.

mod av1;
mod bits;
mod cipher;
mod decrypt;
mod encrypt;
mod encryptor;
mod fragment;
mod header;
mod key;
mod lanes;
mod layout;
mod nal;
mod samples;
mod segment;
mod subsample;
mod vp9;

pub use decrypt::{Decryption, decrypt_segment};
pub use encrypt::{TrackProtection, encrypt_segment};
pub use encryptor::Encryptor;
pub use header::{add_pssh, decrypt_init, encrypt_init, encrypt_init_with_lead};
pub use key::{ContentKey, Protection};
