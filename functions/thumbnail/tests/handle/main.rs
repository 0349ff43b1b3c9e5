//! The function on renditions from real encoders and a real S3 endpoint.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod encode;
mod title;

use std::time::Instant;

use image::RgbImage;
use reeldrop_events::{
    Events, Payload, PicturesPlanned, PosterCompleted, StepFailed, ThumbnailsCompleted, VideoCodec,
};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, Key, testing::TestBuckets};
use serde::de::DeserializeOwned;
use thumbnail::Thumbnail;
use title::{Title, spoil_note};

const SIZES: &[(u32, u32)] = &[(1280, 720), (640, 360), (426, 240)];

/// Black for four seconds, then a picture.
const BARS: Title = Title::h264(
    "videotestsrc pattern=black num-buffers=120 \
     ! video/x-raw,width=320,height=180,framerate=30/1 ! both. \
     videotestsrc pattern=smpte num-buffers=392 timestamp-offset=4000000000 \
     ! video/x-raw,width=320,height=180,framerate=30/1 ! both. concat name=both",
    SIZES,
);

struct Made {
    said: ThumbnailsCompleted,
    poster: RgbImage,
    cues: String,
    preview: Vec<u8>,
    sheet: RgbImage,
    sheet_bytes: u64,
}

async fn made(title: Title) -> Made {
    let buckets = TestBuckets::start().await;
    let planned = title.put(&buckets).await;
    let function = Thumbnail::new(buckets.store.clone());
    let (started, before) = (Instant::now(), cpu_ms());
    let said: ThumbnailsCompleted = said(&function.handle(planned).await.unwrap());
    eprintln!(
        "took {:?}, {} ms of CPU",
        started.elapsed(),
        cpu_ms() - before
    );
    let (poster, sheet) = (
        get(&buckets, &said.poster).await,
        get(&buckets, &format!("{}/storyboard/000.jpg", said.asset)).await,
    );
    if let Some(folder) = std::env::var_os("REELDROP_SHOW_PICTURES") {
        let at = std::path::PathBuf::from(folder);
        std::fs::write(at.join("poster.jpg"), &poster).unwrap();
        std::fs::write(at.join("sheet.jpg"), &sheet).unwrap();
    }
    Made {
        poster: image::load_from_memory(&poster).unwrap().to_rgb8(),
        cues: String::from_utf8(get(&buckets, &said.storyboard).await).unwrap(),
        preview: get(&buckets, &said.preview).await,
        sheet: image::load_from_memory(&sheet).unwrap().to_rgb8(),
        sheet_bytes: sheet.len() as u64,
        said,
    }
}

async fn get(buckets: &TestBuckets, object: &str) -> Vec<u8> {
    let at = TestBuckets::location(Bucket::Media, object);
    buckets.store.get(&at, 50_000_000).await.unwrap().to_vec()
}

fn said<P: Payload + DeserializeOwned>(events: &Events) -> P {
    let [event] = events.as_slice() else {
        panic!("one event, not {events:?}")
    };
    assert_eq!(event.ty, P::TYPE);
    serde_json::from_value(event.data.clone()).unwrap()
}

/// Of this process, user and system, in a hundredth of a second's steps.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum::<u64>()
        * 10
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

fn assert_whole(made: &Made) {
    assert_eq!(made.poster.dimensions(), (1280, 720));
    assert_eq!(
        (made.said.poster_width, made.said.poster_height),
        (1280, 720)
    );
    assert!((40.0..215.0).contains(&brightness(&made.poster)));
    // Nine tiles of two seconds in one row.
    assert_eq!((made.cues.matches("-->").count(), made.said.sheets), (9, 1));
    assert!(
        made.cues
            .contains("00:00:16.000 --> 00:00:17.067\n000.jpg#xywh=1280,0,160,90")
    );
    assert_eq!(made.sheet.dimensions(), (1440, 90));
    let tiles = made.said.tiles.as_ref().unwrap();
    let size = (tiles.width * tiles.columns, tiles.height * tiles.rows);
    assert_eq!(size, made.sheet.dimensions());
    assert_eq!((tiles.columns, tiles.interval_ms), (9, 2_000));
    assert_eq!(tiles.sheet_bytes, [made.sheet_bytes]);
    // Twelve moments lie in eight of the nine GOPs; each is shown a quarter of a second.
    let frames = frames(&made.preview);
    assert_eq!((frames.len(), frames[0].0, frames[0].1), (8, 320, 180));
    assert_eq!(frames.last().unwrap().2, 3_000);
}

