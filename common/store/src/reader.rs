//! Reading an object by range from a thread that may block.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::{
    Location, Store, StoreError,
    window::{Cache, LONGEST_REQUEST_BYTES},
};

/// Reads ranges of one object for demuxers and parsers, which jump about and come back.
///
/// Remembers at most 16 MiB and reads ahead where the caller reads on. Clones share what they
/// remember. Must not be called on a thread that runs async tasks: use
/// `tokio::task::spawn_blocking` or a thread of your own.
#[derive(Clone)]
pub struct RangeReader {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    handle: Handle,
    at: Location,
    version: Option<String>,
    size_bytes: u64,
    cache: Mutex<Cache>,
    bytes_read: AtomicU64,
}

impl RangeReader {
    pub(crate) fn new(store: Store, handle: Handle, at: Location, size_bytes: u64) -> Self {
        Self {
            shared: Arc::new(Shared::new(store, handle, at, size_bytes)),
        }
    }

    /// The same reader with an empty memory, that reads this version of the object only.
    ///
    /// An object that was replaced in the meantime gives [`StoreError::Changed`], not a mixture.
    #[must_use]
    pub fn of_version(&self, version: &str) -> Self {
        let Shared {
            store,
            handle,
            at,
            size_bytes,
            ..
        } = &*self.shared;
        let shared = Shared {
            version: Some(version.to_owned()),
            ..Shared::new(store.clone(), handle.clone(), at.clone(), *size_bytes)
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Size of the object in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.shared.size_bytes
    }

    /// How many bytes were read from the store so far, by this reader and its clones.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.shared.bytes_read.load(Ordering::Relaxed)
    }

    /// Reads `len` bytes from `offset`, or what there is of them before the object's end.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where the object is not `size_bytes` long or not the version meant,
    /// [`StoreError::NotFound`], or what befell the store.
    pub fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, StoreError> {
        let end = offset
            .saturating_add(len as u64)
            .min(self.shared.size_bytes);
        if offset >= end {
            return Ok(Bytes::new());
        }
        if end - offset > LONGEST_REQUEST_BYTES {
            return self.shared.fetch(offset..end);
        }
        // Held while fetching: two threads that want the same block fetch it once.
        let mut cache = self
            .shared
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            let missing = match cache.read(offset..end) {
                Ok(bytes) => return Ok(bytes),
                Err(missing) => missing,
            };
            let request = cache.request(missing, end, self.shared.size_bytes);
            let start = request.start;
            let data = self.shared.fetch(request)?;
            cache.insert(start, data);
        }
    }
}

impl Shared {
    fn new(store: Store, handle: Handle, at: Location, size_bytes: u64) -> Self {
        Self {
            store,
            handle,
            at,
            version: None,
            size_bytes,
            cache: Mutex::default(),
            bytes_read: AtomicU64::new(0),
        }
    }

    fn fetch(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let length = range.end - range.start;
        let read = self
            .store
            .get_range_of(&self.at, range, self.version.as_deref());
        let data = self.handle.block_on(read)?;
        self.bytes_read
            .fetch_add(data.len() as u64, Ordering::Relaxed);
        if data.len() as u64 != length {
            return Err(StoreError::Changed(self.at.clone()));
        }
        Ok(data)
    }
}

impl fmt::Debug for RangeReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeReader")
            .field("at", &self.shared.at)
            .field("size_bytes", &self.shared.size_bytes)
            .field("bytes_read", &self.bytes_read())
            .finish_non_exhaustive()
    }
}
