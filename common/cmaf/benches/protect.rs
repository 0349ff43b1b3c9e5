//! Finding what is protected and encrypting it, in bytes of media per second, beside AES itself.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use aes::Aes128;
use aes::cipher::{Array, Block, BlockCipherEncrypt, KeyInit};
use bytes::Bytes;
use divan::{Bencher, counter::BytesCount};
use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::init::{self, AudioTrackConfig, VideoTrackConfig};
use reeldrop_cmaf::protect::{ContentKey, Encryptor, Protection, TrackProtection};
use reeldrop_events::{Scheme, VideoCodec};
use uuid::Uuid;

fn main() {
    divan::main();
}

const SLICES: &str = include_str!("../tests/golden/slices.txt");

fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn line(prefix: &str) -> Vec<u8> {
    let mut lines = SLICES.lines();
    let line = lines.find_map(|line| line.strip_prefix(prefix)).unwrap();
    unhex(line.split(' ').next().unwrap())
}

/// Six seconds of a track: its header, samples and bytes.
struct Segment {
    init: Vec<u8>,
    samples: Vec<SampleInfo>,
    media: Vec<u8>,
}

impl Segment {
    fn new(init: Vec<u8>, sample: &[u8], count: usize, duration: u32) -> Self {
        let info = SampleInfo {
            size: u32::try_from(sample.len()).unwrap(),
            duration,
            composition_offset: 0,
            sync: true,
        };
        Self {
            init,
            samples: vec![info; count],
            media: sample.repeat(count),
        }
    }

    /// 720p at 3 Mb/s: 180 pictures of one slice of 12.5 kB.
    fn video() -> Self {
        let config = line("config avc ");
        let init = init::video(&VideoTrackConfig {
            codec: VideoCodec::H264,
            width: 1280,
            height: 720,
            timescale: 90_000,
            codec_config: &config,
            color: None,
        });
        let mut slice = line("slice ");
        slice.resize(12_500, 0x5a);
        let length = u32::try_from(slice.len()).unwrap().to_be_bytes();
        Self::new(init.unwrap(), &[&length[..], &slice].concat(), 180, 3000)
    }

    /// AAC at 128 kb/s: 281 frames of 341 bytes.
    fn sound() -> Self {
        let init = init::audio(&AudioTrackConfig {
            timescale: 48_000,
            channels: 2,
            bitrate_bps: 128_000,
            audio_specific_config: &[0x11, 0x90],
            language: "en",
        });
        Self::new(init.unwrap(), &[0x5a; 341], 281, 1024)
    }

    fn bench(&self, bencher: Bencher<'_, '_>, scheme: Scheme, clear: bool) {
        let protection = Protection {
            scheme,
            kid: Uuid::nil(),
            iv: [3; 16],
        };
        let key = ContentKey([5; 16]);
        let track = TrackProtection::new(&self.init, &protection, &key, "r").unwrap();
        let mut encryptor = Encryptor::new(track);
        let header = FragmentHeader {
            sequence: 1,
            base_decode_time: 0,
        };
        let (mut media, mut head) = (self.media.clone(), Vec::new());
        bencher
            .counter(BytesCount::new(media.len()))
            .bench_local(|| {
                head.clear();
                if clear {
                    encryptor.clear_fragment(&header, &self.samples, &media, &mut head)
                } else {
                    encryptor.fragment(&header, &self.samples, &mut media, &mut head)
                }
                .unwrap();
            });
    }
}

#[divan::bench]
fn video_subsamples(bencher: Bencher<'_, '_>) {
    Segment::video().bench(bencher, Scheme::Cbcs, true);
}

#[divan::bench]
fn video_cbcs(bencher: Bencher<'_, '_>) {
    Segment::video().bench(bencher, Scheme::Cbcs, false);
}

#[divan::bench]
fn video_cenc(bencher: Bencher<'_, '_>) {
    Segment::video().bench(bencher, Scheme::Cenc, false);
}

#[divan::bench]
fn sound_cbcs(bencher: Bencher<'_, '_>) {
    Segment::sound().bench(bencher, Scheme::Cbcs, false);
}

#[divan::bench]
fn sound_cenc(bencher: Bencher<'_, '_>) {
    Segment::sound().bench(bencher, Scheme::Cenc, false);
}

/// What the cipher itself can do with independent blocks: the bound for all of the above.
#[divan::bench]
fn aes_128_alone(bencher: Bencher<'_, '_>) {
    let cipher = Aes128::new(&Array::from([5; 16]));
    let mut blocks = vec![Block::<Aes128>::default(); 6_000];
    bencher
        .counter(BytesCount::new(blocks.len() * 16))
        .bench_local(|| cipher.encrypt_blocks(&mut blocks));
}

/// CBC as it is defined, one block after the other.
#[divan::bench]
fn aes_128_chained(bencher: Bencher<'_, '_>) {
    let cipher = Aes128::new(&Array::from([5; 16]));
    let mut blocks = vec![Block::<Aes128>::default(); 6_000];
    bencher
        .counter(BytesCount::new(blocks.len() * 16))
        .bench_local(|| {
            let mut chain = Block::<Aes128>::default();
            for block in &mut blocks {
                for (byte, previous) in block.iter_mut().zip(chain) {
                    *byte ^= previous;
                }
                cipher.encrypt_block(block);
                chain = *block;
            }
        });
}

/// A copy of the same bytes, for comparison.
#[divan::bench]
fn copy(bencher: Bencher<'_, '_>) {
    let media = Bytes::from(Segment::video().media);
    let mut out = vec![0; media.len()];
    bencher
        .counter(BytesCount::new(media.len()))
        .bench_local(|| out.copy_from_slice(&media));
}
