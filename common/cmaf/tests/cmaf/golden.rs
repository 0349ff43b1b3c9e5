//! Every byte of headers and fragments, compared with text files.

use crate::tracks::{assert_golden, audio_init, dump, key, protection, sample, segment, slices};
use reeldrop_cmaf::init::{self, AudioTrackConfig, VideoTrackConfig};
use reeldrop_cmaf::protect::{TrackProtection, encrypt_init, encrypt_segment};
use reeldrop_cmaf::{Codec, codec_string};
use reeldrop_events::{Color, Scheme, Transfer, VideoCodec};

fn video_init(codec: VideoCodec, config: &[u8]) -> Vec<u8> {
    let color = Color {
        primaries: 1,
        transfer: 1,
        matrix: 1,
        full_range: false,
        dynamic_range: Transfer::Sdr,
    };
    let config = VideoTrackConfig {
        codec,
        width: 1280,
        height: 720,
        timescale: 30_000,
        codec_config: config,
        color: Some(color),
    };
    init::video(&config).unwrap()
}

#[test]
fn headers_of_all_codecs() {
    let avc = video_init(VideoCodec::H264, &slices(VideoCodec::H264).config);
    let hevc = video_init(VideoCodec::H265, &slices(VideoCodec::H265).config);
    let av1 = video_init(VideoCodec::Av1, &[0x81, 5, 0x0c, 0]);
    let texts = [dump(&avc), dump(&hevc), dump(&av1), dump(&audio_init())];
    assert_golden("headers.txt", &texts.join("\n"));
}

#[test]
fn a_header_with_a_regional_language_says_all_of_it() {
    let config = AudioTrackConfig {
        timescale: 48_000,
        channels: 1,
        bitrate_bps: 64_000,
        audio_specific_config: &[0x11, 0x88],
        language: "pt-BR",
    };
    let text = dump(&init::audio(&config).unwrap());
    // `por` in five bits a letter, and the tag itself.
    assert!(
        text.contains("mdhd 32 00000000 00000000 00000000 0000bb80 00000000 41f20000"),
        "{text}"
    );
    assert!(text.contains("elng 18 00000000 70742d42 5200"), "{text}");
}

#[test]
fn fragments_in_their_shortest_forms() {
    let frame = |len: usize, duration, sync, offset| sample(vec![7; len], duration, sync, offset);
    let group = segment(
        &[
            frame(9, 1001, true, 0),
            frame(5, 1001, false, 2002),
            frame(5, 1001, false, -1001),
        ],
        1 << 33,
    );
    let two_groups = segment(
        &[
            frame(9, 1001, true, 0),
            frame(5, 1001, false, 0),
            frame(9, 1001, true, 0),
        ],
        0,
    );
    let variable = segment(&[frame(9, 1000, true, 0), frame(9, 2000, false, 0)], 500);
    let sound = segment(&[frame(6, 1024, true, 0), frame(6, 1024, true, 0)], 1024);
    let texts = [
        dump(&group),
        dump(&two_groups),
        dump(&variable),
        dump(&sound),
    ];
    assert_golden("fragments.txt", &texts.join("\n"));
}

#[test]
fn protected_headers_and_fragments() {
    let mut texts = Vec::new();
    for scheme in [Scheme::Cbcs, Scheme::Cenc] {
        let avc = slices(VideoCodec::H264);
        let clear = video_init(VideoCodec::H264, &avc.config);
        texts.push(dump(&encrypt_init(&clear, &protection(scheme)).unwrap()));
        let nal = [avc.prefixes[0].clone(), vec![7; 40]].concat();
        let data = [(nal.len() as u32).to_be_bytes().to_vec(), nal].concat();
        let clear_segment = segment(&[sample(data, 3000, true, 0)], 6000);
        let track = TrackProtection::new(&clear, &protection(scheme), &key(), "h264-720p").unwrap();
        let mut out = Vec::new();
        encrypt_segment(&clear_segment, &track, &mut out).unwrap();
        texts.push(dump(&out));
        let audio = audio_init();
        texts.push(dump(&encrypt_init(&audio, &protection(scheme)).unwrap()));
        let track = TrackProtection::new(&audio, &protection(scheme), &key(), "audio-0").unwrap();
        let mut out = Vec::new();
        let clear_segment = segment(&[sample(vec![7; 40], 1024, true, 0)], 1024);
        encrypt_segment(&clear_segment, &track, &mut out).unwrap();
        texts.push(dump(&out));
    }
    assert_golden("protected.txt", &texts.join("\n"));
}

#[test]
fn codec_names_of_real_configurations() {
    let name = |codec| codec_string(codec, &slices(codec).config).unwrap();
    assert_eq!(name(VideoCodec::H264), "avc1.640014");
    assert_eq!(name(VideoCodec::H265), "hvc1.1.6.L60.90");
    assert_eq!(
        codec_string(Codec::Aac, &[0x11, 0x90]).unwrap(),
        "mp4a.40.2"
    );
}

#[test]
fn what_cannot_stand_in_a_header_is_an_error() {
    let config = slices(VideoCodec::H264).config;
    let good = VideoTrackConfig {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        timescale: 30_000,
        codec_config: &config,
        color: None,
    };
    assert!(init::video(&good).is_ok());
    assert!(
        init::video(&VideoTrackConfig {
            width: 70_000,
            ..good
        })
        .is_err()
    );
    assert!(
        init::video(&VideoTrackConfig {
            timescale: 0,
            ..good
        })
        .is_err()
    );
    assert!(
        init::video(&VideoTrackConfig {
            codec_config: &[1],
            ..good
        })
        .is_err()
    );
    assert!(
        init::video(&VideoTrackConfig {
            codec_config: &[1; 70_000],
            ..good
        })
        .is_err()
    );
}
