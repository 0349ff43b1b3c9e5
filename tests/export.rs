//! `reeldrop export`: the published tree as files, and a title as one MP4, decrypted and not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::{
    boxes::iter,
    moof::{self, Defaults},
};
use reeldrop_tests::{Bundle, clear_parts, clip, tree, wait_for_storyboard};

const KEY: &str = "87237d20a19f58a740c05684e699b4aa";
const KID: &str = "a16e402b9056e371f36d348aa62bb749";

/// The bytes of each track's samples, in order.
type Samples = BTreeMap<u32, Vec<u8>>;

fn bytes(hex: &str) -> [u8; 16] {
    u128::from_str_radix(hex, 16).unwrap().to_be_bytes()
}

/// What the fragments of a file hold, by their track; their numbers must grow.
fn samples(file: &[u8]) -> Samples {
    let mut found = Samples::new();
    let mut last = 0;
    for moof in iter(file).map(Result::unwrap).filter(|b| b.kind == b"moof") {
        let mfhd = moof.children().find(b"mfhd").unwrap().unwrap();
        let number = u32::from_be_bytes(mfhd.payload[4..8].try_into().unwrap());
        assert!(number > last, "fragment {number} after {last}");
        last = number;
        for fragment in moof::read(&moof, |_| Defaults::default()).unwrap() {
            let track = found.entry(fragment.track_id).or_default();
            for sample in fragment.samples {
                let start = moof.offset + usize::try_from(sample.offset).unwrap();
                track.extend(&file[start..start + sample.info.size as usize]);
            }
        }
    }
    found
}

/// The samples of the clear parts of a rendition.
fn clear(bundle: &Bundle, asset: &str, rendition: &str) -> Vec<u8> {
    let files = clear_parts(bundle.data(), asset).unwrap().into_iter();
    let parts = files.filter(|(path, _)| {
        path.starts_with(rendition) && path.extension().is_some_and(|kind| kind == "m4s")
    });
    let boxes = parts.flat_map(|(_, part)| {
        let media = iter(&part)
            .map(Result::unwrap)
            .filter(|b| b.kind == b"mdat");
        media
            .flat_map(|found| found.payload.to_vec())
            .collect::<Vec<u8>>()
    });
    boxes.collect()
}

/// Runs `reeldrop export`, which must succeed; gives what it wrote to standard output.
fn export(bundle: &Bundle, arguments: &[&str]) -> Vec<u8> {
    let output = bundle.run(&[&["export"], arguments].concat()).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output.stdout
}

#[test]
fn a_title_is_saved_as_files_and_as_one_mp4() {
    let Some(clip) = clip("export", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let arguments = ["--key", KEY, "--kid", KID, clip.to_str().unwrap()];
    let added = bundle.add(&arguments).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    wait_for_storyboard(bundle.data(), &asset, std::time::Duration::from_secs(60)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();

    // The tree: each published file, byte for byte.
    export(&bundle, &[&asset, &at("tree")]);
    let saved = tree(&folder.path().join("tree")).unwrap();
    let media = bundle.data().join("buckets/reeldrop-media").join(&asset);
    let published = tree(&media).unwrap();
    let is_shown = |path: &PathBuf| !path.to_string_lossy().contains("seen");
    let missing: Vec<_> = published
        .keys()
        .filter(|path| is_shown(path) && !saved.contains_key(*path))
        .collect();
    assert!(missing.is_empty(), "not exported: {missing:?}");
    for (path, content) in &saved {
        assert!(published[path] == *content, "{} differs", path.display());
    }

    single_files(&bundle, &asset, &at);
}

fn single_files(bundle: &Bundle, asset: &str, at: &dyn Fn(&str) -> String) {
    let expected = |rendition: &str| {
        let clear = [rendition, "audio-0"].map(|name| clear(bundle, asset, name));
        Samples::from([1, 2].into_iter().zip(clear).collect::<BTreeMap<_, _>>())
    };
    // The best picture, and the sound.
    let out = at("best.mp4");
    export(bundle, &[asset, "--single-file", "-o", &out]);
    let best = fs::read(&out).unwrap();
    assert!(samples(&best) == expected("h264-360p"), "other samples");
    assert!(!folder_has(&out, ".part"));

    // The same to standard output, of the rendition that is asked for.
    let arguments = [
        asset,
        "--single-file",
        "-o",
        "-",
        "--rendition",
        "h264-240p",
    ];
    let small = export(bundle, &arguments);
    assert!(samples(&small) == expected("h264-240p"), "other samples");

    // Encrypted: another's decryptor finds the same with the key, and not with another.
    let out = at("encrypted.mp4");
    export(bundle, &[asset, "--single-file", "--encrypted", "-o", &out]);
    let encrypted = fs::read(&out).unwrap();
    let opened = |key| {
        let options = DecryptOptions::new().with_key(DecryptionKey::kid(bytes(KID), key));
        samples(&decrypt_bytes(&encrypted, &options).unwrap())
    };
    assert!(
        samples(&encrypted) != expected("h264-360p"),
        "it is in the clear"
    );
    assert!(opened(bytes(KEY)) == expected("h264-360p"), "other samples");
    assert!(opened([9; 16]) != expected("h264-360p"), "a wrong key fits");

    // What is not there is named with what is.
    let out = at("none.mp4");
    let arguments = [
        "export",
        asset,
        "--single-file",
        "-o",
        &out,
        "--rendition",
        "x",
    ];
    let refused = bundle.run(&arguments).unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("h264-360p"),
        "{said}"
    );
    assert!(fs::metadata(&out).is_err(), "it left a file");
}

/// Whether something is left beside a file.
fn folder_has(file: &str, suffix: &str) -> bool {
    fs::metadata(format!("{file}{suffix}")).is_ok()
}
