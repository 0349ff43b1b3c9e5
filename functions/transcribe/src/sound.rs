//! A stretch of a track as 16 kHz mono, each sample in its place.

use std::{sync::Arc, time::Duration};

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_media::{Demuxed, Frame, Frames, MediaError, ReadAt, Track};

/// Samples per second that the models take.
pub(crate) const RATE_HZ: u64 = 16_000;

const OPEN_PATIENCE: Duration = Duration::from_secs(30);
const FRAME_PATIENCE: Duration = Duration::from_secs(60);

/// How far before the wanted time decoding begins, attempt by attempt, seconds. After the last one it
/// begins at the start of the source.
const MARGINS_S: [u64; 3] = [0, 2, 10];

/// Decoders are given this long before the first sample that counts, nanoseconds.
const SETTLE_NS: u64 = 500_000_000;

/// Longest difference between where samples are said to lie and where they follow on the ones
/// before, samples: less is rounding.
const TOLERANCE: i64 = 640;

/// How many samples lie in so many nanoseconds.
pub(crate) fn samples(ns: u64) -> usize {
    (u128::from(ns) * u128::from(RATE_HZ) / 1_000_000_000) as usize
}

/// How long so many samples last, nanoseconds.
pub(crate) fn ns(samples: usize) -> u64 {
    samples as u64 * 1_000_000_000 / RATE_HZ
}

/// Decodes what lies between two stream times; silent where the track has nothing. Damage ends it.
pub(crate) fn read(
    reader: &Arc<dyn ReadAt>,
    track: u32,
    (from_ns, to_ns): (u64, u64),
) -> Result<Vec<f32>, MediaError> {
    let mut stretch = Stretch {
        samples: vec![0.0; samples(to_ns.saturating_sub(from_ns))],
        from_ns,
        next: None,
    };
    let (mut frames, mut first) = open(reader, track, from_ns)?;
    loop {
        let frame = match first.take() {
            Some(frame) => Some(frame),
            None => match frames.next(FRAME_PATIENCE) {
                Err(MediaError::Damaged(reason)) => {
                    tracing::warn!(%reason, "sound ends in damage");
                    None
                }
                other => other?,
            },
        };
        match frame {
            Some(frame) if !stretch.is_full() => stretch.place(&frame),
            Some(_) | None => return Ok(stretch.samples),
        }
    }
}

/// Opens the track so that it gives everything from `from_ns`, and its first block.
fn open(
    reader: &Arc<dyn ReadAt>,
    track: u32,
    from_ns: u64,
) -> Result<(Frames, Option<Frame>), MediaError> {
    for margin in MARGINS_S {
        let seek_ns = from_ns.saturating_sub(margin * 1_000_000_000 + SETTLE_NS);
        if seek_ns == 0 {
            break;
        }
        match begin(reader, track, Some(seek_ns)) {
            Ok((frames, Some(first))) if first.time_ns.is_some_and(|ns| ns <= from_ns as i64) => {
                return Ok((frames, Some(first)));
            }
            Ok(_) | Err(MediaError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
    }
    begin(reader, track, None)
}

fn begin(
    reader: &Arc<dyn ReadAt>,
    track: u32,
    seek_ns: Option<u64>,
) -> Result<(Frames, Option<Frame>), MediaError> {
    let demuxed = Demuxed::open(Arc::clone(reader), OPEN_PATIENCE)?;
    let decoding = demuxed.decode(Track::Audio(track), seek_ns)?;
    let mut frames = decoding.frames_through(&mono()?)?;
    let first = frames.next(FRAME_PATIENCE)?;
    Ok((frames, first))
}

fn mono() -> Result<[gst::Element; 3], MediaError> {
    let make = |name: &str| {
        let element = gst::ElementFactory::make(name).build();
        element.map_err(|_| MediaError::Missing(format!("element {name} is not installed")))
    };
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("rate", RATE_HZ as i32)
        .field("channels", 1)
        .build();
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok([make("audioconvert")?, make("audioresample")?, filter])
}

/// Samples being put in their places.
struct Stretch {
    samples: Vec<f32>,
    from_ns: u64,
    /// Where the next sample follows on the last.
    next: Option<i64>,
}

impl Stretch {
    fn is_full(&self) -> bool {
        self.next
            .is_some_and(|next| next >= self.samples.len() as i64)
    }

    fn place(&mut self, frame: &Frame) {
        let map = frame
            .sample
            .buffer()
            .and_then(|buffer| buffer.map_readable().ok());
        let Some(map) = map else { return };
        let said = frame.time_ns.map(|ns| {
            let offset = i128::from(ns) - i128::from(self.from_ns);
            (offset * i128::from(RATE_HZ) / 1_000_000_000) as i64
        });
        let first = match (self.next, said) {
            (Some(next), Some(said)) if (said - next).abs() > TOLERANCE => said,
            (Some(next), _) => next,
            (None, said) => said.unwrap_or(0),
        };
        let count = map.len() / 4;
        for (at, bytes) in (first..).zip(map.chunks_exact(4)) {
            let place = usize::try_from(at).ok();
            if let Some(sample) = place.and_then(|at| self.samples.get_mut(at)) {
                let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                *sample = if value.is_finite() { value } else { 0.0 };
            }
        }
        self.next = Some(first + count as i64);
    }
}
