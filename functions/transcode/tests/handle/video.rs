//! Chunks of a title join to exactly the source's frames.

use reeldrop_events::{Chunk, ChunkPlanned, ClearSegment, FrameRate, Ratio, VideoCodec};
use reeldrop_store::Key;

use crate::{
    decoded::{key_times, pictures, times},
    endpoint::Endpoint,
    made::{Made, X264},
    planned::{media, rung, timeline, track, whole},
};

/// Chunks that end at `ends` ticks, and one more.
fn chunks(planned: &ChunkPlanned, ends: &[u64]) -> Vec<ChunkPlanned> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    let ends = ends.iter().copied().map(Some).chain([None]);
    let chunk = |(index, (start, end)): (usize, (u64, Option<u64>))| Chunk {
        index: index as u32,
        first_segment: planned.timeline.segment_at(start),
        segments: 1,
        start,
        end,
    };
    let chunks = starts.zip(ends).enumerate().map(chunk);
    chunks
        .map(|chunk| ChunkPlanned {
            chunk,
            ..planned.clone()
        })
        .collect()
}

fn assert_contiguous(segments: &[ClearSegment]) {
    for pair in segments.windows(2) {
        assert_eq!(pair[1].number, pair[0].number + 1);
        assert_eq!(
            pair[1].start_ticks,
            pair[0].start_ticks + pair[0].duration_ticks
        );
    }
}

#[tokio::test]
async fn chunks_of_a_clip_join_to_its_frames_in_every_rendition() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let source = endpoint.upload(&path).await;
    let mut planned = whole(source, track(640, 360, 30), 320, 180);
    planned.timeline = timeline(FrameRate::Variable(Ratio { num: 30, den: 1 }));
    planned.ladder.push(rung(VideoCodec::H264, 160, 90));
    let mut segments = [Vec::new(), Vec::new()];
    let parts = chunks(&planned, &[180_000, 360_000, 1_080_000]);
    for part in &parts {
        let done = endpoint.chunk(part).await.unwrap();
        assert_eq!(done.chunk, part.chunk);
        for (all, rendition) in segments.iter_mut().zip(done.renditions) {
            assert!(rendition.codec.starts_with("avc1."), "{}", rendition.codec);
            all.extend(rendition.segments);
        }
    }
    assert_contiguous(&segments[0]);
    let numbers: Vec<u32> = segments[0].iter().map(|segment| segment.number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    let shape = |all: &[ClearSegment]| -> Vec<_> {
        all.iter()
            .map(|s| (s.start_ticks, s.duration_ticks, s.samples))
            .collect()
    };
    assert_eq!(shape(&segments[0]), shape(&segments[1]));
    let source_times = times(std::fs::read(&path).unwrap());
    let mut keys = Vec::new();
    for rendition in &planned.ladder {
        let file = endpoint.joined(planned.asset, &rendition.name, 0..4).await;
        let joined = pictures(file.clone());
        assert_eq!(joined.len(), source_times.len());
        assert_eq!(
            (joined[0].width, joined[0].height),
            (rendition.width as usize, rendition.height as usize)
        );
        for (picture, time) in joined.iter().zip(&source_times) {
            assert!(
                (picture.time_ns - time).abs() < 20_000,
                "{} is not {time}",
                picture.time_ns
            );
        }
        keys.push(key_times(file));
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), 9);
    for (gop, time) in keys[0].iter().enumerate() {
        let wanted = gop as i64 * 2_000_000_000;
        assert!(
            (wanted..wanted + 40_000_000).contains(time),
            "key frame {gop} at {time}"
        );
    }
}

