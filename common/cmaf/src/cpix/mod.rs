//! CPIX documents (DASH-IF Content Protection Information Exchange Format 2.3): what key servers and
//! packagers tell each other, as far as one key for each track asks for it.
//!
//! Content keys stand in them in plain text: such a document is a secret.

mod read;
mod rules;
mod write;

use reeldrop_events::Scheme;
use uuid::Uuid;

use crate::presentation::KeySystem;
use crate::protect::ContentKey;

pub use read::{ENCRYPTED, MAX_BYTES, read};
pub use rules::{AudioFilter, UsageRule, VideoFilter};
pub use write::write;

/// Content keys, and what players of commercial key systems need to get them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What the keys are for, as the key server calls it.
    pub content_id: Option<String>,
    /// The content keys.
    pub keys: Vec<Key>,
    /// For each key and key system, in the document's order.
    pub systems: Vec<(Uuid, KeySystem)>,
    /// Which tracks the keys are for; none where it is not said.
    pub rules: Vec<UsageRule>,
}

/// One content key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Key id.
    pub kid: Uuid,
    /// The key; none in a document that asks a key server for it.
    pub key: Option<ContentKey>,
    /// Constant initialisation vector, where the key server chooses it.
    pub iv: Option<[u8; 16]>,
    /// How to encrypt, where the key server decides it.
    pub scheme: Option<Scheme>,
}

impl Document {
    /// The key systems that have a key, for [`Protection::systems`](crate::presentation::Protection).
    #[must_use]
    pub fn systems_of(&self, kid: Uuid) -> Vec<KeySystem> {
        let systems = self.systems.iter().filter(|(of, _)| *of == kid);
        systems.map(|(_, system)| system.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
