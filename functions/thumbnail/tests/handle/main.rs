//! The function on real clips and a real S3 endpoint.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod clip;

use std::time::Instant;

use clip::Clip;
use image::RgbImage;
use reeldrop_events::{Events, Orientation, Payload, StepFailed, ThumbnailsCompleted, Transfer};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, Key, testing::TestBuckets};
use thumbnail::Thumbnail;

const ROOFTOPS: Clip = Clip::plain("h264_aac_640x360_17s.mp4", (640, 360), 17_066);
const LONG: Clip = Clip::plain("h264_aac_1080p_6min_lowbitrate.mp4", (1920, 1080), 362_766);

struct Made {
    said: ThumbnailsCompleted,
    poster: RgbImage,
    cues: String,
    preview: Vec<u8>,
    sheet: Vec<u8>,
}

async fn handle(clip: &Clip) -> Option<Result<Made, Failure>> {
    let path = clip.path()?;
    let buckets = TestBuckets::start().await;
    let source = buckets.upload(&path, clip.file).await;
    let function = Thumbnail::new(buckets.store.clone());
    let started = Instant::now();
    let events = match function.handle(clip.probed(source)).await {
        Ok(events) => events,
        Err(failure) => return Some(Err(failure)),
    };
    eprintln!("{} took {:?}", clip.file, started.elapsed());
    let said = said(events);
    let poster = get(&buckets, &said.poster).await;
    if let Some(folder) = std::env::var_os("REELDROP_SHOW_PICTURES") {
        let at = std::path::PathBuf::from(folder).join(clip.file);
        std::fs::write(at.with_extension("poster.jpg"), &poster).unwrap();
        let sheet = get(&buckets, &format!("{}/storyboard/000.jpg", said.asset)).await;
        std::fs::write(at.with_extension("sheet.jpg"), sheet).unwrap();
    }
    Some(Ok(Made {
        poster: image::load_from_memory(&poster).unwrap().to_rgb8(),
        cues: String::from_utf8(get(&buckets, &said.storyboard).await).unwrap(),
        preview: get(&buckets, &said.preview).await,
        sheet: get(&buckets, &format!("{}/storyboard/000.jpg", said.asset)).await,
        said,
    }))
}

async fn get(buckets: &TestBuckets, object: &str) -> Vec<u8> {
    let at = TestBuckets::location(Bucket::Media, object);
    buckets.store.get(&at, 50_000_000).await.unwrap().to_vec()
}

fn said(events: Events) -> ThumbnailsCompleted {
    let mut events = events.into_vec();
    assert_eq!(events.len(), 1);
    serde_json::from_value(events.remove(0).data).unwrap()
}

fn brightness(picture: &RgbImage) -> f64 {
    picture.iter().map(|value| f64::from(*value)).sum::<f64>() / picture.len() as f64
}

fn frames(preview: &[u8]) -> Vec<(u32, u32, i32)> {
    let decoder = webp_animation::Decoder::new(preview).unwrap();
    let frames = decoder.into_iter();
    frames
        .map(|f| (f.dimensions().0, f.dimensions().1, f.timestamp()))
        .collect()
}

#[tokio::test]
async fn a_title_has_a_poster_a_storyboard_and_a_preview() {
    let Some(made) = handle(&ROOFTOPS).await else {
        return;
    };
    let made = made.unwrap();
    assert_eq!(made.poster.dimensions(), (640, 360));
    assert_eq!(
        (made.said.poster_width, made.said.poster_height),
        (640, 360)
    );
    assert!((40.0..215.0).contains(&brightness(&made.poster)));
    // Nine tiles of two seconds in one row.
    assert_eq!((made.cues.matches("-->").count(), made.said.sheets), (9, 1));
    assert!(
        made.cues
            .contains("00:00:16.000 --> 00:00:17.066\n000.jpg#xywh=1280,0,160,90")
    );
    let sheet = image::load_from_memory(&made.sheet).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (1440, 90));
    let frames = frames(&made.preview);
    assert_eq!((frames.len(), frames[0].0, frames[0].1), (12, 320, 180));
    assert_eq!(frames.last().unwrap().2, 3_000);
}

#[tokio::test]
async fn handling_twice_gives_the_same_bytes_and_event() {
    let (Some(first), Some(second)) = (handle(&ROOFTOPS).await, handle(&ROOFTOPS).await) else {
        return;
    };
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(
        ThumbnailsCompleted {
            asset: second.said.asset,
            ..first.said.clone()
        }
        .id(),
        second.said.id()
    );
    assert_eq!(first.said.poster_time_ms, second.said.poster_time_ms);
    assert!(first.poster == second.poster && first.sheet == second.sheet);
    assert!(first.preview == second.preview && first.cues == second.cues);
}

