//! Tracks to test with: small ones made here, and the shared clips.

use std::fmt::Write as _;
use std::path::Path;

use bytes::Bytes;
use reeldrop_cmaf::boxes::iter;
use reeldrop_cmaf::fragment::{self, FragmentHeader, Sample};
use reeldrop_cmaf::init::{self, AudioTrackConfig, VideoTrackConfig};
use reeldrop_cmaf::protect::{ContentKey, Protection};
use reeldrop_events::{Scheme, VideoCodec};
use uuid::Uuid;

/// Small, seeded and good enough for sizes and contents.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn bytes(&mut self, len: u64) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A codec configuration and the slices of `golden/slices.txt` that go with it.
pub(crate) struct Slices {
    pub(crate) config: Vec<u8>,
    pub(crate) prefixes: Vec<Vec<u8>>,
}

pub(crate) fn slices(codec: VideoCodec) -> Slices {
    let name = if codec == VideoCodec::H264 {
        "avc"
    } else {
        "hevc"
    };
    let text = include_str!("../golden/slices.txt");
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&format!("config {name} ")));
    let config = lines
        .next()
        .and_then(|line| line.rsplit(' ').next())
        .map(unhex)
        .unwrap();
    let slices = lines.take_while(|line| line.starts_with("slice "));
    let prefixes = slices
        .map(|line| unhex(line.split(' ').nth(1).unwrap()))
        .collect();
    Slices { config, prefixes }
}

pub(crate) fn video_init(codec: VideoCodec) -> Vec<u8> {
    let config = VideoTrackConfig {
        codec,
        width: 320,
        height: 180,
        timescale: 90_000,
        codec_config: &slices(codec).config,
        color: None,
    };
    init::video(&config).unwrap()
}

/// Codecs whose samples `golden/tiles.txt` has, with their sample entries and configurations.
pub(crate) const TILED: [(&str, &[u8; 4], &[u8; 4]); 2] =
    [("av1", b"av01", b"av1C"), ("vp9", b"vp09", b"vpcC")];

/// A clear track of AV1 or VP9: real headers, random data in place of what is protected.
pub(crate) fn tiled_track(codec: &str, random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let text = include_str!("../golden/tiles.txt");
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&format!("config {codec} ")));
    let config = lines.next().and_then(|line| line.rsplit(' ').next());
    let samples = lines.map_while(|line| line.strip_prefix("sample "));
    let samples: Vec<_> = samples
        .enumerate()
        .map(|(index, line)| sample(tiled_sample(line, random), 3000, index == 0, 0))
        .collect();
    let init = tiled_init(codec, &unhex(config.unwrap()));
    (
        init,
        [segment(&samples[..20], 0), segment(&samples[20..], 60_000)].concat(),
    )
}

fn tiled_sample(line: &str, random: &mut Random) -> Vec<u8> {
    let ranges = line.split(',').map(|range| range.split_once('+').unwrap());
    let parts = ranges.map(|(clear, protected)| {
        let data = random.bytes(protected.parse().unwrap());
        [unhex(clear), data].concat()
    });
    parts.collect::<Vec<_>>().concat()
}

/// A header of AV1, renamed for other codecs.
fn tiled_init(codec: &str, config: &[u8]) -> Vec<u8> {
    let mut codec_config = config.to_vec();
    // What an `av1C` begins with; the header's writer looks at it.
    codec_config.splice(..4, [0x81, 5, 0x0c, 0]);
    let init = init::video(&VideoTrackConfig {
        codec: VideoCodec::Av1,
        width: 320,
        height: 180,
        timescale: 90_000,
        codec_config: &codec_config,
        color: None,
    });
    let (_, entry, record) = TILED.into_iter().find(|(name, ..)| *name == codec).unwrap();
    renamed(&renamed(&init.unwrap(), b"av01", entry), b"av1C", record)
}

/// A header whose boxes of type `from` have the type `to`.
pub(crate) fn renamed(init: &[u8], from: &[u8; 4], to: &[u8; 4]) -> Vec<u8> {
    let mut init = init.to_vec();
    let at = init.windows(4).position(|kind| kind == from).unwrap();
    init[at..at + 4].copy_from_slice(to);
    init
}

pub(crate) fn audio_init() -> Vec<u8> {
    let config = AudioTrackConfig {
        timescale: 48_000,
        channels: 2,
        bitrate_bps: 128_000,
        audio_specific_config: &[0x11, 0x90],
        language: "en",
    };
    init::audio(&config).unwrap()
}

