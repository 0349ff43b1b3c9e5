//! Parts of a track meet without a seam, where they belong.

use reeldrop_events::{AudioPart, AudioPlanned};

use crate::{
    decoded::left,
    endpoint::Endpoint,
    made::Made,
    planned::{media, sound},
};

const FRAME: usize = 1024;

/// Parts that end before the segments `ends`, and one more.
fn parts(planned: &AudioPlanned, ends: &[u32]) -> Vec<AudioPlanned> {
    let frame = |segment: u32| planned.timeline.audio_segment_start(segment, 48_000);
    let starts = [0].into_iter().chain(ends.iter().copied());
    let ends = ends.iter().copied().map(Some).chain([None]);
    starts
        .zip(ends)
        .enumerate()
        .map(|(index, (start, end))| AudioPlanned {
            part: AudioPart {
                index: index as u32,
                first_segment: start,
                segments: 1,
                start_frame: frame(start),
                end_frame: end.map(frame),
            },
            ..planned.clone()
        })
        .collect()
}

/// Encodes a track in parts and decodes them joined.
async fn joined(endpoint: &Endpoint, planned: &AudioPlanned, ends: &[u32]) -> Vec<f32> {
    let (mut next, mut number) = (0, 0);
    let parts = parts(planned, ends);
    for part in &parts {
        let done = endpoint.audio(part).await.unwrap();
        assert_eq!(done.rendition.codec, "mp4a.40.2");
        for segment in done.rendition.segments {
            assert_eq!((segment.number, segment.start_ticks), (number, next));
            (number, next) = (number + 1, next + segment.duration_ticks);
        }
    }
    assert_eq!(next, planned.total_frames * FRAME as u64);
    let samples = left(
        endpoint
            .joined(planned.asset, "audio-0", 0..parts.len() as u32)
            .await,
    );
    assert_eq!(samples.len() as u64, planned.total_frames * FRAME as u64);
    samples
}

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

/// Amplitude and phase of a tone in samples that begin at sample `from` of 48 kHz.
fn tone(samples: &[f32], from: usize, hz: f64) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hz * (from + n) as f64 / 48_000.0;
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    let scale = 2.0 / samples.len() as f64;
    ((re * re + im * im).sqrt() * scale, im.atan2(re))
}

const TONE_HZ: f64 = 1000.0;

#[tokio::test]
async fn a_steady_tone_goes_through_every_seam() {
    let made = Made::new();
    for rate in [48_000, 44_100, 22_050] {
        let path = made.run(
            "tone.flac",
            &format!(
                "audiotestsrc freq=1000 volume=0.5 samplesperbuffer=441 num-buffers={} \
                 ! audio/x-raw,format=S16LE,rate={rate},channels=2 ! flacenc",
                rate * 15 / 441
            ),
        );
        let endpoint = Endpoint::start().await;
        let planned = sound(endpoint.upload(&path).await, 14 * 48_000 / 1024);
        let cut = joined(&endpoint, &planned, &[1, 2, 3]).await;
        let reference = tone(&cut[40 * FRAME..60 * FRAME], 40 * FRAME, TONE_HZ);
        assert!((reference.0 - 0.5).abs() < 0.02, "{rate}: {reference:?}");
        // In windows of 10 ms a click or a hole stands out; seams lie at 2, 4 and 8 s.
        for from in (2 * FRAME..cut.len() - 2 * FRAME).step_by(480) {
            let (amplitude, phase) = tone(&cut[from..from + 480], from, TONE_HZ);
            let error = (phase - reference.1).sin().abs();
            assert!(
                (amplitude - 0.5).abs() < 0.03 && error < 0.06,
                "{rate} Hz, sample {from}: {amplitude} {error}"
            );
            let residual: Vec<f32> = cut[from..from + 480]
                .iter()
                .enumerate()
                .map(|(n, sample)| {
                    let angle = std::f64::consts::TAU * TONE_HZ * (from + n) as f64 / 48_000.0;
                    sample - (reference.0 * (angle - reference.1).cos()) as f32
                })
                .collect();
            assert!(
                level(&residual) < 0.02,
                "{rate} Hz, sample {from}: {}",
                level(&residual)
            );
        }
    }
}

