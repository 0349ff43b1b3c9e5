//! `trak`: one track (ISO/IEC 14496-12, 8.3 to 8.6).

use reeldrop_events::Orientation;

use super::{
    boxes::{boxes, find, find_path, i32_at, u8_at, u16_at, u32_at, u64_at},
    hints::{Hints, chapters},
    movie::scale_and_duration,
    sample_table::SampleTable,
};

/// What a track's media is for (`hdlr`, 8.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Moving or still picture.
    Video,
    /// Sound.
    Audio,
    /// Captions or subtitles.
    Text,
    /// Anything else.
    Other,
}

/// One entry of an edit list (`elst`, 8.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// How long it is shown, in ticks of the movie; 0 in fragmented files: all there is.
    pub duration: u64,
    /// Where it starts in the media, in ticks of the track; none for an empty edit.
    pub media_time: Option<u64>,
}

/// Colour as `colr` says it, in the numbers of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackColor {
    /// Colour primaries.
    pub primaries: u16,
    /// Transfer characteristics.
    pub transfer: u16,
    /// Matrix coefficients.
    pub matrix: u16,
    /// Whether samples use the full range, where the box says so.
    pub full_range: Option<bool>,
}

/// One track.
#[derive(Debug)]
pub struct Track {
    /// Track id.
    pub id: u32,
    /// Whether it is meant to be presented.
    pub enabled: bool,
    /// What it is for.
    pub handler: Handler,
    /// Ticks per second of its samples.
    pub timescale: u32,
    /// Four-character code of its sample description, `encv` and `enca` resolved.
    pub format: [u8; 4],
    /// Whether its samples are encrypted (ISO/IEC 23001-7).
    pub encrypted: bool,
    /// How to turn the picture.
    pub orientation: Orientation,
    /// ISO 639-2 language, where the track names one.
    pub language: Option<String>,
    /// Colour, where the sample description has it.
    pub color: Option<TrackColor>,
    /// The edit list; empty where the whole media is shown from its start.
    pub edits: Vec<Edit>,
    /// What it says of itself for a person.
    pub hints: Hints,
    /// Ids of the tracks that hold the names of its chapters.
    pub chapters: Vec<u32>,
    pub(super) samples: SampleTable,
}

impl Track {
    pub(super) fn parse(trak: &[u8]) -> Option<Self> {
        let tkhd = find(trak, b"tkhd")?;
        let mdia = find(trak, b"mdia")?;
        let mdhd = find(mdia, b"mdhd")?;
        let stbl = find_path(mdia, &[b"minf", b"stbl"])?;
        let (format, entry) = sample_entry(stbl)?;
        let sinf = entry_box(entry, format, b"sinf");
        let original = sinf
            .and_then(|sinf| find(sinf, b"frma"))
            .and_then(|frma| frma.get(..4));
        let version = u8_at(tkhd, 0)?;
        Some(Self {
            id: u32_at(tkhd, if version == 0 { 12 } else { 20 })?,
            enabled: u8_at(tkhd, 3)? & 1 == 1,
            handler: handler(mdia),
            timescale: scale_and_duration(mdhd)?.0,
            format: original
                .and_then(|frma| frma.try_into().ok())
                .unwrap_or(format),
            encrypted: sinf.is_some() || [b"encv", b"enca"].contains(&&format),
            orientation: orientation(tkhd.get(if version == 0 { 40 } else { 52 }..)?),
            language: language(mdia, mdhd),
            color: entry_box(entry, format, b"colr").and_then(color),
            edits: find_path(trak, &[b"edts", b"elst"])
                .map(edits)
                .unwrap_or_default(),
            hints: Hints::parse(trak, format, entry),
            chapters: chapters(trak),
            samples: SampleTable::parse(stbl),
        })
    }

    #[cfg(test)]
    pub(super) fn test(timescale: u32, edits: Vec<Edit>) -> Self {
        Self {
            id: 1,
            enabled: true,
            handler: Handler::Video,
            timescale,
            format: *b"avc1",
            encrypted: false,
            orientation: Orientation::Identity,
            language: None,
            color: None,
            edits,
            hints: Hints::default(),
            chapters: Vec::new(),
            samples: SampleTable::default(),
        }
    }

    /// The four-character code as text.
    #[must_use]
    pub fn format_name(&self) -> String {
        self.format
            .iter()
            // What a file claims goes into events and messages.
            .map(|byte| match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '?',
            })
            .collect::<String>()
            .trim()
            .to_owned()
    }
}

fn handler(mdia: &[u8]) -> Handler {
    match find(mdia, b"hdlr").and_then(|hdlr| hdlr.get(8..12)) {
        Some(b"vide" | b"pict") => Handler::Video,
        Some(b"soun") => Handler::Audio,
        Some(b"text" | b"subt" | b"sbtl" | b"clcp" | b"subp") => Handler::Text,
        _ => Handler::Other,
    }
}

