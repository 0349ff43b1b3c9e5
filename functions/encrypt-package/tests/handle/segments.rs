use std::collections::BTreeMap;

use encrypt_package::Input;
use reeldrop_catalog::ContentKey;
use reeldrop_cmaf::protect::{self, Decryption, decrypt_segment};
use reeldrop_events::{
    AssetId, AudioPackaged, ChunkPackaged, ChunkTranscoded, PackageNo, PackagedRendition, Scheme,
};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Key, testing::TestBuckets};

use crate::{World, only, step_failed, title};

/// The published segments of a rendition in the clear.
pub(crate) fn decrypted(
    published: &BTreeMap<String, Vec<u8>>,
    asset: AssetId,
    package: PackageNo,
    rendition: &PackagedRendition,
    key: &ContentKey,
) -> Vec<Vec<u8>> {
    let folder = format!("{asset}/{package}/{}", rendition.name);
    let init = &published[&format!("{folder}/init.mp4")];
    let key = |kid| (kid == key.kid).then_some(protect::ContentKey(key.key));
    let decryption = Decryption::new(init, key).unwrap();
    let mut segments = Vec::new();
    for segment in &rendition.segments {
        let encrypted = &published[&format!("{folder}/{:06}.m4s", segment.number)];
        assert_eq!(encrypted.len() as u64, segment.bytes);
        let mut clear = Vec::new();
        decrypt_segment(encrypted, &decryption, &mut clear).unwrap();
        segments.push(clear);
    }
    segments
}

fn bytes(segments: Vec<(u64, u32, Vec<u8>)>) -> Vec<Vec<u8>> {
    segments.into_iter().map(|(_, _, bytes)| bytes).collect()
}

#[tokio::test]
async fn segments_are_encrypted_under_one_key_and_decrypt_to_the_clear_ones() {
    for scheme in [Scheme::Cbcs, Scheme::Cenc] {
        let world = World::new().await;
        let source = title::source("clip.mp4");
        let (chunk, audio) = title::transcode(&world.buckets.store, &source, scheme).await;
        let asset = chunk.asset;
        let chunk = world
            .handle(Input::ChunkTranscoded(chunk.into()))
            .await
            .unwrap();
        let audio = world
            .handle(Input::AudioTranscoded(audio.into()))
            .await
            .unwrap();
        let (chunk, audio): (ChunkPackaged, AudioPackaged) = (only(&chunk), only(&audio));
        let key = world
            .keys()
            .package_key(asset, PackageNo::FIRST)
            .await
            .unwrap()
            .unwrap();
        let published = world.published();
        assert_eq!(published.len(), 3 * 3);
        for rendition in &chunk.renditions {
            let clear = decrypted(&published, asset, PackageNo::FIRST, rendition, &key);
            assert_eq!(clear, bytes(title::video_segments()));
            let ticks: Vec<_> = rendition
                .segments
                .iter()
                .map(|s| s.duration_ticks)
                .collect();
            assert_eq!(ticks, title::SEGMENT_TICKS);
        }
        let clear = decrypted(&published, asset, PackageNo::FIRST, &audio.rendition, &key);
        assert_eq!(clear, bytes(title::audio_segments()));
        let stored = &published[&format!("{asset}/1/audio-0/000000.m4s")];
        assert_ne!(stored, &title::audio_segments()[0].2);
    }
}

#[tokio::test]
async fn a_part_delivered_twice_to_two_processes_at_once_gives_the_same_bytes_and_event() {
    for scheme in [Scheme::Cbcs, Scheme::Cenc, Scheme::None] {
        let world = World::new().await;
        let source = title::source("clip.mp4");
        let (chunk, _) = title::transcode(&world.buckets.store, &source, scheme).await;
        let input = || Input::ChunkTranscoded(chunk.clone().into());
        let (first, second) = tokio::join!(world.handle(input()), world.handle(input()));
        let published = world.published();
        let third = world.handle(input()).await;
        assert_eq!(first, second);
        assert_eq!(first, third);
        assert_eq!(published, world.published());
    }
}

#[tokio::test]
async fn a_finished_part_is_not_encrypted_again_unless_something_of_it_is_missing() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (chunk, audio) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    let asset = chunk.asset;
    let chunk = || Input::ChunkTranscoded(chunk.clone().into());
    let audio = || Input::AudioTranscoded(audio.clone().into());
    let (first, sound) = (world.handle(chunk()).await, world.handle(audio()).await);
    let published = world.published();
    let store = &world.buckets.store;
    let segment = |rendition, number| Key::Segment {
        asset,
        package: PackageNo::FIRST,
        rendition,
        number,
    };

    // Whoever writes a segment again replaces this one.
    let (marked, lost) = (segment(title::LADDER[0], 0), segment(title::LADDER[1], 1));
    let bytes = published[&marked.path()].len();
    store.put(&marked, vec![0; bytes].into()).await.unwrap();
    assert_eq!(world.handle(chunk()).await, first);
    assert_eq!(world.handle(audio()).await, sound);
    let again = world.published();
    assert_eq!(again[&marked.path()], vec![0; bytes]);

    store.delete(&store.at(&lost)).await.unwrap();
    assert_eq!(world.handle(chunk()).await, first);
    assert_eq!(world.published(), published);

    let init = Key::Init {
        asset,
        package: PackageNo::FIRST,
        rendition: title::AUDIO,
    };
    store.delete(&store.at(&init)).await.unwrap();
    assert_eq!(world.handle(audio()).await, sound);
    assert_eq!(world.published(), published);
}

