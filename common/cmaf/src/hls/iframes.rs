//! The playlist of key frames, for scrubbing (RFC 8216bis, section 4.4.3.6).

use std::fmt::Write as _;

use super::{KeyFormat, head, seconds};
use crate::presentation::{Presentation, Track};

/// Writes the playlist of every key frame of `track`, which lies in the track's own folder as
/// [`KeyFormat::iframes_file`].
///
/// Each range is a whole fragment, `moof` and `mdat`, of one picture. None where the track's key
/// frames do not stand in fragments of their own.
#[must_use]
pub fn iframes(presentation: &Presentation, track: &Track, format: KeyFormat) -> Option<String> {
    let keys = track.key_pieces();
    if keys.is_empty() {
        return None;
    }
    let mut lines = head(presentation.complete, presentation.target_s());
    lines.push("#EXT-X-I-FRAMES-ONLY".to_owned());
    lines.push("#EXT-X-MAP:URI=\"init.mp4\"".to_owned());
    lines.extend(format.keys(presentation, track));
    let mut playlist = lines.join("\n") + "\n";
    for (key, piece) in keys {
        let duration = seconds(track.span(piece.ticks));
        // Writing to a string cannot fail.
        let _ = write!(
            playlist,
            "#EXTINF:{duration},\n#EXT-X-BYTERANGE:{}@{}\n{:06}.m4s\n",
            key.bytes, key.offset, key.segment
        );
    }
    if presentation.complete {
        playlist.push_str("#EXT-X-ENDLIST\n");
    }
    Some(playlist)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::title;

    #[test]
    fn complete_playlist() {
        let title = title(true);
        let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-I-FRAMES-ONLY
#EXT-X-MAP:URI=\"init.mp4\"
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"/api/assets/A/packages/1/key\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@24
000000.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@24
000001.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@500024
000001.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@24
000002.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@500024
000002.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:50000@1000024
000002.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:41666@24
000003.m4s
#EXTINF:2.002000,
#EXT-X-BYTERANGE:41666@416690
000003.m4s
#EXTINF:1.001000,
#EXT-X-BYTERANGE:41666@833357
000003.m4s
#EXT-X-ENDLIST
";
        let track = &title.video[0].track;
        let text = iframes(&title, track, KeyFormat::Identity).unwrap();
        assert_eq!(text, expected);
        let (rest, playlist) = m3u8_rs::parse_media_playlist(text.as_bytes()).unwrap();
        assert!(rest.is_empty() && playlist.i_frames_only);
        assert_eq!(playlist.segments.len(), 9);
    }

    #[test]
    fn a_growing_playlist_names_the_frames_of_the_segments_that_it_names() {
        let (growing, complete) = (title(false), title(true));
        let text = iframes(&growing, &growing.video[0].track, KeyFormat::ClearKey).unwrap();
        assert_eq!(text.matches(".m4s").count(), 3);
        let vod = text.replace("EVENT", "VOD");
        let whole = iframes(&complete, &complete.video[0].track, KeyFormat::ClearKey).unwrap();
        assert!(whole.starts_with(&vod), "{whole}\n{vod}");
    }

    #[test]
    fn a_segment_without_key_frames_leaves_no_playlist() {
        let mut title = title(true);
        title.video[0]
            .track
            .key_frames
            .retain(|key| key.segment != 2);
        assert_eq!(
            iframes(&title, &title.video[0].track, KeyFormat::Identity),
            None
        );
        assert_eq!(
            iframes(&title, &title.audio[0].track, KeyFormat::Identity),
            None
        );
    }
}