fn sample_entry(stbl: &[u8]) -> Option<([u8; 4], &[u8])> {
    let entry = boxes(find(stbl, b"stsd")?.get(8..)?).next()?;
    Some((entry.kind, entry.body))
}

/// A box inside a sample entry, behind the fixed fields of its kind (12.1.3, 12.2.3).
fn entry_box<'a>(entry: &'a [u8], format: [u8; 4], kind: &[u8; 4]) -> Option<&'a [u8]> {
    // Fixed fields of a visual entry; of an audio entry by QuickTime version; of others.
    let audio = match u16_at(entry, 8) {
        Some(1) => 44,
        Some(2) => 64,
        _ => 28,
    };
    let offsets = if format == *b"enca" {
        [audio, 78, 8]
    } else {
        [78, audio, 8]
    };
    offsets
        .into_iter()
        .find_map(|at| find(entry.get(at..)?, kind))
}

fn language(mdia: &[u8], mdhd: &[u8]) -> Option<String> {
    if let Some(text) = find(mdia, b"elng").and_then(|elng| elng.get(4..)) {
        let text = text.split(|byte| *byte == 0).next()?;
        return std::str::from_utf8(text)
            .ok()
            .filter(|text| !text.is_empty())
            .map(str::to_owned);
    }
    let packed = u16_at(mdhd, if u8_at(mdhd, 0)? == 0 { 20 } else { 32 })?;
    // Three letters of five bits each, 0x60 less than ASCII (8.4.2.3); below 0x400 QuickTime's codes.
    let letters: String = [10, 5, 0]
        .map(|shift| char::from(((packed >> shift) & 31) as u8 + 0x60))
        .iter()
        .collect();
    (packed >= 0x400 && letters != "und" && letters.bytes().all(|b| b.is_ascii_lowercase()))
        .then_some(letters)
}

fn color(colr: &[u8]) -> Option<TrackColor> {
    let kind = colr.get(..4)?;
    if !matches!(kind, b"nclx" | b"nclc") {
        return None;
    }
    let full_range = (kind == b"nclx")
        .then(|| u8_at(colr, 10).map(|byte| byte & 0x80 != 0))
        .flatten();
    Some(TrackColor {
        primaries: u16_at(colr, 4)?,
        transfer: u16_at(colr, 6)?,
        matrix: u16_at(colr, 8)?,
        full_range,
    })
}

fn edits(elst: &[u8]) -> Vec<Edit> {
    let long = elst.first() == Some(&1);
    let step = if long { 20 } else { 12 };
    let entries = elst.get(8..).unwrap_or_default().chunks_exact(step);
    entries
        .filter_map(|entry| {
            let (duration, media_time) = match long {
                true => (u64_at(entry, 0)?, u64_at(entry, 8)?.cast_signed()),
                false => (u64::from(u32_at(entry, 0)?), i64::from(i32_at(entry, 4)?)),
            };
            Some(Edit {
                duration,
                media_time: u64::try_from(media_time).ok(),
            })
        })
        .take(1_000)
        .collect()
}

/// The matrix of `tkhd` (8.3.2) as one of the eight ways to turn and mirror a picture.
fn orientation(matrix: &[u8]) -> Orientation {
    let at = |index: usize| i32_at(matrix, index * 4).unwrap_or_default().signum();
    match (at(0), at(1), at(3), at(4)) {
        (0, 1, -1, 0) => Orientation::Rotate90,
        (-1, 0, 0, -1) => Orientation::Rotate180,
        (0, -1, 1, 0) => Orientation::Rotate270,
        (-1, 0, 0, 1) => Orientation::FlipHorizontal,
        (1, 0, 0, -1) => Orientation::FlipVertical,
        (0, -1, -1, 0) => Orientation::FlipRotate90,
        (0, 1, 1, 0) => Orientation::FlipRotate270,
        _ => Orientation::Identity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(a: i32, b: i32, c: i32, d: i32) -> Orientation {
        let one = 0x1_0000;
        let matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30];
        orientation(
            &matrix
                .iter()
                .flat_map(|n| n.to_be_bytes())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn all_eight_ways_to_turn_a_picture_are_known() {
        assert_eq!(turned(1, 0, 0, 1), Orientation::Identity);
        assert_eq!(turned(0, 1, -1, 0), Orientation::Rotate90);
        assert_eq!(turned(-1, 0, 0, -1), Orientation::Rotate180);
        assert_eq!(turned(0, -1, 1, 0), Orientation::Rotate270);
        assert_eq!(turned(-1, 0, 0, 1), Orientation::FlipHorizontal);
        assert_eq!(turned(1, 0, 0, -1), Orientation::FlipVertical);
        assert_eq!(turned(0, -1, -1, 0), Orientation::FlipRotate90);
        assert_eq!(turned(0, 1, 1, 0), Orientation::FlipRotate270);
    }
}
