//! What is said, and what is shown.

use serde::{Deserialize, Serialize};

/// One word that was heard, with the punctuation around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// When it begins, milliseconds.
    pub start_ms: u64,
    /// When it ends, milliseconds.
    pub end_ms: u64,
    /// The word.
    pub text: String,
    /// How sure the listener is, 0 to 1.
    pub confidence: f32,
}

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, milliseconds.
    pub start_ms: u64,
    /// When it goes, milliseconds.
    pub end_ms: u64,
    /// Its lines, from the top; none is empty.
    pub lines: Vec<String>,
}

impl Cue {
    /// The lines, one below the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}
