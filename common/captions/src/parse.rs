//! What WebVTT and SubRip have in common: lines of two times, and text below them.

use crate::{CaptionError, Cue};

/// Captions of one file, at most: ten hours of one every second, nearly three times over.
const MOST_CUES: usize = 100_000;

/// A caption is shown this long at most, milliseconds: what a file repeats in each of its segments
/// stays in proportion to it.
const LONGEST_MS: u64 = 600_000;

/// Lines of one caption, and characters of a line, at most: what is beyond is no caption.
const MOST_LINES: usize = 8;
const MOST_CHARACTERS: usize = 400;

/// The text of a file in the encodings that caption files have.
pub(crate) fn text(file: &[u8]) -> String {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    match std::str::from_utf8(file) {
        Ok(text) => text.to_owned(),
        // Old SubRip files are Latin-1: each byte is the character of that number.
        Err(_) => file.iter().copied().map(char::from).collect(),
    }
}

/// The captions of a file within a title of `duration_ms`, in order.
pub(crate) fn cues(file: &[u8], duration_ms: u64) -> Result<Vec<Cue>, CaptionError> {
    let text = text(file).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = text.lines();
    let (mut cues, mut found) = (Vec::new(), 0);
    while let Some(line) = lines.next() {
        let Some((start_ms, end_ms)) = timing(line) else {
            continue;
        };
        found += 1;
        if found > MOST_CUES {
            return Err(CaptionError::TooMany { most: MOST_CUES });
        }
        let below = lines.by_ref().take_while(|line| !line.trim().is_empty());
        let shown: Vec<String> = below.map(plain).filter(|line| !line.is_empty()).collect();
        let end_ms = end_ms
            .min(duration_ms)
            .min(start_ms.saturating_add(LONGEST_MS));
        if start_ms < end_ms && !shown.is_empty() {
            cues.push(Cue {
                start_ms,
                end_ms,
                lines: shown.into_iter().take(MOST_LINES).collect(),
            });
        }
    }
    cues.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    match (found, cues.is_empty()) {
        (0, _) => Err(CaptionError::NoCues),
        (_, true) => Err(CaptionError::NoneFits { duration_ms }),
        (_, false) => Ok(cues),
    }
}

/// Texts with their times in milliseconds, such as a source's subtitle track has, as captions within a title
/// of `duration_ms`, in order: markup of SubRip, WebVTT and SubStation is taken out, what is left of a text
/// keeps the limits of a file's captions, and what a track repeats while it is shown is one caption.
#[must_use]
pub fn gather(texts: impl IntoIterator<Item = (u64, u64, String)>, duration_ms: u64) -> Vec<Cue> {
    let mut cues: Vec<Cue> = texts
        .into_iter()
        .take(MOST_CUES)
        .filter_map(|(start_ms, end_ms, text)| {
            let lines = text.lines().map(plain).filter(|line| !line.is_empty());
            let lines: Vec<String> = lines.take(MOST_LINES).collect();
            let end_ms = end_ms
                .min(duration_ms)
                .min(start_ms.saturating_add(LONGEST_MS));
            (start_ms < end_ms && !lines.is_empty()).then_some(Cue {
                start_ms,
                end_ms,
                lines,
            })
        })
        .collect();
    cues.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    cues.dedup_by(|next, cue| {
        let goes_on = next.start_ms <= cue.end_ms && next.lines == cue.lines;
        let end_ms = next.end_ms.max(cue.end_ms);
        let is_short = end_ms - cue.start_ms <= LONGEST_MS;
        if goes_on && is_short {
            cue.end_ms = end_ms;
        }
        goes_on && is_short
    });
    cues
}

/// The two times of a line such as `00:01.000 --> 00:02,500 align:start`.
fn timing(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((time_ms(start.trim())?, time_ms(end)?))
}

