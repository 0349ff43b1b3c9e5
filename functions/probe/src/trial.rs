//! The first pictures, decoded for real: what a header says is not what a decoder gives.

use gstreamer as gst;
use gstreamer_video::{VideoInfo, VideoInterlaceMode};
use reeldrop_events::Ratio;
use reeldrop_media::{Frame, MediaError, Track};

use crate::{Error, Rejection, opened::Upload};

/// Pictures to decode: more than one, since a first one alone tells little of interlacing.
const PICTURES: usize = 3;
/// Most bytes read for them: what has no picture in so many has none.
const TRIAL_BYTES: u64 = 128 << 20;

/// What decoded pictures are.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) sample_aspect_ratio: Ratio,
    pub(crate) interlaced: bool,
    pub(crate) bit_depth: u8,
    /// Colour in GStreamer's words, where the decoder knows.
    pub(crate) colorimetry: Option<String>,
    /// Stream time of the first picture, nanoseconds.
    pub(crate) first_ns: i64,
    /// Frame rate that the decoder claims.
    pub(crate) claimed_rate: Option<Ratio>,
}

/// Decodes the first pictures of a track.
pub(crate) fn picture(upload: &Upload, track: Track, codec: &str) -> Result<Picture, Error> {
    match decode(upload, track) {
        Ok(Some(picture)) => Ok(picture),
        Ok(None) | Err(MediaError::Damaged(_) | MediaError::NotMedia) => {
            Err(Rejection::Undecodable {
                codec: codec.to_owned(),
            }
            .into())
        }
        Err(error) => Err(error.into()),
    }
}

fn decode(upload: &Upload, track: Track) -> Result<Option<Picture>, MediaError> {
    let (demuxed, _) = upload.open(TRIAL_BYTES)?;
    let mut frames = demuxed.decode(track, None)?.frames()?;
    let mut picture: Option<Picture> = None;
    for _ in 0..PICTURES {
        let frame = match frames.next(upload.patience()?) {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            // One picture came: what follows it may be damaged, and is the decoder's to conceal.
            Err(MediaError::Damaged(_)) if picture.is_some() => break,
            Err(error) => return Err(error),
        };
        let Some(seen) = describe(&frame) else {
            continue;
        };
        let interlaced = seen.interlaced;
        picture.get_or_insert(seen).interlaced |= interlaced;
    }
    Ok(picture)
}

fn describe(frame: &Frame) -> Option<Picture> {
    let caps = frame.sample.caps()?;
    let info = VideoInfo::from_caps(caps).ok()?;
    let structure = caps.structure(0)?;
    let ratio = |fraction: gst::Fraction| {
        let num = u32::try_from(fraction.numer())
            .ok()
            .filter(|num| *num > 0)?;
        Some(Ratio {
            num,
            den: u32::try_from(fraction.denom())
                .ok()
                .filter(|den| *den > 0)?,
        })
    };
    Some(Picture {
        width: info.width(),
        height: info.height(),
        sample_aspect_ratio: ratio(info.par()).unwrap_or(Ratio::ONE),
        interlaced: info.interlace_mode() != VideoInterlaceMode::Progressive,
        bit_depth: u8::try_from(info.format_info().depth()[0]).unwrap_or(8),
        colorimetry: structure.get::<String>("colorimetry").ok(),
        first_ns: frame.time_ns.unwrap_or(0),
        claimed_rate: ratio(info.fps()),
    })
}
