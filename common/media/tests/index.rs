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

/// A movie of one video track, 1 second a fragment: its index, and fragments far apart.
struct Fragmented {
    head: Vec<u8>,
    fragments: u64,
    reads: std::sync::atomic::AtomicUsize,
}

const STRIDE: u64 = 1 << 20;

fn atom(kind: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, &body].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

impl Fragmented {
    fn new(fragments: u64) -> Self {
        let mvhd = atom(b"mvhd", &[&numbers(&[0, 0, 0, 1_000, 0]), &[0; 80]]);
        let tkhd = atom(b"tkhd", &[&numbers(&[7, 0, 0, 1, 0, 0]), &[0; 60]]);
        let mdhd = atom(b"mdhd", &[&numbers(&[0, 0, 0, 1_000, 0, 0])]);
        let hdlr = atom(b"hdlr", &[&numbers(&[0, 0]), b"vide", &[0; 13]]);
        let entry = atom(b"avc1", &[&[0; 78]]);
        let stsd = atom(b"stsd", &[&numbers(&[0, 1]), &entry]);
        let empty = |kind: &[u8; 4]| atom(kind, &[&numbers(&[0, 0])]);
        let stsz = atom(b"stsz", &[&numbers(&[0, 0, 0])]);
        let (stts, stsc, stco) = (empty(b"stts"), empty(b"stsc"), empty(b"stco"));
        let stbl = atom(b"stbl", &[&stsd, &stts, &stsc, &stsz, &stco]);
        let minf = atom(b"minf", &[&stbl]);
        let mdia = atom(b"mdia", &[&mdhd, &hdlr, &minf]);
        let trak = atom(b"trak", &[&tkhd, &mdia]);
        let mvex = atom(b"mvex", &[&atom(b"trex", &[&numbers(&[0, 1, 1, 0, 0, 0])])]);
        let moov = atom(b"moov", &[&mvhd, &trak, &mvex]);
        let head = [atom(b"ftyp", &[b"iso6\0\0\0\0"]), moov].concat();
        Self {
            head,
            fragments,
            reads: 0.into(),
        }
    }

    /// The boxes before the media data of a fragment, which fills its stride.
    fn fragment(number: u64) -> Vec<u8> {
        let mfhd = atom(b"mfhd", &[&numbers(&[0, 1])]);
        let tfhd = atom(b"tfhd", &[&numbers(&[0x0002_0038, 1, 40, 100, 0])]);
        let time = (number * 1_000).to_be_bytes();
        let tfdt = atom(b"tfdt", &[&numbers(&[0x0100_0000]), &time]);
        let trun = atom(b"trun", &[&numbers(&[1, 25, 200])]);
        let moof = atom(b"moof", &[&mfhd, &atom(b"traf", &[&tfhd, &tfdt, &trun])]);
        let rest = u32::try_from(STRIDE).unwrap() - u32::try_from(moof.len()).unwrap();
        [&moof[..], &rest.to_be_bytes(), b"mdat"].concat()
    }
}

impl ReadAt for Fragmented {
    fn size_bytes(&self) -> u64 {
        self.head.len() as u64 + self.fragments * STRIDE
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        self.reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let end = (offset + len as u64).min(self.size_bytes());
        let mut data = vec![0; usize::try_from(end.saturating_sub(offset)).unwrap()];
        let mut lay = |at: u64, bytes: &[u8]| {
            for (place, byte) in (at..).zip(bytes) {
                if let Some(place) = place.checked_sub(offset)
                    && let Some(to) = data.get_mut(usize::try_from(place).unwrap())
                {
                    *to = *byte;
                }
            }
        };
        lay(0, &self.head);
        let first = offset.saturating_sub(self.head.len() as u64) / STRIDE;
        for number in first..self.fragments.min(end / STRIDE + 1) {
            lay(
                self.head.len() as u64 + number * STRIDE,
                &Self::fragment(number),
            );
        }
        Ok(data.into())
    }
}

#[test]
fn of_a_long_fragmented_file_the_beginning_and_the_end_are_read_and_of_a_short_one_all() {
    for (fragments, whole, most_reads) in [(30, true, 200), (5_000, false, 250)] {
        let file = Fragmented::new(fragments);
        let index = mp4::read(&file).unwrap().unwrap();
        let shown = index.presentation(&index.movie.tracks[0]);
        assert_eq!(shown.whole, whole);
        assert_eq!(shown.end, i64::try_from(fragments).unwrap() * 1_000);
        assert_eq!(shown.times[..3], [0, 40, 80]);
        let reads = file.reads.into_inner();
        assert!(reads < most_reads, "{reads} reads of {fragments} fragments");
    }
}
