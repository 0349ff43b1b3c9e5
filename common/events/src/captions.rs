//! Captions of a title: made of speech, found in the source, or brought by a person.

use serde::{Deserialize, Serialize};

use crate::{AssetId, PackageNo, Payload, Source};

/// Where captions come from. Of two in one language the later in this list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptionOrigin {
    /// A machine has listened.
    Speech,
    /// The uploaded file has them.
    Source,
    /// A person has brought them.
    Import,
}

impl CaptionOrigin {
    /// Its word in the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::Source => "source",
            Self::Import => "import",
        }
    }
}

/// What a caption track is for. Of each there is one in a language.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CaptionKind {
    /// All that is said.
    #[default]
    Full,
    /// Beside another of all that is said: what else is heard, too, for whoever does not hear.
    Sdh,
    /// Only what everybody has to read: foreign words, signs.
    Forced,
}

impl CaptionKind {
    /// Its word in the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Sdh => "sdh",
            Self::Forced => "forced",
        }
    }

    fn is_full(&self) -> bool {
        *self == Self::Full
    }
}

/// One caption, and when it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedText {
    /// When it appears, milliseconds from the title's beginning.
    pub start_ms: u64,
    /// When it goes, milliseconds.
    pub end_ms: u64,
    /// Its lines, without markup.
    pub text: String,
}

/// `cues.completed`: some of the captions of a track, to be searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CuesCompleted {
    /// The title.
    pub asset: AssetId,
    /// Name of the caption track.
    pub name: String,
    /// Its BCP 47 language.
    pub language: String,
    /// Which page of the track, from 0.
    pub page: u32,
    /// Number of the first caption on it, from 0.
    pub first: u32,
    /// The captions, in order.
    pub cues: Vec<TimedText>,
    /// The text of the one after the last: a phrase may run over the page's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub following: Option<String>,
}

/// `transcript.completed`: a caption track lies in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptCompleted {
    /// The title.
    pub asset: AssetId,
    /// Name of the track: its folder, unique in the title.
    pub name: String,
    /// BCP 47 language.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// Where it comes from.
    pub origin: CaptionOrigin,
    /// What it is for.
    #[serde(default, skip_serializing_if = "CaptionKind::is_full")]
    pub kind: CaptionKind,
    /// How many captions it has; none where nothing is said.
    pub cues: u32,
    /// How many pages of `cues.completed` belong to it.
    pub pages: u32,
    /// Length of each WebVTT segment at 90 kHz.
    pub segment_ticks: u64,
    /// Length of the track at 90 kHz.
    pub duration_ticks: u64,
    /// How many segments there are.
    pub segments: u32,
    /// Key of the whole track (WebVTT) in the media bucket.
    pub vtt: String,
    /// Key of the whole track (SubRip).
    pub srt: String,
    /// Key of the words with their times (JSON), where a machine has listened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// `transcript.skipped`: nobody listens to this title, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptSkipped {
    /// The title.
    pub asset: AssetId,
    /// Why, and what to do, in words for a person.
    pub reason: String,
}

/// `captions.imported`: a person has brought captions; their file lies in the work bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionsImported {
    /// The title.
    pub asset: AssetId,
    /// Name of the track that they become, also of the file.
    pub name: String,
    /// BCP 47 language.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// How long the title is, milliseconds: no caption lies beyond.
    pub duration_ms: u64,
}

/// `subtitles.planned`: make captions of a subtitle track of the uploaded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitlesPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// Number of the track in the file: track id of MP4, track number of Matroska.
    pub track: u64,
    /// BCP 47 language.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// What it is for.
    pub kind: CaptionKind,
    /// The source's stream time that is 0 in the title, nanoseconds.
    pub origin_ns: u64,
    /// How long the title is, nanoseconds: no caption lies beyond.
    pub duration_ns: u64,
}

/// How the closed captions that lie in the pictures of a title are read: the same for all of its parts.
///
/// Part `n` is what is shown from `n * part_ns` of the title on. Parts are read one after the other, and the
/// last one makes captions of all: whoever reads the captions needs what came before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedCaptionsPlan {
    /// The source's video track: position among the video tracks of the file, from 0.
    pub track: u32,
    /// The source's stream time that is 0 in the title, nanoseconds.
    pub origin_ns: u64,
    /// How long the title is, nanoseconds: no caption lies beyond.
    pub duration_ns: u64,
    /// Length of a part, nanoseconds; the last one takes the rest.
    pub part_ns: u64,
    /// How many parts there are, 1 or more.
    pub parts: u32,
    /// BCP 47 language of the primary captions, `und` where nobody says; none where these are not wanted, since
    /// a subtitle track of the file is in their language.
    pub language: Option<String>,
}

/// `closedcaptions.planned`: read the captions that lie in these pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedCaptionsPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// How to read.
    pub closed: ClosedCaptionsPlan,
    /// Which part, from 0.
    pub part: u32,
}

/// `manifests.planned`: captions or a storyboard have come since a package's manifests were final, or what is
/// known of its key has changed; write these again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestsPlanned {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// Name of the caption track that is new; empty where it is not captions that have come.
    pub captions: String,
    /// Whether it is the storyboard that is new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub storyboard: bool,
}

macro_rules! caption_payload {
    ($name:ident, $ty:literal, $part:expr) => {
        impl Payload for $name {
            const TYPE: &'static str = $ty;

            fn asset(&self) -> AssetId {
                self.asset
            }

            fn part(&self) -> String {
                let part: fn(&Self) -> String = $part;
                part(self)
            }
        }
    };
}

caption_payload!(CuesCompleted, "io.reeldrop.cues.completed.v1", |p| format!(
    "{}/{}",
    p.name, p.page
));
caption_payload!(
    TranscriptCompleted,
    "io.reeldrop.transcript.completed.v1",
    |p| p.name.clone()
);
caption_payload!(
    TranscriptSkipped,
    "io.reeldrop.transcript.skipped.v1",
    |_| String::new()
);
caption_payload!(CaptionsImported, "io.reeldrop.captions.imported.v1", |p| p
    .name
    .clone());
caption_payload!(
    SubtitlesPlanned,
    "io.reeldrop.subtitles.planned.v1",
    |p| format!("subtitles/{}", p.track)
);
caption_payload!(
    ClosedCaptionsPlanned,
    "io.reeldrop.closedcaptions.planned.v1",
    |p| format!("subtitles/closed/{}", p.part)
);
caption_payload!(ManifestsPlanned, "io.reeldrop.manifests.planned.v1", |p| {
    let new = match p.storyboard {
        true => "storyboard",
        false => &p.captions,
    };
    format!("{}/{new}", p.package)
});
