//! A bound on the segments that are in memory at once, over all events of the process.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All segments in memory together, mebibytes.
const LIMIT_MIB: u32 = 192;

/// A segment is there as it was read, as it is decrypted where it was encrypted, and as it is sent.
const COPIES: u64 = 3;

/// Gives out memory for segments.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LIMIT_MIB as usize)))
    }
}

impl Budget {
    /// Waits until there is room for a segment of `bytes`, and keeps it until dropped.
    ///
    /// A segment over the whole limit gets all of it.
    pub(crate) async fn room_for(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let permits = mebibytes(bytes);
        // Closed never: the semaphore lives as long as the function.
        Arc::clone(&self.0).acquire_many_owned(permits).await.ok()
    }
}

fn mebibytes(bytes: u64) -> u32 {
    let mebibytes = bytes.saturating_mul(COPIES).div_ceil(1 << 20);
    u32::try_from(mebibytes)
        .unwrap_or(u32::MAX)
        .clamp(1, LIMIT_MIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_segment_fits() {
        assert_eq!(mebibytes(0), 1);
        assert_eq!(mebibytes(1 << 20), 3);
        assert_eq!(mebibytes(u64::MAX), LIMIT_MIB);
    }
}
