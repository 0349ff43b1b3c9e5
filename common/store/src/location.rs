//! Names of objects, and what the store knows about them.

use std::{collections::BTreeMap, fmt};

use reeldrop_events::Source;

/// One object: a bucket and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Name of the bucket, as the store names it.
    pub bucket: String,
    /// Decoded object name: any Unicode.
    pub object: String,
}

impl From<&Source> for Location {
    fn from(source: &Source) -> Self {
        Self {
            bucket: source.bucket.clone(),
            object: source.object.clone(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.object)
    }
}

/// What the store says about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Size of the whole object in bytes, also where a range of it was asked for.
    pub size_bytes: u64,
    /// Its version: the ETag without quotes.
    pub version: String,
    /// Media type that it was stored with.
    pub content_type: Option<String>,
    /// How long caches may keep it.
    pub cache_control: Option<String>,
    /// The writer's own metadata: names in lower case, values in ASCII.
    pub metadata: BTreeMap<String, String>,
}
