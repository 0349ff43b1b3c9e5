//! Sections 3.5, 4.4.6 and 6.2.4 of RFC 8216bis: captions as WebVTT.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Files, Findings, Title, must, playlist::Attributes, playlist::Media, rendition::resolve, should,
};

/// As in the playlists: an `EXTINF` has six decimals.
const ROUNDING_S: f64 = 0.001;

/// A caption track as its playlist names it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    path: String,
    playlist: Media,
    segments: Vec<String>,
}

/// When a caption is shown, seconds, and what it says.
type Cue = (f64, f64, String);

impl Text {
    /// None where something of it is missing.
    pub(super) fn read(files: &Files, path: &str) -> Option<Self> {
        let playlist = Media::read(&String::from_utf8_lossy(files.get(path)?));
        let mut segments = Vec::new();
        for entry in &playlist.entries {
            let file = files.get(&resolve(path, &entry.uri))?;
            segments.push(String::from_utf8_lossy(file).into_owned());
        }
        Some(Self {
            path: path.to_owned(),
            playlist,
            segments,
        })
    }
}

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    groups(title, findings);
    for (_, text) in &title.text {
        segments(text, findings);
        cues(text, findings);
        length(title, text, findings);
    }
}

fn captions<'a>(title: &'a Title<'_>) -> impl Iterator<Item = &'a Attributes> {
    let media = title.multivariant.media.iter();
    media.filter(|media| media.get("TYPE").is_some_and(|kind| kind == "SUBTITLES"))
}

fn groups(title: &Title<'_>, findings: &mut Findings) {
    let group = |media: &Attributes| media.get("GROUP-ID").cloned().unwrap_or_default();
    let ids: BTreeSet<String> = captions(title).map(group).collect();
    for (variant, uri) in &title.multivariant.variants {
        let named = variant.get("SUBTITLES");
        if named.is_some_and(|named| !ids.contains(named)) || (named.is_none() && !ids.is_empty()) {
            let what = format!("{uri}: SUBTITLES names none of the groups {ids:?}");
            findings.push(must("RFC 4.4.6.2", what));
        }
    }
    let is = |media: &Attributes, name: &str| media.get(name).is_some_and(|value| value == "YES");
    for id in &ids {
        let members: Vec<_> = captions(title)
            .filter(|media| group(media) == *id)
            .collect();
        let mut names = BTreeSet::new();
        let mut picked = BTreeSet::new();
        for media in &members {
            let name = media.get("NAME").cloned().unwrap_or_default();
            let mut wrong = |what: &str| {
                findings.push(must("RFC 4.4.6.1", format!("EXT-X-MEDIA {name}: {what}")));
            };
            if !media.contains_key("URI") {
                wrong("captions without a URI");
            }
            if is(media, "DEFAULT") && !is(media, "AUTOSELECT") {
                wrong("DEFAULT, and not AUTOSELECT");
            }
            if !names.insert(name.clone()) {
                wrong("another of the group has its NAME");
            }
            let choice = ["LANGUAGE", "ASSOC-LANGUAGE", "FORCED", "CHARACTERISTICS"]
                .map(|name| media.get(name).cloned());
            if is(media, "AUTOSELECT") && !picked.insert(choice) {
                wrong("another of the group is picked by itself in the same case");
            }
        }
        if members.iter().filter(|media| is(media, "DEFAULT")).count() > 1 {
            let what = format!("group {id}: more than one DEFAULT");
            findings.push(must("RFC 4.4.6.1", what));
        }
    }
}

fn segments(text: &Text, findings: &mut Findings) {
    let path = &text.path;
    let mut maps = BTreeSet::new();
    for (number, segment) in text.segments.iter().enumerate() {
        if !segment.starts_with("WEBVTT") {
            findings.push(must(
                "RFC 3.1.4",
                format!("{path}: segment {number} is no WebVTT"),
            ));
        }
        let map = segment
            .lines()
            .find(|line| line.starts_with("X-TIMESTAMP-MAP="));
        if map.is_none() {
            let what = format!("{path}: segment {number} has no X-TIMESTAMP-MAP");
            findings.push(should("RFC 3.1.4", what));
        }
        maps.insert(map);
    }
    if maps.len() > 1 {
        let what = format!("{path}: segments have different clocks: {maps:?}");
        findings.push(must("RFC 3.1.4", what));
    }
}

/// Each caption stands in every segment in which it is shown, with its whole time.
fn cues(text: &Text, findings: &mut Findings) {
    let path = &text.path;
    let read: Vec<Vec<Cue>> = text
        .segments
        .iter()
        .map(|segment| read_cues(segment))
        .collect();
    let all: BTreeMap<String, &Cue> = read
        .iter()
        .flatten()
        .map(|cue| (format!("{cue:?}"), cue))
        .collect();
    let mut start = 0.0;
    for (number, (entry, found)) in text.playlist.entries.iter().zip(&read).enumerate() {
        let end = start + entry.duration_s;
        let shown = |cue: &Cue| cue.0 < end - ROUNDING_S && cue.1 > start + ROUNDING_S;
        for cue in all
            .values()
            .filter(|cue| shown(cue) && !found.contains(cue))
        {
            let what = format!(
                "{path}: segment {number} lacks {:?}, which is shown in it",
                cue.2
            );
            findings.push(must("RFC 3.1.4", what));
        }
        for cue in found.iter().filter(|cue| cue.1 < start || cue.0 > end) {
            let what = format!(
                "{path}: segment {number} has {:?}, which is shown elsewhere",
                cue.2
            );
            findings.push(should("RFC 3.1.4", what));
        }
        start = end;
    }
}

/// A subtitle playlist may have longer segments than the picture where neither can grow.
fn length(title: &Title<'_>, text: &Text, findings: &mut Findings) {
    let path = &text.path;
    let target = text.playlist.target_s;
    let others = title
        .renditions()
        .map(|rendition| rendition.playlist.target_s);
    if !text.playlist.vod && others.into_iter().any(|other| other != target) {
        let what = format!("{path}: a target duration of its own, and no PLAYLIST-TYPE:VOD");
        findings.push(must("RFC 6.2.4", what));
    }
    for entry in &text.playlist.entries {
        if entry.duration_s.round() > target {
            let what = format!("{path}: {} lasts {} s", entry.uri, entry.duration_s);
            findings.push(must("RFC 4.4.3.1", what));
        }
    }
    let sum =
        |playlist: &Media| -> f64 { playlist.entries.iter().map(|entry| entry.duration_s).sum() };
    let video = title
        .variants
        .iter()
        .map(|(_, video)| sum(&video.playlist))
        .fold(0.0, f64::max);
    let own = sum(&text.playlist);
    // Both end where the title does, but for a last frame and the rounding to milliseconds.
    if (own - video).abs() > 1.0 {
        findings.push(must(
            "RFC 6.2.4",
            format!("{path}: {own:.3} s of {video:.3} s"),
        ));
    }
}

fn read_cues(segment: &str) -> Vec<Cue> {
    let blocks = segment.split("\n\n").skip(1);
    let cue = |block: &str| {
        let (times, text) = block.trim().split_once('\n')?;
        let (start, end) = times.split_once(" --> ")?;
        Some((seconds(start)?, seconds(end)?, text.trim().to_owned()))
    };
    blocks.filter_map(cue).collect()
}

/// `hours:minutes:seconds.fraction`.
fn seconds(time: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in time.split_whitespace().next()?.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(seconds)
}