#[tokio::test]
async fn sound_ends_with_the_picture_within_a_frame() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let planned = AudioPlanned {
        last_frame_samples: Some(100),
        ..sound(endpoint.upload(&path).await, 5 * 48_000 / 1024)
    };
    let mut ticks = 0;
    for part in parts(&planned, &[1]) {
        for segment in endpoint.audio(&part).await.unwrap().rendition.segments {
            assert_eq!(segment.start_ticks, ticks);
            ticks += segment.duration_ticks;
        }
    }
    assert_eq!(ticks, (planned.total_frames - 1) * FRAME as u64 + 100);
}

#[tokio::test]
async fn real_sound_in_parts_is_the_sound_in_one() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let planned = sound(endpoint.upload(&path).await, 16 * 48_000 / 1024);
    let whole = joined(&endpoint, &planned, &[]).await;
    let cut = joined(&endpoint, &planned, &[1, 2, 3]).await;
    let loud = level(&whole);
    for seconds in [2, 4, 8] {
        let seam = seconds * 48_000;
        let differ = |range: std::ops::Range<usize>| {
            let difference: Vec<f32> = range.map(|n| whole[n] - cut[n]).collect();
            level(&difference)
        };
        let (at, after) = (
            differ(seam - FRAME..seam + FRAME),
            differ(seam + 10 * FRAME..seam + 20 * FRAME),
        );
        // Two encodings differ by their noise: at the seam no more than away from it.
        assert!(
            at < 0.5 * loud && at < 3.0 * after + 0.002,
            "{seconds} s: {at} against {after}, {loud}"
        );
    }
}

#[tokio::test]
async fn sound_lies_where_the_source_has_it() {
    let made = Made::new();
    // 3 s of silence, then a tone: in a Matroska file, whose times are in milliseconds.
    let samples: Vec<i16> = (0..6 * 48_000)
        .map(|n| match n < 3 * 48_000 {
            true => 0,
            false => ((f64::from(n) / 48.0 * std::f64::consts::TAU).sin() * 16_000.0) as i16,
        })
        .collect();
    let raw = made.file(
        "late.raw",
        &samples
            .iter()
            .flat_map(|s| [*s, *s])
            .flat_map(i16::to_le_bytes)
            .collect::<Vec<u8>>(),
    );
    let path = made.run(
        "late.mkv",
        &format!("filesrc location={} ! rawaudioparse pcm-format=s16le sample-rate=48000 num-channels=2 ! matroskamux", raw.display()),
    );
    let endpoint = Endpoint::start().await;
    let planned = sound(endpoint.upload(&path).await, 10 * 48_000 / 1024);
    let cut = joined(&endpoint, &planned, &[1, 2]).await;
    let second = |from: usize| level(&cut[from * 4_800..(from + 5) * 4_800]);
    assert!(
        second(24) < 0.001 && second(31) > 0.3,
        "{} {}",
        second(24),
        second(31)
    );
    // The track ends at 6 s: silence follows up to the plan's end.
    assert!(
        second(54) > 0.3 && second(62) < 0.001,
        "{} {}",
        second(54),
        second(62)
    );
    let start = cut.iter().position(|sample| sample.abs() > 0.1).unwrap();
    assert!(start.abs_diff(3 * 48_000) < 64, "{start}");
}

#[tokio::test]
async fn six_channels_are_mixed_to_two_and_gain_is_applied() {
    let made = Made::new();
    let path = made.run(
        "six.mkv",
        "audiotestsrc freq=1000 volume=0.05 samplesperbuffer=480 num-buffers=300 \
         ! audio/x-raw,format=S16LE,rate=48000,channels=6,channel-mask=(bitmask)0x3f ! flacenc ! matroskamux",
    );
    let endpoint = Endpoint::start().await;
    let mut planned = sound(endpoint.upload(&path).await, 120);
    let quiet = level(&joined(&endpoint, &planned, &[]).await[10 * FRAME..100 * FRAME]);
    assert!(quiet > 0.02, "{quiet}");
    planned.rendition.gain_cdb = 602;
    let loud = level(&joined(&endpoint, &planned, &[]).await[10 * FRAME..100 * FRAME]);
    assert!((loud / quiet - 2.0).abs() < 0.05, "{quiet} {loud}");
}
