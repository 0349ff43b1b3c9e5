//! Standard input, standard output, and what is said of them.

use std::{fs, path::PathBuf};

use reeldrop_cmaf::{
    boxes::iter,
    moof::{self, Defaults},
    movie::Movie,
};

use crate::{KEY, clip, done, files, run, said};

/// Bytes of samples by track.
fn track_bytes(file: &[u8]) -> Vec<u64> {
    let movie = Movie::read(file).unwrap();
    // Encrypted tracks are none that could be packaged again.
    let mut bytes = vec![0; movie.tracks.len() + movie.left_out.len()];
    for moof in iter(file).map(Result::unwrap).filter(|b| b.kind == b"moof") {
        for fragment in moof::read(&moof, |_| Defaults::default()).unwrap() {
            let sizes = fragment.samples.iter().map(|s| u64::from(s.info.size));
            bytes[fragment.track_id as usize - 1] += sizes.sum::<u64>();
        }
    }
    bytes
}

#[test]
fn a_stream_gives_what_its_file_gives_fragmented_or_with_its_index_first() {
    // Fragmented; progressive, as `faststart` writes them.
    for name in [
        "frag_seekable.mp4",
        "h264_aac_640x360_8s_audio_first.mp4",
        "vfr_edit_list.mp4",
    ] {
        let Some(path) = clip(name) else { return };
        let folder = tempfile::tempdir().unwrap();
        let [streamed, read] = ["streamed", "read"].map(|name| folder.path().join(name));
        let iv = ["--iv", "00112233445566778899aabbccddeeff"];
        let options = [&KEY[..], &iv].concat();
        let bytes = fs::read(&path).unwrap();
        let arguments = ["-", "--out", streamed.to_str().unwrap()];
        done(&[&arguments[..], &options].concat(), &bytes);
        let arguments = [path.to_str().unwrap(), "--out", read.to_str().unwrap()];
        done(&[&arguments[..], &options].concat(), b"");
        let (streamed, read) = (files(&streamed), files(&read));
        assert!(read.iter().any(|(path, _)| path.ends_with("iframes.m3u8")));
        let names = |files: &[(PathBuf, Vec<u8>)]| -> Vec<PathBuf> {
            files.iter().map(|(path, _)| path.clone()).collect()
        };
        assert_eq!(names(&streamed), names(&read), "{name}");
        assert!(streamed == read, "{name}: other contents");
    }
}

#[test]
fn standard_output_gets_one_file_of_all_tracks_and_nothing_else() {
    let Some(path) = clip("h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let file = path.to_str().unwrap();
    let arguments = [&[file, "--out", "-", "--json"][..], &KEY].concat();
    let output = done(&arguments, b"");
    let lines = said(&output);
    assert!(lines.contains("\"track\":\"video-360p\""), "{lines}");
    let tracks = track_bytes(&output.stdout);
    assert_eq!(tracks.len(), 2);

    // From standard input to standard output; what was written is read again.
    let piped = done(
        &["-", "--out", "-", "--scheme", "none"],
        &fs::read(&path).unwrap(),
    );
    assert_eq!(track_bytes(&piped.stdout), tracks);
    let again = done(&["-", "--out", "-", "--scheme", "none"], &piped.stdout);
    assert_eq!(track_bytes(&again.stdout), tracks);
}

#[test]
fn what_cannot_be_done_says_what_can() {
    let Some(path) = clip("h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let file = path.to_str().unwrap();
    let bytes = fs::read(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    // As a camera writes it: the index behind the media.
    let (head, tail) = (iter(&bytes).find(b"mdat"), iter(&bytes).find(b"moov"));
    let (mdat, moov) = (head.unwrap().unwrap(), tail.unwrap().unwrap());
    let ftyp = iter(&bytes).next().unwrap().unwrap();
    let last = [ftyp.whole, mdat.whole, moov.whole].concat();
    let cut = &bytes[..bytes.len() / 2];
    let none = ["--scheme", "none"];
    let cases: [(&[&str], &[u8], &str); 6] = [
        (&[file, file, "--out", "-"], b"", "--out a folder"),
        (
            &[file, "--out", "-", "--single-file"],
            b"",
            "leave out --single-file",
        ),
        (&["-", "--out", out], &last, "give the file itself"),
        (&["-", "--out", out], cut, "cut short"),
        (&["-", "--out", out], b"#!/bin/sh\n", "standard input"),
        (&["-", "--out", out, "--single-file"], &bytes, "give a file"),
    ];
    for (arguments, input, expected) in cases {
        let output = run(&[arguments, &none].concat(), input);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