#[tokio::test]
async fn finished_pictures_are_not_made_again_unless_one_is_missing() {
    let Some(path) = ROOFTOPS.path() else {
        return;
    };
    let buckets = TestBuckets::start().await;
    let probed = ROOFTOPS.probed(buckets.upload(&path, ROOFTOPS.file).await);
    let function = Thumbnail::new(buckets.store.clone());
    let first = function.handle(probed.clone()).await.unwrap();
    let said = said(first.clone());
    let poster = get(&buckets, &said.poster).await;

    // Whoever makes the pictures again replaces this one.
    let (asset, store) = (said.asset, &buckets.store);
    let mark = bytes::Bytes::from_static(b"marked");
    store.put(&Key::Poster { asset }, mark).await.unwrap();
    assert_eq!(function.handle(probed.clone()).await.unwrap(), first);
    assert_eq!(get(&buckets, &said.poster).await, b"marked");

    let sheet = Key::StoryboardSheet { asset, sheet: 0 };
    store.delete(&store.at(&sheet)).await.unwrap();
    assert_eq!(function.handle(probed).await.unwrap(), first);
    assert!(get(&buckets, &said.poster).await == poster);
    assert!(!get(&buckets, &sheet.path()).await.is_empty());
}

#[tokio::test]
async fn a_long_title_is_searched_rather_than_decoded() {
    let Some(made) = handle(&LONG).await else {
        return;
    };
    let made = made.unwrap();
    assert_eq!(made.poster.dimensions(), (1280, 720));
    assert_eq!(made.cues.matches("-->").count(), 100);
    let sheet = image::load_from_memory(&made.sheet).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (1600, 900));
}

#[tokio::test]
async fn a_short_title_with_many_key_frames_is_searched_too() {
    let clip = Clip {
        key_frames: 17,
        ..ROOFTOPS
    };
    let Some(made) = handle(&clip).await else {
        return;
    };
    let made = made.unwrap();
    assert_eq!(made.cues.matches("-->").count(), 9);
    assert!((40.0..215.0).contains(&brightness(&made.poster)));
}

#[tokio::test]
async fn a_black_title_and_a_title_of_seven_frames_have_pictures_too() {
    for clip in [
        Clip::plain("h264_aac_silent_black_10s.mp4", (320, 240), 10_000),
        Clip::plain("vfr_slow_motion.mp4", (1280, 720), 525),
        Clip::plain("h264_videoonly.ts", (854, 480), 1_000),
    ] {
        let Some(made) = handle(&clip).await else {
            return;
        };
        let made = made.unwrap();
        assert_eq!(made.poster.dimensions(), clip.display, "{}", clip.file);
        assert!(!frames(&made.preview).is_empty());
    }
}

#[tokio::test]
async fn pictures_stand_upright() {
    let lying = Clip {
        display: (720, 1280),
        orientation: Orientation::Rotate270,
        ..Clip::plain("h264_aac_rot270_720p.mp4", (1280, 720), 4_970)
    };
    let upright = Clip::plain("h264_aac_720p_people_5s.mp4", (1280, 720), 4_970);
    let (Some(lying), Some(upright)) = (handle(&lying).await, handle(&upright).await) else {
        return;
    };
    let (lying, upright) = (lying.unwrap(), upright.unwrap());
    assert_eq!(lying.poster.dimensions(), (720, 1280));
    // The same scene, turned: turned back, it is the same picture.
    let back = image::imageops::rotate90(&lying.poster);
    let difference: f64 = back
        .iter()
        .zip(upright.poster.iter())
        .map(|(a, b)| f64::from(a.abs_diff(*b)))
        .sum();
    assert!(
        difference / (back.len() as f64) < 12.0,
        "{}",
        difference / back.len() as f64
    );
}

#[tokio::test]
async fn hdr_becomes_a_picture_of_usual_brightness() {
    for clip in [
        Clip {
            transfer: Transfer::Pq,
            ..Clip::plain("hdr10_pq_av1_portrait.mp4", (720, 1280), 4_240)
        },
        Clip {
            transfer: Transfer::Hlg,
            ..Clip::plain("hdr_hlg_hevc_1080p.mp4", (1920, 1080), 300)
        },
    ] {
        let Some(made) = handle(&clip).await else {
            return;
        };
        let brightness = brightness(&made.unwrap().poster);
        assert!(
            (40.0..215.0).contains(&brightness),
            "{}: {brightness}",
            clip.file
        );
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_fails_for_good_with_a_reason() {
    for (file, size) in [
        ("bad_vp9_bitstream.webm", (320, 240)),
        ("speech_jfk_11s.mp3", (640, 360)),
    ] {
        let Some(made) = handle(&Clip::plain(file, size, 2_000)).await else {
            return;
        };
        let Err(Failure::Permanent {
            reason,
            report: Some(report),
        }) = made.map(|_| ())
        else {
            panic!("{file} must fail for good");
        };
        assert_eq!(report.ty, StepFailed::TYPE);
        assert!(report.data["step"] == "thumbnail" && !reason.is_empty());
    }
}
