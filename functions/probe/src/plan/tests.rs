//! Plans of typical and of strange sources.

use reeldrop_events::{
    AssetId, AudioTrack, Color, Container, FrameRate, KeyFrames, Media, MediaProbed, Orientation,
    Ratio, Scheme, Source, Transfer, VideoTrack,
};
use reeldrop_media::Profile;

use super::*;

mod chunks;

fn media(width: u32, height: u32, rate: (u32, u32), frames: u64) -> Media {
    let duration_ns =
        (u128::from(frames) * u128::from(rate.1) * 1_000_000_000 / u128::from(rate.0)) as u64;
    Media {
        container: Container::Mp4,
        duration_ns,
        video: VideoTrack {
            index: 0,
            codec: "video/x-h264".to_owned(),
            profile: None,
            coded_width: width,
            coded_height: height,
            display_width: width,
            display_height: height,
            sample_aspect_ratio: Ratio::ONE,
            orientation: Orientation::Identity,
            frame_rate: Ratio {
                num: rate.0,
                den: rate.1,
            },
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
            duration_ns,
            frames: Some(frames),
            bitrate_bps: None,
            key_frames: KeyFrames::default(),
        },
        audio: vec![audio(0)],
        tracks: Vec::new(),
        seekable: true,
    }
}

fn audio(index: u32) -> AudioTrack {
    AudioTrack {
        index,
        codec: "audio/mpeg".to_owned(),
        channels: 2,
        sample_rate_hz: 44_100,
        language: None,
        title: None,
        start_ns: 0,
        duration_ns: 10_000_000_000,
        loudness_clufs: Some(-2_300),
        peak_cdbfs: Some(-1_000),
    }
}

fn planned(media: &Media) -> Plan {
    plan(media, &[], &Profile::load("default").unwrap(), Scheme::Cbcs)
}

fn sizes(media: &Media) -> Vec<(u32, u32)> {
    planned(media)
        .ladder
        .iter()
        .map(|rung| (rung.width, rung.height))
        .collect()
}

/// Chunks and audio parts meet, and cover every segment once.
fn assert_covers(plan: &Plan) {
    let mut next = 0;
    for (index, chunk) in plan.chunks.iter().enumerate() {
        assert_eq!(chunk.index as usize, index);
        assert_eq!(chunk.first_segment, next);
        assert_eq!(chunk.start, plan.timeline.segment_start(next));
        assert!(chunk.segments > 0);
        next += chunk.segments;
        let last = index + 1 == plan.chunks.len();
        assert_eq!(
            chunk.end,
            (!last).then(|| plan.timeline.segment_start(next))
        );
    }
    assert_eq!(plan.timeline.segment_at(plan.duration_ticks - 1) + 1, next);
    if !plan.audio.is_empty() {
        assert_eq!(
            plan.audio_parts
                .iter()
                .map(|part| part.segments)
                .sum::<u32>(),
            next
        );
        for pair in plan.audio_parts.windows(2) {
            assert_eq!(pair[0].end_frame, Some(pair[1].start_frame));
        }
        assert_eq!(plan.audio_parts.last().unwrap().end_frame, None);
    }
}

#[test]
fn the_ladder_never_goes_above_the_source() {
    assert_eq!(
        sizes(&media(640, 360, (30, 1), 300)),
        [(640, 360), (426, 240)]
    );
    assert_eq!(
        sizes(&media(1920, 1080, (30, 1), 300)),
        [
            (1920, 1080),
            (1280, 720),
            (854, 480),
            (640, 360),
            (426, 240)
        ]
    );
    assert_eq!(sizes(&media(3840, 2160, (30, 1), 300))[0], (1920, 1080));
    assert_eq!(sizes(&media(508, 254, (24, 1), 100)), [(480, 240)]);
}

#[test]
fn portraits_are_sized_by_their_short_side() {
    assert_eq!(sizes(&media(720, 1280, (30, 1), 300))[0], (720, 1280));
    assert_eq!(sizes(&media(1080, 1920, (30, 1), 300))[1], (720, 1280));
}

#[test]
fn a_source_below_the_lowest_rung_has_one_of_its_own_size() {
    let plan = planned(&media(320, 180, (25, 1), 100));
    assert_eq!(plan.ladder.len(), 1);
    assert_eq!((plan.ladder[0].width, plan.ladder[0].height), (320, 180));
    assert_eq!(plan.ladder[0].name, "h264-180p");
    assert_eq!(sizes(&media(201, 199, (25, 1), 100)), [(200, 198)]);
}

