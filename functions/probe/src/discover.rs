//! From the bytes of a file to what it is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gstreamer as gst;
use reeldrop_events::{
    AudioTrack, Color, Container, KeyFrames, Media, Orientation, Ratio, VideoTrack,
};
use reeldrop_media::{Demuxed, Limits, MediaError, Profile, ReadAt, mp4};

use crate::{
    Error, Rejection, color,
    loudness::{self, Sound},
    packets,
    source::Clocked,
    streams::{self, Candidate, media_type},
    timing::{Timing, measure},
    trial::{self, Picture},
};

/// Finds out what a file is.
///
/// # Errors
/// [`Error::Rejected`] where it can never become a title; the other errors where nothing can be
/// said about it now.
pub fn discover(
    reader: Arc<dyn ReadAt>,
    profile: &Profile,
    patience: Duration,
) -> Result<Media, Error> {
    let clocked = Arc::new(Clocked::new(reader));
    let started = Instant::now();
    let found = within(
        Arc::clone(&clocked) as Arc<dyn ReadAt>,
        profile,
        started + patience,
    );
    match found {
        Err(Error::Rejected(Rejection::TooSlow)) if clocked.spent() * 2 > started.elapsed() => {
            Err(Error::SlowStore(clocked.spent().as_millis()))
        }
        found => found,
    }
}

fn within(reader: Arc<dyn ReadAt>, profile: &Profile, deadline: Instant) -> Result<Media, Error> {
    let limits = &profile.limits;
    check_size(reader.size_bytes(), limits)?;
    let index = index(reader.as_ref())?;
    let demuxed = Demuxed::open(Arc::clone(&reader), left(deadline)?)
        .map_err(|error| unopened(error, index.as_ref()))?;
    let (video, audio) = streams::candidates(&demuxed, index.as_ref());
    check_streams(&demuxed, index.as_ref(), video.len(), audio.len(), limits)?;
    let video = streams::pick_video(video, index.as_ref())?;
    let audio = streams::pick_audio(audio, limits.audio_tracks);
    let shown = video
        .track
        .zip(index.as_ref())
        .map(|(track, index)| index.presentation(track));
    if shown.as_ref().is_some_and(|shown| shown.times.is_empty()) {
        return Err(Rejection::Truncated.into());
    }
    let picked: Vec<usize> = audio
        .iter()
        .chain([&video])
        .map(|candidate| candidate.place)
        .collect();
    let tracks = streams::summaries(&demuxed, &picked);
    let container = streams::container(&demuxed, index.as_ref());
    let channels = profile.audio.channels;
    let patience = left(deadline)?;
    let again = Demuxed::open(Arc::clone(&reader), patience)?;
    let (picture, sounds) = std::thread::scope(|scope| {
        let listening = scope.spawn(|| {
            audio
                .iter()
                .map(|track| listen(&reader, track, index.as_ref(), channels))
                .collect::<Vec<_>>()
        });
        let picture = trial::picture(again, video.video(), &video.stream.codec, patience);
        (picture, listening.join())
    });
    let (picture, sounds) = (picture?, sounds.unwrap_or_default());
    check_picture(&picture, limits)?;
    let frames = match &shown {
        Some(shown) => Frames::of_index(shown, &video, &picture),
        None => Frames::of_packets(
            packets::read(&reader, video.video())?,
            container,
            &video,
            &picture,
        ),
    };
    let audio = sounds
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    let video = describe_video(&video, &picture, &frames);
    let longest = audio
        .iter()
        .map(|track: &AudioTrack| track.duration_ns)
        .chain([video.duration_ns])
        .max();
    check_duration(longest.unwrap_or(0), limits)?;
    left(deadline)?;
    Ok(Media {
        container,
        duration_ns: longest.unwrap_or(0),
        video,
        audio,
        tracks,
        seekable: demuxed.seekable(),
    })
}

/// The index of an MP4 file; none where the file is something else.
fn index(reader: &dyn ReadAt) -> Result<Option<mp4::Mp4>, Error> {
    let index = match mp4::read(reader) {
        Ok(index) => index,
        Err(mp4::Mp4Error::Read(error)) => return Err(error.into()),
        Err(mp4::Mp4Error::NoIndex) => return Err(Rejection::NoIndex.into()),
        Err(mp4::Mp4Error::Damaged) => return Err(Rejection::DamagedIndex.into()),
    };
    let tracks = index
        .as_ref()
        .map(|index| index.movie.tracks.as_slice())
        .unwrap_or_default();
    let plays =
        |track: &&mp4::Track| matches!(track.handler, mp4::Handler::Video | mp4::Handler::Audio);
    match tracks.iter().filter(plays).any(|track| track.encrypted) {
        true => Err(Rejection::Encrypted.into()),
        false => Ok(index),
    }
}