/// `[hours:]minutes:seconds[.,]milliseconds`.
fn time_ms(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let mut seconds: u64 = 0;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(number(part)?)?;
    }
    let digits = fraction.get(..fraction.len().min(3))?;
    let milliseconds = number(digits)? * [1, 100, 10, 1][digits.len()];
    seconds.checked_mul(1_000)?.checked_add(milliseconds)
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A line without markup: tags, SubStation overrides, character references. What opens and never closes
/// is none.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut closes = None;
    let mut opened = 0;
    let characters = line.chars().take(4 * MOST_CHARACTERS);
    for c in characters.filter(|c| !c.is_control()) {
        if closes.is_none() {
            opened = plain.len();
            closes = match c {
                '<' => Some('>'),
                '{' => Some('}'),
                _ => None,
            };
        }
        plain.push(c);
        if closes == Some(c) {
            plain.truncate(opened);
            closes = None;
        }
    }
    for (reference, means) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&lrm;", ""),
        ("&rlm;", ""),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(reference, means);
    }
    plain.trim().chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_caption_stays_for_ever() {
        let file = b"WEBVTT\n\n00:01.000 --> 10:00:00.000\nstill here\n";
        let found = cues(file, 36_000_000).unwrap();
        assert_eq!((found[0].start_ms, found[0].end_ms), (1_000, 601_000));
    }

    #[test]
    fn times_are_read_in_every_form() {
        for (text, ms) in [
            ("00:00:01,500", 1_500),
            ("00:01.5", 1_500),
            ("10:00:00.000", 36_000_000),
            ("1:02:03.04", 3_723_040),
            ("00:01", 1_000),
        ] {
            assert_eq!(time_ms(text), Some(ms), "{text}");
        }
        for text in ["", "a:b", "-1:00", "99999999999999999999:00", "1:00.é"] {
            assert_eq!(time_ms(text), None, "{text}");
        }
    }

    #[test]
    fn texts_of_a_track_are_cleaned_cut_and_put_in_order() {
        let text = |start, end, text: &str| (start, end, text.to_owned());
        let many = "x\n".repeat(50);
        let cues = gather(
            [
                text(5_000, 9_000, "{\\i1}Two{\\i0}\r\n\u{7}<b>lines</b>"),
                text(1_000, 2_000, "One"),
                text(3_000, 3_000, "never"),
                text(3_000, 4_000, "<i></i>\n{\\an8}"),
                text(9_500, 9_900, "late"),
                text(4_000, 4_500, &many),
            ],
            8_000,
        );
        let shown: Vec<_> = cues
            .iter()
            .map(|c| (c.start_ms, c.end_ms, c.text()))
            .collect();
        assert_eq!(shown[0], (1_000, 2_000, "One".to_owned()));
        assert_eq!((shown[1].0, cues[1].lines.len()), (4_000, MOST_LINES));
        assert_eq!(shown[2], (5_000, 8_000, "Two\nlines".to_owned()));
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn what_a_track_repeats_while_it_is_shown_is_one_caption() {
        let text = |start, end, text: &str| (start, end, text.to_owned());
        let cues = gather(
            [
                text(0, 500, "One"),
                text(500, 900, "<b>One</b>"),
                text(900, 1_000, "Two"),
                text(1_500, 2_000, "Two"),
                text(2_000, 700_000, "Two"),
            ],
            1_000_000,
        );
        let times: Vec<_> = cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect();
        assert_eq!(
            times,
            [(0, 900), (900, 1_000), (1_500, 2_000), (2_000, 602_000)]
        );
    }

    #[test]
    fn markup_is_taken_out() {
        assert_eq!(plain("<i>Tom</i> &amp; {\\an8}Ann &lt;3"), "Tom & Ann <3");
        assert_eq!(plain("<v Fred>Hi"), "Hi");
        assert_eq!(plain("<script>alert(1)</script>"), "alert(1)");
        assert_eq!(plain("I <3 {you"), "I <3 {you");
        assert_eq!(plain("<i>5 < 6"), "5 < 6");
    }
}
