//! From what was written to what the manifests say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeldrop_cmaf::Codec;
use reeldrop_cmaf::boxes::common_pssh;
use reeldrop_cmaf::dash::{self, Times};
use reeldrop_cmaf::hls::{self, KeyFormat};
use reeldrop_cmaf::movie::{Kind, MovieTrack};
use reeldrop_cmaf::presentation::{Audio, Presentation, Protection, Span, Track, Video};
use reeldrop_events::{KeyFrame, PublishedSegment, Ratio};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::mpd::{self, Said};
use crate::{PackageError, Packaged, Settings, ranges};

/// A track that has been written.
pub(crate) struct Done {
    name: String,
    kind: Kind,
    codec: Codec,
    codec_string: String,
    pub(crate) timescale: u32,
    language: String,
    kid: Option<Uuid>,
    pub(crate) segments: Vec<PublishedSegment>,
    /// Key frames that decode alone, in order.
    pub(crate) key_frames: Vec<KeyFrame>,
    pub(crate) samples: u64,
    /// Where header and index lie in the one file of the track.
    pub(crate) ranges: Option<(Range<u64>, Range<u64>)>,
}

impl Done {
    pub(crate) fn new(track: &MovieTrack<'_>, name: &str, kid: Option<Uuid>) -> Self {
        Self {
            name: name.to_owned(),
            kind: track.kind,
            codec: track.codec,
            codec_string: track.codec_string.clone(),
            timescale: track.timescale,
            language: track.language.clone(),
            kid,
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
        }
    }

    fn said(&self) -> Said {
        Said {
            key: self
                .kid
                .map(|kid| (kid, STANDARD.encode(common_pssh(&[kid])))),
            ranges: self.ranges.clone(),
        }
    }

    fn track(&self) -> Track {
        Track {
            name: self.name.clone(),
            codec: self.codec_string.clone(),
            timescale: self.timescale,
            declared_bps: 0,
            segments: self.segments.clone(),
            key_frames: self.key_frames.clone(),
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
    let mut whole = presentation(done, settings);
    for track in done {
        // Under its own key.
        whole.protection = protection(track.kid, settings);
        write_playlists(&whole, track, out)?;
    }
    let text = multivariant(&mut whole, done, settings);
    put(&out.join("stream.m3u8"), &text)?;
    let now = Times {
        available_from: OffsetDateTime::UNIX_EPOCH,
        published: OffsetDateTime::UNIX_EPOCH,
        clock: "",
    };
    let mut mpd = dash::mpd(&whole, &now);
    let said: BTreeMap<_, _> = done
        .iter()
        .map(|track| (track.name.clone(), track.said()))
        .collect();
    let keys: BTreeSet<_> = done.iter().map(|track| track.kid).collect();
    if keys.len() > 1 || said.values().any(|said| said.ranges.is_some()) {
        mpd = mpd::change(&mpd, &said).map_err(PackageError::Manifest)?;
    }
    put(&out.join("stream.mpd"), &mpd)
}

/// The playlists of a track: of its segments, and of its key frames where it is a picture.
fn write_playlists(whole: &Presentation, done: &Done, out: &Path) -> Result<(), PackageError> {
    let format = KeyFormat::Identity;
    let track = done.track();
    let media = hls::media_for(whole, &track, format);
    let iframes = hls::iframes(whole, &track, format);
    let playlists = iframes.map(|text| (format.iframes_file(), text));
    for (file, mut text) in playlists.into_iter().chain([(format.media_file(), media)]) {
        if let Some((init, index)) = &done.ranges {
            text = ranges::change(&text, init, index.end, &done.segments);
        }
        put(&out.join(&done.name).join(file), &text)?;
    }
    Ok(())
}

/// The multivariant playlist, with a session key for each key that a track has. `whole` is left with
/// the first key.
fn multivariant(whole: &mut Presentation, done: &[Done], settings: &Settings) -> String {
    let is_key = |line: &&str| line.starts_with("#EXT-X-SESSION-KEY:");
    let mut keys: Vec<String> = Vec::new();
    for track in done {
        whole.protection = protection(track.kid, settings);
        let own = hls::multivariant(whole);
        let new = own.lines().filter(is_key).map(str::to_owned);
        for key in new {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    whole.protection = protection(done.iter().find_map(|track| track.kid), settings);
    let mut text = String::new();
    for line in hls::multivariant(whole).lines() {
        // All of them where the first one stood.
        let lines = match is_key(&line) {
            true => std::mem::take(&mut keys),
            false => vec![line.to_owned()],
        };
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn put(path: &Path, text: &str) -> Result<(), PackageError> {
    fs::write(path, text).map_err(|error| PackageError::Write(path.into(), error))
}

fn protection(kid: Option<Uuid>, settings: &Settings) -> Option<Protection> {
    let kid = kid?;
    Some(Protection {
        scheme: settings.scheme,
        kid,
        key_uri: settings.key_uri.replace(KID, &kid.simple().to_string()),
        license_uri: settings.license_uri.clone(),
        pssh: common_pssh(&[kid]),
        systems: Vec::new(),
    })
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