/// What keeps a file from being opened, in the index's words where it has better ones.
fn unopened(error: MediaError, index: Option<&mp4::Mp4>) -> Error {
    let Some(index) = index else {
        return error.into();
    };
    match error {
        MediaError::Damaged(_) | MediaError::NotMedia if index.movie.tracks.is_empty() => {
            Rejection::NoTracks.into()
        }
        MediaError::Damaged(_) | MediaError::NotMedia => {
            let has = |handler| {
                index
                    .movie
                    .tracks
                    .iter()
                    .any(|track| track.handler == handler)
            };
            match (has(mp4::Handler::Video), has(mp4::Handler::Audio)) {
                (false, true) => Rejection::NoVideo.into(),
                (false, false) => Rejection::NoTracks.into(),
                (true, _) => error.into(),
            }
        }
        error => error.into(),
    }
}

fn left(deadline: Instant) -> Result<Duration, Rejection> {
    deadline
        .checked_duration_since(Instant::now())
        .ok_or(Rejection::TooSlow)
}

fn check_size(bytes: u64, limits: &Limits) -> Result<(), Rejection> {
    match bytes {
        0 => Err(Rejection::Empty),
        bytes if bytes > limits.size_bytes => Err(Rejection::TooLarge {
            bytes,
            limit: limits.size_bytes,
        }),
        _ => Ok(()),
    }
}

fn check_streams(
    demuxed: &Demuxed,
    index: Option<&mp4::Mp4>,
    video: usize,
    audio: usize,
    limits: &Limits,
) -> Result<(), Rejection> {
    let streams = demuxed.streams();
    let tracks = streams
        .len()
        .max(index.map_or(0, |index| index.movie.tracks.len())) as u32;
    let encrypted = |name: &str| {
        [
            "application/x-cenc",
            "application/x-cbcs",
            "application/x-webm-enc",
        ]
        .contains(&name)
    };
    let picture = demuxed.demuxers().is_empty()
        && streams
            .iter()
            .any(|stream| media_type(stream).starts_with("image/"));
    if tracks > limits.tracks {
        Err(Rejection::TooManyTracks {
            tracks,
            limit: limits.tracks,
        })
    } else if streams.iter().any(|stream| encrypted(&media_type(stream))) {
        Err(Rejection::Encrypted)
    } else if picture {
        Err(Rejection::Picture)
    } else if video == 0 && audio == 0 && index.is_none_or(|index| index.movie.tracks.is_empty()) {
        Err(Rejection::NoTracks)
    } else {
        Ok(())
    }
}

fn check_picture(picture: &Picture, limits: &Limits) -> Result<(), Rejection> {
    let (width, height) = (picture.width, picture.height);
    let (side, pixels) = (limits.side_pixels, limits.pixels);
    if width.max(height) > side || u64::from(width) * u64::from(height) > pixels {
        Err(Rejection::TooManyPixels {
            width,
            height,
            side,
            pixels,
        })
    } else if width.min(height) < 16 {
        Err(Rejection::TooFewPixels { width, height })
    } else {
        Ok(())
    }
}

fn check_duration(duration_ns: u64, limits: &Limits) -> Result<(), Rejection> {
    match duration_ns / 1_000_000 {
        ms if ms > limits.duration_ms => Err(Rejection::TooLong {
            seconds: ms / 1_000,
            limit: limits.duration_ms / 1_000,
        }),
        _ => Ok(()),
    }
}

/// The frames of the video track.
struct Frames {
    timing: Timing,
    start_ns: i64,
    end_ns: i64,
    count: Option<u64>,
    keys: KeyFrames,
    bytes: u64,
}

impl Frames {
    fn of_index(shown: &mp4::Presentation, video: &Candidate<'_>, picture: &Picture) -> Self {
        let times: Vec<i64> = shown.times.iter().map(|ticks| shown.ns(*ticks)).collect();
        let keys: Vec<i64> = shown.keys.iter().map(|ticks| shown.ns(*ticks)).collect();
        let tick_ns = 1_000_000_000 / i64::from(shown.timescale);
        let mut hints = exact_rate(shown).into_iter().collect::<Vec<_>>();
        hints.extend(claimed_rates(video, picture));
        Self::new(
            &times,
            &keys,
            shown.ns(shown.end),
            tick_ns,
            &hints,
            picture,
            true,
            shown.bytes,
        )
    }

