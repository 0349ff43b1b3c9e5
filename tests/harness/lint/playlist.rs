//! Playlists as they are written, without judging them.

use std::{collections::BTreeMap, ops::Range};

/// Names and values of a tag; quotes are taken away.
pub(super) type Attributes = BTreeMap<String, String>;

/// One line of media.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) uri: String,
    pub(super) duration_s: f64,
    /// Bytes of the file; all of it where there is none.
    pub(super) range: Option<Range<usize>>,
}

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Media {
    pub(super) target_s: f64,
    pub(super) map: Option<String>,
    pub(super) keys: Vec<Attributes>,
    pub(super) independent: bool,
    pub(super) i_frames_only: bool,
    /// Whether it says that it never changes.
    pub(super) vod: bool,
    pub(super) entries: Vec<Entry>,
}

/// A multivariant playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Multivariant {
    pub(super) independent: bool,
    pub(super) variants: Vec<(Attributes, String)>,
    pub(super) i_frames: Vec<Attributes>,
    pub(super) images: Vec<Attributes>,
    pub(super) media: Vec<Attributes>,
    pub(super) session_keys: Vec<Attributes>,
}

/// `NAME=value,NAME="value, with a comma"`.
pub(super) fn attributes(text: &str) -> Attributes {
    let mut found = Attributes::new();
    let mut rest = text;
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_at(value.find(',').unwrap_or(value.len())),
        };
        found.insert(name.trim().to_owned(), value.to_owned());
        rest = after.trim_start_matches(',');
    }
    found
}

impl Multivariant {
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let mut waiting = None;
        for line in text.lines().map(str::trim) {
            if let Some(list) = line.strip_prefix("#EXT-X-STREAM-INF:") {
                waiting = Some(attributes(list));
            } else if let Some(list) = line.strip_prefix("#EXT-X-I-FRAME-STREAM-INF:") {
                found.i_frames.push(attributes(list));
            } else if let Some(list) = line.strip_prefix("#EXT-X-IMAGE-STREAM-INF:") {
                found.images.push(attributes(list));
            } else if let Some(list) = line.strip_prefix("#EXT-X-MEDIA:") {
                found.media.push(attributes(list));
            } else if let Some(list) = line.strip_prefix("#EXT-X-SESSION-KEY:") {
                found.session_keys.push(attributes(list));
            } else if line == "#EXT-X-INDEPENDENT-SEGMENTS" {
                found.independent = true;
            } else if !line.is_empty()
                && !line.starts_with('#')
                && let Some(list) = waiting.take()
            {
                found.variants.push((list, line.to_owned()));
            }
        }
        found
    }
}

impl Media {
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let mut entry = Entry::default();
        let mut end = 0;
        for line in text.lines().map(str::trim) {
            if let Some(target) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
                found.target_s = target.parse().unwrap_or(0.0);
            } else if let Some(list) = line.strip_prefix("#EXT-X-MAP:") {
                found.map = attributes(list).remove("URI");
            } else if let Some(list) = line.strip_prefix("#EXT-X-KEY:") {
                found.keys.push(attributes(list));
            } else if let Some(duration) = line.strip_prefix("#EXTINF:") {
                let duration = duration.split(',').next().unwrap_or_default();
                entry.duration_s = duration.parse().unwrap_or(0.0);
            } else if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
                let range = byte_range(range, end);
                end = range.end;
                entry.range = Some(range);
            } else if line == "#EXT-X-INDEPENDENT-SEGMENTS" {
                found.independent = true;
            } else if line == "#EXT-X-PLAYLIST-TYPE:VOD" {
                found.vod = true;
            } else if line == "#EXT-X-I-FRAMES-ONLY" {
                found.i_frames_only = true;
            } else if !line.is_empty() && !line.starts_with('#') {
                entry.uri = line.to_owned();
                found.entries.push(std::mem::take(&mut entry));
            }
        }
        found
    }
}

/// `length@offset`, or `length` from where the range before ended.
fn byte_range(text: &str, before: usize) -> Range<usize> {
    let (length, offset) = text.split_once('@').unwrap_or((text, ""));
    let start = offset.parse().unwrap_or(before);
    start..start + length.parse::<usize>().unwrap_or(0)
}