/// A segment of pictures with up to `most_slices` slices of random data each.
pub(crate) fn video_segment(codec: VideoCodec, random: &mut Random, most_slices: u64) -> Vec<u8> {
    let prefixes = slices(codec).prefixes;
    let samples: Vec<Sample> = (0..=random.below(12))
        .map(|index| {
            let mut data = Vec::new();
            for _ in 0..=random.below(most_slices) {
                let prefix = &prefixes[random.below(prefixes.len() as u64) as usize];
                let tail_len = random.below(700);
                let nal = [prefix.clone(), random.bytes(tail_len)].concat();
                data.extend((nal.len() as u32).to_be_bytes());
                data.extend(nal);
            }
            sample(
                data,
                3000,
                index == 0,
                if index % 3 == 1 { 3000 } else { -1500 },
            )
        })
        .collect();
    segment(&samples, random.below(1 << 40))
}

pub(crate) fn audio_segment(random: &mut Random) -> Vec<u8> {
    let samples: Vec<Sample> = (0..=random.below(40))
        .map(|_| {
            let len = 1 + random.below(500);
            sample(random.bytes(len), 1024, true, 0)
        })
        .collect();
    segment(&samples, random.below(1 << 40))
}

pub(crate) fn sample(data: Vec<u8>, duration: u32, sync: bool, composition_offset: i32) -> Sample {
    Sample {
        data: Bytes::from(data),
        duration,
        composition_offset,
        sync,
    }
}

pub(crate) fn segment(samples: &[Sample], base_decode_time: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let header = FragmentHeader {
        sequence: 1,
        base_decode_time,
    };
    fragment::write(&header, samples, &mut out).unwrap();
    out
}

pub(crate) const KEY: [u8; 16] = *b"sixteen byte key";

pub(crate) fn key() -> ContentKey {
    ContentKey(KEY)
}

pub(crate) fn protection(scheme: Scheme) -> Protection {
    let kid = Uuid::from_u128(0xa0a1_a2a3_a4a5_a6a7_a8a9_aaab_acad_aeaf);
    Protection {
        scheme,
        kid,
        iv: *b"an iv of 16 byte",
    }
}

/// The contents of all `mdat` boxes, joined.
pub(crate) fn media(file: &[u8]) -> Vec<u8> {
    let boxes = iter(file)
        .map(Result::unwrap)
        .filter(|found| found.kind == b"mdat");
    boxes.flat_map(|found| found.payload.to_vec()).collect()
}

/// The boxes up to the movie, and those after it, but for indexes.
pub(crate) fn split(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut init, mut segments) = (Vec::new(), Vec::new());
    for found in iter(file).map(Result::unwrap) {
        let has_movie = iter(&init).any(|found| found.unwrap().kind == b"moov");
        match &found.kind.0 {
            b"sidx" => {}
            _ if has_movie => segments.extend(found.whole),
            _ => init.extend(found.whole),
        }
    }
    (init, segments)
}

/// A clip of the shared set, where the machine has it.
pub(crate) fn clip(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA does not name the folder of test clips");
        return None;
    };
    Some(std::fs::read(Path::new(&folder).join(name)).unwrap())
}

/// A text picture of boxes: type, size, and the content of those that hold no boxes.
pub(crate) fn dump(data: &[u8]) -> String {
    let mut text = String::new();
    dump_into(data, 0, &mut text);
    text
}

fn dump_into(data: &[u8], depth: usize, text: &mut String) {
    for found in iter(data) {
        let found = found.unwrap();
        let prefix = match &found.kind.0 {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"dinf" | b"stbl" | b"mvex" | b"moof"
            | b"traf" | b"sinf" | b"schi" => Some(0),
            b"stsd" | b"dref" => Some(8),
            b"avc1" | b"hvc1" | b"av01" | b"encv" => Some(78),
            b"mp4a" | b"enca" => Some(28),
            _ => None,
        };
        let fields = &found.payload[..prefix.unwrap_or(found.payload.len())];
        write!(
            text,
            "{:indent$}{} {}",
            "",
            found.kind,
            found.whole.len(),
            indent = depth * 2
        )
        .unwrap();
        for (index, byte) in fields.iter().enumerate() {
            write!(text, "{}{byte:02x}", if index % 4 == 0 { " " } else { "" }).unwrap();
        }
        text.push('\n');
        if let Some(prefix) = prefix {
            dump_into(&found.payload[prefix..], depth + 1, text);
        }
    }
}

/// Compares with a golden file; `REELDROP_REWRITE_GOLDEN=1` writes it instead.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("REELDROP_REWRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text, golden,
        "{name} changed; REELDROP_REWRITE_GOLDEN=1 accepts the new text"
    );
}
