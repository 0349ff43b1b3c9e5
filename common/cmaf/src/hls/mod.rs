//! HLS playlists (RFC 8216 and its successor, draft-pantos-hls-rfc8216bis), as Apple's authoring
//! specification wants them.
//!
//! While a title grows, its playlists are of type `EVENT` and say `EXT-X-START` at 0, since players
//! would else begin near the end of what is there; when it is complete they are of type `VOD`.
//!
//! No form of key line suits all players: Safari and Shaka Player take the key itself (`identity`),
//! hls.js takes a licence address ([`KeyFormat::ClearKey`]), and each stumbles over the other's. So
//! there are two multivariant playlists over the same segments.

mod attributes;
mod iframes;
mod images;
mod key;
mod media;
mod multivariant;
mod text;

pub use iframes::iframes;
pub use images::images;
pub use key::KeyFormat;
pub(crate) use key::system_key;
pub use media::{media, media_for};
pub use multivariant::{multivariant, multivariant_for};
pub use text::text;

/// Fragmented MP4 needs 6, and version 7 is what players know it by.
const VERSION: u32 = 7;

/// Begins playback at the first segment, however far the title has grown.
const START: &str = "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES";

/// Name of the storyboard's playlist, beside the multivariant one.
pub const IMAGES_FILE: &str = "storyboard.m3u8";

/// Name of the playlist of captions, beside the multivariant one.
#[must_use]
pub fn text_file(track: &crate::presentation::TextTrack) -> String {
    format!("text-{}.m3u8", track.name)
}

/// The lines that every media playlist begins with.
fn head(complete: bool, target_s: u64) -> Vec<String> {
    let kind = if complete { "VOD" } else { "EVENT" };
    vec![
        "#EXTM3U".to_owned(),
        format!("#EXT-X-VERSION:{VERSION}"),
        format!("#EXT-X-TARGETDURATION:{target_s}"),
        "#EXT-X-MEDIA-SEQUENCE:0".to_owned(),
        format!("#EXT-X-PLAYLIST-TYPE:{kind}"),
    ]
}

/// A duration in seconds, exact to the microsecond.
fn seconds(span: crate::presentation::Span) -> String {
    let micros = span.micros();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
