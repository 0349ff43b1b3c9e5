//! The index reader on damaged files: whatever is in them, it ends, and it never panics.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{io, path::PathBuf};

use bytes::Bytes;
use reeldrop_media::{ReadAt, mp4};

struct Memory(Bytes);

impl ReadAt for Memory {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let from = usize::try_from(offset).unwrap().min(self.0.len());
        Ok(self.0.slice(from..(from + len).min(self.0.len())))
    }
}

fn clip(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
        return None;
    };
    Some(std::fs::read(PathBuf::from(folder).join(name)).unwrap())
}

/// Frames of the first track that the index describes.
fn frames(file: Vec<u8>) -> Option<usize> {
    let index = mp4::read(&Memory(file.into())).ok()??;
    let counts = index.movie.tracks.iter().map(|track| {
        let shown = index.presentation(track);
        let _ = shown.ns(shown.end);
        shown.times.len()
    });
    counts.collect::<Vec<_>>().first().copied()
}

const CLIPS: [&str; 3] = [
    "h264_aac_1s_sample.mp4",
    "frag_seekable.mp4",
    "vfr_edit_list.mp4",
];

#[test]
fn a_file_cut_anywhere_never_has_more_frames_than_the_whole() {
    for name in CLIPS {
        let Some(whole) = clip(name) else { return };
        let all = frames(whole.clone()).unwrap();
        for part in 0..100 {
            let cut = whole[..whole.len() * part / 100].to_vec();
            assert!(frames(cut).unwrap_or(0) <= all, "{name} cut at {part} %");
        }
    }
}

#[test]
fn bytes_changed_at_random_are_survived() {
    for name in CLIPS {
        let Some(whole) = clip(name) else { return };
        let moov = whole.windows(4).position(|kind| kind == b"moov").unwrap();
        let length = (whole.len() - moov).min(6_000);
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap()
        };
        for _ in 0..300 {
            let mut damaged = whole.clone();
            for _ in 0..8 {
                damaged[moov + random() % length] = [0, 0x7f, 0x80, 0xff][random() % 4];
            }
            let _ = frames(damaged);
        }
    }
}
