//! SubRip (`.srt`), as players and editors read it.

use std::fmt::Write;

use crate::{CaptionError, Cue, parse};

/// Writes a track.
#[must_use]
pub fn write(cues: &[Cue]) -> String {
    let mut file = String::new();
    for (at, cue) in cues.iter().enumerate() {
        let (start, end) = (time(cue.start_ms), time(cue.end_ms));
        // Writing to a string never fails.
        let _ = write!(file, "{}\n{start} --> {end}\n{}\n\n", at + 1, cue.text());
    }
    file
}

/// Reads a file, and keeps what lies within a title of `duration_ms`.
///
/// # Errors
/// [`CaptionError`] where nothing does.
pub fn read(file: &[u8], duration_ms: u64) -> Result<Vec<Cue>, CaptionError> {
    parse::cues(file, duration_ms)
}

fn time(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02},{:03}",
        ms / 1_000 % 60,
        ms % 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_windows_in_latin_1_is_read() {
        let file = b"1\r\n00:00:01,000 --> 00:00:02,000\r\nGr\xfc\xdfe\r\naus K\xf6ln\r\n\r\n\
                     2\r\n00:00:03,000 --> 00:00:02,000\r\nbackwards\r\n";
        let cues = read(file, 60_000).unwrap();
        assert_eq!(cues.len(), 1);
        assert_eq!(cues[0].lines, ["Grüße", "aus Köln"]);
        let again = write(&cues);
        assert_eq!(
            again,
            "1\n00:00:01,000 --> 00:00:02,000\nGrüße\naus Köln\n\n"
        );
        assert_eq!(read(again.as_bytes(), 60_000).unwrap(), cues);
    }
}
