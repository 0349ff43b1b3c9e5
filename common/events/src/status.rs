//! What became of a title, as far as it is not about parts or packages.

use serde::{Deserialize, Serialize};

use crate::{AssetId, Media, Payload, Plan, Source};

/// `media.probed`: the source is understood and planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaProbed {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// The title's name, where the upload came with one: else the object's name says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is.
    pub media: Media,
    /// What is made of it.
    pub plan: Plan,
}

/// `media.rejected`: the source can never become a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRejected {
    /// The title that it will not be.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// Why, and what to do about it, in a sentence for the person who uploaded it.
    pub reason: String,
}

/// `step.failed`: one step of this title cannot succeed; the others go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailed {
    /// The title.
    pub asset: AssetId,
    /// Name of the function, such as `thumbnail`.
    pub step: String,
    /// Which part of the step's work, such as a chunk's index; empty where there is one.
    pub part: String,
    /// Why, in a sentence for a person.
    pub reason: String,
}

impl Payload for MediaProbed {
    const TYPE: &'static str = "io.reeldrop.media.probed.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        String::new()
    }
}

impl Payload for MediaRejected {
    const TYPE: &'static str = "io.reeldrop.media.rejected.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        String::new()
    }
}

impl Payload for StepFailed {
    const TYPE: &'static str = "io.reeldrop.step.failed.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        format!("{}/{}", self.step, self.part)
    }
}
