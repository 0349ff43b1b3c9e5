//! A small title: 8 s of picture in two renditions and of sound, two segments each.

use bytes::Bytes;
use reeldrop_cmaf::{
    boxes::common_pssh,
    cpix,
    fragment::{self, FragmentHeader, Sample},
    init::{self, AudioTrackConfig, VideoTrackConfig},
    presentation::KeySystem,
};
use reeldrop_events::{
    AssetId, AudioPart, AudioRendition, AudioTranscoded, Chunk, ChunkTranscoded, ClearRendition,
    ClearSegment, Color, Container, FrameRate, KeyFrames, Media, Orientation, Plan, Ratio,
    Rendition, Scheme, Source, Timeline, Transfer, VideoCodec, VideoTrack,
};
use reeldrop_store::{Key, Location, Store};
use uuid::Uuid;

pub(crate) const TIMESCALE: u32 = 12_800;
pub(crate) const SEGMENT_TICKS: [u64; 2] = [25_600, 76_800];

/// H.264, 64 x 48, constrained baseline: parameter sets and two coded pictures.
const SPS: &[u8] = &[
    0x67, 0x42, 0xc0, 0x15, 0xda, 0x11, 0xec, 0x05, 0xa8, 0x30, 0x30, 0x35, 0x28, 0x00, 0x00, 0x03,
    0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0x94, 0x78, 0xb1, 0x75,
];
const PPS: &[u8] = &[0x68, 0xce, 0x06, 0x72];
const KEY_PICTURE: &[u8] = include_bytes!("key_picture.nal");
const NEXT_PICTURE: &[u8] = include_bytes!("next_picture.nal");

pub(crate) const LADDER: [&str; 2] = ["h264-high", "h264-low"];
pub(crate) const AUDIO: &str = "audio-0";

pub(crate) fn source(object: &str) -> Source {
    Source {
        bucket: "uploads".to_owned(),
        object: object.to_owned(),
        version: "1".to_owned(),
        size_bytes: 5,
    }
}

/// Puts the upload and the clear parts, and says what transcode would.
pub(crate) async fn transcode(
    store: &Store,
    source: &Source,
    scheme: Scheme,
) -> (ChunkTranscoded, AudioTranscoded) {
    put_upload(store, source, &[]).await;
    let asset = AssetId::of(source);
    let mut renditions = Vec::new();
    for name in LADDER {
        renditions.push(put_clear(store, asset, name, &video_init(), &video_segments()).await);
    }
    let rendition = put_clear(store, asset, AUDIO, &audio_init(), &audio_segments()).await;
    let chunk = ChunkTranscoded {
        asset,
        source: source.clone(),
        chunk: chunk(),
        renditions,
        scheme,
    };
    let audio = AudioTranscoded {
        asset,
        source: source.clone(),
        part: part(),
        rendition,
        scheme,
    };
    (chunk, audio)
}

/// Puts the uploaded file with the caller's metadata.
pub(crate) async fn put_upload(store: &Store, source: &Source, metadata: &[(&str, &str)]) {
    let metadata = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"movie"))]);
    store
        .put_stream(&Location::from(source), pieces, None, &metadata)
        .await
        .unwrap();
}

/// What the portal keeps of a key server's document: a key's vector, FairPlay, and Widevine.
pub(crate) fn key_document(kid: Uuid) -> String {
    let mut pssh = common_pssh(&[kid]);
    pssh[12..28].copy_from_slice(KeySystem::WIDEVINE.as_bytes());
    let fairplay = KeySystem {
        id: KeySystem::FAIRPLAY,
        key_uri: Some("skd://key.example/1".to_owned()),
        ..KeySystem::default()
    };
    let widevine = KeySystem {
        id: KeySystem::WIDEVINE,
        pssh,
        ..KeySystem::default()
    };
    let key = cpix::Key {
        kid,
        key: None,
        iv: Some([9; 16]),
        scheme: None,
    };
    cpix::write(&cpix::Document {
        keys: vec![key],
        systems: vec![(kid, fairplay), (kid, widevine)],
        ..cpix::Document::default()
    })
}

async fn put_clear(
    store: &Store,
    asset: AssetId,
    rendition: &str,
    init: &[u8],
    segments: &[(u64, u32, Vec<u8>)],
) -> ClearRendition {
    let key = Key::ClearInit { asset, rendition };
    store.put(&key, init.to_vec().into()).await.unwrap();
    let mut part = Vec::new();
    let mut clear = Vec::new();
    let mut start_ticks = 0;
    for (number, (duration_ticks, samples, bytes)) in (0..).zip(segments) {
        clear.push(ClearSegment {
            number,
            start_ticks,
            duration_ticks: *duration_ticks,
            offset: part.len() as u64,
            bytes: bytes.len() as u64,
            samples: *samples,
        });
        part.extend_from_slice(bytes);
        start_ticks += duration_ticks;
    }
    let key = Key::ClearPart {
        asset,
        rendition,
        part: 0,
    };
    store.put(&key, part.into()).await.unwrap();
    let is_audio = rendition == AUDIO;
    ClearRendition {
        name: rendition.to_owned(),
        timescale: if is_audio { 48_000 } else { TIMESCALE },
        codec: if is_audio { "mp4a.40.2" } else { "avc1.42C015" }.to_owned(),
        segments: clear,
    }
}

