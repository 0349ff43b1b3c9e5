//! The kinds of event that the function takes.

use cloudevents::AttributesReader;
use reeldrop_events::{
    AssetId, CaptionsImported, CaptionsPlanned, ClosedCaptionsPlanned, DecodeError, Incoming,
    MediaProbed, Payload, SpeechPlanned, SubtitlesPlanned,
};

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Plan how to listen to a title.
    Probed(Box<MediaProbed>),
    /// Listen to a part.
    Speech(Box<SpeechPlanned>),
    /// Make captions of what was heard.
    Captions(Box<CaptionsPlanned>),
    /// Make captions of a file.
    Imported(Box<CaptionsImported>),
    /// Make captions of a subtitle track of the source.
    Subtitles(Box<SubtitlesPlanned>),
    /// Read the captions that lie in pictures of the source.
    Closed(Box<ClosedCaptionsPlanned>),
}

impl Input {
    pub(crate) fn asset(&self) -> AssetId {
        match self {
            Self::Probed(probed) => probed.asset,
            Self::Speech(planned) => planned.asset,
            Self::Captions(planned) => planned.asset,
            Self::Imported(imported) => imported.asset,
            Self::Subtitles(planned) => planned.asset,
            Self::Closed(planned) => planned.asset,
        }
    }

    /// What of the step's work fails with it.
    pub(crate) fn part(&self) -> String {
        match self {
            Self::Probed(_) => String::new(),
            Self::Speech(planned) => planned.part(),
            Self::Captions(_) => "captions".to_owned(),
            Self::Imported(_) => "import".to_owned(),
            Self::Subtitles(planned) => planned.part(),
            Self::Closed(planned) => planned.part(),
        }
    }
}

impl Incoming for Input {
    fn decode(event: &cloudevents::Event) -> Result<Self, DecodeError> {
        match event.ty() {
            MediaProbed::TYPE => MediaProbed::decode(event).map(|p| Self::Probed(Box::new(p))),
            SpeechPlanned::TYPE => SpeechPlanned::decode(event).map(|p| Self::Speech(Box::new(p))),
            CaptionsPlanned::TYPE => {
                CaptionsPlanned::decode(event).map(|p| Self::Captions(Box::new(p)))
            }
            CaptionsImported::TYPE => {
                CaptionsImported::decode(event).map(|p| Self::Imported(Box::new(p)))
            }
            SubtitlesPlanned::TYPE => {
                SubtitlesPlanned::decode(event).map(|p| Self::Subtitles(Box::new(p)))
            }
            ClosedCaptionsPlanned::TYPE => {
                ClosedCaptionsPlanned::decode(event).map(|p| Self::Closed(Box::new(p)))
            }
            other => Err(DecodeError::Type(other.to_owned())),
        }
    }
}