#[tokio::test]
async fn of_a_deleted_title_nothing_more_is_published() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (chunk, audio) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    let asset = chunk.asset;
    let client = world.database.client().await;
    crate::rows::title(&client, &source, Scheme::Cbcs).await;
    let function = world.function();
    let before = function.handle(Input::ChunkTranscoded(chunk.into())).await;
    assert_eq!(before.unwrap().as_slice().len(), 1);
    let published = world.published();
    for statement in [
        "delete from content_keys where asset = $1",
        "update assets set deleted_at = now() where id = $1",
    ] {
        client.execute(statement, &[&asset.0]).await.unwrap();
    }
    let after = function.handle(Input::AudioTranscoded(audio.into())).await;
    assert_eq!(after.unwrap(), reeldrop_events::Events::none());
    assert_eq!(world.published(), published);
}

#[tokio::test]
async fn without_a_scheme_segments_stay_clear_and_no_key_is_made() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (_, audio) = title::transcode(&world.buckets.store, &source, Scheme::None).await;
    let asset = audio.asset;
    world
        .handle(Input::AudioTranscoded(audio.into()))
        .await
        .unwrap();
    let published = world.published();
    for (number, clear) in bytes(title::audio_segments()).iter().enumerate() {
        assert_eq!(
            &published[&format!("{asset}/1/audio-0/{number:06}.m4s")],
            clear
        );
    }
    let key = world
        .keys()
        .package_key(asset, PackageNo::FIRST)
        .await
        .unwrap();
    assert_eq!(key, None);
}

#[tokio::test]
async fn the_callers_key_is_used() {
    let world = World::new().await;
    let source = title::source("Über 100% +.MP4");
    let (chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    let metadata = [
        ("reeldrop-key", "hyN9IKGfWKdAwFaE5pm0qg"),
        ("reeldrop-kid", "oW5AK5BW43HzbTSKpiu3SQ"),
    ];
    title::put_upload(&world.buckets.store, &source, &metadata).await;
    let asset = chunk.asset;
    world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    let key = world
        .keys()
        .package_key(asset, PackageNo::FIRST)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        key.kid.simple().to_string(),
        "a16e402b9056e371f36d348aa62bb749"
    );
    assert_eq!(key.key[..4], [0x87, 0x23, 0x7d, 0x20]);
}

#[tokio::test]
async fn a_part_of_which_the_source_had_nothing_is_packaged_empty() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (mut chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    for rendition in &mut chunk.renditions {
        rendition.segments.clear();
    }
    let events = world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    let packaged: ChunkPackaged = only(&events);
    assert!(
        packaged
            .renditions
            .iter()
            .all(|rendition| rendition.segments.is_empty())
    );
    assert!(world.published().is_empty());
}

async fn broken_by(change: impl AsyncFnOnce(&World, &mut ChunkTranscoded)) -> Failure {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (mut chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    change(&world, &mut chunk).await;
    world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_part_that_is_gone_fails_the_step_with_a_reason() {
    let failure = broken_by(async |world: &World, chunk: &mut ChunkTranscoded| {
        let key = Key::ClearPart {
            asset: chunk.asset,
            rendition: title::LADDER[1],
            part: 0,
        };
        let store = &world.buckets.store;
        store.delete(&store.at(&key)).await.unwrap();
    });
    let failed = step_failed(failure.await);
    assert_eq!(failed.step, "encrypt-package");
    assert_eq!(failed.part, "0");
    assert!(failed.reason.contains("gone"), "{}", failed.reason);
}

#[tokio::test]
async fn a_part_that_is_cut_short_or_broken_fails_the_step() {
    let short = broken_by(async |_: &World, chunk: &mut ChunkTranscoded| {
        chunk.renditions[0].segments[1].bytes += 1;
    });
    assert!(step_failed(short.await).reason.contains("cut short"));
    let broken = broken_by(async |_: &World, chunk: &mut ChunkTranscoded| {
        chunk.renditions[0].segments[1].offset -= 7;
    });
    assert!(step_failed(broken.await).reason.contains("h264-high"));
}

#[tokio::test]
async fn half_a_key_fails_the_step() {
    let failure = broken_by(async |world: &World, chunk: &mut ChunkTranscoded| {
        let metadata = [("reeldrop-key", "hyN9IKGfWKdAwFaE5pm0qg")];
        title::put_upload(&world.buckets.store, &chunk.source, &metadata).await;
    });
    assert!(step_failed(failure.await).reason.contains("reeldrop-kid"));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_asked_again_later() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::None).await;
    let function = world.function_at(TestBuckets::unreachable().await);
    let failure = function.handle(Input::ChunkTranscoded(chunk.into()));
    assert!(matches!(failure.await, Err(Failure::Transient { .. })));
}
