//! One chunk from end to end.

use std::sync::Arc;

use reeldrop_cmaf::{codec_string, init};
use reeldrop_events::{ChunkPlanned, ClearRendition, Rendition};
use reeldrop_media::ReadAt;

use super::{
    collected::Collected,
    encoding::Encoding,
    feed,
    gate::{Gate, Times},
    opened::open_at,
    picture::{Preparation, pacing},
    pipeline, segments,
};
use crate::{Config, Error, finished::Encoded};

/// A chunk in every rendition.
pub(crate) struct EncodedChunk {
    /// In the ladder's order; empty where the source ended before the chunk.
    pub(crate) renditions: Vec<Encoded>,
    /// Frames in each of them.
    pub(crate) frames: usize,
}

/// Decodes a chunk of `reader` once and encodes it in every rendition.
pub(crate) fn transcode(
    planned: &ChunkPlanned,
    reader: &Arc<dyn ReadAt>,
    config: Config,
) -> Result<EncodedChunk, Error> {
    let timeline = &planned.timeline;
    let preparation = Preparation::of(&planned.video, timeline);
    let picture = pipeline::picture(&preparation, &planned.ladder);
    let description = pipeline::encoders(&planned.ladder, config);
    let opened = open_at(
        reader,
        &planned.video,
        timeline,
        planned.chunk.start,
        &picture,
    )?;
    let mut encoding = Encoding::start(&description, &planned.ladder)?;
    let pacing = pacing(&planned.video, timeline);
    let gate = Gate::new(*timeline, pacing, &planned.chunk);
    let gate = feed::through(gate, timeline, opened, &mut |frame, shown| {
        let (Some(buffer), Some(caps)) = (frame.sample.buffer_owned(), frame.sample.caps()) else {
            return Err(Error::Encoder("a decoded frame without data".to_owned()));
        };
        encoding.push(caps, buffer, timeline.tick_ns(shown.tick), shown.key)
    })?;
    let Some(times) = gate.times() else {
        return match planned.chunk.index {
            0 => Err(Error::NoPicture),
            _ => Ok(EncodedChunk {
                renditions: planned.ladder.iter().map(|r| nothing(planned, r)).collect(),
                frames: 0,
            }),
        };
    };
    let collected = encoding.finish()?;
    let renditions = planned
        .ladder
        .iter()
        .zip(collected)
        .map(|(rendition, collected)| packed(planned, rendition, &preparation, &times, collected));
    Ok(EncodedChunk {
        renditions: renditions.collect::<Result<_, _>>()?,
        frames: times.ticks.len(),
    })
}

fn packed(
    planned: &ChunkPlanned,
    rendition: &Rendition,
    preparation: &Preparation,
    times: &Times,
    collected: Collected,
) -> Result<Encoded, Error> {
    let timeline = &planned.timeline;
    let init = init::video(&init::VideoTrackConfig {
        codec: rendition.codec,
        width: rendition.width,
        height: rendition.height,
        timescale: timeline.timescale,
        codec_config: &collected.codec_config,
        color: Some(preparation.output.code_points()),
    })?;
    let codec = codec_string(rendition.codec, &collected.codec_config)?;
    let mut out = Vec::new();
    let segments = segments::write(
        timeline,
        times,
        rendition.codec,
        collected.pictures,
        &mut out,
    )?;
    let clear = ClearRendition {
        name: rendition.name.clone(),
        timescale: timeline.timescale,
        codec,
        segments,
    };
    Ok(Encoded {
        clear,
        init,
        segments: out,
    })
}

/// A rendition of a chunk that lies after the source's end.
fn nothing(planned: &ChunkPlanned, rendition: &Rendition) -> Encoded {
    let clear = ClearRendition {
        name: rendition.name.clone(),
        timescale: planned.timeline.timescale,
        codec: String::new(),
        segments: Vec::new(),
    };
    Encoded {
        clear,
        init: Vec::new(),
        segments: Vec::new(),
    }
}
