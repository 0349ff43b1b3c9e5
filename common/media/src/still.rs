//! One picture of a file as a JPEG, for who has no GStreamer of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use gst::prelude::*;
use gstreamer as gst;

use crate::{
    Decoding, Demuxed, MediaError, Stream, Track,
    demuxed::{internal, make},
    mp4,
};

/// Opening, and decoding up to the picture, come within this or not at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// JPEG quality, 0 to 100.
const QUALITY: i32 = 90;

/// The picture that the MP4 `file` shows at `time_ms` of its own time, upright as it is stored, as a JPEG;
/// its longest side is at most `side` pixels.
///
/// # Errors
/// [`MediaError`]: what is wrong with the file, or [`MediaError::Timeout`].
pub fn still(file: Bytes, time_ms: u64, side: i32) -> Result<Vec<u8>, MediaError> {
    let before = frames_before(&file, time_ms)?;
    let demuxed = Demuxed::open(Arc::new(file), PATIENCE)?.with_one_decoder_thread();
    let size = demuxed.stream(Track::Video(0)).and_then(size);
    let size = fit(
        size.ok_or_else(|| internal("the picture has no size"))?,
        side,
    );
    let decoding = demuxed.decode(Track::Video(0), None)?;
    leave_out(&decoding, before);
    let mut pictures = decoding.frames_through(&jpeg(size)?)?;
    let picture = pictures.next(PATIENCE)?;
    let picture = picture.ok_or_else(|| internal("it ends before the picture"))?;
    let buffer = picture.sample.buffer();
    let jpeg = buffer.and_then(|buffer| buffer.map_readable().ok());
    let jpeg = jpeg.ok_or_else(|| internal("the picture is empty"))?;
    Ok(jpeg.to_vec())
}

/// How many pictures are shown before the one at `time_ms`. The file's own index tells: a demuxer gives
/// a segment from the middle other times than it has.
fn frames_before(file: &Bytes, time_ms: u64) -> Result<usize, MediaError> {
    let index = mp4::read(file).map_err(internal)?;
    let index = index.ok_or(MediaError::NotMedia)?;
    let mut tracks = index.movie.tracks.iter();
    let video = tracks.find(|track| track.handler == mp4::Handler::Video);
    let video = video.ok_or_else(|| MediaError::NoTrack("video".to_owned()))?;
    let shown = index.presentation(video);
    // Milliseconds are cut off: the picture begins somewhere within this one, or before it.
    let end_ns = i64::try_from(time_ms.saturating_add(1).saturating_mul(1_000_000));
    let end_ns = end_ns.unwrap_or(i64::MAX);
    let begun = shown.times.iter().filter(|time| shown.ns(**time) < end_ns);
    Ok(begun.count().saturating_sub(1))
}

/// Takes the first `count` pictures out of what is decoded: later ones need them, nobody else does.
fn leave_out(decoding: &Decoding, count: usize) {
    let seen = AtomicUsize::new(0);
    let left_out = move |_: &gst::Pad, _: &mut gst::PadProbeInfo<'_>| match seen
        .fetch_add(1, Ordering::Relaxed)
    {
        n if n < count => gst::PadProbeReturn::Drop,
        _ => gst::PadProbeReturn::Ok,
    };
    decoding
        .tail()
        .add_probe(gst::PadProbeType::BUFFER, left_out);
}

/// From a decoded picture to a JPEG of this size.
fn jpeg((width, height): (i32, i32)) -> Result<[gst::Element; 4], MediaError> {
    // In RGB: an encoder that is given YCbCr takes it for that of JPEG, which video's is not.
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", width)
        .field("height", height)
        .build();
    let (filter, encoder) = (make("capsfilter")?, make("jpegenc")?);
    filter.set_property("caps", caps);
    encoder.set_property("quality", QUALITY);
    Ok([make("videoscale")?, make("videoconvert")?, filter, encoder])
}

/// Width and height that fit into a square of `side` pixels, never larger than they were.
fn fit((width, height): (i32, i32), side: i32) -> (i32, i32) {
    let longest = i64::from(width.max(height)).max(1);
    let side = i64::from(side).clamp(1, longest);
    let scaled = |length: i32| {
        let scaled = (i64::from(length) * side + longest / 2) / longest;
        i32::try_from(scaled).unwrap_or(1).max(1)
    };
    (scaled(width), scaled(height))
}

fn size(stream: &Stream) -> Option<(i32, i32)> {
    let caps = stream.caps.structure(0)?;
    Some((caps.get("width").ok()?, caps.get("height").ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_and_never_grows() {
        assert_eq!(fit((1_920, 1_080), 640), (640, 360));
        assert_eq!(fit((720, 1_280), 640), (360, 640));
        assert_eq!(fit((426, 240), 640), (426, 240));
        assert_eq!(fit((4_000, 1), 640), (640, 1));
        assert_eq!(fit((640, 360), 0), (1, 1));
    }
}
