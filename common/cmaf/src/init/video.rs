//! Headers of video tracks.

use reeldrop_events::{Color, VideoCodec};

use super::MAX_CONFIG_BYTES;
use super::movie::{self, Track, put_u16, put_u32};
use crate::boxes::{boxed, full_boxed};
use crate::{CmafError, codec_string};

/// What a video track's header says.
#[derive(Clone, Copy, Debug)]
pub struct VideoTrackConfig<'a> {
    /// Codec: decides the sample entry (`avc1`, `hvc1`, `av01`).
    pub codec: VideoCodec,
    /// Coded and shown width in square pixels.
    pub width: u32,
    /// Coded and shown height in square pixels.
    pub height: u32,
    /// Ticks per second.
    pub timescale: u32,
    /// Content of `avcC`, `hvcC` or `av1C`: GStreamer's `codec_data`.
    pub codec_config: &'a [u8],
    /// Colour, where it is known.
    pub color: Option<Color>,
}

/// Writes the header (init segment) of a video track.
///
/// # Errors
/// [`CmafError`] where the size or the codec configuration cannot stand in a header.
pub fn video(config: &VideoTrackConfig<'_>) -> Result<Vec<u8>, CmafError> {
    // Reads the configuration, so that a wrong one is found here and not in a player.
    codec_string(config.codec, config.codec_config)?;
    if config.codec_config.len() > MAX_CONFIG_BYTES {
        return Err(CmafError::TooLarge("codec configuration"));
    }
    let width = u16::try_from(config.width).map_err(|_| CmafError::TooLarge("width"))?;
    let height = u16::try_from(config.height).map_err(|_| CmafError::TooLarge("height"))?;
    if config.timescale == 0 {
        return Err(CmafError::Invalid("timescale"));
    }
    let track = Track {
        timescale: config.timescale,
        handler: b"vide",
        handler_name: "Video",
        language: "und",
        width,
        height,
        volume: 0,
    };
    let vmhd = |out: &mut Vec<u8>| full_boxed(out, b"vmhd", 0, 1, |out| put_u16(out, &[0; 4]));
    Ok(movie::write(&track, vmhd, |out| {
        write_entry(out, config, width, height)
    }))
}

fn write_entry(out: &mut Vec<u8>, config: &VideoTrackConfig<'_>, width: u16, height: u16) {
    let (entry, record) = match config.codec {
        VideoCodec::H264 => (b"avc1", b"avcC"),
        VideoCodec::H265 => (b"hvc1", b"hvcC"),
        VideoCodec::Av1 => (b"av01", b"av1C"),
    };
    // ISO/IEC 14496-12, 12.1.3: VisualSampleEntry.
    boxed(out, entry, |out| {
        put_u16(out, &[0, 0, 0, 1]);
        put_u32(out, &[0; 4]);
        put_u16(out, &[width, height]);
        // 72 dots per inch.
        put_u32(out, &[0x0048_0000, 0x0048_0000, 0]);
        put_u16(out, &[1]);
        put_u32(out, &[0; 8]);
        put_u16(out, &[0x0018, 0xffff]);
        boxed(out, record, |out| {
            out.extend_from_slice(config.codec_config)
        });
        if let Some(color) = config.color {
            write_colr(out, color);
        }
        boxed(out, b"pasp", |out| put_u32(out, &[1, 1]));
    });
}

// ISO/IEC 14496-12, 12.1.5.
fn write_colr(out: &mut Vec<u8>, color: Color) {
    boxed(out, b"colr", |out| {
        out.extend_from_slice(b"nclx");
        put_u16(
            out,
            &[color.primaries, color.transfer, color.matrix].map(u16::from),
        );
        out.push(u8::from(color.full_range) << 7);
    });
}
