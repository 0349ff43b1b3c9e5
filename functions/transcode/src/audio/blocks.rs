//! Decoded sound, opened early enough for a part.

use std::{collections::VecDeque, sync::Arc};

use gstreamer as gst;
use gstreamer_audio as gst_audio;
use reeldrop_media::{Demuxed, Frame, Frames, MediaError, ReadAt, Track};

use super::grid::sample_at;
use crate::{
    Error,
    patience::{FRAME_PATIENCE, MARGINS_S, OPEN_PATIENCE},
};

/// Decoders are given this long before the first sample that counts, nanoseconds.
const SETTLE_NS: u64 = 500_000_000;

/// Blocks read ahead to find out where the first one truly lies.
const ANCHOR_BLOCKS: usize = 48;

/// One block of samples.
pub(crate) struct Block {
    /// The samples, interleaved.
    pub(crate) buffer: gst::Buffer,
    /// What they are.
    pub(crate) info: gst_audio::AudioInfo,
    /// Where it says it lies, nanoseconds of stream time.
    time_ns: i64,
}

impl Block {
    fn of(frame: &Frame) -> Option<Self> {
        let info = gst_audio::AudioInfo::from_caps(frame.sample.caps()?).ok()?;
        let buffer = frame
            .sample
            .buffer_owned()
            .filter(|buffer| buffer.size() > 0)?;
        Some(Self {
            buffer,
            time_ns: frame.time_ns?,
            info,
        })
    }

    /// Samples per channel.
    pub(crate) fn len(&self) -> usize {
        self.buffer.size() / self.info.bpf() as usize
    }

    /// The sample at which it says it lies, counted from the origin.
    pub(crate) fn said(&self, origin_ns: u64) -> i64 {
        sample_at(self.time_ns, origin_ns, self.info.rate())
    }
}

/// Decoded blocks in order, with some read ahead.
pub(crate) struct Blocks {
    frames: Frames,
    ahead: VecDeque<Block>,
}

impl Blocks {
    /// Opens the track so that it gives everything from `from_ns` in stream time.
    pub(crate) fn open(reader: &Arc<dyn ReadAt>, track: u32, from_ns: u64) -> Result<Self, Error> {
        for margin in MARGINS_S {
            let seek_ns = from_ns.saturating_sub(margin * 1_000_000_000 + SETTLE_NS);
            if seek_ns == 0 {
                break;
            }
            match Self::begin(reader, track, Some(seek_ns)) {
                Ok(blocks) if blocks.starts_by(from_ns) => return Ok(blocks),
                Ok(_) | Err(MediaError::Damaged(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self::begin(reader, track, None)?)
    }

    fn begin(
        reader: &Arc<dyn ReadAt>,
        track: u32,
        seek_ns: Option<u64>,
    ) -> Result<Self, MediaError> {
        let demuxed = Demuxed::open(Arc::clone(reader), OPEN_PATIENCE)?;
        let frames = demuxed
            .decode(Track::Audio(track), seek_ns)?
            .frames_through(&interleaved()?)?;
        let mut blocks = Self {
            frames,
            ahead: VecDeque::new(),
        };
        while blocks.ahead.len() < ANCHOR_BLOCKS {
            match blocks.pull()? {
                Some(block) => blocks.ahead.push_back(block),
                None => break,
            }
        }
        Ok(blocks)
    }

    fn starts_by(&self, from_ns: u64) -> bool {
        self.ahead
            .front()
            .is_some_and(|first| i128::from(first.time_ns) <= i128::from(from_ns))
    }

    /// The blocks read ahead.
    pub(crate) fn ahead(&self) -> impl Iterator<Item = &Block> {
        self.ahead.iter()
    }

    /// The next block; none at the end of the track, which damage half-way is, too.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, Error> {
        if let Some(block) = self.ahead.pop_front() {
            return Ok(Some(block));
        }
        match self.pull() {
            Ok(block) => Ok(block),
            Err(MediaError::Damaged(reason)) => {
                tracing::warn!(%reason, "sound ends in damage");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn pull(&mut self) -> Result<Option<Block>, MediaError> {
        while let Some(frame) = self.frames.next(FRAME_PATIENCE)? {
            if let Some(block) = Block::of(&frame) {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}

/// Some decoders give each channel by itself.
fn interleaved() -> Result<[gst::Element; 2], MediaError> {
    let missing = |error: glib::BoolError| MediaError::Missing(error.to_string());
    let converter = gst::ElementFactory::make("audioconvert")
        .build()
        .map_err(missing)?;
    let caps = gst::Caps::builder("audio/x-raw")
        .field("layout", "interleaved")
        .build();
    let filter = gst::ElementFactory::make("capsfilter").property("caps", caps);
    Ok([converter, filter.build().map_err(missing)?])
}
