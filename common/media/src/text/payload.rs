//! The text of a caption, out of what its track wraps it into.

use super::{TextFormat, ebml};
use crate::mp4::payloads;

/// How to read the bytes of a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// A sample of MP4.
    Sample(TextFormat),
    /// A `SimpleBlock` or `BlockGroup` of Matroska.
    Block {
        format: TextFormat,
        track: u64,
        timestamp_scale_ns: u64,
    },
}

/// What a caption says.
pub(super) struct Read {
    pub(super) text: String,
    pub(super) duration_ns: Option<i64>,
}

impl Payload {
    pub(super) fn read(self, data: &[u8]) -> Option<Read> {
        let (format, data, duration_ns) = match self {
            Self::Sample(format) => (format, data, None),
            Self::Block {
                format,
                track,
                timestamp_scale_ns,
            } => {
                let block = ebml::Block::read(data).filter(|block| block.track == track)?;
                let ns = |ticks: u64| i64::try_from(ticks.saturating_mul(timestamp_scale_ns)).ok();
                (format, block.payload, block.duration.and_then(ns))
            }
        };
        let text = match format {
            TextFormat::Tx3g => tx3g(data)?,
            TextFormat::Wvtt => wvtt(data),
            TextFormat::Plain => words(data),
            TextFormat::Ssa => ssa(&words(data))?,
            TextFormat::Cea608 | TextFormat::Cea708 => return None,
        };
        (!text.trim().is_empty()).then_some(Read { text, duration_ns })
    }
}

/// Text in the encodings that tracks have: all say UTF-8, and what is none was Latin-1 before somebody
/// put it there, each byte the character of that number.
fn words(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => text.iter().copied().map(char::from).collect(),
    }
}

/// Length and text, then styles (ETSI TS 126 245, 5.17); UTF-16 where it begins with a mark.
fn tx3g(sample: &[u8]) -> Option<String> {
    let (length, rest) = sample.split_first_chunk::<2>()?;
    let text = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    let (wide, unit): (_, fn([u8; 2]) -> u16) = match text.split_first_chunk::<2>() {
        Some((b"\xfe\xff", wide)) => (wide, u16::from_be_bytes),
        Some((b"\xff\xfe", wide)) => (wide, u16::from_le_bytes),
        _ => return Some(words(text)),
    };
    let units = wide.chunks_exact(2).map(|two| unit([two[0], two[1]]));
    let units: Vec<u16> = units.collect();
    Some(String::from_utf16_lossy(&units))
}

/// The text of every cue in the sample (ISO/IEC 14496-30, 7.4).
fn wvtt(sample: &[u8]) -> String {
    let cues = payloads(sample, b"vttc").flat_map(|cue| payloads(cue, b"payl"));
    let texts: Vec<_> = cues.map(words).collect();
    texts.join("\n")
}

/// What follows the eight fields of an event (Matroska, subtitle codecs); a drawing is no text.
fn ssa(event: &str) -> Option<String> {
    let text = event.splitn(9, ',').nth(8)?;
    let draws = text
        .split('{')
        .filter_map(|part| part.split_once('}'))
        .any(|(overrides, _)| {
            overrides.split('\\').any(|tag| {
                tag.strip_prefix('p')
                    .is_some_and(|scale| scale.starts_with(|c: char| ('1'..='9').contains(&c)))
            })
        });
    let text = text.replace("\\N", "\n").replace("\\n", "\n");
    (!draws).then(|| text.replace("\\h", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timed_text_is_read_in_both_encodings_and_never_beyond_its_end() {
        assert_eq!(tx3g(b"\0\x03abc\0\0\0\x0cstyl").as_deref(), Some("abc"));
        assert_eq!(tx3g(b"\0\x04\xfe\xff\0A").as_deref(), Some("A"));
        assert_eq!(tx3g(b"\0\x05\xff\xfeA\0B").as_deref(), Some("A"));
        assert_eq!(tx3g(b"\0\x04\xfe\xff\xd8\0").as_deref(), Some("\u{fffd}"));
        assert_eq!(tx3g(b"\0\x09abc"), None);
        assert_eq!(tx3g(b"\0"), None);
    }

    #[test]
    fn text_that_is_no_utf_8_is_latin_1() {
        assert_eq!(tx3g(b"\0\x05Gr\xf6\xdfe").as_deref(), Some("Größe"));
        assert_eq!(words("Größe".as_bytes()), "Größe");
    }

    #[test]
    fn every_cue_of_a_webvtt_sample_is_read() {
        let sample = b"\0\0\0\x18vttc\0\0\0\x08iden\0\0\0\x08payl\0\0\0\x14vttc\0\0\0\x0cpaylHey!";
        assert_eq!(wvtt(sample), "\nHey!");
        assert_eq!(wvtt(b"\0\0\0\x08vtte"), "");
    }

    #[test]
    fn substation_events_lose_their_fields_and_drawings_are_no_text() {
        let event = "4,0,Default,,0,0,0,,{\\i1}One{\\i0},\\Ntwo\\hthree";
        assert_eq!(ssa(event).as_deref(), Some("{\\i1}One{\\i0},\ntwo three"));
        assert_eq!(ssa("4,0,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}"), None);
        assert_eq!(
            ssa("4,0,Default,,0,0,0,,{\\pos(1,2)}here").as_deref(),
            Some("{\\pos(1,2)}here")
        );
        assert_eq!(ssa("no event"), None);
    }
}