fn video_init() -> Vec<u8> {
    let mut avcc = vec![1, SPS[1], SPS[2], SPS[3], 0xff, 0xe1, 0, 26];
    avcc.extend_from_slice(SPS);
    avcc.extend_from_slice(&[1, 0, 4]);
    avcc.extend_from_slice(PPS);
    init::video(&VideoTrackConfig {
        codec: VideoCodec::H264,
        width: 64,
        height: 48,
        timescale: TIMESCALE,
        codec_config: &avcc,
        color: None,
    })
    .unwrap()
}

fn audio_init() -> Vec<u8> {
    init::audio(&AudioTrackConfig {
        timescale: 48_000,
        channels: 2,
        bitrate_bps: 128_000,
        audio_specific_config: &[0x11, 0x90],
        language: "en",
    })
    .unwrap()
}

/// The key picture as a sample.
pub(crate) fn key_picture() -> Vec<u8> {
    [&(KEY_PICTURE.len() as u32).to_be_bytes(), KEY_PICTURE].concat()
}

/// Duration, samples and bytes of each clear segment.
pub(crate) fn video_segments() -> Vec<(u64, u32, Vec<u8>)> {
    let picture = |nal: &[u8], ticks: u64, sync| Sample {
        data: [&(nal.len() as u32).to_be_bytes(), nal].concat().into(),
        duration: (ticks / 2) as u32,
        composition_offset: 0,
        sync,
    };
    let segments = SEGMENT_TICKS.map(|ticks| {
        let pictures = [
            picture(KEY_PICTURE, ticks, true),
            picture(NEXT_PICTURE, ticks, false),
        ];
        (ticks, pictures.to_vec())
    });
    written(&segments)
}

pub(crate) fn audio_segments() -> Vec<(u64, u32, Vec<u8>)> {
    let segments = [94_u32, 281].map(|frames| {
        let samples = (0..frames).map(|frame| Sample {
            data: vec![frame as u8; 40 + frame as usize % 7].into(),
            duration: 1024,
            composition_offset: 0,
            sync: true,
        });
        (u64::from(frames) * 1024, samples.collect())
    });
    written(&segments)
}

fn written(segments: &[(u64, Vec<Sample>)]) -> Vec<(u64, u32, Vec<u8>)> {
    let mut base_decode_time = 0;
    let mut all = Vec::new();
    for (sequence, (ticks, samples)) in (1..).zip(segments) {
        let header = FragmentHeader {
            sequence,
            base_decode_time,
        };
        let mut bytes = Vec::new();
        // Sound is all key frames.
        let write = match samples.iter().all(|sample| sample.sync) {
            true => fragment::write,
            false => fragment::write_pictures,
        };
        write(&header, samples, &mut bytes).unwrap();
        all.push((*ticks, samples.len() as u32, bytes));
        base_decode_time += ticks;
    }
    all
}

fn chunk() -> Chunk {
    Chunk {
        index: 0,
        first_segment: 0,
        segments: 2,
        start: 0,
        end: None,
    }
}

fn part() -> AudioPart {
    AudioPart {
        index: 0,
        first_segment: 0,
        segments: 2,
        start_frame: 0,
        end_frame: None,
    }
}

pub(crate) fn plan(scheme: Scheme) -> Plan {
    let rendition = |name: &str, max_bitrate_bps| Rendition {
        name: name.to_owned(),
        codec: VideoCodec::H264,
        width: 64,
        height: 48,
        max_bitrate_bps,
        crf: 23,
        preset: "veryfast".to_owned(),
    };
    Plan {
        profile: "test".to_owned(),
        timeline: Timeline {
            origin_ns: 0,
            timescale: TIMESCALE,
            frame_rate: FrameRate::Constant(Ratio { num: 25, den: 1 }),
            gop_ticks: 25_600,
            segment_ticks: 76_800,
            first_segment_ticks: Some(25_600),
        },
        duration_ticks: 102_400,
        ladder: vec![
            rendition(LADDER[0], 3_000_000),
            rendition(LADDER[1], 800_000),
        ],
        chunks: vec![chunk()],
        audio: vec![AudioRendition {
            name: AUDIO.to_owned(),
            track: 0,
            bitrate_bps: 128_000,
            sample_rate_hz: 48_000,
            channels: 2,
            gain_cdb: 0,
            language: "en".to_owned(),
            label: "English".to_owned(),
            default: true,
        }],
        audio_parts: vec![part()],
        scheme,
        analysis_mode: None,
    }
}

pub(crate) fn media() -> Media {
    Media {
        container: Container::Mp4,
        duration_ns: 8_000_000_000,
        video: VideoTrack {
            index: 0,
            codec: "video/x-h264".to_owned(),
            profile: None,
            coded_width: 64,
            coded_height: 48,
            display_width: 64,
            display_height: 48,
            sample_aspect_ratio: Ratio::ONE,
            orientation: Orientation::Identity,
            frame_rate: Ratio { num: 25, den: 1 },
            variable_frame_rate: false,
            interlaced: false,
            bit_depth: 8,
            color: Color {
                primaries: 1,
                transfer: 1,
                matrix: 1,
                full_range: false,
                dynamic_range: Transfer::Sdr,
            },
            start_ns: 0,
            duration_ns: 8_000_000_000,
            frames: Some(4),
            bitrate_bps: None,
            key_frames: KeyFrames::default(),
        },
        audio: Vec::new(),
        tracks: Vec::new(),
        seekable: true,
    }
}
