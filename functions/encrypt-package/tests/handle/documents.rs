//! What key servers say of keys.

use encrypt_package::Input;
use reeldrop_events::{AssetId, ManifestsPlanned, PackageNo, Scheme};

use crate::{
    World,
    publish::{advanced, encrypted, keep, text},
    rows, title,
};

const KEY: [(&str, &str); 2] = [
    ("reeldrop-key", "hyN9IKGfWKdAwFaE5pm0qg"),
    ("reeldrop-kid", "oW5AK5BW43HzbTSKpiu3SQ"),
];

#[tokio::test]
async fn manifests_name_the_key_systems_that_a_key_server_names() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::Cbcs).await;
    let client = world.database.client().await;
    let asset = AssetId::of(&source);
    keep(&client, &source, &renditions, [2, 2, 2]).await;
    rows::reached(&client, asset, 2, true).await;
    world.handle(advanced(&source, 2, true)).await.unwrap();
    let (mpd, playlist) = (
        format!("{asset}/1/stream.mpd"),
        format!("{asset}/1/h264-high/index.m3u8"),
    );
    assert!(!text(&world, &mpd).contains("edef8ba9"));

    // The same key again, from a key server.
    let keys = world.keys();
    let key = keys.package_key(asset, PackageNo::FIRST).await.unwrap();
    let mut key = key.unwrap();
    key.document = Some(title::key_document(key.kid));
    keys.stage(asset, &key).await.unwrap();
    let again = Input::Manifests(Box::new(ManifestsPlanned {
        asset,
        package: PackageNo::FIRST,
        captions: String::new(),
        storyboard: false,
    }));
    world.handle(again).await.unwrap();
    let mpd = text(&world, &mpd);
    assert!(
        mpd.contains("urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed")
            && mpd.contains("urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"),
        "{mpd}"
    );
    let playlist = text(&world, &playlist);
    assert!(
        playlist.contains("URI=\"skd://key.example/1\"")
            && playlist.contains("com.apple.streamingkeydelivery")
            && playlist.contains("KEYFORMAT=\"identity\""),
        "{playlist}"
    );
}

#[tokio::test]
async fn what_a_key_server_says_comes_with_the_uploads_key() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    title::put_upload(&world.buckets.store, &source, &KEY).await;
    let said = title::key_document(uuid::Uuid::from_u128(
        0xa16e_402b_9056_e371_f36d_348a_a62b_b749,
    ));
    world.describe_upload(&source.object, &said).await;
    let asset = chunk.asset;
    world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    let key = world.keys().package_key(asset, PackageNo::FIRST).await;
    let key = key.unwrap().unwrap();
    assert_eq!((key.iv, key.document), ([9; 16], Some(said)));
}

#[tokio::test]
async fn titles_under_one_key_and_vector_begin_at_different_counters() {
    let world = World::new().await;
    let said = title::key_document(uuid::Uuid::from_u128(
        0xa16e_402b_9056_e371_f36d_348a_a62b_b749,
    ));
    let mut segments = Vec::new();
    for object in ["a.mp4", "b.mp4"] {
        let source = title::source(object);
        let (chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cenc).await;
        title::put_upload(&world.buckets.store, &source, &KEY).await;
        world.describe_upload(object, &said).await;
        let asset = chunk.asset;
        let chunk = Input::ChunkTranscoded(chunk.into());
        world.handle(chunk).await.unwrap();
        let key = world.keys().package_key(asset, PackageNo::FIRST).await;
        assert_eq!(key.unwrap().unwrap().iv, [9; 16]);
        let segment = format!("{asset}/1/h264-high/000000.m4s");
        segments.push(world.published()[&segment].clone());
    }
    assert_eq!(segments[0].len(), segments[1].len());
    assert_ne!(segments[0], segments[1]);
}
