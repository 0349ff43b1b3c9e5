//! WebVTT (W3C), whole and in segments for HLS (RFC 8216, 3.5).

use std::fmt::Write;

use crate::{CaptionError, Cue, parse};

/// Local time 0 is media time 0: segments of Reeldrop begin there.
const TIMESTAMP_MAP: &str = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";

/// Writes a whole track.
#[must_use]
pub fn write(cues: &[Cue]) -> String {
    let mut file = "WEBVTT\n".to_owned();
    cues.iter().for_each(|cue| push(&mut file, cue));
    file
}

/// Writes the segments of a track: `segment_ms` each, up to `duration_ms`. A caption stands in every
/// segment in which it is shown, with its whole time. They are made one by one: where captions
/// overlap, all of them can be much more than the file.
pub fn segments(
    cues: &[Cue],
    segment_ms: u64,
    duration_ms: u64,
) -> impl ExactSizeIterator<Item = String> {
    let count = duration_ms.div_ceil(segment_ms.max(1)).max(1);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let mut first = 0;
    (0..count).map(move |number| {
        let from = u64::from(number) * segment_ms;
        let to = from + segment_ms;
        let mut file = format!("WEBVTT\n{TIMESTAMP_MAP}");
        first += cues[first..]
            .iter()
            .take_while(|cue| cue.end_ms <= from)
            .count();
        let within = cues[first..].iter().take_while(|cue| cue.start_ms < to);
        within
            .filter(|cue| cue.end_ms > from)
            .for_each(|cue| push(&mut file, cue));
        file
    })
}

/// Reads a file, and keeps what lies within a title of `duration_ms`.
///
/// # Errors
/// [`CaptionError`] where nothing does.
pub fn read(file: &[u8], duration_ms: u64) -> Result<Vec<Cue>, CaptionError> {
    parse::cues(file, duration_ms)
}

fn push(file: &mut String, cue: &Cue) {
    let (start, end) = (time(cue.start_ms), time(cue.end_ms));
    // Writing to a string never fails.
    let _ = write!(file, "\n{start} --> {end}\n");
    for line in &cue.lines {
        file.push_str(&escape(line));
        file.push('\n');
    }
}

fn time(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        ms / 1_000 % 60,
        ms % 1_000
    )
}

/// Characters that mean something in a caption's text (WebVTT, 4.2.2).
fn escape(line: &str) -> String {
    line.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(start_ms: u64, end_ms: u64, text: &str) -> Cue {
        Cue {
            start_ms,
            end_ms,
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn a_track_is_written_and_read_back() {
        let cues = [
            cue(1_000, 2_500, "Fish & chips\nat 5 < 6 --> now"),
            cue(
                3_723_004,
                3_724_000,
                "{one} <two>".trim_start_matches("{one} "),
            ),
        ];
        let file = write(&cues);
        assert!(file.starts_with(
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nFish &amp; chips\nat 5 &lt; 6 --&gt; now\n"
        ));
        assert_eq!(read(file.as_bytes(), 9_999_999).unwrap(), cues);
    }

    #[test]
    fn a_caption_over_a_segments_end_stands_in_both() {
        let cues = [
            cue(1_000, 2_000, "one"),
            cue(5_000, 7_000, "two"),
            cue(12_500, 13_000, "three"),
        ];
        let segments: Vec<String> = segments(&cues, 6_000, 18_500).collect();
        let texts: Vec<Vec<&str>> = segments
            .iter()
            .map(|file| {
                file.lines()
                    .filter(|line| line.starts_with(['o', 't']))
                    .collect()
            })
            .collect();
        assert_eq!(
            texts,
            [vec!["one", "two"], vec!["two"], vec!["three"], vec![]]
        );
        assert!(segments[3].starts_with("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"));
    }

    #[test]
    fn what_is_no_caption_file_is_said_to_be_none() {
        assert_eq!(read(b"PK\x03\x04", 1_000), Err(CaptionError::NoCues));
        let late = b"WEBVTT\n\n00:10.000 --> 00:11.000\nlate\n";
        let none = CaptionError::NoneFits { duration_ms: 1_000 };
        assert_eq!(read(late, 1_000), Err(none));
    }
}
