//! What events say, and where each is kept.

use cloudevents::{AttributesReader, Event};
use deadpool_postgres::Transaction;
use reeldrop_events::{
    AnalysisCompleted, AnalysisPlanned, AnalysisRequested, AnalysisSkipped, AssetAdvanced,
    AssetDeleted, AssetId, AssetPublished, AudioPackaged, AudioPlanned, AudioRepackagePlanned,
    AudioTranscoded, CaptionsImported, CaptionsPlanned, ChunkAnalyzed, ChunkPackaged, ChunkPlanned,
    ChunkRepackagePlanned, ChunkTranscoded, ClosedCaptionsPlanned, CuesCompleted, DecodeError,
    DetectionsCompleted, DetectionsPlanned, Events, Incoming, ManifestsPlanned, MediaProbed,
    MediaRejected, Payload, PicturesPlanned, PosterCompleted, ReanalysisPlanned, RekeyRequested,
    RetryRequested, Source, SpeechPlanned, SpeechTranscribed, StepFailed, SubtitlesPlanned,
    ThumbnailsCompleted, TranscriptCompleted, TranscriptSkipped, UploadFinalized,
};

use crate::{
    Error, analysis, failure, looking, packaged, part, probed, published, repackage, request,
    retry, speech, title::Title,
};

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What an event says.
        #[derive(Clone, Debug)]
        pub enum Fact {
            $($(#[$doc])* $name(Box<$name>),)*
        }

        impl Fact {
            /// Reads an event; none where its type is unknown.
            pub(crate) fn decode(event: &Event) -> Result<Option<Self>, DecodeError> {
                match event.ty() {
                    $(ty if ty == $name::TYPE => {
                        Ok(Some(Self::$name(Box::new($name::decode(event)?))))
                    })*
                    _ => Ok(None),
                }
            }

            /// The title that it is about.
            #[must_use]
            pub fn asset(&self) -> AssetId {
                match self {
                    $(Self::$name(fact) => fact.asset(),)*
                }
            }
        }

        $(impl From<$name> for Fact {
            fn from(fact: $name) -> Self {
                Self::$name(Box::new(fact))
            }
        })*
    };
}

facts! {
    /// A file is complete.
    UploadFinalized,
    /// The source is understood and planned.
    MediaProbed,
    /// The source can never be a title.
    MediaRejected,
    /// A chunk is to be encoded.
    ChunkPlanned,
    /// A part of the sound is to be encoded.
    AudioPlanned,
    /// A chunk is encoded.
    ChunkTranscoded,
    /// A part of the sound is encoded.
    AudioTranscoded,
    /// A chunk is packaged.
    ChunkPackaged,
    /// A part of the sound is packaged.
    AudioPackaged,
    /// Said by this function itself.
    ChunkRepackagePlanned,
    /// Said by this function itself.
    AudioRepackagePlanned,
    /// Said by this function itself.
    AssetAdvanced,
    /// Manifests are written.
    AssetPublished,
    /// Said by this function itself.
    PicturesPlanned,
    /// A first poster is made.
    PosterCompleted,
    /// Pictures are made.
    ThumbnailsCompleted,
    /// A part of the speech is to be heard.
    SpeechPlanned,
    /// A part of the speech is heard.
    SpeechTranscribed,
    /// Said by this function itself.
    CaptionsPlanned,
    /// A person has brought captions.
    CaptionsImported,
    /// The uploaded file has captions.
    SubtitlesPlanned,
    /// The pictures of the uploaded file have captions.
    ClosedCaptionsPlanned,
    /// Some captions of a track.
    CuesCompleted,
    /// A caption track is made.
    TranscriptCompleted,
    /// Nobody listens.
    TranscriptSkipped,
    /// Said by this function itself.
    ManifestsPlanned,
    /// A part of the picture is to be looked at.
    AnalysisPlanned,
    /// A part of the picture is looked at.
    ChunkAnalyzed,
    /// Said by this function itself.
    DetectionsPlanned,
    /// Some of what is seen.
    DetectionsCompleted,
    /// All that is seen is joined.
    AnalysisCompleted,
    /// Nobody looks.
    AnalysisSkipped,
    /// The title is to be looked at again.
    AnalysisRequested,
    /// Said by this function itself.
    ReanalysisPlanned,
    /// A step cannot succeed.
    StepFailed,
    /// A further package is wanted.
    RekeyRequested,
    /// What failed is to be tried again.
    RetryRequested,
    /// The title is to be forgotten.
    AssetDeleted,
}

