//! Where a source's bytes come from.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

/// A source of known size that is read by range, from any thread.
pub trait ReadAt: Send + Sync {
    /// Size in bytes.
    fn size_bytes(&self) -> u64;

    /// Reads up to `len` bytes from `offset`: fewer only at the end of the source.
    ///
    /// # Errors
    /// Whatever keeps the bytes from being read; [`crate::MediaError::Read`] carries it on.
    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes>;
}

/// A source that lies in memory.
impl ReadAt for Bytes {
    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let start = usize::try_from(offset).map_or(self.len(), |offset| offset.min(self.len()));
        Ok(self.slice(start..start.saturating_add(len).min(self.len())))
    }
}

/// A file on this machine.
#[derive(Debug)]
pub struct LocalFile {
    file: File,
    size_bytes: u64,
    bytes_read: AtomicU64,
}

impl LocalFile {
    /// Opens a file.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size_bytes = file.metadata()?.len();
        Ok(Self {
            file,
            size_bytes,
            bytes_read: AtomicU64::new(0),
        })
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }
}

impl ReadAt for LocalFile {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.size_bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; len.min(left)];
        self.file.read_exact_at(&mut buffer, offset)?;
        self.bytes_read
            .fetch_add(buffer.len() as u64, Ordering::Relaxed);
        Ok(buffer.into())
    }
}
