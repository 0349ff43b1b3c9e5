//! The uploaded object as a source that is read by range.

use std::io;

use bytes::Bytes;
use reeldrop_media::ReadAt;
use reeldrop_store::RangeReader;

/// An object in a bucket.
pub(crate) struct Object(pub(crate) RangeReader);

impl ReadAt for Object {
    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        // The StoreError inside says whether trying again can help.
        self.0.read_at(offset, len).map_err(io::Error::other)
    }
}
