//! The playlist of captions.

use std::fmt::Write as _;

use super::{head, seconds};
use crate::presentation::{Presentation, TextTrack};

/// Writes the playlist of WebVTT segments of `track`, which lies beside the multivariant playlist as
/// [`text_file`](super::text_file).
#[must_use]
pub fn text(presentation: &Presentation, track: &TextTrack) -> String {
    let lines = head(presentation.complete, track.target_s());
    let mut playlist = lines.join("\n") + "\n";
    for (number, span) in track.spans().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            playlist,
            "#EXTINF:{},\n../text/{}/{number}.vtt\n",
            seconds(span),
            track.name
        );
    }
    if presentation.complete {
        playlist.push_str("#EXT-X-ENDLIST\n");
    }
    playlist
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::title_with_extras;

    #[test]
    fn complete_playlist() {
        let title = title_with_extras();
        let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:6.006000,
../text/de/0.vtt
#EXTINF:6.006000,
../text/de/1.vtt
#EXTINF:5.005000,
../text/de/2.vtt
#EXT-X-ENDLIST
";
        assert_eq!(text(&title, &title.text[1]), expected);
    }
}
