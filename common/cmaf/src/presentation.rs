//! What both manifests say: a title's tracks and how far they reach.

mod protection;
pub(crate) mod rate;
mod storyboard;
mod text;

use std::collections::BTreeSet;

use reeldrop_events::{KeyFrame, PublishedSegment, Ratio, Scheme, Transfer};

pub use protection::{KeySystem, Protection};
use rate::Piece;
pub use storyboard::Storyboard;
pub use text::TextTrack;

use crate::Codec;

/// A package of a title, whole or as far as it is there.
///
/// Addresses are relative to the manifests' folder: `{rendition}/init.mp4` and
/// `{rendition}/{number:06}.m4s`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presentation {
    /// Whether the tracks are whole.
    pub complete: bool,
    /// Longest segment of the plan.
    pub planned_segment: Span,
    /// Video renditions, the highest first.
    pub video: Vec<Video>,
    /// Audio renditions, the default one first.
    pub audio: Vec<Audio>,
    /// How samples of all tracks are encrypted that do not say it themselves; none where they are clear.
    pub protection: Option<Protection>,
    /// Captions; none by default.
    pub text: Vec<TextTrack>,
    /// Pictures for the seek bar; none by default.
    pub storyboard: Option<Storyboard>,
}

/// A length of time that is not rounded: `ticks / timescale` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Length in ticks.
    pub ticks: u64,
    /// Ticks per second, never 0.
    pub timescale: u32,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            ticks: 0,
            timescale: 1,
        }
    }
}

/// One rendition: what sound and picture have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Name of the rendition, which is its folder.
    pub name: String,
    /// RFC 6381 codec.
    pub codec: String,
    /// Ticks per second, never 0.
    pub timescale: u32,
    /// The bit rate that the plan promises not to exceed, bits per second.
    pub declared_bps: u64,
    /// The segments to name, from number 0, without a gap in their numbers.
    pub segments: Vec<PublishedSegment>,
    /// Key frames of the segments that decode alone, in order; none by default.
    pub key_frames: Vec<KeyFrame>,
    /// How its samples are encrypted, where not as the presentation says of all.
    pub protection: Option<Protection>,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            name: String::new(),
            codec: String::new(),
            timescale: 1,
            declared_bps: 0,
            segments: Vec::new(),
            key_frames: Vec::new(),
            protection: None,
        }
    }
}

/// A video rendition.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// Its segments and codec.
    pub track: Track,
    /// The codec: renditions of different codecs are never switched between.
    pub family: Codec,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second; the average where it varies.
    pub frame_rate: Ratio,
    /// SDR, PQ or HLG.
    pub range: Transfer,
}

/// An audio rendition.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// Its segments and codec.
    pub track: Track,
    /// BCP 47 language, `und` where it is not known.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// Channels.
    pub channels: u32,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Whether players pick it by themselves: true for exactly one.
    pub default: bool,
}

impl Span {
    /// The span in microseconds, rounded up: a player that cuts at the end then keeps the last frame.
    #[must_use]
    pub fn micros_up(self) -> u64 {
        let micros = (u128::from(self.ticks) * 1_000_000).div_ceil(u128::from(self.timescale));
        u64::try_from(micros).unwrap_or(u64::MAX)
    }

    /// The span in microseconds, rounded to the nearest.
    #[must_use]
    pub fn micros(self) -> u64 {
        let scale = u128::from(self.timescale);
        let micros = (u128::from(self.ticks) * 1_000_000 + scale / 2) / scale;
        u64::try_from(micros).unwrap_or(u64::MAX)
    }

    /// The span in seconds, rounded to the nearest.
    #[must_use]
    pub fn seconds_rounded(self) -> u64 {
        let scale = u64::from(self.timescale);
        (self.ticks + scale / 2) / scale
    }

    fn longer(self, other: Self) -> Self {
        let here = u128::from(self.ticks) * u128::from(other.timescale);
        let there = u128::from(other.ticks) * u128::from(self.timescale);
        if there > here { other } else { self }
    }
}

impl Track {
    /// From the first segment's start to the last one's end.
    #[must_use]
    pub fn length(&self) -> Span {
        self.span(
            self.segments
                .iter()
                .map(|segment| segment.duration_ticks)
                .sum(),
        )
    }

    /// A span in this track's ticks.
    #[must_use]
    pub fn span(&self, ticks: u64) -> Span {
        Span {
            ticks,
            timescale: self.timescale,
        }
    }

    /// Bit rate over the whole track in bits per second, rounded up; 0 without segments.
    #[must_use]
    pub fn average_bps(&self) -> u64 {
        rate::average_bps(&self.pieces(), self.timescale)
    }

    /// Peak segment bit rate in bits per second, rounded up: the largest of any run of segments
    /// that lasts half to one and a half times `target_s` (RFC 8216bis, section 4.4.6.2).
    #[must_use]
    pub fn peak_bps(&self, target_s: u64) -> u64 {
        rate::peak_bps(&self.pieces(), self.timescale, target_s)
    }

