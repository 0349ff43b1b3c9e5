//! How long chunks are.

use super::*;

fn planned_with(media: &Media, keys_ns: &[i64]) -> Plan {
    let profile = Profile::load("default").unwrap();
    plan(media, keys_ns, &profile, Scheme::Cbcs)
}

#[test]
fn chunks_are_not_shorter_than_the_distance_of_key_frames() {
    let mut media = media(1920, 1080, (30, 1), 1_800);
    let segments = |media: &Media| -> Vec<u32> {
        let plan = planned(media);
        assert_covers(&plan);
        plan.chunks.iter().map(|chunk| chunk.segments).collect()
    };
    assert_eq!(segments(&media), [1, 1, 1, 2, 3, 3]);
    media.video.key_frames.longest_gap_ns = 8_300_000_000;
    assert_eq!(segments(&media), [1, 2, 2, 3, 3]);
    // As long as an event may work, however few key frames there are.
    media.video.key_frames.longest_gap_ns = u64::MAX;
    assert_eq!(segments(&media), [1, 4, 4, 2]);
}

#[test]
fn a_chunk_is_longer_where_less_is_decoded_for_the_next_one() {
    let mut media = media(1920, 1080, (30, 1), 1_800);
    media.video.key_frames.longest_gap_ns = 8_333_333_333;
    media.video.start_ns = 500_000_000;
    // 250 frames, as x264 has it: the key frames at 16.7 and 41.7 s are a good start.
    let keys: Vec<i64> = (0..8).map(|n| 500_000_000 + n * 8_333_333_333).collect();
    let segments = |keys: &[i64]| -> Vec<u32> {
        let plan = planned_with(&media, keys);
        assert_covers(&plan);
        plan.chunks.iter().map(|chunk| chunk.segments).collect()
    };
    assert_eq!(segments(&[]), [1, 2, 2, 3, 3]);
    assert_eq!(segments(&keys), [1, 3, 4, 3]);
    // Each segment begins with one, rounded up to a millisecond: nothing is gained by length.
    let each: Vec<i64> = (0..30).map(|n| 500_900_000 + n * 2_000_000_000).collect();
    assert_eq!(segments(&each), segments(&[]));
}

#[test]
fn chunks_of_small_pictures_are_long_enough_to_be_worth_an_event() {
    let plan = planned(&media(640, 360, (30, 1), 1_800));
    assert_covers(&plan);
    let segments: Vec<u32> = plan.chunks.iter().map(|chunk| chunk.segments).collect();
    assert_eq!(segments, [1, 2, 2, 3, 3]);
}

#[test]
fn playback_can_begin_after_one_gop_and_chunks_grow() {
    let plan = planned(&media(1280, 720, (30, 1), 30 * 120));
    assert_eq!(
        plan.timeline.first_segment_ticks,
        Some(plan.timeline.gop_ticks)
    );
    let counts: Vec<_> = plan.chunks.iter().map(|chunk| chunk.segments).collect();
    assert_eq!(counts, [1, 1, 1, 2, 3, 4, 4, 4, 1]);
    assert_eq!(plan.audio_parts[0].segments, 2);
    assert_covers(&plan);
}

#[test]
fn an_event_never_has_more_pixels_than_the_profile_allows() {
    let plan = planned(&media(3840, 2160, (60, 1), 60 * 120));
    assert!(
        plan.chunks.iter().all(|chunk| chunk.segments <= 2),
        "{:?}",
        plan.chunks
    );
    let av1 = plan_with("av1", &media(1920, 1080, (30, 1), 30 * 60));
    assert!(av1.chunks.iter().all(|chunk| chunk.segments == 1));
    assert_covers(&plan);
}

fn plan_with(profile: &str, media: &Media) -> Plan {
    let profile = Profile::load(profile).unwrap();
    plan(media, &[], &profile, Scheme::None)
}

#[test]
fn very_short_sources_are_one_chunk() {
    for frames in [1, 7, 29] {
        let plan = planned(&media(640, 360, (30, 1), frames));
        assert_eq!(plan.chunks.len(), 1);
        assert_eq!(plan.audio_parts.len(), 1);
        assert_covers(&plan);
    }
}

#[test]
fn an_hour_is_a_few_hundred_events_at_most() {
    let plan = planned(&media(1920, 1080, (30, 1), 30 * 3_600));
    assert!(
        (100..300).contains(&plan.chunks.len()),
        "{}",
        plan.chunks.len()
    );
    assert!(plan.audio_parts.len() <= 14, "{}", plan.audio_parts.len());
    assert_covers(&plan);
}

#[test]
fn short_sources_that_cannot_be_entered_in_the_middle_are_one_chunk() {
    let mut source = media(640, 360, (30, 1), 30 * 30);
    source.seekable = false;
    assert_eq!(planned(&source).chunks.len(), 1);
}
