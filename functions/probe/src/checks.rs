//! What is too much, or nothing that can be shown.

use reeldrop_media::{Demuxed, Limits, mp4};

use crate::{Rejection, streams::media_type, trial::Picture};

pub(crate) fn check_size(bytes: u64, limits: &Limits) -> Result<(), Rejection> {
    match bytes {
        0 => Err(Rejection::Empty),
        bytes if bytes > limits.size_bytes => Err(Rejection::TooLarge {
            bytes,
            limit: limits.size_bytes,
        }),
        _ => Ok(()),
    }
}

pub(crate) fn check_streams(
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

pub(crate) fn check_picture(picture: &Picture, limits: &Limits) -> Result<(), Rejection> {
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

pub(crate) fn check_duration(duration_ns: u64, limits: &Limits) -> Result<(), Rejection> {
    match duration_ns / 1_000_000 {
        ms if ms > limits.duration_ms => Err(Rejection::TooLong {
            seconds: ms / 1_000,
            limit: limits.duration_ms / 1_000,
        }),
        _ => Ok(()),
    }
}
