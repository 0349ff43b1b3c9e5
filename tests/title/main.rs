//! The main job: a file becomes an encrypted title with every frame of the source, proven by an
//! independent decryptor.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod av1;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::iter;
use reeldrop_tests::{Bundle, clear_parts, clip, tree};

const KEY: &str = "87237d20a19f58a740c05684e699b4aa";
const KID: &str = "a16e402b9056e371f36d348aa62bb749";
/// The older platform's way to write a key.
const KEY_BASE64: &str = "hyN9IKGfWKdAwFaE5pm0qg";
const KID_BASE64: &str = "oW5AK5BW43HzbTSKpiu3SQ";

const CLIP: &str = "h264_aac_640x360_8s_audio_first.mp4";
/// Frames of the clip, from its manifest.
const FRAMES: usize = 240;

type Files = BTreeMap<PathBuf, Vec<u8>>;

#[test]
fn a_file_becomes_an_encrypted_title_with_every_frame() {
    let Some(clip) = clip("the main job", CLIP) else {
        return;
    };
    let mut bundle = Bundle::start().unwrap();
    for (scheme, key, kid) in [
        ("cbcs", KEY_BASE64, KID_BASE64),
        ("cenc", KEY, KID),
        ("none", "", ""),
    ] {
        let asset = ready(&bundle, &clip, scheme, (key, kid));
        check(&bundle, &asset, scheme);
    }
    assert!(
        bundle.stop().unwrap(),
        "the runner does not end cleanly:\n{}",
        bundle.log()
    );
}

/// Adds the clip and waits until it is ready: gives the title's id.
fn ready(bundle: &Bundle, clip: &Path, scheme: &str, (key, kid): (&str, &str)) -> String {
    let mut arguments = vec!["--scheme", scheme];
    if !key.is_empty() {
        arguments.extend(["--key", key, "--kid", kid]);
    }
    arguments.push(clip.to_str().unwrap());
    let added = bundle.add(&arguments).unwrap().remove(0);
    assert_eq!(
        added.state,
        "ready",
        "{scheme}: {:?}\n{}",
        added.reason,
        bundle.log()
    );
    let duration = added.duration_ms.unwrap();
    assert!(
        duration.abs_diff(8_000) <= 22,
        "{scheme}: {duration} ms long, one AAC frame more at most"
    );
    added.asset.unwrap()
}

/// What players get of a title.
fn exported(bundle: &Bundle, asset: &str) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    assert!(
        bundle
            .run(&["export", asset, out.to_str().unwrap()])
            .unwrap()
            .status
            .success()
    );
    tree(&out).unwrap()
}

/// Every rendition has the samples of its clear parts once it is decrypted, and every frame.
fn check(bundle: &Bundle, asset: &str, scheme: &str) {
    let published = exported(bundle, asset);
    let clear = clear_parts(bundle.data(), asset).unwrap();

    let renditions: Vec<String> = clear
        .keys()
        .filter(|path| path.ends_with("init.mp4"))
        .map(|path| path.parent().unwrap().display().to_string())
        .collect();
    assert!(
        renditions.iter().any(|name| name.starts_with("audio")),
        "no audio in {renditions:?}"
    );
    assert!(renditions.len() > 2, "no ladder: {renditions:?}");
    for rendition in &renditions {
        let protected = joined(&published, rendition);
        let samples = media(&joined(&clear, rendition));
        if scheme != "none" {
            assert!(
                media(&protected) != samples,
                "{scheme} {rendition} is published in the clear"
            );
        }
        let open = |key| {
            let options = DecryptOptions::new().with_key(DecryptionKey::kid(bytes(KID), key));
            decrypt_bytes(&protected, &options).unwrap()
        };
        let decrypted = if scheme == "none" {
            protected
        } else {
            assert!(
                media(&open([9; 16])) != samples,
                "{scheme} {rendition}: a wrong key fits"
            );
            open(bytes(KEY))
        };
        assert!(
            media(&decrypted) == samples,
            "{scheme} {rendition}: decrypted samples differ from the clear ones"
        );
        if !rendition.starts_with("audio") {
            assert_eq!(frames(&decrypted), FRAMES, "{scheme} {rendition}");
        }
    }
}

fn bytes(hex: &str) -> [u8; 16] {
    u128::from_str_radix(hex, 16).unwrap().to_be_bytes()
}

/// Init segment and media segments of a rendition in order, wherever in the tree its folder is.
fn joined(files: &Files, rendition: &str) -> Vec<u8> {
    let of = |path: &&PathBuf| {
        path.parent()
            .is_some_and(|folder| folder.ends_with(rendition))
    };
    let init = files
        .iter()
        .find(|(path, _)| of(path) && path.ends_with("init.mp4"))
        .unwrap()
        .1;
    let segments = files
        .iter()
        .filter(|(path, _)| of(path) && path.extension().is_some_and(|kind| kind == "m4s"));
    [init.clone()]
        .into_iter()
        .chain(segments.map(|(_, content)| content.clone()))
        .flatten()
        .collect()
}

/// The content of every mdat.
fn media(file: &[u8]) -> Vec<u8> {
    let boxes = iter(file).map(Result::unwrap);
    boxes
        .filter(|found| &found.kind.0 == b"mdat")
        .flat_map(|found| found.payload.to_vec())
        .collect()
}

/// Samples that the track runs of all fragments name (ISO/IEC 14496-12, 8.8.8).
fn frames(file: &[u8]) -> usize {
    let mut count = 0;
    for found in iter(file)
        .map(Result::unwrap)
        .filter(|found| &found.kind.0 == b"moof")
    {
        for track in found
            .children()
            .map(Result::unwrap)
            .filter(|child| &child.kind.0 == b"traf")
        {
            for run in track
                .children()
                .map(Result::unwrap)
                .filter(|child| &child.kind.0 == b"trun")
            {
                count += u32::from_be_bytes(run.payload[4..8].try_into().unwrap()) as usize;
            }
        }
    }
    count
}
