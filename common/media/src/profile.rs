//! Ladder profiles: what is made of a source, as YAML.

use std::path::Path;

use reeldrop_events::{Ratio, VideoCodec};
use serde::Deserialize;

/// The profiles that are part of the program, by name.
const BUILT_IN: &[(&str, &str)] = &[
    ("default", include_str!("../profiles/default.yaml")),
    ("h265", include_str!("../profiles/h265.yaml")),
    ("av1", include_str!("../profiles/av1.yaml")),
];

/// What is made of a source: its ladder, segments, audio and limits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name, as plans carry it.
    pub name: String,
    /// GOPs, segments and chunks.
    pub segments: SegmentProfile,
    /// Video renditions.
    pub video: VideoProfile,
    /// Audio renditions.
    pub audio: AudioProfile,
    /// What is too much.
    pub limits: Limits,
}

/// How the output is cut.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentProfile {
    /// Milliseconds from key frame to key frame, rounded to whole frames.
    pub gop_ms: u32,
    /// Milliseconds of a segment, rounded to whole GOPs.
    pub segment_ms: u32,
    /// Whether the first segment is a single GOP, so that playback can begin sooner.
    pub fast_start: bool,
    /// Most segments that one event encodes.
    pub chunk_segments: u32,
    /// Most millions of pixels that one event decodes and encodes, all renditions together: it
    /// keeps an event within 120 s on two cores at the profile's presets. A chunk has at least one
    /// segment.
    pub chunk_megapixels: u64,
    /// Milliseconds of audio that one event encodes, but for the short first part.
    pub audio_part_ms: u32,
}

/// The video ladder.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VideoProfile {
    /// Sources at a higher constant rate are reduced by the smallest whole divisor that fits.
    pub max_frame_rate: u32,
    /// Convert every source to this constant rate instead.
    #[serde(default)]
    pub frame_rate: Option<Ratio>,
    /// The rungs, highest first.
    pub rungs: Vec<RungProfile>,
}

/// One rung of the ladder.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RungProfile {
    /// Codec.
    pub codec: VideoCodec,
    /// Height of a landscape picture, width of a portrait one, in pixels.
    pub short_side: u32,
    /// Highest bit rate over a second at up to 30 frames per second, bits per second.
    pub max_bitrate_bps: u64,
    /// Constant rate factor on the encoder's own scale.
    pub crf: u32,
    /// The encoder's preset or speed number.
    pub preset: String,
}

/// What is made of each audio track.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioProfile {
    /// Bits per second.
    pub bitrate_bps: u32,
    /// Output channels.
    pub channels: u32,
    /// Output samples per second.
    pub sample_rate_hz: u32,
    /// Integrated loudness to bring tracks to, in LUFS; without it they keep their level.
    #[serde(default)]
    pub loudness_lufs: Option<f64>,
    /// Highest peak after the gain, in dBFS.
    pub peak_dbfs: f64,
    /// Most gain, in dB.
    pub max_gain_db: f64,
}

/// What is rejected for being too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most bytes of a source.
    pub size_bytes: u64,
    /// Longest source in milliseconds.
    pub duration_ms: u64,
    /// Longest side of the picture in pixels.
    pub side_pixels: u32,
    /// Most pixels of the picture.
    pub pixels: u64,
    /// Most tracks of any kind.
    pub tracks: u32,
    /// Most audio tracks that a title gets; further ones are left out, not rejected.
    pub audio_tracks: u32,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is neither built in nor a readable file.
    #[error("profile {name:?} is neither built in nor a file: {error}")]
    NotFound {
        /// The name or path.
        name: String,
        /// What the file system said.
        error: std::io::Error,
    },
    /// Its YAML does not fit.
    #[error("profile {name:?}: {error}")]
    Yaml {
        /// The name or path.
        name: String,
        /// What does not fit, and where.
        error: yaml_serde::Error,
    },
    /// Its values make no sense.
    #[error("profile {name:?}: {reason}")]
    Invalid {
        /// The name or path.
        name: String,
        /// What makes no sense.
        reason: &'static str,
    },
}

impl Profile {
    /// Loads a built-in profile by name, or else the file of that path.
    ///
    /// # Errors
    /// [`ProfileError`] where there is none, or it is not valid.
    pub fn load(name: &str) -> Result<Self, ProfileError> {
        match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            Some((_, text)) => Self::parse(name, text),
            None => match std::fs::read_to_string(Path::new(name)) {
                Ok(text) => Self::parse(name, &text),
                Err(error) => Err(ProfileError::NotFound {
                    name: name.to_owned(),
                    error,
                }),
            },
        }
    }

    fn parse(name: &str, text: &str) -> Result<Self, ProfileError> {
        let profile: Self = yaml_serde::from_str(text).map_err(|error| ProfileError::Yaml {
            name: name.to_owned(),
            error,
        })?;
        match profile.fault() {
            Some(reason) => Err(ProfileError::Invalid {
                name: name.to_owned(),
                reason,
            }),
            None => Ok(profile),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let cut = &self.segments;
        let rungs = &self.video.rungs;
        if rungs.is_empty() {
            Some("the ladder has no rung")
        } else if rungs
            .windows(2)
            .any(|pair| pair[0].short_side <= pair[1].short_side)
        {
            Some("rungs go from the highest to the lowest, one of each height")
        } else if cut.gop_ms == 0 || cut.segment_ms < cut.gop_ms {
            Some("a segment holds at least one GOP")
        } else if cut.chunk_segments == 0 || cut.audio_part_ms < cut.segment_ms {
            Some("chunks and audio parts hold at least one segment")
        } else if self.video.max_frame_rate == 0
            || self
                .video
                .frame_rate
                .is_some_and(|rate| rate.num == 0 || rate.den == 0)
        {
            Some("frame rates are above 0")
        } else if !matches!(self.audio.channels, 1 | 2) {
            Some("audio has 1 or 2 channels")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_valid_and_carries_its_own_name() {
        for (name, _) in BUILT_IN {
            assert_eq!(Profile::load(name).unwrap().name, *name);
        }
    }

    #[test]
    fn an_unknown_field_is_an_error_that_names_it() {
        let text = format!("{}\nladder: []\n", BUILT_IN[0].1);
        let error = Profile::parse("mine", &text).unwrap_err().to_string();
        assert!(error.contains("ladder"), "{error}");
    }

    #[test]
    fn a_ladder_from_low_to_high_is_an_error() {
        let mut profile = Profile::load("default").unwrap();
        profile.video.rungs.reverse();
        assert!(profile.fault().is_some());
    }

    #[test]
    fn a_missing_profile_is_named() {
        let error = Profile::load("no/such/profile.yaml")
            .unwrap_err()
            .to_string();
        assert!(error.contains("no/such/profile.yaml"), "{error}");
    }
}
