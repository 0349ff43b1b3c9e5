//! CMAF headers (init segments): `ftyp` and `moov` of one track (ISO/IEC 23000-19, 7.3.1).

mod audio;
pub(crate) mod entry;
mod esds;
pub(crate) mod language;
mod movie;
pub(crate) mod read;
mod video;

pub use audio::{AudioTrackConfig, audio};
pub use video::{VideoTrackConfig, video};

/// The track id of every track written here: CMAF tracks are alone in their file.
pub const TRACK_ID: u32 = 1;

/// The longest codec configuration taken, bytes: parameter sets are a few hundred.
const MAX_CONFIG_BYTES: usize = 1 << 16;
