//! From the bytes of a file to what it is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reeldrop_events::{AudioTrack, Media};
use reeldrop_media::{MediaError, Profile, ReadAt, mp4};

use crate::{
    Error, Rejection, checks,
    frames::Frames,
    opened::Upload,
    packets, sound,
    streams::{self, Candidate},
    trial::{self, Picture},
    video,
};

/// Most bytes read for the sound of all tracks together: it lies between the pictures.
const SOUND_BYTES: u64 = 96 << 20;

/// What was found out of a file.
#[derive(Debug)]
pub struct Discovered {
    /// What it is.
    pub media: Media,
    /// When each key frame is shown that an index lists, nanoseconds on the source's time line, ascending:
    /// for planning alone, since there may be a million of them.
    pub keys_ns: Vec<i64>,
}

/// Finds out what a file is. How much of it is read and decoded is counted, and does not depend on
/// time: whatever ends well ends the same.
///
/// # Errors
/// [`Error::Rejected`] where it can never become a title; the other errors where nothing can be
/// said about it now, after `patience` at the latest.
pub fn discover(
    reader: Arc<dyn ReadAt>,
    profile: &Profile,
    patience: Duration,
) -> Result<Discovered, Error> {
    let limits = &profile.limits;
    checks::check_size(reader.size_bytes(), limits)?;
    let upload = Upload {
        reader,
        deadline: Instant::now() + patience,
    };
    let index = index(upload.reader.as_ref())?;
    let index = index.as_ref();
    let (demuxed, _) = upload.open(0).map_err(|error| unopened(error, index))?;
    let (video, audio) = streams::candidates(&demuxed, index);
    checks::check_streams(&demuxed, index, video.len(), audio.len(), limits)?;
    let video = streams::pick_video(video, index)?;
    let audio = streams::pick_audio(audio, limits.audio_tracks);
    let shown = video
        .track
        .zip(index)
        .map(|(track, index)| index.presentation(track));
    if shown.as_ref().is_some_and(|shown| shown.times.is_empty()) {
        return Err(Rejection::Truncated.into());
    }
    let container = streams::container(&demuxed, index);
    let channels = profile.audio.channels;
    let (picture, sounds) = sample(&upload, &video, &audio, index, channels)?;
    checks::check_picture(&picture, limits)?;
    let frames = match &shown {
        Some(shown) => Frames::of_index(shown, &video, &picture),
        None => {
            let packets = packets::read(&upload, video.video())?;
            Frames::of_packets(packets, container, &video, &picture)
        }
    };
    let picked: Vec<usize> = audio
        .iter()
        .chain([&video])
        .map(|track| track.place)
        .collect();
    let video = video::describe_video(&video, &picture, &frames);
    let durations = sounds.iter().map(|track| track.duration_ns);
    let duration_ns = durations.fold(video.duration_ns, u64::max);
    checks::check_duration(duration_ns, limits)?;
    let media = Media {
        container,
        duration_ns,
        video,
        audio: sounds,
        tracks: streams::summaries(&demuxed, &picked),
        seekable: demuxed.seekable(),
    };
    Ok(Discovered {
        media,
        keys_ns: frames.keys_ns,
    })
}

/// Looks at the first pictures and listens to the sound, both at once.
fn sample(
    upload: &Upload,
    video: &Candidate<'_>,
    audio: &[Candidate<'_>],
    index: Option<&mp4::Mp4>,
    channels: u32,
) -> Result<(Picture, Vec<AudioTrack>), Error> {
    let bytes = SOUND_BYTES / (audio.len() as u64).max(1);
    let listen = || -> Result<Vec<AudioTrack>, Error> {
        let tracks = audio
            .iter()
            .map(|track| sound::listen(upload, track, index, channels, bytes));
        Ok(tracks
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    };
    std::thread::scope(|scope| {
        let listening = scope.spawn(listen);
        let picture = trial::picture(upload, video.video(), &video.stream.codec);
        match listening.join() {
            Ok(sounds) => Ok((picture?, sounds?)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
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
        MediaError::Missing(_)
        | MediaError::Read(_)
        | MediaError::UnsupportedCodec { .. }
        | MediaError::Encrypted
        | MediaError::NoTrack(_)
        | MediaError::Timeout(_) => error.into(),
    }
}
