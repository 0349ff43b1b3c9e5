//! One part of an audio rendition from end to end.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer_audio as gst_audio;
use reeldrop_cmaf::{
    Codec, codec_string,
    fragment::{self, FragmentHeader, Sample},
    init,
};
use reeldrop_events::{AudioPlanned, ClearRendition, ClearSegment};
use reeldrop_media::ReadAt;

use super::{
    blocks::{Block, Blocks},
    encoding::{Encoding, Packets},
    grid::{AAC_FRAME, Placer, Span, anchor},
};
use crate::{Error, finished::Encoded};

/// The encoder's delay: packet 0 holds what comes before the first sample.
const PRIMING_PACKETS: i64 = 1;

/// Decodes, levels and encodes one part of a track of `reader`.
pub(crate) fn transcode(
    planned: &AudioPlanned,
    reader: &Arc<dyn ReadAt>,
) -> Result<Encoded, Error> {
    reeldrop_media::init()?;
    let part = &planned.part;
    let end = part
        .end_frame
        .unwrap_or(planned.total_frames)
        .min(planned.total_frames);
    let (first_frame, packets) = match part.start_frame < end {
        true => encode(planned, reader, end)?,
        false => return Err(Error::NoSound),
    };
    let mut out = Vec::new();
    let segments = write(planned, end, first_frame, &packets.packets, &mut out)?;
    let rendition = &planned.rendition;
    let init = init::audio(&init::AudioTrackConfig {
        timescale: rendition.sample_rate_hz,
        channels: rendition.channels,
        bitrate_bps: rendition.bitrate_bps,
        audio_specific_config: &packets.config,
        language: &rendition.language,
    })?;
    let clear = ClearRendition {
        name: rendition.name.clone(),
        timescale: rendition.sample_rate_hz,
        codec: codec_string(Codec::Aac, &packets.config)?,
        segments,
    };
    Ok(Encoded {
        clear,
        init,
        segments: out,
    })
}

/// Encodes the part with its lead-in and lead-out; gives the frame that the packet after the
/// priming ones holds.
fn encode(
    planned: &AudioPlanned,
    reader: &Arc<dyn ReadAt>,
    end: u64,
) -> Result<(i64, Packets), Error> {
    let rendition = &planned.rendition;
    let output_hz = rendition.sample_rate_hz;
    let origin_ns = planned.timeline.origin_ns;
    let span_at = |source_hz| Span::around(planned.part.start_frame, end, output_hz, source_hz);
    let lead_in = span_at(output_hz).begin;
    let from_ns =
        i128::from(origin_ns) + i128::from(lead_in) * 1_000_000_000 / i128::from(output_hz);
    let from_ns = u64::try_from(from_ns).unwrap_or_default();
    let mut blocks = Blocks::open(reader, rendition.track, from_ns)?;
    let info = match blocks.ahead().next() {
        Some(block) => block.info.clone(),
        // A track without a sound that decodes is silent.
        None => silent_format(output_hz)?,
    };
    let span = span_at(info.rate());
    let mut feed = Feed {
        placer: Placer::new(span, info.rate()),
        encoding: Encoding::start(rendition, info)?,
        origin_ns,
    };
    feed.run(&mut blocks)?;
    drop(blocks);
    Ok((span.first_frame, feed.encoding.finish()?))
}

fn silent_format(rate_hz: u32) -> Result<gst_audio::AudioInfo, Error> {
    gst_audio::AudioInfo::builder(gst_audio::AudioFormat::F32le, rate_hz, 2)
        .build()
        .map_err(|error| Error::Encoder(error.to_string()))
}

/// Decoded blocks on their way to the encoder.
struct Feed {
    placer: Placer,
    encoding: Encoding,
    origin_ns: u64,
}

impl Feed {
    fn run(&mut self, blocks: &mut Blocks) -> Result<(), Error> {
        let said = blocks
            .ahead()
            .map(|block| (block.said(self.origin_ns), block.len()));
        if let Some(first) = anchor(said) {
            self.placer.begin_at(first);
        }
        while let Some(block) = blocks.next()? {
            self.offer(&block)?;
            if self.placer.is_full() {
                return Ok(());
            }
        }
        self.encoding.push_silence(self.placer.rest())
    }

    fn offer(&mut self, block: &Block) -> Result<(), Error> {
        // Where a track changes its format, what follows is silent: the grid knows one rate.
        if !self.encoding.takes(&block.info) {
            return Ok(());
        }
        let placed = self.placer.place(block.said(self.origin_ns), block.len());
        self.encoding.push_silence(placed.silence)?;
        match placed.take {
            0 => Ok(()),
            take => self.encoding.push(block, placed.skip, take),
        }
    }
}

/// Writes the part's segments; packet `PRIMING_PACKETS + n` holds frame `first_frame + n`.
fn write(
    planned: &AudioPlanned,
    end: u64,
    first_frame: i64,
    packets: &[Bytes],
    out: &mut Vec<u8>,
) -> Result<Vec<ClearSegment>, Error> {
    let rate = planned.rendition.sample_rate_hz;
    let mut segments = Vec::new();
    let mut number = planned.part.first_segment;
    let mut frame = planned.part.start_frame;
    while frame < end {
        let until = match planned.timeline.audio_segment_start(number + 1, rate) {
            next if next > frame => next.min(end),
            _ => {
                return Err(Error::Encoder(format!(
                    "audio segment {number} lies before its part"
                )));
            }
        };
        let packet =
            |frame: u64| usize::try_from(frame as i64 - first_frame + PRIMING_PACKETS).ok();
        let range = packet(frame)
            .zip(packet(until))
            .and_then(|(from, to)| packets.get(from..to));
        let Some(range) = range else {
            return Err(Error::Encoder(format!(
                "frames {frame} to {until} did not come out"
            )));
        };
        let last = match planned.last_frame_samples {
            Some(samples) if until == planned.total_frames => samples.clamp(1, AAC_FRAME as u32),
            _ => AAC_FRAME as u32,
        };
        segments.push(write_segment(number, frame, range, last, out)?);
        (number, frame) = (number + 1, until);
    }
    Ok(segments)
}

/// `last` is how many samples of the last packet are shown: sound is to end with the picture.
fn write_segment(
    number: u32,
    frame: u64,
    packets: &[Bytes],
    last: u32,
    out: &mut Vec<u8>,
) -> Result<ClearSegment, Error> {
    let offset = out.len() as u64;
    let start_ticks = frame * AAC_FRAME;
    let mut samples: Vec<Sample> = packets
        .iter()
        .map(|packet| Sample {
            data: packet.clone(),
            duration: AAC_FRAME as u32,
            composition_offset: 0,
            sync: true,
        })
        .collect();
    if let Some(sample) = samples.last_mut() {
        sample.duration = last;
    }
    let header = FragmentHeader {
        sequence: number + 1,
        base_decode_time: start_ticks,
    };
    fragment::write(&header, &samples, out)?;
    Ok(ClearSegment {
        number,
        start_ticks,
        duration_ticks: samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum(),
        offset,
        bytes: out.len() as u64 - offset,
        samples: packets.len() as u32,
    })
}
