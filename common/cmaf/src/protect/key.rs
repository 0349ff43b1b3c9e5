//! Content keys and what goes with them.

use std::fmt;

use reeldrop_events::Scheme;
use uuid::Uuid;

/// A 16-byte content key; printing it shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKey(pub [u8; 16]);

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// How a package's tracks are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Scheme.
    pub scheme: Scheme,
    /// Key id of the package's content key.
    pub kid: Uuid,
    /// Drawn once per content key, not secret: the constant initialisation vector of `cbcs`, and
    /// the salt of `cenc`'s vectors.
    pub iv: [u8; 16],
}
