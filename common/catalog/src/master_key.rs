//! The key that wraps all content keys.

use std::{fmt, path::Path};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::CatalogError;

/// Bytes of an AES-GCM nonce (NIST SP 800-38D, 5.2.1.1).
const NONCE_BYTES: usize = 12;

/// The key that wraps all content keys: AES-256-GCM, a random nonce before each ciphertext.
#[derive(Clone)]
pub struct MasterKey {
    cipher: Aes256Gcm,
    key: [u8; 32],
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// Takes the key itself.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            cipher: Aes256Gcm::new(key.into()),
            key: *key,
        }
    }

    /// A key of its own for one purpose, which tells nothing of the master key or of the keys for
    /// other purposes: HMAC-SHA-256 as a key derivation function (NIST SP 800-108, 4.1).
    #[must_use]
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.key).expect("a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Reads the key from a file of 64 hex digits.
    ///
    /// # Errors
    /// [`CatalogError::MasterKeyFile`] or [`CatalogError::MasterKey`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, CatalogError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| CatalogError::MasterKeyFile {
            path: shown.clone(),
            source,
        })?;
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key)
            .map_err(|_| CatalogError::MasterKey { path: shown })?;
        Ok(Self::new(&key))
    }

    /// Wraps a content key for the purpose `context`; base64 that only the same purpose unwraps.
    #[must_use]
    pub fn wrap(&self, key: &[u8; 16], context: &str) -> String {
        self.seal(key, context)
    }

    /// Unwraps what [`wrap`](Self::wrap) has wrapped for the same `context`.
    ///
    /// # Errors
    /// [`CatalogError::Unwrap`] where the master key or the context is another.
    pub fn unwrap(&self, wrapped: &str, context: &str) -> Result<[u8; 16], CatalogError> {
        self.open(wrapped, context)
    }

    #[expect(
        clippy::expect_used,
        reason = "AES-GCM refuses only messages of more than 64 GiB"
    )]
    pub(crate) fn seal(&self, secret: &[u8], context: &str) -> String {
        let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
        let payload = Payload {
            msg: secret,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&nonce, payload)
            .expect("a short message");
        STANDARD.encode([nonce.as_slice(), &sealed].concat())
    }

    pub(crate) fn open<const N: usize>(
        &self,
        wrapped: &str,
        context: &str,
    ) -> Result<[u8; N], CatalogError> {
        let bytes = STANDARD.decode(wrapped).map_err(|_| CatalogError::Unwrap)?;
        let (nonce, sealed) = bytes
            .split_at_checked(NONCE_BYTES)
            .ok_or(CatalogError::Unwrap)?;
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        self.cipher
            .decrypt(Nonce::from_slice(nonce), payload)
            .ok()
            .and_then(|secret| secret.try_into().ok())
            .ok_or(CatalogError::Unwrap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_only_with_its_master_key_and_context() {
        let master = MasterKey::new(&[7; 32]);
        let wrapped = master.wrap(&[1; 16], "upload a");
        assert_eq!(master.unwrap(&wrapped, "upload a").unwrap(), [1; 16]);
        assert!(master.unwrap(&wrapped, "upload b").is_err());
        assert!(
            MasterKey::new(&[8; 32])
                .unwrap(&wrapped, "upload a")
                .is_err()
        );
        assert_ne!(wrapped, master.wrap(&[1; 16], "upload a"));
    }

    #[test]
    fn each_purpose_and_each_master_key_has_a_key_of_its_own() {
        let master = MasterKey::new(&[7; 32]);
        assert_eq!(master.derive("tokens"), master.derive("tokens"));
        assert_ne!(master.derive("tokens"), master.derive("others"));
        assert_ne!(
            master.derive("tokens"),
            MasterKey::new(&[8; 32]).derive("tokens")
        );
    }

    #[test]
    fn the_key_never_shows() {
        assert_eq!(format!("{:?}", MasterKey::new(&[7; 32])), "MasterKey(…)");
    }
}
