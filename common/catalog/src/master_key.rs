//! The key that wraps all content keys.

use std::{fmt, iter, path::Path};

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

/// Keys that a file may hold: an exchange needs two, and each is tried on what the first does not open.
const MOST_KEYS: usize = 8;

/// The key that wraps all content keys: AES-256-GCM, a random nonce before each ciphertext. While it is
/// exchanged, keys that came before it unwrap as well.
#[derive(Clone)]
pub struct MasterKey {
    key: Key,
    earlier: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    cipher: Aes256Gcm,
    bytes: [u8; 32],
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
            key: Key::new(key),
            earlier: Vec::new(),
        }
    }

    /// Unwraps with another key as well, which wraps nothing.
    #[must_use]
    pub fn or(mut self, earlier: &[u8; 32]) -> Self {
        self.earlier.push(Key::new(earlier));
        self
    }

    /// A key of its own for one purpose, which tells nothing of the master key or of the keys for
    /// other purposes: HMAC-SHA-256 as a key derivation function (NIST SP 800-108, 4.1).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.key.derive(purpose)
    }

    /// The same of the keys that came before.
    #[must_use]
    pub fn derive_earlier(&self, purpose: &str) -> Vec<[u8; 32]> {
        let earlier = self.earlier.iter();
        earlier.map(|key| key.derive(purpose)).collect()
    }

    /// Reads the key from a file of 64 hex digits. Further lines are keys that came before it.
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
        Self::parse(&text).ok_or(CatalogError::MasterKey { path: shown })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut keys = text.trim().lines().map(|line| {
            let mut key = [0; 32];
            hex::decode_to_slice(line.trim(), &mut key).ok()?;
            Some(key)
        });
        let mut master = Self::new(&keys.next()??);
        for earlier in keys {
            master = master.or(&earlier?);
        }
        (master.earlier.len() < MOST_KEYS).then_some(master)
    }

    /// Wraps a content key for the purpose `context`; base64 that only the same purpose unwraps.
    #[must_use]
    pub fn wrap(&self, key: &[u8; 16], context: &str) -> String {
        self.seal(key, context)
    }

    /// Unwraps what [`wrap`](Self::wrap) of this key, or of an earlier one, has wrapped for the same `context`.
    ///
    /// # Errors
    /// [`CatalogError::Unwrap`] where all master keys or the context are others.
    pub fn unwrap(&self, wrapped: &str, context: &str) -> Result<[u8; 16], CatalogError> {
        self.open(wrapped, context)
    }

    pub(crate) fn seal(&self, secret: &[u8], context: &str) -> String {
        self.key.seal(secret, context)
    }

    pub(crate) fn open<const N: usize>(
        &self,
        wrapped: &str,
        context: &str,
    ) -> Result<[u8; N], CatalogError> {
        let sealed = Sealed::parse(wrapped)?;
        let mut keys = iter::once(&self.key).chain(&self.earlier);
        let secret = keys.find_map(|key| key.open(&sealed, context));
        let secret = secret.and_then(|secret| secret.try_into().ok());
        secret.ok_or(CatalogError::Unwrap)
    }

    /// The same secret under the key that wraps; none where it is under that already.
    pub(crate) fn renewed(
        &self,
        wrapped: &str,
        context: &str,
    ) -> Result<Option<String>, CatalogError> {
        let sealed = Sealed::parse(wrapped)?;
        if self.key.open(&sealed, context).is_some() {
            return Ok(None);
        }
        let mut earlier = self.earlier.iter();
        let secret = earlier.find_map(|key| key.open(&sealed, context));
        let secret = secret.ok_or(CatalogError::Unwrap)?;
        Ok(Some(self.seal(&secret, context)))
    }
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        Self {
            cipher: Aes256Gcm::new(key.into()),
            bytes: *key,
        }
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.bytes).expect("a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    #[expect(
        clippy::expect_used,
        reason = "AES-GCM refuses only messages of more than 64 GiB"
    )]
    fn seal(&self, secret: &[u8], context: &str) -> String {
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

    fn open(&self, sealed: &Sealed, context: &str) -> Option<Vec<u8>> {
        let payload = Payload {
            msg: &sealed.secret,
            aad: context.as_bytes(),
        };
        let nonce = Nonce::from_slice(&sealed.nonce);
        self.cipher.decrypt(nonce, payload).ok()
    }
}

/// A wrapped key.
struct Sealed {
    nonce: [u8; NONCE_BYTES],
    secret: Vec<u8>,
}

impl Sealed {
    fn parse(wrapped: &str) -> Result<Self, CatalogError> {
        let bytes = STANDARD.decode(wrapped).map_err(|_| CatalogError::Unwrap)?;
        let (nonce, secret) = bytes.split_first_chunk().ok_or(CatalogError::Unwrap)?;
        Ok(Self {
            nonce: *nonce,
            secret: secret.to_vec(),
        })
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
    fn an_earlier_key_opens_and_what_it_wrapped_can_be_wrapped_again() {
        let earlier = MasterKey::new(&[7; 32]);
        let master = MasterKey::new(&[8; 32]).or(&[7; 32]);
        let old = earlier.wrap(&[1; 16], "upload a");
        assert_eq!(master.unwrap(&old, "upload a").unwrap(), [1; 16]);
        let new = master.renewed(&old, "upload a").unwrap().unwrap();
        assert!(earlier.unwrap(&new, "upload a").is_err());
        let alone = MasterKey::new(&[8; 32]);
        assert_eq!(alone.unwrap(&new, "upload a").unwrap(), [1; 16]);
        assert_eq!(master.renewed(&new, "upload a").unwrap(), None);
        assert!(alone.renewed(&old, "upload a").is_err());
        assert_eq!(master.derive("tokens"), alone.derive("tokens"));
        assert_eq!(master.derive_earlier("tokens"), [earlier.derive("tokens")]);
    }

    #[test]
    fn a_file_has_the_key_and_below_it_those_that_came_before() {
        let (new, old) = (hex::encode([8; 32]), hex::encode([7; 32]));
        let bytes = |text: &str| {
            let MasterKey { key, earlier } = MasterKey::parse(text).unwrap();
            let earlier = earlier.into_iter().map(|key| key.bytes);
            [vec![key.bytes], earlier.collect()].concat()
        };
        assert_eq!(bytes(&format!("{new}\r\n{old}\n")), [[8; 32], [7; 32]]);
        assert_eq!(bytes(&new), [[8; 32]]);
        let many = [new.as_str(); MOST_KEYS + 1].join("\n");
        for wrong in ["", "\n", "abc", &format!("{new}\nabc"), &new[2..], &many] {
            assert!(MasterKey::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_key_never_shows() {
        assert_eq!(format!("{:?}", MasterKey::new(&[7; 32])), "MasterKey(…)");
    }
}
