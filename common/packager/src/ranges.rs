//! A media playlist of files, changed to one of byte ranges in a single file (RFC 8216, 4.3.2.2).

use std::fmt::Write as _;
use std::ops::Range;

use reeldrop_events::PublishedSegment;

use crate::output::WHOLE;

const RANGE: &str = "#EXT-X-BYTERANGE:";

/// Changes `playlist`; the header lies in `init`, and the segments follow each other from `start`.
///
/// A range in a segment, as playlists of key frames have them, becomes one in the whole file.
pub(crate) fn change(
    playlist: &str,
    init: &Range<u64>,
    start: u64,
    segments: &[PublishedSegment],
) -> String {
    let mut out = String::with_capacity(playlist.len() * 2);
    let mut segments = segments.iter();
    let mut current: Option<&PublishedSegment> = None;
    let (mut begin, mut end) = (start, start);
    // Bytes, and where they begin in their segment.
    let mut within: Option<(u64, u64)> = None;
    for line in playlist.lines() {
        if let Some(range) = line.strip_prefix(RANGE) {
            let range = range.split_once('@');
            within = range.and_then(|(bytes, at)| Some((bytes.parse().ok()?, at.parse().ok()?)));
            continue;
        }
        // Writing to a string cannot fail.
        let _ = match line.strip_prefix("#EXT-X-MAP:") {
            Some(_) => writeln!(
                out,
                "#EXT-X-MAP:URI=\"{WHOLE}\",BYTERANGE=\"{}@{}\"",
                init.end - init.start,
                init.start
            ),
            None if line.starts_with('#') => writeln!(out, "{line}"),
            None => {
                let named = line.split('.').next().and_then(|name| name.parse().ok());
                while named.is_some() && current.map(|segment| segment.number) != named {
                    current = segments.next();
                    let Some(segment) = current else { break };
                    begin = end;
                    end += segment.bytes;
                }
                let (bytes, at) = within.take().unwrap_or((end - begin, 0));
                writeln!(out, "{RANGE}{bytes}@{}\n{WHOLE}", begin + at)
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments() -> [PublishedSegment; 2] {
        [(0, 100), (1, 50)].map(|(number, bytes)| PublishedSegment {
            number,
            start_ticks: 0,
            duration_ticks: 1,
            bytes,
            samples: 1,
        })
    }

    #[test]
    fn segments_become_ranges() {
        let playlist = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\n000000.m4s\n#EXTINF:2,\n\
            000001.m4s\n#EXT-X-ENDLIST\n";
        let expected = "#EXTM3U\n#EXT-X-MAP:URI=\"media.mp4\",BYTERANGE=\"700@0\"\n#EXTINF:6,\n\
            #EXT-X-BYTERANGE:100@800\nmedia.mp4\n#EXTINF:2,\n#EXT-X-BYTERANGE:50@900\nmedia.mp4\n\
            #EXT-X-ENDLIST\n";
        assert_eq!(change(playlist, &(0..700), 800, &segments()), expected);
    }

    #[test]
    fn ranges_in_segments_become_ranges_in_the_file() {
        let playlist = "#EXTINF:2,\n#EXT-X-BYTERANGE:10@24\n000000.m4s\n#EXTINF:4,\n\
            #EXT-X-BYTERANGE:20@60\n000000.m4s\n#EXTINF:2,\n#EXT-X-BYTERANGE:9@24\n000001.m4s\n";
        let expected = "#EXTINF:2,\n#EXT-X-BYTERANGE:10@824\nmedia.mp4\n#EXTINF:4,\n\
            #EXT-X-BYTERANGE:20@860\nmedia.mp4\n#EXTINF:2,\n#EXT-X-BYTERANGE:9@924\nmedia.mp4\n";
        assert_eq!(change(playlist, &(0..700), 800, &segments()), expected);
    }
}
