//! What comes out of one encoder.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app as gst_app;
use reeldrop_events::VideoCodec;
use reeldrop_media::stream_time_ns;

use super::av1_config::av1c;

/// One coded picture, in decode order.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    /// Its bytes as they stand in the fragment.
    pub(crate) data: Bytes,
    /// Presentation time in the encoding pipeline, nanoseconds.
    pub(crate) time_ns: u64,
    /// Whether decoding can start with it.
    pub(crate) sync: bool,
}

/// Everything that one encoder has given so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    /// Content of `avcC`, `hvcC` or `av1C`.
    pub(crate) codec_config: Vec<u8>,
    /// The pictures.
    pub(crate) pictures: Vec<Coded>,
    /// What was wrong with a picture.
    failure: Option<&'static str>,
}

impl Collected {
    /// Fills itself from `sink` as the encoder's thread delivers.
    pub(crate) fn from_sink(sink: &gst_app::AppSink, codec: VideoCodec) -> Arc<Mutex<Self>> {
        let collected = Arc::new(Mutex::new(Self::default()));
        let filled = Arc::clone(&collected);
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let mut filled = filled.lock().unwrap_or_else(PoisonError::into_inner);
            match filled.take(&sample, codec) {
                Ok(()) => Ok(gst::FlowSuccess::Ok),
                Err(failure) => {
                    filled.failure = Some(failure);
                    Err(gst::FlowError::Error)
                }
            }
        });
        sink.set_callbacks(callbacks.build());
        collected
    }

    pub(crate) fn failure(&self) -> Option<&'static str> {
        self.failure
    }

    fn take(&mut self, sample: &gst::Sample, codec: VideoCodec) -> Result<(), &'static str> {
        let buffer = sample
            .buffer_owned()
            .ok_or("the encoder gave a sample without data")?;
        let time = buffer.pts().and_then(|pts| stream_time_ns(sample, pts));
        let time_ns = time
            .and_then(|time| u64::try_from(time).ok())
            .ok_or("the encoder gave a picture without a time")?;
        let sync = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let map = buffer
            .into_mapped_buffer_readable()
            .map_err(|_| "a coded picture cannot be read")?;
        let data = Bytes::from_owner(map);
        if self.codec_config.is_empty() {
            let config = match codec {
                VideoCodec::Av1 => av1c(&data),
                VideoCodec::H264 | VideoCodec::H265 => codec_config(sample),
            };
            self.codec_config = config.ok_or("the encoder gave no codec configuration")?;
        }
        let data = match codec {
            VideoCodec::Av1 => without_delimiter(data),
            VideoCodec::H264 | VideoCodec::H265 => without_parameter_sets(data, codec),
        };
        self.pictures.push(Coded {
            data,
            time_ns,
            sync,
        });
        Ok(())
    }
}

fn codec_config(sample: &gst::Sample) -> Option<Vec<u8>> {
    let data = sample
        .caps()?
        .structure(0)?
        .get::<gst::Buffer>("codec_data")
        .ok()?;
    Some(data.map_readable().ok()?.to_vec())
}

/// AV1 Codec ISO Media File Format Binding, 2.4: samples hold no temporal delimiter OBU.
fn without_delimiter(data: Bytes) -> Bytes {
    const TEMPORAL_DELIMITER: [u8; 2] = [0x12, 0x00];
    match data.starts_with(&TEMPORAL_DELIMITER) {
        true => data.slice(TEMPORAL_DELIMITER.len()..),
        false => data,
    }
}

/// ISO/IEC 14496-15, 5.3.2 and 8.3.2: in `avc1` and `hvc1` tracks parameter sets stand in the header
/// alone. Encoders put them, and access unit delimiters, before the first picture.
fn without_parameter_sets(mut data: Bytes, codec: VideoCodec) -> Bytes {
    while let Some((&[a, b, c, d, head], _)) = data.split_first_chunk::<5>() {
        let unneeded = match codec {
            // ISO/IEC 14496-10, table 7-1.
            VideoCodec::H264 => (7..=9).contains(&(head & 0x1f)),
            // ISO/IEC 23008-2, table 7-1.
            VideoCodec::H265 => (32..=35).contains(&(head >> 1 & 0x3f)),
            VideoCodec::Av1 => false,
        };
        let end = u32::from_be_bytes([a, b, c, d]) as usize + 4;
        if !unneeded || end > data.len() {
            break;
        }
        data = data.slice(end..);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_before_a_picture_are_left_out() {
        let unit = |head: u8| [0, 0, 0, 3, head, 1, 2];
        let hevc = [
            unit(32 << 1),
            unit(33 << 1),
            unit(34 << 1),
            unit(20 << 1),
            unit(34 << 1),
        ]
        .concat();
        let kept = without_parameter_sets(hevc.clone().into(), VideoCodec::H265);
        assert_eq!(kept, hevc[21..]);
        let avc = [unit(0x67), unit(0x68), unit(0x06), unit(0x65)].concat();
        assert_eq!(
            without_parameter_sets(avc.clone().into(), VideoCodec::H264),
            avc[14..]
        );
        let plain = Bytes::from(unit(0x65).to_vec());
        assert_eq!(
            without_parameter_sets(plain.clone(), VideoCodec::H264),
            plain
        );
    }

    #[test]
    fn a_temporal_delimiter_is_left_out() {
        assert_eq!(
            without_delimiter(Bytes::from_static(&[0x12, 0, 0x0a, 1])),
            [0x0a, 1][..]
        );
    }
}
