//! Headers of audio tracks.

use super::MAX_CONFIG_BYTES;
use super::esds;
use super::movie::{self, Track, put_u16, put_u32};
use crate::boxes::{boxed, full_boxed};
use crate::{CmafError, Codec, codec_string};

/// What an AAC track's header says.
#[derive(Clone, Copy, Debug)]
pub struct AudioTrackConfig<'a> {
    /// Ticks per second: the sample rate.
    pub timescale: u32,
    /// Channels.
    pub channels: u32,
    /// Average bit rate in bits per second, 0 where it is not known.
    pub bitrate_bps: u32,
    /// `AudioSpecificConfig` of ISO/IEC 14496-3: GStreamer's `codec_data`.
    pub audio_specific_config: &'a [u8],
    /// BCP 47 language, `und` where it is not known.
    pub language: &'a str,
}

/// Writes the header (init segment) of an AAC track.
///
/// # Errors
/// [`CmafError`] where the rate or the codec configuration cannot stand in a header.
pub fn audio(config: &AudioTrackConfig<'_>) -> Result<Vec<u8>, CmafError> {
    codec_string(Codec::Aac, config.audio_specific_config)?;
    if config.audio_specific_config.len() > MAX_CONFIG_BYTES {
        return Err(CmafError::TooLarge("codec configuration"));
    }
    if config.timescale == 0 {
        return Err(CmafError::Invalid("timescale"));
    }
    let channels = u16::try_from(config.channels).map_err(|_| CmafError::TooLarge("channels"))?;
    let track = Track {
        timescale: config.timescale,
        handler: b"soun",
        handler_name: "Sound",
        language: config.language,
        width: 0,
        height: 0,
        volume: 0x0100,
    };
    let smhd = |out: &mut Vec<u8>| full_boxed(out, b"smhd", 0, 0, |out| put_u16(out, &[0, 0]));
    Ok(movie::write(&track, smhd, |out| {
        write_entry(out, config, channels)
    }))
}

// ISO/IEC 14496-12, 12.2.3: AudioSampleEntry; ISO/IEC 14496-14, 6.7: MP4AudioSampleEntry.
fn write_entry(out: &mut Vec<u8>, config: &AudioTrackConfig<'_>, channels: u16) {
    boxed(out, b"mp4a", |out| {
        put_u16(out, &[0, 0, 0, 1]);
        put_u32(out, &[0; 2]);
        put_u16(out, &[channels, 16, 0, 0]);
        // 16.16 fixed point; a rate that does not fit stands in the AudioSpecificConfig alone.
        let rate = u16::try_from(config.timescale).unwrap_or(0);
        put_u32(out, &[u32::from(rate) << 16]);
        esds::write(out, config.audio_specific_config, config.bitrate_bps);
    });
}