    fn of_packets(
        packets: packets::Packets,
        container: Container,
        video: &Candidate<'_>,
        picture: &Picture,
    ) -> Self {
        let resolution_ns = match container {
            Container::Matroska | Container::Flv => 1_000_000,
            _ => 11_112,
        };
        let hints = claimed_rates(video, picture);
        let timing = measure(
            &packets.times_ns,
            resolution_ns,
            &hints,
            packets.last_duration_ns,
        );
        let frame_ns = 1_000_000_000 * i64::from(timing.rate.den) / i64::from(timing.rate.num);
        let last_ns = if timing.variable {
            packets.last_duration_ns.unwrap_or(frame_ns)
        } else {
            frame_ns
        };
        let end_ns = packets.last_ns + last_ns;
        Self::new(
            &packets.times_ns,
            &packets.keys_ns,
            end_ns,
            resolution_ns,
            &hints,
            picture,
            packets.whole,
            packets.bytes,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "two kinds of index meet here, once each"
    )]
    fn new(
        times: &[i64],
        keys: &[i64],
        end_ns: i64,
        resolution_ns: i64,
        hints: &[Ratio],
        picture: &Picture,
        whole: bool,
        bytes: u64,
    ) -> Self {
        // Frames before the first that decodes are never shown: half a frame of tolerance.
        let first = times
            .iter()
            .position(|time| *time + resolution_ns >= picture.first_ns)
            .unwrap_or(0);
        let times = &times[first..];
        let start_ns = picture.first_ns.max(0);
        let timing = measure(times, resolution_ns, hints, Some(end_ns - start_ns));
        let end_ns = if timing.variable || !whole {
            end_ns
        } else {
            let frames = times.len() as i128;
            start_ns
                + (frames * i128::from(timing.rate.den) * 1_000_000_000
                    / i128::from(timing.rate.num)) as i64
        };
        let gaps = keys
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .chain(keys.last().map(|last| end_ns - last));
        Self {
            timing,
            start_ns,
            end_ns: end_ns.max(start_ns),
            count: whole.then_some(times.len() as u64),
            keys: KeyFrames {
                count: if whole { keys.len() as u64 } else { 0 },
                longest_gap_ns: gaps
                    .max()
                    .and_then(|gap| u64::try_from(gap).ok())
                    .unwrap_or(0),
            },
            bytes: if whole { bytes } else { 0 },
        }
    }

    fn duration_ns(&self) -> u64 {
        u64::try_from(self.end_ns - self.start_ns).unwrap_or(0)
    }

    fn bitrate_bps(&self) -> Option<u64> {
        let duration = u128::from(self.duration_ns()).max(1);
        (self.bytes > 0).then(|| (u128::from(self.bytes) * 8_000_000_000 / duration) as u64)
    }
}

