//! Rules 8.10 and 9.1 to 9.15: the multivariant playlist.

use std::collections::BTreeSet;

use super::{Findings, Title, must, playlist::Attributes, should};

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    for media in &title.multivariant.media {
        media_line(media, findings);
    }
    for (attributes, uri) in &title.multivariant.variants {
        variant(title, attributes, uri, findings);
    }
    ladder(title, findings);
    independence(title, findings);
}

fn media_line(media: &Attributes, findings: &mut Findings) {
    let name = media.get("NAME").map_or("", String::as_str);
    let is_video = media.get("TYPE").is_some_and(|kind| kind == "VIDEO");
    if !is_video && !media.contains_key("LANGUAGE") {
        findings.push(must("8.10", format!("EXT-X-MEDIA {name}: no LANGUAGE")));
    }
}

fn variant(title: &Title<'_>, attributes: &Attributes, uri: &str, findings: &mut Findings) {
    for (rule, name) in [
        ("9.1", "CODECS"),
        ("9.2", "RESOLUTION"),
        ("9.14", "AVERAGE-BANDWIDTH"),
        ("9.15", "FRAME-RATE"),
    ] {
        if !attributes.contains_key(name) {
            findings.push(must(
                rule,
                format!("{uri}: EXT-X-STREAM-INF without {name}"),
            ));
        }
    }
    let codecs = attributes.get("CODECS").map_or("", String::as_str);
    let sounds = ["mp4a", "ac-3", "ec-3", "Opus", "fLaC", "alac"];
    if sounds.iter().any(|codec| codecs.contains(codec)) && !attributes.contains_key("AUDIO") {
        findings.push(should(
            "9.5",
            format!("{uri}: sound is not a stream of its own"),
        ));
    }
    let group = attributes.get("AUDIO");
    let members = title
        .multivariant
        .media
        .iter()
        .filter(|media| group.is_some() && media.get("GROUP-ID") == group);
    let members: Vec<_> = members.collect();
    let inside = members.iter().any(|media| !media.contains_key("URI"));
    let channels = members.iter().filter_map(|media| media.get("CHANNELS"));
    let surround = channels.filter_map(|text| text.split('/').next()?.parse::<u32>().ok());
    for (rule, applies) in [
        ("9.6", surround.max().unwrap_or(0) > 2),
        ("9.7", members.len() > 1),
        ("9.8", attributes.contains_key("VIDEO")),
    ] {
        if applies && inside {
            findings.push(must(rule, format!("{uri}: sound has no stream of its own")));
        }
    }
}

/// Lines of the picture in a resolution.
fn height(attributes: &Attributes) -> Option<u32> {
    attributes
        .get("RESOLUTION")?
        .split_once('x')?
        .1
        .parse()
        .ok()
}

fn ladder(title: &Title<'_>, findings: &mut Findings) {
    let variants = &title.multivariant.variants;
    let uris: BTreeSet<_> = variants.iter().map(|(_, uri)| uri).collect();
    if uris.len() < 2 {
        findings.push(must("9.9", "there is one bit rate of video"));
    }
    let top = variants.iter().filter_map(|(found, _)| height(found)).max();
    let at_top: BTreeSet<_> = variants
        .iter()
        .filter(|(found, _)| height(found) == top)
        .map(|(_, uri)| uri)
        .collect();
    if top.is_some_and(|top| top >= 720) && at_top.len() < 2 {
        findings.push(should("9.10", "one variant has the highest HD resolution"));
    }
}

fn independence(title: &Title<'_>, findings: &mut Findings) {
    if title.multivariant.independent {
        return;
    }
    findings.push(should("9.11", "no EXT-X-INDEPENDENT-SEGMENTS"));
    let without = title
        .variants
        .iter()
        .find(|(_, video)| !video.playlist.independent);
    if let Some((_, video)) = without {
        let what = format!("{}: no EXT-X-INDEPENDENT-SEGMENTS here either", video.path);
        findings.push(must("9.12", what));
    }
}
