//! How thoroughly a title is looked at.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How thoroughly a title is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisMode {
    /// Every picture that the rate asks for, in order, however long it takes.
    #[default]
    Batch,
    /// The newest picture first; some are left out so as not to fall behind the clock.
    Realtime,
}

impl AnalysisMode {
    /// The name that callers write: `batch` or `realtime`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Realtime => "realtime",
        }
    }

    /// Whether nothing is left out; older events say no mode, and mean this one.
    #[must_use]
    pub fn is_batch(&self) -> bool {
        *self == Self::Batch
    }
}

/// A mode that is neither of the two.
#[derive(Debug, thiserror::Error)]
#[error("mode {0:?} is unknown: use batch or realtime")]
pub struct UnknownMode(String);

impl FromStr for AnalysisMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "batch" => Ok(Self::Batch),
            "realtime" => Ok(Self::Realtime),
            other => Err(UnknownMode(other.to_owned())),
        }
    }
}
