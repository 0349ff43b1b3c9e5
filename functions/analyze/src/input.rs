//! The kinds of event that the function takes.

use cloudevents::AttributesReader;
use reeldrop_events::{
    AnalysisPlanned, AssetId, DecodeError, DetectionsPlanned, Incoming, MediaProbed, Payload,
    ReanalysisPlanned, of_revision,
};

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Plan how to look at a title.
    Probed(Box<MediaProbed>),
    /// Plan how to look at a title again.
    Again(Box<ReanalysisPlanned>),
    /// Look at a part.
    Part(Box<AnalysisPlanned>),
    /// Join what was seen.
    Join(Box<DetectionsPlanned>),
}

impl Input {
    pub(crate) fn asset(&self) -> AssetId {
        match self {
            Self::Probed(probed) => probed.asset,
            Self::Again(planned) => planned.probed.asset,
            Self::Part(planned) => planned.asset,
            Self::Join(planned) => planned.asset,
        }
    }

    /// What of the step's work fails with it.
    pub(crate) fn part(&self) -> String {
        match self {
            Self::Probed(_) => String::new(),
            Self::Again(planned) => planned.part(),
            Self::Part(planned) => planned.part(),
            Self::Join(planned) => of_revision("detections", planned.analysis.revision),
        }
    }
}

impl Incoming for Input {
    fn decode(event: &cloudevents::Event) -> Result<Self, DecodeError> {
        match event.ty() {
            MediaProbed::TYPE => MediaProbed::decode(event).map(|p| Self::Probed(Box::new(p))),
            ReanalysisPlanned::TYPE => {
                ReanalysisPlanned::decode(event).map(|p| Self::Again(Box::new(p)))
            }
            AnalysisPlanned::TYPE => {
                AnalysisPlanned::decode(event).map(|p| Self::Part(Box::new(p)))
            }
            DetectionsPlanned::TYPE => {
                DetectionsPlanned::decode(event).map(|p| Self::Join(Box::new(p)))
            }
            other => Err(DecodeError::Type(other.to_owned())),
        }
    }
}
