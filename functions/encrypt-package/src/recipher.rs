//! From one rendition's segments to published ones: decrypt where encrypted, encrypt where asked.

use bytes::Bytes;
use reeldrop_catalog::ContentKey;
use reeldrop_cmaf::{
    CmafError,
    protect::{
        self, Decryption, Protection, TrackProtection, decrypt_init, decrypt_segment, encrypt_init,
        encrypt_segment,
    },
};
use reeldrop_events::Scheme;

/// A scheme with the key that it needs; no key where segments are clear.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    pub(crate) scheme: Scheme,
    pub(crate) key: Option<ContentKey>,
}

/// What is done to each segment of one rendition.
#[derive(Debug)]
pub(crate) struct Recipher {
    decryption: Option<Decryption>,
    encryption: Option<TrackProtection>,
    init: Bytes,
}

impl Recipher {
    /// Prepares it from the rendition's init segment as it is under `from`. What is called otherwise is
    /// encrypted from another counter on under `cenc`.
    ///
    /// # Errors
    /// What is wrong with the init segment, or cannot be encrypted.
    pub(crate) fn new(
        init: &Bytes,
        from: &Lock,
        to: &Lock,
        rendition: &str,
    ) -> Result<Self, CmafError> {
        let (clear, decryption) = match protection(from) {
            None => (init.clone(), None),
            Some((_, key)) => {
                let decryption = Decryption::new(init, |_| Some(key.clone()))?;
                (Bytes::from(decrypt_init(init)?), Some(decryption))
            }
        };
        let (init, encryption) = match protection(to) {
            None => (clear, None),
            Some((protection, key)) => {
                let track = TrackProtection::new(&clear, &protection, &key, rendition)?;
                (Bytes::from(encrypt_init(&clear, &protection)?), Some(track))
            }
        };
        Ok(Self {
            decryption,
            encryption,
            init,
        })
    }

    /// The init segment to publish.
    pub(crate) fn init(&self) -> Bytes {
        self.init.clone()
    }

    /// The segment to publish.
    ///
    /// # Errors
    /// What is wrong with the segment.
    pub(crate) fn apply(&self, segment: Bytes) -> Result<Bytes, CmafError> {
        let clear = match &self.decryption {
            None => segment,
            Some(decryption) => {
                let mut clear = Vec::new();
                decrypt_segment(&segment, decryption, &mut clear)?;
                Bytes::from(clear)
            }
        };
        match &self.encryption {
            None => Ok(clear),
            Some(track) => {
                let mut encrypted = Vec::new();
                encrypt_segment(&clear, track, &mut encrypted)?;
                Ok(Bytes::from(encrypted))
            }
        }
    }
}

fn protection(lock: &Lock) -> Option<(Protection, protect::ContentKey)> {
    let key = lock.key.as_ref().filter(|_| lock.scheme != Scheme::None)?;
    let protection = Protection {
        scheme: lock.scheme,
        kid: key.kid,
        iv: key.iv,
    };
    Some((protection, protect::ContentKey(key.key)))
}
