//! The upload as the media crate reads it, with a clock on the reading.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use reeldrop_media::ReadAt;
use reeldrop_store::RangeReader;

/// An object in the uploads bucket.
pub(crate) struct Upload(RangeReader);

impl Upload {
    pub(crate) fn new(reader: RangeReader) -> Self {
        Self(reader)
    }
}

impl ReadAt for Upload {
    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        self.0.read_at(offset, len).map_err(io::Error::other)
    }
}

/// A source that knows how long reading it took: a slow store says nothing about the file.
pub(crate) struct Clocked<R> {
    reader: R,
    spent_us: AtomicU64,
}

impl<R> Clocked<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            spent_us: AtomicU64::new(0),
        }
    }

    pub(crate) fn spent(&self) -> Duration {
        Duration::from_micros(self.spent_us.load(Ordering::Relaxed))
    }
}

impl<R: std::ops::Deref<Target = dyn ReadAt> + Send + Sync> ReadAt for Clocked<R> {
    fn size_bytes(&self) -> u64 {
        self.reader.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let started = Instant::now();
        let read = self.reader.read_at(offset, len);
        let spent = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent_us.fetch_add(spent, Ordering::Relaxed);
        read
    }
}