#[tokio::test]
async fn a_title_has_a_poster_a_storyboard_and_a_preview() {
    let made = made(BARS).await;
    assert_whole(&made);
    // Past the black.
    assert!((4_000..17_000).contains(&made.said.poster_time_ms));
    let tile = |x| brightness(&image::imageops::crop_imm(&made.sheet, x, 0, 160, 90).to_image());
    assert!(tile(0) < 10.0 && tile(160) < 10.0 && tile(320) > 40.0 && tile(1280) > 40.0);
}

#[tokio::test]
async fn every_codec_of_a_ladder_is_looked_at() {
    for codec in [VideoCodec::H265, VideoCodec::Av1] {
        let source = "videotestsrc pattern=smpte num-buffers=130";
        let sizes = &[(480, 270), (320, 180)];
        let title = Title {
            codec,
            ..Title::h264(source, sizes)
        };
        let made = made(title).await;
        assert_eq!(made.poster.dimensions(), (480, 270), "{codec:?}");
        assert!((40.0..215.0).contains(&brightness(&made.poster)));
        assert_eq!(made.sheet.dimensions(), (480, 90));
        assert_eq!(frames(&made.preview).len(), 3);
    }
}

#[tokio::test]
async fn a_real_clip_has_pictures_too() {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA names no folder with clips");
        return;
    };
    let clip = std::path::Path::new(&folder).join("h264_aac_640x360_17s.mp4");
    let source = format!(
        "filesrc location={} ! decodebin ! videorate",
        clip.display()
    );
    let title = Title::h264(source.leak(), &[(640, 360), (426, 240)]);
    let made = made(title).await;
    assert_eq!(made.poster.dimensions(), (640, 360));
    assert!((40.0..215.0).contains(&brightness(&made.poster)));
    assert_eq!(made.sheet.dimensions(), (1440, 90));
}

#[tokio::test]
async fn a_black_title_and_a_title_of_seven_frames_have_pictures_too() {
    for source in [
        "videotestsrc pattern=black num-buffers=60",
        "videotestsrc pattern=smpte num-buffers=7",
    ] {
        let made = made(Title::h264(source, &[(320, 240)])).await;
        assert_eq!(made.poster.dimensions(), (320, 240));
        assert_eq!(frames(&made.preview).len(), 1);
    }
}

#[tokio::test]
async fn a_long_title_has_a_hundred_tiles() {
    let source = "videotestsrc pattern=smpte num-buffers=7200 ! video/x-raw,width=64,height=36";
    let made = made(Title::h264(source, &[(64, 36)])).await;
    assert_eq!(made.cues.matches("-->").count(), 100);
    assert_eq!(made.sheet.dimensions(), (640, 360));
}

#[tokio::test]
async fn a_title_on_its_way_has_a_poster_alone() {
    let buckets = TestBuckets::start().await;
    let whole = BARS.put(&buckets).await;
    let planned = PicturesPlanned {
        segments: 2,
        complete: false,
        ..whole.clone()
    };
    let function = Thumbnail::new(buckets.store.clone());
    let events = function.handle(planned.clone()).await.unwrap();
    let early: PosterCompleted = said(&events);
    assert_eq!((early.segments, early.poster_width), (2, 1280));
    // The run is six seconds long, the first four of them black.
    assert_eq!(early.poster_time_ms, 4_000);
    let jpeg = get(&buckets, &early.poster).await;
    assert_eq!(
        buckets.names(Bucket::Media),
        std::slice::from_ref(&early.poster)
    );

    // However late it comes again, it takes nothing from the complete ones.
    let completed = function.handle(whole).await.unwrap();
    let poster = said::<ThumbnailsCompleted>(&completed).poster;
    let best = get(&buckets, &poster).await;
    assert_eq!(function.handle(planned).await.unwrap(), events);
    assert!(get(&buckets, &early.poster).await == jpeg && get(&buckets, &poster).await == best);
}