impl Fact {
    /// The uploaded file, where the event names it.
    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::UploadFinalized(said) => Some(&said.source),
            Self::MediaProbed(said) => Some(&said.source),
            Self::MediaRejected(said) => Some(&said.source),
            Self::ChunkPlanned(said) => Some(&said.source),
            Self::AudioPlanned(said) => Some(&said.source),
            Self::ChunkTranscoded(said) => Some(&said.source),
            Self::AudioTranscoded(said) => Some(&said.source),
            Self::AssetAdvanced(said) => Some(&said.source),
            Self::SpeechPlanned(said) => Some(&said.source),
            Self::SpeechTranscribed(said) => Some(&said.source),
            Self::AnalysisPlanned(said) => Some(&said.source),
            Self::ReanalysisPlanned(said) => Some(&said.probed.source),
            Self::ChunkAnalyzed(said) => Some(&said.source),
            Self::SubtitlesPlanned(said) => Some(&said.source),
            Self::ClosedCaptionsPlanned(said) => Some(&said.source),
            Self::ChunkPackaged(_)
            | Self::AudioPackaged(_)
            | Self::ChunkRepackagePlanned(_)
            | Self::AudioRepackagePlanned(_)
            | Self::AssetPublished(_)
            | Self::PicturesPlanned(_)
            | Self::PosterCompleted(_)
            | Self::ThumbnailsCompleted(_)
            | Self::CaptionsPlanned(_)
            | Self::CaptionsImported(_)
            | Self::CuesCompleted(_)
            | Self::TranscriptCompleted(_)
            | Self::TranscriptSkipped(_)
            | Self::ManifestsPlanned(_)
            | Self::DetectionsPlanned(_)
            | Self::DetectionsCompleted(_)
            | Self::AnalysisCompleted(_)
            | Self::AnalysisSkipped(_)
            | Self::AnalysisRequested(_)
            | Self::StepFailed(_)
            | Self::RekeyRequested(_)
            | Self::RetryRequested(_)
            | Self::AssetDeleted(_) => None,
        }
    }

    /// Keeps it, and says what follows from it.
    pub(crate) async fn apply(
        &self,
        transaction: &Transaction<'_>,
        title: &Title,
    ) -> Result<Events, Error> {
        match self {
            Self::MediaProbed(said) => probed::keep(transaction, title, said).await,
            Self::MediaRejected(said) => probed::reject(transaction, title, said).await,
            Self::ChunkPlanned(said) => part::chunk_planned(transaction, title, said).await,
            Self::AudioPlanned(said) => part::audio_planned(transaction, title, said).await,
            Self::ChunkTranscoded(said) => part::chunk_transcoded(transaction, title, said).await,
            Self::AudioTranscoded(said) => part::audio_transcoded(transaction, title, said).await,
            Self::ChunkPackaged(said) => packaged::chunk(transaction, title, said).await,
            Self::AudioPackaged(said) => packaged::audio(transaction, title, said).await,
            Self::AssetPublished(said) => published::manifests(transaction, title, said).await,
            Self::PosterCompleted(said) => published::early_poster(transaction, title, said).await,
            Self::ThumbnailsCompleted(said) => published::pictures(transaction, title, said).await,
            Self::SpeechPlanned(said) => speech::planned(transaction, title, said).await,
            Self::SpeechTranscribed(said) => speech::transcribed(transaction, title, said).await,
            Self::CuesCompleted(said) => speech::cues(transaction, title, said).await,
            Self::TranscriptCompleted(said) => speech::completed(transaction, title, said).await,
            Self::TranscriptSkipped(said) => speech::skipped(transaction, title, said).await,
            Self::AnalysisPlanned(said) => analysis::planned(transaction, title, said).await,
            Self::ChunkAnalyzed(said) => analysis::analyzed(transaction, title, said).await,
            Self::DetectionsCompleted(said) => analysis::detections(transaction, title, said).await,
            Self::AnalysisCompleted(said) => analysis::completed(transaction, title, said).await,
            Self::AnalysisSkipped(said) => analysis::skipped(transaction, title, said).await,
            Self::AnalysisRequested(said) => looking::request(transaction, title, said).await,
            Self::StepFailed(said) => failure::keep(transaction, title, said).await,
            Self::RekeyRequested(said) => repackage::request(transaction, title, said).await,
            Self::RetryRequested(said) => retry::again(transaction, title, said).await,
            Self::AssetDeleted(said) => request::delete(transaction, said).await,
            // The lock has made the row, and the portal has kept the file; what this function says itself it knows already.
            Self::UploadFinalized(_)
            | Self::AssetAdvanced(_)
            | Self::PicturesPlanned(_)
            | Self::CaptionsPlanned(_)
            | Self::CaptionsImported(_)
            | Self::SubtitlesPlanned(_)
            | Self::ClosedCaptionsPlanned(_)
            | Self::ManifestsPlanned(_)
            | Self::DetectionsPlanned(_)
            | Self::ReanalysisPlanned(_)
            | Self::ChunkRepackagePlanned(_)
            | Self::AudioRepackagePlanned(_) => Ok(Events::none()),
        }
    }
}
