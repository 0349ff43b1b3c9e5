//! What is said in a title: the parts that are listened to, and when all of them are heard.

use serde::{Deserialize, Serialize};

use crate::{AssetId, Payload, Ratio, Source};

/// How the speech of a title is listened to: the same for all of its parts.
///
/// Part `n` is the sound around `start_ns + n * part_ns`. Where exactly it begins and ends is decided
/// by whoever listens, in the silence nearest to these marks, and alike for both neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechPlan {
    /// The source's audio track: position among the audio tracks of the file, from 0.
    pub track: u32,
    /// The source's stream time that is 0 in the title, nanoseconds.
    pub origin_ns: u64,
    /// How long the title is, nanoseconds: no caption lies beyond.
    pub duration_ns: u64,
    /// Stream time of the first sample of the track, nanoseconds.
    pub start_ns: u64,
    /// Stream time of its end, nanoseconds.
    pub end_ns: u64,
    /// Length of a part, nanoseconds; the last one takes the rest.
    pub part_ns: u64,
    /// How many parts there are, 1 or more.
    pub parts: u32,
    /// Frames per second of the picture: captions stay apart by two frames.
    pub frame_rate: Ratio,
    /// BCP 47 language that is spoken, where it is given and need not be found out.
    pub language: Option<String>,
    /// Whether to write English, whatever is spoken.
    pub translate: bool,
    /// Name of the model that listens: another one makes another transcript.
    pub model: String,
}

impl SpeechPlan {
    /// Stream times between which part `index` lies, nanoseconds, as planned.
    #[must_use]
    pub fn range_ns(&self, index: u32) -> (u64, u64) {
        let mark = |n: u32| {
            let at = self.part_ns.saturating_mul(u64::from(n));
            self.start_ns.saturating_add(at).min(self.end_ns)
        };
        match index.saturating_add(1) >= self.parts {
            true => (mark(index), self.end_ns),
            false => (mark(index), mark(index + 1)),
        }
    }
}

/// `speech.planned`: listen to this part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// How to listen.
    pub speech: SpeechPlan,
    /// Which part, from 0.
    pub part: u32,
}

/// `speech.transcribed`: the words of a part lie in the work bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechTranscribed {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// How it was listened to.
    pub speech: SpeechPlan,
    /// Which part, from 0.
    pub part: u32,
    /// BCP 47 language of the words.
    pub language: String,
    /// How many words there are.
    pub words: u32,
}

/// `captions.planned`: every part is heard; make captions of their words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionsPlanned {
    /// The title.
    pub asset: AssetId,
    /// How it was listened to.
    pub speech: SpeechPlan,
    /// BCP 47 language of most words.
    pub language: String,
}

impl Payload for SpeechPlanned {
    const TYPE: &'static str = "io.reeldrop.speech.planned.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        format!("speech/{}", self.part)
    }
}

impl Payload for SpeechTranscribed {
    const TYPE: &'static str = "io.reeldrop.speech.transcribed.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    /// With the model: hearing a part again with another one is news.
    fn part(&self) -> String {
        format!("speech/{}/{}", self.speech.model, self.part)
    }
}

impl Payload for CaptionsPlanned {
    const TYPE: &'static str = "io.reeldrop.captions.planned.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        self.speech.model.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_meet_and_the_last_takes_the_rest() {
        let plan = SpeechPlan {
            track: 0,
            origin_ns: 0,
            duration_ns: 1_000,
            start_ns: 40,
            end_ns: 1_000,
            part_ns: 300,
            parts: 3,
            frame_rate: Ratio::ONE,
            language: None,
            translate: false,
            model: String::new(),
        };
        let ranges: Vec<_> = (0..3).map(|part| plan.range_ns(part)).collect();
        assert_eq!(ranges, [(40, 340), (340, 640), (640, 1_000)]);
        assert_eq!(plan.range_ns(7), (1_000, 1_000));
    }
}
