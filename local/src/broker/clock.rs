//! Wall-clock time: due times outlive the process, so that they cannot be monotonic.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now in Unix milliseconds.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