#[test]
fn names_of_renditions_are_unique() {
    let mut names: Vec<_> = planned(&media(4096, 2160, (30, 1), 30))
        .ladder
        .into_iter()
        .map(|r| r.name)
        .collect();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_frame_is_a_whole_number_of_ticks() {
    for (num, den) in [
        (24, 1),
        (25, 1),
        (30, 1),
        (30_000, 1_001),
        (60_000, 1_001),
        (25, 2),
        (10, 1),
        (179, 6),
        (23_040_000, 767_849),
    ] {
        let plan = planned(&media(640, 360, (num, den), 512));
        let timeline = plan.timeline;
        let ticks = u128::from(timeline.timescale) * u128::from(den);
        assert_eq!(ticks % u128::from(num), 0, "{num}/{den}");
        assert!(timeline.timescale >= 10_000);
        assert_eq!(plan.duration_ticks, 512 * timeline.frame_ticks().unwrap());
        assert_eq!(timeline.gop_ticks % timeline.frame_ticks().unwrap(), 0);
        assert_eq!(timeline.segment_ticks % timeline.gop_ticks, 0);
        assert_covers(&plan);
    }
}

#[test]
fn gops_are_two_seconds_in_whole_frames() {
    let frames = |rate| {
        let timeline = planned(&media(640, 360, rate, 300)).timeline;
        timeline.gop_ticks / timeline.frame_ticks().unwrap()
    };
    assert_eq!(frames((25, 1)), 50);
    assert_eq!(frames((30_000, 1_001)), 60);
    assert_eq!(frames((10, 1)), 20);
    assert_eq!(frames((25, 2)), 25);
    assert_eq!(frames((1, 2)), 1);
    assert_eq!(frames((1, 10)), 1);
}

#[test]
fn variable_rates_keep_the_sources_times() {
    let mut source = media(640, 360, (13, 1), 7);
    source.video.variable_frame_rate = true;
    source.video.start_ns = 66_000_000;
    let plan = planned(&source);
    assert_eq!(
        plan.timeline.frame_rate,
        FrameRate::Variable(Ratio { num: 13, den: 1 })
    );
    assert_eq!(plan.timeline.timescale, 90_000);
    assert_eq!(plan.timeline.origin_ns, 66_000_000);
    assert_covers(&plan);
}

#[test]
fn high_rates_are_divided_and_sixty_is_kept() {
    let rate = |rate| planned(&media(640, 360, rate, 600)).timeline.frame_rate;
    assert_eq!(
        rate((120, 1)),
        FrameRate::Constant(Ratio { num: 120, den: 2 })
    );
    assert_eq!(
        rate((240_000, 1_001)),
        FrameRate::Constant(Ratio {
            num: 240_000,
            den: 4_004
        })
    );
    assert_eq!(
        rate((60, 1)),
        FrameRate::Constant(Ratio { num: 60, den: 1 })
    );
    assert_eq!(
        rate((810_000, 13_487)),
        FrameRate::Constant(Ratio {
            num: 810_000,
            den: 13_487
        })
    );
    let halved = planned(&media(640, 360, (120, 1), 600));
    assert_eq!(
        halved.duration_ticks / halved.timeline.frame_ticks().unwrap(),
        300
    );
}

#[test]
fn gain_reaches_the_target_within_peak_and_limit() {
    let gain = |loudness, peak| {
        let mut source = media(640, 360, (30, 1), 300);
        source.audio[0].loudness_clufs = loudness;
        source.audio[0].peak_cdbfs = peak;
        planned(&source).audio[0].gain_cdb
    };
    assert_eq!(gain(Some(-2_300), Some(-1_000)), 700);
    assert_eq!(
        gain(Some(-1_000), Some(0)),
        -600,
        "a loud track gets quieter, whatever its peak"
    );
    assert_eq!(
        gain(Some(-2_300), Some(-400)),
        300,
        "the peak stays at -1 dBFS"
    );
    assert_eq!(
        gain(Some(-2_300), Some(0)),
        0,
        "a track that peaks already is left alone"
    );
    assert_eq!(gain(Some(-6_000), Some(-5_000)), 1_200, "at most 12 dB");
    assert_eq!(gain(None, None), 0, "silence stays silence");
}

#[test]
fn sound_ends_where_the_picture_does() {
    // Of 48,000 samples a second, 512 pictures of 1/30 s take 819,200: 800 whole frames.
    let ends = |frames| audio::total_frames(&planned(&media(640, 360, (30, 1), frames)));
    assert_eq!(ends(512), (800, 1024));
    assert_eq!(ends(511), (799, 448));
    assert_eq!(ends(1), (2, 576));
}

#[test]
fn sources_without_sound_have_no_audio_parts() {
    let mut source = media(640, 360, (30, 1), 300);
    source.audio.clear();
    let plan = planned(&source);
    assert!(plan.audio.is_empty() && plan.audio_parts.is_empty());
}

#[test]
fn the_first_sound_and_picture_come_first() {
    let mut source = media(640, 360, (30, 1), 30 * 60);
    source.audio.push(audio(1));
    let upload = Source {
        bucket: "b".into(),
        object: "o".into(),
        version: "v".into(),
        size_bytes: 1,
    };
    let probed = MediaProbed {
        name: None,
        asset: AssetId::of(&upload),
        source: upload,
        plan: planned(&source),
        media: source,
    };
    let order: Vec<_> = parts(&probed)
        .iter()
        .map(|part| match part {
            Part::Audio(audio) => format!("{}/{}", audio.rendition.name, audio.part.index),
            Part::Chunk(chunk) => format!("chunk {}", chunk.chunk.index),
        })
        .collect();
    assert_eq!(
        order[..6],
        [
            "audio-0/0",
            "audio-1/0",
            "chunk 0",
            "chunk 1",
            "audio-0/1",
            "audio-1/1"
        ]
    );
    assert_eq!(order.len(), 2 * 2 + probed.plan.chunks.len());
}
