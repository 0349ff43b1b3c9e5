//! The ids of a title and of one encrypted edition of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Source;

/// The namespace of all of Reeldrop's UUIDv5 ids (RFC 9562, section 5.5).
pub(crate) const NAMESPACE: Uuid = Uuid::from_u128(0x8f2b_5f0e_6d1c_5c7a_9f0d_7265_656c_6472);

/// What one upload becomes: a UUIDv5 of the source's bucket, object name and version.
///
/// The same upload, however often it is announced, is the same asset; a new version of the object
/// is a new asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetId(pub Uuid);

impl AssetId {
    /// Derives the id of the asset that `source` becomes.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        // NUL cannot occur in bucket names, object names or versions, so that the parts never run together.
        let name = format!("{}\0{}\0{}", source.bucket, source.object, source.version);
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for AssetId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Which encrypted edition of an asset: 1 is the one made from the upload, each new key adds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackageNo(pub u32);

impl PackageNo {
    /// The package made straight from the transcoded parts.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for PackageNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
