//! The plan: what is made of a source, cut into parts that can be made anywhere and in any order.

use serde::{Deserialize, Serialize};

use crate::{AnalysisMode, Ratio, Scheme};

const NS_PER_S: u128 = 1_000_000_000;

/// Samples per AAC-LC frame (ISO/IEC 14496-3).
const AAC_FRAME: u128 = 1024;

/// A video codec that Reeldrop encodes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// H.264/AVC.
    H264,
    /// H.265/HEVC.
    H265,
    /// AV1.
    Av1,
}

/// One rung of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Name, unique in the ladder and safe in an object key, such as `h264-720p`.
    pub name: String,
    /// Codec.
    pub codec: VideoCodec,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Highest bit rate over a second (the VBV rate), bits per second.
    pub max_bitrate_bps: u64,
    /// Constant rate factor on the encoder's own scale.
    pub crf: u32,
    /// The encoder's preset, such as `veryfast`, or its speed number.
    pub preset: String,
}

/// An audio rendition of one source track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioRendition {
    /// Name, unique in the plan and safe in an object key, such as `audio-0`.
    pub name: String,
    /// The source's audio track: position among the audio tracks of the file, from 0.
    pub track: u32,
    /// Bit rate in bits per second.
    pub bitrate_bps: u32,
    /// Output sample rate in Hz.
    pub sample_rate_hz: u32,
    /// Output channels.
    pub channels: u32,
    /// Gain in hundredths of a decibel that brings the whole track to the profile's loudness.
    pub gain_cdb: i32,
    /// BCP 47 language, `und` where the file names none.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// Whether players pick it by themselves: true for exactly one.
    pub default: bool,
}

/// Whether output frames come at a fixed rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameRate {
    /// Every frame lasts `1 / rate` seconds.
    Constant(Ratio),
    /// Frames keep the source's times; the rate is the average.
    Variable(Ratio),
}

impl FrameRate {
    /// The rate, or the average rate, in frames per second.
    #[must_use]
    pub fn ratio(self) -> Ratio {
        match self {
            Self::Constant(rate) | Self::Variable(rate) => rate,
        }
    }
}

/// The output's time line: ticks, GOPs and segments, the same for every rendition.
///
/// Time 0 is the source's presentation time `origin_ns`. Segment boundaries are multiples of
/// `segment_ticks`; where `first_segment_ticks` is set, the first of these spans is divided there,
/// so that playback can begin after a short first segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The source's stream time that becomes 0, nanoseconds.
    pub origin_ns: u64,
    /// Ticks per second of every video rendition.
    pub timescale: u32,
    /// Frame rate of the output.
    pub frame_rate: FrameRate,
    /// Ticks from one key frame to the next.
    pub gop_ticks: u64,
    /// Ticks of a segment: a whole number of GOPs.
    pub segment_ticks: u64,
    /// Ticks of the first segment where it is shorter: a whole number of GOPs.
    pub first_segment_ticks: Option<u64>,
}

impl Timeline {
    /// The tick of a frame presented at `stream_time_ns` of the source; negative before the origin.
    ///
    /// At a constant rate this snaps to the frame grid when the time is within a quarter of a frame
    /// of it, which takes away the rounding of containers that count in milliseconds.
    #[must_use]
    pub fn tick(&self, stream_time_ns: u64) -> i64 {
        let delta = i128::from(stream_time_ns) - i128::from(self.origin_ns);
        let tick = div_round(delta * i128::from(self.timescale), NS_PER_S as i128);
        if let Some(frame) = self.frame_ticks() {
            let frame = i128::from(frame);
            let snapped = div_round(tick, frame) * frame;
            if (snapped - tick).abs() * 4 <= frame {
                return snapped as i64;
            }
        }
        tick as i64
    }

    /// Ticks of one frame, where the rate is constant.
    #[must_use]
    pub fn frame_ticks(&self) -> Option<u64> {
        match self.frame_rate {
            FrameRate::Constant(rate) => {
                Some(u64::from(self.timescale) * u64::from(rate.den) / u64::from(rate.num))
            }
            FrameRate::Variable(_) => None,
        }
    }

    /// First tick of segment `number`, counted from 0.
    #[must_use]
    pub fn segment_start(&self, number: u32) -> u64 {
        let number = u64::from(number);
        match (self.first_segment_ticks, number) {
            (_, 0) => 0,
            (Some(first), 1) => first,
            (Some(_), n) => (n - 1) * self.segment_ticks,
            (None, n) => n * self.segment_ticks,
        }
    }

