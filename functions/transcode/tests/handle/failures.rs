//! What cannot be encoded is said so, or tried again.

use reeldrop_events::{Payload, StepFailed};
use reeldrop_runtime::Failure;
use reeldrop_store::Key;
use transcode::{Config, Transcode};

use crate::{
    endpoint::Endpoint,
    made::Made,
    planned::{media, sound, track, whole},
};

fn reason(failure: Failure) -> String {
    let Failure::Permanent {
        report: Some(report),
        ..
    } = failure
    else {
        panic!("{failure:?}")
    };
    assert_eq!(report.ty, StepFailed::TYPE);
    let failed: StepFailed = serde_json::from_value(report.data).unwrap();
    assert_eq!(failed.step, "transcode");
    failed.reason
}

#[tokio::test]
async fn a_file_that_is_no_media_fails_for_good() {
    let endpoint = Endpoint::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "no media at all ".repeat(1000)).unwrap();
    let source = endpoint.upload(&path).await;
    let planned = whole(source.clone(), track(64, 64, 25), 64, 64);
    assert!(!reason(endpoint.chunk(&planned).await.unwrap_err()).is_empty());
    assert!(!reason(endpoint.audio(&sound(source, 100)).await.unwrap_err()).is_empty());
}

#[tokio::test]
async fn a_bit_stream_that_decodes_to_nothing_fails_for_good() {
    let Some(path) = media("bad_vp9_bitstream.webm") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let planned = whole(endpoint.upload(&path).await, track(320, 240, 25), 160, 120);
    assert!(!reason(endpoint.chunk(&planned).await.unwrap_err()).is_empty());
}

#[tokio::test]
async fn a_source_that_is_gone_or_replaced_fails_for_good() {
    let made = Made::new();
    let path = made.run("a.wav", "audiotestsrc num-buffers=100 ! wavenc");
    let endpoint = Endpoint::start().await;
    let mut source = endpoint.upload(&path).await;
    source.object.push_str(" gone");
    assert!(
        reason(endpoint.audio(&sound(source, 100)).await.unwrap_err()).contains("does not exist")
    );
}

#[tokio::test]
async fn a_preset_that_no_encoder_knows_fails_for_good() {
    let Some(path) = media("h264_aac_1s_sample.mp4") else {
        return;
    };
    let endpoint = Endpoint::start().await;
    let mut planned = whole(endpoint.upload(&path).await, track(1080, 720, 30), 160, 90);
    planned.ladder[0].preset = "lightspeed".to_owned();
    assert!(reason(endpoint.chunk(&planned).await.unwrap_err()).contains("lightspeed"));
}

#[tokio::test]
async fn a_part_joins_no_parts_of_another_encoder() {
    let Some(path) = media("h264_aac_1s_sample.mp4") else {
        return;
    };
    let mut endpoint = Endpoint::start().await;
    let config = Config {
        encoders_differ: true,
        ..Config::default()
    };
    endpoint.function = Transcode::new(endpoint.store.clone(), config);
    let mut planned = whole(endpoint.upload(&path).await, track(1080, 720, 30), 160, 90);
    endpoint.chunk(&planned).await.unwrap();
    // The same header, and then another one.
    planned.chunk.index = 1;
    endpoint.chunk(&planned).await.unwrap();
    let (asset, rendition) = (planned.asset, planned.ladder[0].name.as_str());
    let header = Key::ClearInit { asset, rendition };
    let theirs = b"of another encoder".to_vec();
    let put = endpoint.store.put(&header, theirs.clone().into()).await;
    put.unwrap();
    planned.chunk.index = 2;
    let failed = endpoint.chunk(&planned).await.unwrap_err();
    assert!(reason(failed).contains("another encoder"));
    assert_eq!(endpoint.get(&header).await, theirs);
}
