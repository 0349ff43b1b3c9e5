//! An AV1 ladder becomes the same, under the name that its headers give it.

use std::path::Path;

use reeldrop_tests::{Bundle, clip};

use super::{CLIP, Files, KEY, KID, check, exported, ready};

#[test]
fn an_av1_ladder_becomes_an_encrypted_title_with_every_frame() {
    let Some(clip) = clip("an AV1 title", CLIP) else {
        return;
    };
    let mut bundle = Bundle::start_with_env(&[("REELDROP_PROFILE", "av1")]).unwrap();
    for scheme in ["cbcs", "cenc"] {
        let asset = ready(&bundle, &clip, scheme, (KEY, KID));
        check(&bundle, &asset, scheme);
        named(&exported(&bundle, &asset), scheme);
    }
    assert!(
        bundle.stop().unwrap(),
        "the runner does not end cleanly:\n{}",
        bundle.log()
    );
}

/// All manifests name each picture's codec as its header does.
fn named(files: &Files, scheme: &str) {
    let text = |name: &str| {
        let (_, content) = files.iter().find(|(path, _)| path.ends_with(name)).unwrap();
        String::from_utf8(content.clone()).unwrap()
    };
    let inits = files.iter().filter(|(path, _)| path.ends_with("init.mp4"));
    let pictures: Vec<(&str, String)> = inits
        .filter(|(path, _)| !folder(path).starts_with("audio"))
        .map(|(path, init)| (folder(path), codec(init)))
        .collect();
    assert!(pictures.len() > 1, "no ladder: {pictures:?}");
    let mpd = text("stream.mpd");
    for (name, codec) in &pictures {
        assert!(codec.starts_with("av01.0."), "{scheme} {name}: {codec}");
        let representation = after(&mpd, &format!("<Representation id=\"{name}\""));
        let stated = quoted(representation, "codecs=\"");
        assert!(stated.starts_with(codec), "{scheme} {name}: {stated}");
        for multivariant in ["stream.m3u8", "stream-clearkey.m3u8"] {
            let playlist = text(multivariant);
            let lines: Vec<&str> = playlist.lines().collect();
            let address = format!("{name}/");
            let at = lines.iter().position(|line| line.starts_with(&address));
            let variant = lines[at.unwrap() - 1];
            let stated = quoted(variant, "CODECS=\"");
            assert!(
                stated.starts_with(codec) && stated.ends_with(",mp4a.40.2"),
                "{scheme} {multivariant}: {variant}"
            );
        }
    }
}

fn folder(path: &Path) -> &str {
    let folder = path.parent().and_then(Path::file_name);
    folder.unwrap().to_str().unwrap()
}

fn after<'a>(text: &'a str, start: &str) -> &'a str {
    text.split_once(start).unwrap().1
}

/// The value that follows `start`.
fn quoted<'a>(text: &'a str, start: &str) -> &'a str {
    after(text, start).split('"').next().unwrap()
}

/// The name of what `av1C` describes, as far as every player reads it (AV1 in ISOBMFF, 2.3 and 5).
fn codec(init: &[u8]) -> String {
    let at = init.windows(4).position(|bytes| bytes == b"av1C").unwrap();
    let [marker, profile_and_level, flags] = init[at + 4..at + 7] else {
        panic!("cut short");
    };
    assert_eq!(marker, 0x81, "marker and version");
    let (profile, level) = (profile_and_level >> 5, profile_and_level & 0x1f);
    let tier = if flags & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match (flags & 0x40, flags & 0x20) {
        (0, _) => 8,
        (_, 0) => 10,
        _ => 12,
    };
    format!("av01.{profile}.{level:02}{tier}.{depth:02}")
}
