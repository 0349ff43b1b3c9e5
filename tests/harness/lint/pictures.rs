//! Rules 6.1, 6.8, 6.10 and 9.3, 9.4: playlists of key frames.

use super::{
    Findings, Title, must,
    playlist::Attributes,
    rendition::{Rendition, resolve},
};

/// What RFC 8216bis, section 4.4.6.3, keeps for variants.
const FORBIDDEN: [&str; 4] = ["FRAME-RATE", "AUDIO", "SUBTITLES", "CLOSED-CAPTIONS"];

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    let moving = title.variants.iter().any(|(_, found)| found.init.video);
    if moving && title.multivariant.i_frames.is_empty() {
        findings.push(must("6.1", "there is no playlist of key frames"));
    }
    for attributes in &title.multivariant.i_frames {
        attributes_of(attributes, findings);
    }
    for (_, frames) in &title.i_frames {
        if !frames.playlist.i_frames_only {
            findings.push(must(
                "6.8",
                format!("{}: no EXT-X-I-FRAMES-ONLY", frames.path),
            ));
        }
        every_key_frame(title, frames, findings);
        ranges(title, frames, findings);
    }
}

fn attributes_of(attributes: &Attributes, findings: &mut Findings) {
    let uri = attributes.get("URI").map_or("", String::as_str);
    for (rule, name) in [("9.3", "CODECS"), ("9.4", "RESOLUTION")] {
        if !attributes.contains_key(name) {
            findings.push(must(
                rule,
                format!("{uri}: EXT-X-I-FRAME-STREAM-INF without {name}"),
            ));
        }
    }
    for name in FORBIDDEN {
        if attributes.contains_key(name) {
            let what = format!("{uri}: EXT-X-I-FRAME-STREAM-INF with {name}");
            findings.push(must("RFC 4.4.6.3", what));
        }
    }
}

/// As many entries as the variant over the same segments has key frames.
fn every_key_frame(title: &Title<'_>, frames: &Rendition, findings: &mut Findings) {
    let files = |rendition: &Rendition| {
        let first = rendition.playlist.entries.first();
        first.map(|entry| resolve(&rendition.path, &entry.uri))
    };
    let variant = title
        .variants
        .iter()
        .find(|(_, video)| files(video) == files(frames));
    let Some((_, video)) = variant else { return };
    let (listed, there) = (frames.segments.len(), video.key_times_s().len() - 1);
    if listed < there {
        let what = format!("{}: {listed} of {there} key frames are listed", frames.path);
        findings.push(must("6.1", what));
    }
}

/// Each range has a `moof`, whole, and all samples that it promises, the first of which is a key.
fn ranges(title: &Title<'_>, frames: &Rendition, findings: &mut Findings) {
    for (number, entry) in frames.playlist.entries.iter().enumerate() {
        let file = title.files.get(&resolve(&frames.path, &entry.uri));
        let bytes = match (&entry.range, file) {
            (Some(range), Some(file)) => file.get(range.clone()).unwrap_or_default(),
            (None, Some(file)) => file,
            (_, None) => &[],
        };
        let fragments = frames.init.fragments(bytes);
        let wrong = match fragments.first() {
            None => "no moof",
            Some(first) if !first.samples.first().is_some_and(|sample| sample.is_key()) => {
                "no key frame"
            }
            Some(first) => {
                let promised: usize = first.samples.iter().map(|s| s.size as usize).sum();
                if promised <= first.media {
                    continue;
                }
                "fewer samples than its moof promises"
            }
        };
        let what = format!("{}: range {number} has {wrong}", frames.path);
        return findings.push(must("6.10", what));
    }
}
