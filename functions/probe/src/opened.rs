//! A source opened for one step of probing, which reads a bounded part of it before a deadline.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reeldrop_media::{Demuxed, MediaError, ReadAt};

use crate::source::Bounded;

/// Most bytes read to find the tracks: an index is read twice, and may be 64 MiB long.
const OPENING_BYTES: u64 = 192 << 20;

/// The uploaded file, and until when it may be looked at. The deadline guards against a store, or
/// an element, that hangs: it ends in another try, never in another outcome.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) reader: Arc<dyn ReadAt>,
    pub(crate) deadline: Instant,
}

impl Upload {
    /// How long there is still.
    pub(crate) fn patience(&self) -> Result<Duration, MediaError> {
        self.deadline
            .checked_duration_since(Instant::now())
            .ok_or(MediaError::Timeout("looking at the file"))
    }

    /// Finds the tracks; `bytes` may be read after that.
    pub(crate) fn open(&self, bytes: u64) -> Result<(Demuxed, Arc<Bounded>), MediaError> {
        let bounded = Bounded::new(&self.reader, OPENING_BYTES);
        let source = Arc::clone(&bounded) as Arc<dyn ReadAt>;
        let demuxed = Demuxed::open(source, self.patience()?)?;
        bounded.allow(bytes);
        Ok((demuxed, bounded))
    }
}
