//! From what was written to what the manifests say.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use reeldrop_cmaf::Codec;
use reeldrop_cmaf::boxes::common_pssh;
use reeldrop_cmaf::dash::{self, Times};
use reeldrop_cmaf::movie::{Kind, MovieTrack};
use reeldrop_cmaf::presentation::{Audio, Presentation, Protection, Span, Track, Video};
use reeldrop_events::{KeyFrame, PublishedSegment, Ratio};
use time::OffsetDateTime;

use crate::{Key, PackageError, Packaged, Settings, mpd, playlists};

/// A track that has been written.
pub(crate) struct Done {
    name: String,
    kind: Kind,
    codec: Codec,
    codec_string: String,
    pub(crate) timescale: u32,
    language: String,
    protection: Option<Protection>,
    pub(crate) segments: Vec<PublishedSegment>,
    /// Key frames that decode alone, in order.
    pub(crate) key_frames: Vec<KeyFrame>,
    pub(crate) samples: u64,
    /// Where header and index lie in the one file of the track.
    pub(crate) ranges: Option<(Range<u64>, Range<u64>)>,
}

impl Done {
    /// With the key that its samples are encrypted with, if any.
    pub(crate) fn new(
        track: &MovieTrack<'_>,
        name: &str,
        key: Option<&Key>,
        settings: &Settings,
    ) -> Self {
        Self {
            name: name.to_owned(),
            kind: track.kind,
            codec: track.codec,
            codec_string: track.codec_string.clone(),
            timescale: track.timescale,
            language: track.language.clone(),
            protection: key.map(|key| protection(key, settings)),
            segments: Vec::new(),
            key_frames: Vec::new(),
            samples: 0,
            ranges: None,
        }
    }

    pub(crate) fn summary(&self) -> Packaged {
        Packaged {
            name: self.name.clone(),
            codec: self.codec_string.clone(),
            segments: self.segments.len(),
            bytes: self.segments.iter().map(|segment| segment.bytes).sum(),
            kid: self.protection.as_ref().map(|protection| protection.kid),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.protection.is_some()
    }

    pub(crate) fn track(&self) -> Track {
        Track {
            name: self.name.clone(),
            codec: self.codec_string.clone(),
            timescale: self.timescale,
            declared_bps: 0,
            segments: self.segments.clone(),
            key_frames: self.key_frames.clone(),
            protection: self.protection.clone(),
        }
    }

    fn ticks(&self) -> u64 {
        let segments = self.segments.iter();
        segments.map(|segment| segment.duration_ticks).sum()
    }

    /// Frames per second, the average where it varies.
    fn frame_rate(&self) -> Ratio {
        let frames = u128::from(self.samples) * u128::from(self.timescale);
        let ticks = u128::from(self.ticks()).max(1);
        let divisor = gcd(frames, ticks).max(1);
        let (mut num, mut den) = (frames / divisor, ticks / divisor);
        // What does not fit says its thousandths.
        if u32::try_from(num.max(den)).is_err() {
            (num, den) = (frames * 1000 / ticks, 1000);
        }
        Ratio {
            num: u32::try_from(num).unwrap_or(u32::MAX),
            den: u32::try_from(den).unwrap_or(1000),
        }
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Stands in an address for the key id, in hex.
pub(crate) const KID: &str = "{kid}";

/// Writes the manifests, which make what was written playable.
pub(crate) fn write(done: &[Done], settings: &Settings, out: &Path) -> Result<(), PackageError> {
    let whole = presentation(done, settings);
    playlists::write(&whole, done, out)?;
    let now = Times {
        available_from: OffsetDateTime::UNIX_EPOCH,
        published: OffsetDateTime::UNIX_EPOCH,
        clock: "",
    };
    let mut mpd = dash::mpd(&whole, &now);
    let ranges: BTreeMap<_, _> = done
        .iter()
        .filter_map(|track| Some((track.name.clone(), track.ranges.clone()?)))
        .collect();
    if !ranges.is_empty() {
        mpd = mpd::change(&mpd, &ranges).map_err(PackageError::Manifest)?;
    }
    put(&out.join("stream.mpd"), &mpd)
}

pub(crate) fn put(path: &Path, text: &str) -> Result<(), PackageError> {
    fs::write(path, text).map_err(|error| PackageError::Write(path.into(), error))
}

/// What manifests say of tracks under `key`.
fn protection(key: &Key, settings: &Settings) -> Protection {
    Protection {
        scheme: settings.scheme,
        kid: key.kid,
        key_uri: settings.key_uri.replace(KID, &key.kid.simple().to_string()),
        license_uri: settings.license_uri.clone(),
        pssh: common_pssh(&[key.kid]),
        systems: key.systems.clone(),
    }
}

fn presentation(done: &[Done], settings: &Settings) -> Presentation {
    let mut video: Vec<Video> = done.iter().filter_map(video).collect();
    video.sort_by_key(|video| std::cmp::Reverse(u64::from(video.width) * u64::from(video.height)));
    let sound = done
        .iter()
        .filter(|track| matches!(track.kind, Kind::Audio(_)));
    Presentation {
        complete: true,
        planned_segment: Span {
            ticks: settings.segment_ms,
            timescale: 1000,
        },
        video,
        audio: sound.enumerate().filter_map(audio).collect(),
        ..Presentation::default()
    }
}

fn video(done: &Done) -> Option<Video> {
    let Kind::Video(info) = done.kind else {
        return None;
    };
    Some(Video {
        track: done.track(),
        family: done.codec,
        width: info.width,
        height: info.height,
        frame_rate: done.frame_rate(),
        range: info.range,
    })
}

fn audio((index, done): (usize, &Done)) -> Option<Audio> {
    let Kind::Audio(info) = done.kind else {
        return None;
    };
    Some(Audio {
        track: done.track(),
        language: done.language.clone(),
        label: done.language.clone(),
        channels: info.channels,
        sample_rate_hz: info.sample_rate_hz,
        default: index == 0,
    })
}