#[tokio::test]
async fn finished_pictures_are_not_made_again_unless_one_is_missing() {
    let buckets = TestBuckets::start().await;
    let planned = BARS.put(&buckets).await;
    let function = Thumbnail::new(buckets.store.clone());
    let first = function.handle(planned.clone()).await.unwrap();
    let said: ThumbnailsCompleted = said(&first);
    let before = buckets.objects(Bucket::Media);

    // Whoever makes the pictures again replaces this one.
    let (asset, store) = (said.asset, &buckets.store);
    let mark = bytes::Bytes::from_static(b"marked");
    store.put(&Key::Poster { asset }, mark).await.unwrap();
    assert_eq!(function.handle(planned.clone()).await.unwrap(), first);
    assert_eq!(get(&buckets, &said.poster).await, b"marked");

    // As an older version noted them, which did not say how the storyboard is laid out.
    let note = store.at(&Key::PicturesIndex { asset });
    let mut old: serde_json::Value =
        serde_json::from_slice(&store.get(&note, 1 << 20).await.unwrap()).unwrap();
    assert!(old["completed"]["tiles"].is_object());
    old["completed"].as_object_mut().unwrap().remove("tiles");
    let old = bytes::Bytes::from(old.to_string());
    store.put(&Key::PicturesIndex { asset }, old).await.unwrap();
    assert_eq!(function.handle(planned.clone()).await.unwrap(), first);

    let sheet = Key::StoryboardSheet { asset, sheet: 0 };
    store.delete(&store.at(&sheet)).await.unwrap();
    assert_eq!(function.handle(planned).await.unwrap(), first);
    assert!(
        buckets.objects(Bucket::Media) == before,
        "the same bytes again"
    );
}

#[tokio::test]
async fn what_cannot_be_decoded_fails_for_good_and_what_is_made_again_is_waited_for() {
    let buckets = TestBuckets::start().await;
    let planned = BARS.put(&buckets).await;
    let function = Thumbnail::new(buckets.store.clone());
    let other = PicturesPlanned {
        plan: reeldrop_events::Plan {
            timeline: reeldrop_events::Timeline {
                origin_ns: 0,
                ..planned.plan.timeline
            },
            ..planned.plan.clone()
        },
        ..planned.clone()
    };
    let waited = function.handle(other).await.unwrap_err();
    assert!(matches!(waited, Failure::Transient { .. }));

    let key = Key::ClearPart {
        asset: planned.asset,
        rendition: "r360",
        part: 1,
    };
    let damaged = vec![0; 1 << 20].into();
    buckets.store.put(&key, damaged).await.unwrap();
    let failed = function.handle(planned.clone()).await.unwrap_err();
    let Failure::Permanent {
        reason,
        report: Some(report),
    } = failed
    else {
        panic!("it must fail for good");
    };
    assert_eq!(report.ty, StepFailed::TYPE);
    assert!(report.data["step"] == "thumbnail" && report.data["part"] == "" && !reason.is_empty());

    spoil_note(&buckets, 0, b"{}").await;
    let waited = function.handle(planned.clone()).await.unwrap_err();
    assert!(matches!(waited, Failure::Transient { .. }));

    let nothing = TestBuckets::start().await.store;
    let gone = Thumbnail::new(nothing).handle(planned).await.unwrap_err();
    assert!(gone.to_string().contains("no longer there"), "{gone}");
}
