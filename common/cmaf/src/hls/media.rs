//! The media playlist: the segments of one rendition.

use std::fmt::Write as _;

use super::{KeyFormat, START, head, seconds};
use crate::presentation::{Presentation, Track};

/// Writes the media playlist of `track`, which lies in the track's own folder as `index.m3u8`.
#[must_use]
pub fn media(presentation: &Presentation, track: &Track) -> String {
    media_for(presentation, track, KeyFormat::Identity)
}

/// Writes the media playlist of `track` for players that take keys in that form. It lies in the
/// track's own folder as [`KeyFormat::media_file`].
#[must_use]
pub fn media_for(presentation: &Presentation, track: &Track, format: KeyFormat) -> String {
    let mut lines = head(presentation.complete, presentation.target_s());
    lines.push("#EXT-X-INDEPENDENT-SEGMENTS".to_owned());
    if !presentation.complete {
        lines.push(START.to_owned());
    }
    lines.push("#EXT-X-MAP:URI=\"init.mp4\"".to_owned());
    lines.extend(format.keys(presentation, track));
    let mut playlist = lines.join("\n") + "\n";
    for segment in &track.segments {
        let duration = seconds(track.span(segment.duration_ticks));
        // Writing to a string cannot fail.
        let _ = write!(playlist, "#EXTINF:{duration},\n{:06}.m4s\n", segment.number);
    }
    if presentation.complete {
        playlist.push_str("#EXT-X-ENDLIST\n");
    }
    playlist
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
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI=\"init.mp4\"
#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"/api/assets/A/packages/1/key\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"
#EXTINF:2.002000,
000000.m4s
#EXTINF:4.004000,
000001.m4s
#EXTINF:6.006000,
000002.m4s
#EXTINF:5.005000,
000003.m4s
#EXT-X-ENDLIST
";
        assert_eq!(media(&title, &title.video[0].track), expected);
    }

    #[test]
    fn a_growing_playlist_is_a_beginning_of_the_complete_one() {
        let (growing, complete) = (title(false), title(true));
        let growing = media(&growing, &growing.audio[0].track);
        assert!(growing.contains("\n#EXT-X-PLAYLIST-TYPE:EVENT\n"));
        assert!(growing.contains("\n#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n"));
        assert!(!growing.contains("ENDLIST"));
        let vod = growing
            .replace("EVENT", "VOD")
            .replace("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n", "");
        assert!(media(&complete, &complete.audio[0].track).starts_with(&vod));
    }

    #[test]
    fn the_two_forms_differ_in_the_key_alone() {
        let title = title(true);
        let keyless = |format| -> Vec<String> {
            let text = media_for(&title, &title.video[0].track, format);
            let lines = text.lines().filter(|line| !line.contains("EXT-X-KEY"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(keyless(KeyFormat::Identity), keyless(KeyFormat::ClearKey));
    }

    #[test]
    fn an_independent_parser_reads_it_back() {
        let title = title(true);
        let text = media(&title, &title.audio[0].track);
        let (rest, playlist) = m3u8_rs::parse_media_playlist(text.as_bytes()).unwrap();
        assert!(rest.is_empty());
        assert_eq!(playlist.target_duration, 6);
        assert!(playlist.end_list && playlist.independent_segments);
        assert_eq!(
            playlist.playlist_type,
            Some(m3u8_rs::MediaPlaylistType::Vod)
        );
        assert_eq!(playlist.segments.len(), 4);
        assert_eq!(playlist.segments[3].uri, "000003.m4s");
        let first = &playlist.segments[0];
        assert_eq!(first.map.as_ref().unwrap().uri, "init.mp4");
        let key = first.key.as_ref().unwrap();
        assert_eq!(key.method, m3u8_rs::KeyMethod::SampleAES);
        assert_eq!(key.keyformat.as_deref(), Some("identity"));
        for segment in &playlist.segments {
            assert!(
                segment.duration.round() <= 6.0,
                "EXTINF over the target duration"
            );
        }
    }
}
