//! HLS playlists (RFC 8216 and its successor, draft-pantos-hls-rfc8216bis).
//!
//! While a title grows, its playlists are of type `EVENT` and say `EXT-X-START` at 0, since players
//! would else begin near the end of what is there; when it is complete they are of type `VOD`.

mod attributes;
mod media;
mod multivariant;

pub use media::media;
pub use multivariant::multivariant;

/// Fragmented MP4 needs 6, and version 7 is what players know it by.
const VERSION: u32 = 7;

/// Begins playback at the first segment, however far the title has grown.
const START: &str = "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES";
