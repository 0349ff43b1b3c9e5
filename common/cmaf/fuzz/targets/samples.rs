//! Samples of every codec, under real configurations: a byte that picks the codec, then samples, each
//! after its size in two bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::init::{self, VideoTrackConfig};
use reeldrop_cmaf::protect::{Encryptor, TrackProtection};
use reeldrop_cmaf_fuzz::{SCHEMES, bounded, key, protection};
use reeldrop_events::VideoCodec;

const SLICES: &str = include_str!("../../tests/golden/slices.txt");
const TILES: &str = include_str!("../../tests/golden/tiles.txt");

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Some((codec, samples)) = data.split_first() else {
        return;
    };
    let init = header(*codec);
    for scheme in SCHEMES {
        let track = TrackProtection::new(&init, &protection(scheme), &key(), "r");
        let mut encryptor = Encryptor::new(track.expect("the headers are right"));
        let mut rest = samples;
        while let Some((size, after)) = rest.split_first_chunk::<2>() {
            let size = usize::from(u16::from_be_bytes(*size)).min(after.len());
            let (sample, after) = after.split_at(size);
            rest = after;
            let info = SampleInfo {
                size: size as u32,
                duration: 1,
                composition_offset: 0,
                sync: true,
            };
            let header = FragmentHeader {
                sequence: 1,
                base_decode_time: 0,
            };
            let _ = encryptor.fragment(&header, &[info], &mut sample.to_vec(), &mut Vec::new());
        }
    }
}));

fn header(codec: u8) -> Vec<u8> {
    let (text, name, codec, renamed) = match codec % 4 {
        0 => (SLICES, "config avc ", VideoCodec::H264, None),
        1 => (SLICES, "config hevc ", VideoCodec::H265, None),
        2 => (TILES, "config av1 ", VideoCodec::Av1, None),
        _ => (TILES, "config av1 ", VideoCodec::Av1, Some(b"vp09")),
    };
    let config = text.lines().find_map(|line| line.strip_prefix(name));
    let config = config.expect("the codec has a configuration").as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    let config: Vec<u8> = config.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let init = init::video(&VideoTrackConfig {
        codec,
        width: 320,
        height: 180,
        timescale: 90_000,
        codec_config: &config,
        color: None,
    });
    let mut init = init.expect("the header can be written");
    if let (Some(kind), Some(at)) = (renamed, init.windows(4).position(|kind| kind == b"av01")) {
        init[at..at + 4].copy_from_slice(kind);
    }
    init
}
