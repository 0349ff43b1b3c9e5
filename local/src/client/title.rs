//! A title as the portal shows it, as far as the command line looks at it.

use serde::{Deserialize, Serialize};

use super::analysis::Analysis;

/// A title.
#[derive(Clone, Debug, Deserialize)]
pub struct Title {
    /// Its id.
    pub asset: String,
    /// Name of the uploaded file.
    pub file: String,
    /// How it is.
    pub state: TitleState,
    /// Why it was rejected or has failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// Its length in milliseconds.
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// Address of the HLS playlist.
    #[serde(default)]
    pub hls: Option<String>,
    /// Address of the HLS playlist for hls.js.
    #[serde(default)]
    pub hls_js: Option<String>,
    /// Address of the DASH manifest.
    #[serde(default)]
    pub dash: Option<String>,
    /// Address of the page that plays it.
    #[serde(default)]
    pub watch: Option<String>,
    /// Address of the poster.
    #[serde(default)]
    pub poster: Option<String>,
    /// Address of the storyboard.
    #[serde(default)]
    pub storyboard: Option<String>,
    /// Address of the animated preview.
    #[serde(default)]
    pub preview: Option<String>,
    /// Its caption tracks.
    #[serde(default)]
    pub captions: Vec<Captions>,
    /// Whether somebody has looked at it.
    #[serde(default)]
    pub analysis: Option<Analysis>,
    /// How far it is.
    #[serde(default)]
    pub progress: Progress,
    /// Its encrypted editions.
    #[serde(default)]
    pub packages: Vec<Package>,
}

/// Addresses of a caption track.
#[derive(Clone, Debug, Deserialize)]
pub struct Captions {
    /// WebVTT.
    pub vtt: String,
    /// SubRip.
    pub srt: String,
    /// The words with their times, where a machine has listened.
    #[serde(default)]
    pub words: Option<String>,
}

/// How a title is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TitleState {
    /// The file is there.
    Received,
    /// The file can never become a title.
    Rejected,
    /// It is being made.
    Processing,
    /// Its beginning plays.
    Playable,
    /// It is complete.
    Ready,
    /// A step of it cannot succeed.
    Failed,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

impl TitleState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Ready | Self::Failed)
    }

    /// The state's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Processing => "processing",
            Self::Playable => "playable",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Other => "unknown",
        }
    }
}

/// How far a title is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Progress {
    /// Each step.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// How far one step is.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// Name of the function.
    pub step: String,
    /// What it does, for a person.
    #[serde(default)]
    pub label: Option<String>,
    /// Pieces of work done.
    pub done: u64,
    /// Pieces of work in all; 0 while that is not known.
    pub total: u64,
}

/// One encrypted edition of a title.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    /// Its key id, once it has a key.
    #[serde(default)]
    pub kid: Option<String>,
    /// How it is encrypted, once that is known.
    #[serde(default)]
    pub scheme: Option<String>,
    /// `waiting`, `processing`, `playable`, `ready` or `failed`.
    pub state: String,
    /// Why it failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// Address of its HLS playlist.
    #[serde(default)]
    pub hls: Option<String>,
    /// Address of its DASH manifest.
    #[serde(default)]
    pub dash: Option<String>,
}
