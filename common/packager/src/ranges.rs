//! A media playlist of files, changed to one of byte ranges in a single file (RFC 8216, 4.3.2.2).

use std::fmt::Write as _;
use std::ops::Range;

use reeldrop_events::PublishedSegment;

use crate::output::WHOLE;

/// Changes `playlist`; the header lies in `init`, and the segments follow each other from `start`.
pub(crate) fn change(
    playlist: &str,
    init: &Range<u64>,
    start: u64,
    segments: &[PublishedSegment],
) -> String {
    let mut out = String::with_capacity(playlist.len() * 2);
    let mut segments = segments.iter();
    let mut at = start;
    for line in playlist.lines() {
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
                let bytes = segments.next().map_or(0, |segment| segment.bytes);
                let begin = at;
                at += bytes;
                writeln!(out, "#EXT-X-BYTERANGE:{bytes}@{begin}\n{WHOLE}")
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_become_ranges() {
        let segment = |number: u32, bytes| PublishedSegment {
            number,
            start_ticks: 0,
            duration_ticks: 1,
            bytes,
            samples: 1,
        };
        let playlist = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\n000000.m4s\n#EXTINF:2,\n\
            000001.m4s\n#EXT-X-ENDLIST\n";
        let expected = "#EXTM3U\n#EXT-X-MAP:URI=\"media.mp4\",BYTERANGE=\"700@0\"\n#EXTINF:6,\n\
            #EXT-X-BYTERANGE:100@800\nmedia.mp4\n#EXTINF:2,\n#EXT-X-BYTERANGE:50@900\nmedia.mp4\n\
            #EXT-X-ENDLIST\n";
        let segments = [segment(0, 100), segment(1, 50)];
        assert_eq!(change(playlist, &(0..700), 800, &segments), expected);
    }
}