/// The rate of a track whose frames all last equally many ticks.
fn exact_rate(shown: &mp4::Presentation) -> Option<Ratio> {
    let gap = shown.times.get(1)? - shown.times.first()?;
    let even = gap > 0 && shown.times.windows(2).all(|pair| pair[1] - pair[0] == gap);
    let divisor = gcd(u64::from(shown.timescale), u64::try_from(gap).ok()?);
    let den = u32::try_from(u64::try_from(gap).ok()? / divisor).ok()?;
    even.then_some(Ratio {
        num: (u64::from(shown.timescale) / divisor) as u32,
        den,
    })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn claimed_rates(video: &Candidate<'_>, picture: &Picture) -> Vec<Ratio> {
    let caps = video
        .stream
        .caps
        .structure(0)
        .and_then(|s| s.get::<gst::Fraction>("framerate").ok());
    let caps = caps.and_then(|rate| {
        Some(Ratio {
            num: u32::try_from(rate.numer()).ok()?,
            den: u32::try_from(rate.denom()).ok()?,
        })
    });
    caps.into_iter().chain(picture.claimed_rate).collect()
}

fn describe_video(video: &Candidate<'_>, picture: &Picture, frames: &Frames) -> VideoTrack {
    let orientation = video
        .track
        .map_or_else(|| tagged_orientation(video), |track| track.orientation);
    let (display_width, display_height) = display(picture, orientation);
    VideoTrack {
        index: video.number,
        codec: media_type(video.stream),
        profile: video
            .stream
            .caps
            .structure(0)
            .and_then(|s| s.get::<String>("profile").ok()),
        coded_width: picture.width,
        coded_height: picture.height,
        display_width,
        display_height,
        sample_aspect_ratio: picture.sample_aspect_ratio,
        orientation,
        frame_rate: frames.timing.rate,
        variable_frame_rate: frames.timing.variable,
        interlaced: picture.interlaced,
        bit_depth: picture.bit_depth,
        color: describe_color(video, picture),
        start_ns: u64::try_from(frames.start_ns).unwrap_or(0),
        duration_ns: frames.duration_ns(),
        frames: frames.count,
        bitrate_bps: frames.bitrate_bps(),
        key_frames: frames.keys,
    }
}

fn describe_color(video: &Candidate<'_>, picture: &Picture) -> Color {
    let caps = video
        .stream
        .caps
        .structure(0)
        .and_then(|s| s.get::<String>("colorimetry").ok());
    let container = video.stream.container_colorimetry.as_deref();
    let index = video.track.and_then(|track| track.color);
    color::color(
        &[caps.as_deref(), container, picture.colorimetry.as_deref()],
        index,
    )
}

/// Size in square pixels, upright: the height is kept, the width stretched.
fn display(picture: &Picture, orientation: Orientation) -> (u32, u32) {
    let Ratio { num, den } = picture.sample_aspect_ratio;
    let width = (u64::from(picture.width) * u64::from(num) + u64::from(den) / 2) / u64::from(den);
    let width = u32::try_from(width).unwrap_or(u32::MAX).max(1);
    if orientation.swaps_sides() {
        (picture.height, width)
    } else {
        (width, picture.height)
    }
}

fn tagged_orientation(video: &Candidate<'_>) -> Orientation {
    let tag = video.stream.tags.get::<gst::tags::ImageOrientation>();
    match tag.as_ref().map(|tag| tag.get()) {
        Some("rotate-90") => Orientation::Rotate90,
        Some("rotate-180") => Orientation::Rotate180,
        Some("rotate-270") => Orientation::Rotate270,
        Some("flip-rotate-0") => Orientation::FlipHorizontal,
        Some("flip-rotate-90") => Orientation::FlipRotate90,
        Some("flip-rotate-180") => Orientation::FlipVertical,
        Some("flip-rotate-270") => Orientation::FlipRotate270,
        _ => Orientation::Identity,
    }
}

/// Describes an audio track; none where nothing of it can be decoded.
fn listen(
    reader: &Arc<dyn ReadAt>,
    audio: &Candidate<'_>,
    index: Option<&mp4::Mp4>,
    channels: u32,
) -> Result<Option<AudioTrack>, Error> {
    let shown = audio
        .track
        .zip(index)
        .map(|(track, index)| index.presentation(track));
    let indexed_ns = shown
        .as_ref()
        .map(|shown| u64::try_from(shown.ns(shown.end)).unwrap_or(0));
    if indexed_ns == Some(0) {
        return Ok(None);
    }
    let sound = match loudness::listen(reader, audio.audio(), indexed_ns, channels) {
        Ok(Some(sound)) => sound,
        // A broken audio track is left out: the title is worth more than its sound.
        Ok(None)
        | Err(
            MediaError::Damaged(_)
            | MediaError::UnsupportedCodec { .. }
            | MediaError::NoTrack(_)
            | MediaError::Timeout(_),
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let end_ns = match indexed_ns {
        Some(end) => i64::try_from(end).unwrap_or(i64::MAX),
        None if sound.whole => sound.end_ns,
        None => packets::read(reader, audio.audio())
            .map_or(sound.end_ns, |packets| packets.last_ns.max(sound.end_ns)),
    };
    Ok(Some(describe_audio(audio, &sound, end_ns)))
}

fn describe_audio(audio: &Candidate<'_>, sound: &Sound, end_ns: i64) -> AudioTrack {
    let hundredths = |value: f64| (value * 100.0).round() as i32;
    AudioTrack {
        index: audio.number,
        codec: media_type(audio.stream),
        channels: sound.channels,
        sample_rate_hz: sound.sample_rate_hz,
        language: audio.language(),
        title: audio.title(),
        start_ns: u64::try_from(sound.first_ns).unwrap_or(0),
        duration_ns: u64::try_from(end_ns - sound.first_ns.max(0)).unwrap_or(0),
        loudness_clufs: sound.loudness_lufs.map(hundredths),
        peak_cdbfs: sound.peak_dbfs.map(hundredths),
    }
}