    /// The segment that holds `tick`.
    #[must_use]
    pub fn segment_at(&self, tick: u64) -> u32 {
        let span = tick / self.segment_ticks;
        let number = match self.first_segment_ticks {
            None => span,
            Some(first) if span == 0 => u64::from(tick >= first),
            Some(_) => span + 1,
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Nanoseconds from the origin to `tick`, rounded to the nearest.
    #[must_use]
    pub fn tick_ns(&self, tick: u64) -> u64 {
        let scale = u128::from(self.timescale);
        ((u128::from(tick) * NS_PER_S + scale / 2) / scale) as u64
    }

    /// First AAC frame of segment `number` at `sample_rate_hz`: the one that starts nearest to the segment's start.
    #[must_use]
    pub fn audio_segment_start(&self, number: u32, sample_rate_hz: u32) -> u64 {
        let tick = u128::from(self.segment_start(number));
        let frames_per_tick_den = AAC_FRAME * u128::from(self.timescale);
        ((tick * u128::from(sample_rate_hz) + frames_per_tick_den / 2) / frames_per_tick_den) as u64
    }
}

fn div_round(value: i128, by: i128) -> i128 {
    (value + by / 2).div_euclid(by)
}

/// A range of output frames encoded by one event: whole segments.
///
/// A source frame belongs to the chunk when its [`Timeline::tick`] lies in `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chunk {
    /// Position among the chunks, from 0.
    pub index: u32,
    /// Number of its first segment.
    pub first_segment: u32,
    /// How many segments it is planned to have.
    pub segments: u32,
    /// First tick.
    pub start: u64,
    /// The tick after its last; none for the last chunk, which takes all that comes.
    pub end: Option<u64>,
}

/// A range of audio encoded by one event: whole segments of one audio rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AudioPart {
    /// Position among the parts of this rendition, from 0.
    pub index: u32,
    /// Number of its first segment.
    pub first_segment: u32,
    /// How many segments it is planned to have.
    pub segments: u32,
    /// First AAC frame, counted from the origin.
    pub start_frame: u64,
    /// The frame after its last; none for the last part, which takes all that comes.
    pub end_frame: Option<u64>,
}

/// What is made of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the ladder profile.
    pub profile: String,
    /// The time line.
    pub timeline: Timeline,
    /// Length of the output in ticks of the time line, as planned.
    pub duration_ticks: u64,
    /// Video renditions, highest first.
    pub ladder: Vec<Rendition>,
    /// Chunks, in order.
    pub chunks: Vec<Chunk>,
    /// Audio renditions, the default one first.
    pub audio: Vec<AudioRendition>,
    /// Parts of each audio rendition, in order: the same cut for all of them.
    pub audio_parts: Vec<AudioPart>,
    /// How the first package is encrypted.
    pub scheme: Scheme,
    /// How thoroughly the title is looked at, where the upload says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis_mode: Option<AnalysisMode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Timeline {
        Timeline {
            origin_ns: 0,
            timescale: 30_000,
            frame_rate: FrameRate::Constant(Ratio {
                num: 30_000,
                den: 1_001,
            }),
            gop_ticks: 60_060,
            segment_ticks: 180_180,
            first_segment_ticks: Some(60_060),
        }
    }

    #[test]
    fn frame_times_rounded_to_milliseconds_land_on_the_grid() {
        let timeline = timeline();
        for frame in 0..10_000_u64 {
            let milliseconds = (frame * 1_001 + 15) / 30;
            assert_eq!(
                timeline.tick(milliseconds * 1_000_000),
                (frame * 1_001) as i64
            );
        }
    }

    #[test]
    fn a_frame_before_the_origin_has_a_negative_tick() {
        let timeline = Timeline {
            origin_ns: 1_000_000_000,
            ..timeline()
        };
        // One second is 29.97 frames, which is within a quarter of a frame of 30.
        assert_eq!(timeline.tick(0), -30 * 1_001);
    }

    #[test]
    fn segments_meet_without_gap_and_each_tick_finds_its_own() {
        for first_segment_ticks in [None, Some(60_060)] {
            let timeline = Timeline {
                first_segment_ticks,
                ..timeline()
            };
            for number in 0..50 {
                let start = timeline.segment_start(number);
                assert!(start < timeline.segment_start(number + 1));
                assert_eq!(timeline.segment_at(start), number);
                assert_eq!(
                    timeline.segment_at(timeline.segment_start(number + 1) - 1),
                    number
                );
            }
        }
    }

    #[test]
    fn audio_segments_start_within_half_an_aac_frame_of_the_video() {
        let timeline = timeline();
        for number in 0..500 {
            let audio_s = timeline.audio_segment_start(number, 48_000) as f64 * 1024.0 / 48_000.0;
            let video_s = timeline.segment_start(number) as f64 / 30_000.0;
            assert!(
                (audio_s - video_s).abs() <= 512.0 / 48_000.0 + 1e-9,
                "segment {number}"
            );
        }
    }
}
