//! How long a source may take, and how far back it is opened.

use std::time::Duration;

/// How long opening a source may take.
pub(crate) const OPEN_PATIENCE: Duration = Duration::from_secs(30);

/// How long the next frame may take: reading ahead to it included.
pub(crate) const FRAME_PATIENCE: Duration = Duration::from_secs(60);

/// Nothing comes out of an encoder for this long: the step is given up, to be tried again.
pub(crate) const STALL: Duration = Duration::from_secs(60);

/// How far before the wanted time decoding begins, attempt by attempt, seconds. After the last
/// attempt it begins at the start of the source.
pub(crate) const MARGINS_S: [u64; 3] = [0, 2, 10];