#[tokio::test]
async fn the_same_event_twice_gives_the_same_events_and_objects() {
    let Some(path) = media("h264_aac_720p_people_5s.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let source = endpoint.upload(&path).await;
    let mut planned = whole(source, track(1280, 720, 30), 640, 360);
    planned.ladder.push(rung(VideoCodec::H264, 320, 180));
    planned.chunk.end = Some(180_000);
    let first = endpoint.chunk(&planned).await.unwrap();
    let file = endpoint.joined(planned.asset, "h264-360p", [0]).await;
    assert_eq!(endpoint.chunk(&planned).await.unwrap(), first);
    // Without the note it is encoded again, to the same bytes.
    let note = Key::ClearIndex {
        asset: planned.asset,
        set: "video",
        part: 0,
    };
    endpoint
        .store
        .delete(&endpoint.store.at(&note))
        .await
        .unwrap();
    assert_eq!(endpoint.chunk(&planned).await.unwrap(), first);
    assert_eq!(endpoint.joined(planned.asset, "h264-360p", [0]).await, file);
    // Another plan is not answered from the note.
    planned.ladder.pop();
    assert_eq!(endpoint.chunk(&planned).await.unwrap().renditions.len(), 1);
}

#[tokio::test]
async fn a_profile_with_another_rate_drops_and_repeats() {
    let made = Made::new();
    let description =
        "videotestsrc num-buffers=150 ! video/x-raw,width=64,height=64,framerate=50/1";
    let path = made.run("a.mkv", &format!("{description} ! {X264} ! matroskamux"));
    let endpoint = Endpoint::start().await;
    let mut planned = whole(endpoint.upload(&path).await, track(64, 64, 50), 64, 64);
    for (rate, frames) in [(25, 75), (30, 90), (60, 180)] {
        planned.timeline = timeline(FrameRate::Constant(Ratio { num: rate, den: 1 }));
        let mut samples = 0;
        for part in chunks(&planned, &[180_000]) {
            let done = endpoint.chunk(&part).await.unwrap();
            samples += done.renditions[0]
                .segments
                .iter()
                .map(|segment| segment.samples)
                .sum::<u32>();
        }
        assert_eq!(samples, frames, "at {rate} frames a second");
    }
}

#[tokio::test]
async fn hevc_and_av1_play() {
    let Some(path) = media("h264_aac_bbb_320x240_10s.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let source = endpoint.upload(&path).await;
    let mut planned = whole(source, track(320, 240, 24), 320, 240);
    planned.ladder = vec![
        rung(VideoCodec::H265, 320, 240),
        rung(VideoCodec::Av1, 160, 120),
    ];
    planned.timeline = timeline(FrameRate::Variable(Ratio { num: 30, den: 1 }));
    for part in chunks(&planned, &[180_000, 360_000]).iter().take(2) {
        let done = endpoint.chunk(part).await.unwrap();
        assert!(
            done.renditions[0].codec.starts_with("hvc1.1."),
            "{}",
            done.renditions[0].codec
        );
        assert!(
            done.renditions[1].codec.starts_with("av01.0."),
            "{}",
            done.renditions[1].codec
        );
        let samples = |n: usize| {
            done.renditions[n]
                .segments
                .iter()
                .map(|s| s.samples)
                .sum::<u32>()
        };
        assert_eq!(samples(0), samples(1));
    }
    for rendition in &planned.ladder {
        let file = endpoint.joined(planned.asset, &rendition.name, 0..2).await;
        assert_eq!(key_times(file.clone()).len(), 2);
        let joined = pictures(file);
        assert_eq!(joined.len(), 96, "{}", rendition.name);
        assert!(
            joined
                .windows(2)
                .all(|pair| pair[0].time_ns < pair[1].time_ns)
        );
    }
}

#[tokio::test]
async fn a_chunk_after_the_end_is_empty_and_still_answered() {
    let Some(path) = media("h264_aac_1s_sample.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let mut planned = whole(endpoint.upload(&path).await, track(1080, 720, 30), 160, 90);
    planned.chunk = Chunk {
        index: 3,
        first_segment: 5,
        segments: 1,
        start: 1_440_000,
        end: None,
    };
    let done = endpoint.chunk(&planned).await.unwrap();
    assert_eq!(done.renditions.len(), 1);
    assert!(done.renditions[0].segments.is_empty());
}

#[tokio::test]
async fn a_variable_rate_with_an_edit_list_keeps_its_times() {
    let Some(path) = media("vfr_edit_list.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let mut planned = whole(
        endpoint.upload(&path).await,
        track(1920, 1080, 30),
        320,
        180,
    );
    planned.timeline = timeline(FrameRate::Variable(Ratio { num: 30, den: 1 }));
    for part in chunks(&planned, &[180_000]) {
        endpoint.chunk(&part).await.unwrap();
    }
    let joined = pictures(endpoint.joined(planned.asset, "h264-180p", 0..2).await);
    let times = times(std::fs::read(&path).unwrap());
    assert_eq!(joined.len(), times.len());
    for (picture, time) in joined.iter().zip(times) {
        assert!(
            (picture.time_ns - time).abs() < 20_000,
            "{} is not {time}",
            picture.time_ns
        );
    }
}
