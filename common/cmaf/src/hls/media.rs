//! The media playlist: the segments of one rendition.

use std::fmt::Write as _;

use reeldrop_events::Scheme;

use super::{START, VERSION, attributes::Attributes};
use crate::presentation::{Presentation, Protection, Track};

/// Writes the media playlist of `track`, which lies in the track's own folder as `index.m3u8`.
#[must_use]
pub fn media(presentation: &Presentation, track: &Track) -> String {
    let mut playlist = head(presentation);
    for segment in &track.segments {
        let duration = seconds(track.span(segment.duration_ticks).micros());
        // Writing to a string cannot fail.
        let _ = write!(playlist, "#EXTINF:{duration},\n{:06}.m4s\n", segment.number);
    }
    if presentation.complete {
        playlist.push_str("#EXT-X-ENDLIST\n");
    }
    playlist
}

fn head(presentation: &Presentation) -> String {
    let mut lines = vec![
        "#EXTM3U".to_owned(),
        format!("#EXT-X-VERSION:{VERSION}"),
        format!("#EXT-X-TARGETDURATION:{}", presentation.target_s()),
        "#EXT-X-MEDIA-SEQUENCE:0".to_owned(),
        format!(
            "#EXT-X-PLAYLIST-TYPE:{}",
            if presentation.complete {
                "VOD"
            } else {
                "EVENT"
            }
        ),
        "#EXT-X-INDEPENDENT-SEGMENTS".to_owned(),
    ];
    if !presentation.complete {
        lines.push(START.to_owned());
    }
    lines.push("#EXT-X-MAP:URI=\"init.mp4\"".to_owned());
    lines.extend(presentation.encrypted().and_then(key));
    lines.join("\n") + "\n"
}

/// The key line. It has no IV: the init segment's `tenc` box and the fragments' `senc` boxes hold it.
fn key(protection: &Protection) -> Option<String> {
    let method = match protection.scheme {
        Scheme::Cbcs => "SAMPLE-AES",
        Scheme::Cenc => "SAMPLE-AES-CTR",
        Scheme::None => return None,
    };
    let attributes = Attributes::default()
        .bare("METHOD", method)
        .quoted("URI", &protection.key_uri)
        .quoted("KEYFORMAT", "identity")
        .quoted("KEYFORMATVERSIONS", "1");
    Some(format!("#EXT-X-KEY:{}", attributes.into_string()))
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
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
    fn each_scheme_has_its_method() {
        let mut title = title(true);
        title.protection.as_mut().unwrap().scheme = Scheme::Cenc;
        assert!(media(&title, &title.video[0].track).contains("METHOD=SAMPLE-AES-CTR,"));
        title.protection.as_mut().unwrap().scheme = Scheme::None;
        assert!(!media(&title, &title.video[0].track).contains("EXT-X-KEY"));
        title.protection = None;
        assert!(!media(&title, &title.video[0].track).contains("EXT-X-KEY"));
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
