//! An audio track as the events describe it.

use reeldrop_events::AudioTrack;
use reeldrop_media::{MediaError, mp4};

use crate::{
    Error,
    loudness::{self, Sound},
    opened::Upload,
    packets,
    streams::{Candidate, media_type},
};

/// Describes an audio track from `bytes` of the file; none where nothing of it can be decoded.
pub(crate) fn listen(
    upload: &Upload,
    audio: &Candidate<'_>,
    index: Option<&mp4::Mp4>,
    channels: u32,
    bytes: u64,
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
    let sound = match loudness::listen(upload, audio.audio(), indexed_ns, channels, bytes) {
        Ok(Some(sound)) => sound,
        // A broken audio track is left out: the title is worth more than its sound.
        Ok(None)
        | Err(
            MediaError::Damaged(_) | MediaError::UnsupportedCodec { .. } | MediaError::NoTrack(_),
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let end_ns = match indexed_ns {
        Some(end) => i64::try_from(end).unwrap_or(i64::MAX),
        None if sound.whole => sound.end_ns,
        None => match packets::read(upload, audio.audio()) {
            Ok(packets) => packets.last_ns.max(sound.end_ns),
            Err(error @ (MediaError::Timeout(_) | MediaError::Read(_))) => return Err(error.into()),
            Err(_) => sound.end_ns,
        },
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
