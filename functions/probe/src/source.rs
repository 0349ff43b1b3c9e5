//! The object as the media crate reads it, and no more of it than a step may read.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use reeldrop_media::ReadAt;
use reeldrop_store::RangeReader;

/// An object in the uploads bucket.
pub(crate) struct Object(RangeReader);

impl Object {
    pub(crate) fn new(reader: RangeReader) -> Self {
        Self(reader)
    }
}

impl ReadAt for Object {
    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        self.0.read_at(offset, len).map_err(io::Error::other)
    }
}

/// A source that seems to end once enough of it was read. Counted in bytes and not in seconds: a
/// file gets the same plan however slow the store or the machine is.
pub(crate) struct Bounded {
    reader: Arc<dyn ReadAt>,
    left_bytes: AtomicU64,
}

impl Bounded {
    pub(crate) fn new(reader: &Arc<dyn ReadAt>, bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            reader: Arc::clone(reader),
            left_bytes: AtomicU64::new(bytes),
        })
    }

    /// Lets this much be read from now on.
    pub(crate) fn allow(&self, bytes: u64) {
        self.left_bytes.store(bytes, Ordering::SeqCst);
    }

    /// Whether all that was allowed has been read.
    pub(crate) fn spent(&self) -> bool {
        self.left_bytes.load(Ordering::SeqCst) == 0
    }
}

impl ReadAt for Bounded {
    fn size_bytes(&self) -> u64 {
        self.reader.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        if self.spent() {
            return Ok(Bytes::new());
        }
        let read = self.reader.read_at(offset, len)?;
        let less = |left: u64| Some(left.saturating_sub(read.len() as u64));
        // It always gives a number, so that the update cannot fail.
        let _ = self
            .left_bytes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl ReadAt for Zeros {
        fn size_bytes(&self) -> u64 {
            1_000
        }

        fn read_at(&self, _: u64, len: usize) -> io::Result<Bytes> {
            Ok(Bytes::from(vec![0; len]))
        }
    }

    #[test]
    fn a_source_ends_where_enough_was_read_and_goes_on_where_more_is_allowed() {
        let bounded = Bounded::new(&(Arc::new(Zeros) as Arc<dyn ReadAt>), 10);
        assert_eq!(bounded.read_at(0, 6).unwrap().len(), 6);
        assert_eq!(bounded.read_at(6, 6).unwrap().len(), 6);
        assert!(bounded.spent() && bounded.read_at(12, 1).unwrap().is_empty());
        bounded.allow(1);
        assert_eq!(bounded.read_at(12, 1).unwrap().len(), 1);
        assert_eq!(bounded.size_bytes(), 1_000);
    }
}