    /// The key frames, each with the time until the next one, where every segment has one;
    /// none else, since players would show nothing of those that lack it.
    pub(crate) fn key_pieces(&self) -> Vec<(KeyFrame, Piece)> {
        let with_keys: BTreeSet<u32> = self.key_frames.iter().map(|key| key.segment).collect();
        if !self
            .segments
            .iter()
            .all(|segment| with_keys.contains(&segment.number))
        {
            return Vec::new();
        }
        let end = self
            .segments
            .last()
            .map_or(0, |last| last.start_ticks + last.duration_ticks);
        let named = self.segments.len();
        let keys = self
            .key_frames
            .iter()
            .filter(|key| usize::try_from(key.segment).is_ok_and(|segment| segment < named));
        let ends = keys.clone().skip(1).map(|key| key.start_ticks).chain([end]);
        let pieces = keys.zip(ends).map(|(key, end)| {
            let ticks = end.saturating_sub(key.start_ticks);
            let bytes = key.bytes;
            (*key, Piece { ticks, bytes })
        });
        pieces.collect()
    }

    fn pieces(&self) -> Vec<Piece> {
        let segments = self.segments.iter();
        let pieces = segments.map(|segment| Piece {
            ticks: segment.duration_ticks,
            bytes: segment.bytes,
        });
        pieces.collect()
    }
}

impl Presentation {
    /// How long it can be played: the picture's length, or the sound's where there is no picture.
    #[must_use]
    pub fn length(&self) -> Span {
        let video = self.video.iter().map(|video| video.track.length());
        let audio = self.audio.iter().map(|audio| audio.track.length());
        video
            .reduce(Span::longer)
            .or_else(|| audio.reduce(Span::longer))
            .unwrap_or_default()
    }

    /// The target duration of every media playlist in seconds: the longest planned segment rounded
    /// to the nearest, and never less than a real one, since it must not change while a playlist grows.
    #[must_use]
    pub fn target_s(&self) -> u64 {
        // Sound is cut at whole AAC frames of 1024 samples, so that its segments may last half a
        // frame longer at either end.
        let planned_audio = self.audio.iter().map(|audio| {
            let scale = u64::from(audio.track.timescale);
            let planned = (self.planned_segment.ticks * scale)
                .div_ceil(u64::from(self.planned_segment.timescale));
            audio.track.span(planned + 1024)
        });
        let real = self.tracks().flat_map(|track| {
            track
                .segments
                .iter()
                .map(|segment| track.span(segment.duration_ticks))
        });
        let longest = planned_audio
            .chain(real)
            .fold(self.planned_segment, Span::longer);
        longest.seconds_rounded().max(1)
    }

    /// The bit rate to announce for a track: the plan's promise while the track grows, since what
    /// is there may be its quietest part; then what was measured.
    #[must_use]
    pub fn bandwidth_bps(&self, track: &Track) -> u64 {
        if self.complete {
            track.peak_bps(self.target_s())
        } else {
            track.declared_bps
        }
    }

    /// How a track's samples are encrypted, where they are.
    #[must_use]
    pub fn protection_of<'a>(&'a self, track: &'a Track) -> Option<&'a Protection> {
        let own = track.protection.as_ref();
        own.or(self.protection.as_ref())
            .filter(|protection| protection.scheme != Scheme::None)
    }

    pub(crate) fn tracks(&self) -> impl Iterator<Item = &Track> {
        let video = self.video.iter().map(|video| &video.track);
        video.chain(self.audio.iter().map(|audio| &audio.track))
    }
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::{samples::*, *};

    fn track(ticks: &[u64], bytes: &[u64]) -> Track {
        Track {
            name: "v".to_owned(),
            codec: "avc1.64001F".to_owned(),
            timescale: 10,
            declared_bps: 1,
            segments: segments(ticks, bytes),
            ..Track::default()
        }
    }

    #[test]
    fn peak_is_of_runs_of_half_to_one_and_a_half_targets() {
        // The second alone is the densest, but 1 s is less than half the target.
        let track = track(&[60, 10, 60], &[600, 1_000, 700]);
        assert_eq!(track.peak_bps(6), (1_000_u64 + 700) * 8 * 10 / 70 + 1);
        assert_eq!(track.average_bps(), (2_300_u64 * 8 * 10).div_ceil(130));
    }

    #[test]
    fn a_title_shorter_than_half_a_target_has_its_own_rate() {
        assert_eq!(track(&[10], &[125]).peak_bps(6), 1_000);
        assert_eq!(track(&[], &[]).peak_bps(6), 0);
    }

    #[test]
    fn target_duration_is_the_same_growing_and_complete() {
        assert_eq!(title(false).target_s(), 6);
        assert_eq!(title(true).target_s(), 6);
    }

    #[test]
    fn target_duration_leaves_room_for_a_whole_audio_frame() {
        let mut title = title(false);
        title.planned_segment = Span {
            ticks: 6_490,
            timescale: 1_000,
        };
        assert_eq!(title.target_s(), 7);
    }

    #[test]
    fn length_is_the_picture_s() {
        assert_eq!(
            title(true).length(),
            Span {
                ticks: 510_510,
                timescale: 30_000
            }
        );
        assert_eq!(title(true).length().micros_up(), 17_017_000);
        assert_eq!(
            Span {
                ticks: 1,
                timescale: 3
            }
            .micros_up(),
            333_334
        );
        assert_eq!(
            Span {
                ticks: 1,
                timescale: 3
            }
            .micros(),
            333_333
        );
    }
}
