use encrypt_package::Input;
use reeldrop_catalog::ContentKey;
use reeldrop_events::{
    AudioPackaged, AudioRepackagePlanned, ChunkPackaged, ChunkRepackagePlanned, PackageNo, Scheme,
};

use crate::{World, only, rows, segments::decrypted, step_failed, title};

const PACKAGE: PackageNo = PackageNo(2);

/// What catalog-write says when the title is to be `cenc`.
fn planned(
    chunk: ChunkPackaged,
    audio: AudioPackaged,
) -> (ChunkRepackagePlanned, AudioRepackagePlanned) {
    let chunk = ChunkRepackagePlanned {
        asset: chunk.asset,
        from: PackageNo::FIRST,
        from_scheme: Scheme::Cbcs,
        package: PACKAGE,
        scheme: Scheme::Cenc,
        chunk: chunk.chunk,
        renditions: chunk.renditions,
    };
    let audio = AudioRepackagePlanned {
        asset: audio.asset,
        from: PackageNo::FIRST,
        from_scheme: Scheme::Cbcs,
        package: PACKAGE,
        scheme: Scheme::Cenc,
        part: audio.part,
        rendition: audio.rendition,
    };
    (chunk, audio)
}

#[tokio::test]
async fn a_published_title_is_encrypted_again_under_another_key_and_scheme() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (chunk, audio) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    let asset = chunk.asset;
    let client = world.database.client().await;
    rows::title(&client, &source, Scheme::Cbcs).await;
    let chunk = world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    let audio = world
        .handle(Input::AudioTranscoded(audio.into()))
        .await
        .unwrap();
    let (chunk, audio): (ChunkPackaged, AudioPackaged) = (only(&chunk), only(&audio));
    let key = ContentKey::generate();
    world.keys().stage(asset, &key).await.unwrap();
    rows::package(&client, asset, PACKAGE, Scheme::Cenc, Some(key.kid)).await;

    let (chunk, audio) = planned(chunk, audio);
    let again = world
        .handle(Input::ChunkRepackage(chunk.clone().into()))
        .await
        .unwrap();
    let said = world
        .handle(Input::ChunkRepackage(chunk.into()))
        .await
        .unwrap();
    assert_eq!(said, again);
    let chunk: ChunkPackaged = only(&said);
    let said = world
        .handle(Input::AudioRepackage(audio.into()))
        .await
        .unwrap();
    let audio: AudioPackaged = only(&said);
    assert_eq!((chunk.package, audio.package), (PACKAGE, PACKAGE));
    let published = world.published();
    for rendition in &chunk.renditions {
        let clear = decrypted(&published, asset, PACKAGE, rendition, &key);
        let expected: Vec<_> = title::video_segments().into_iter().map(|s| s.2).collect();
        assert_eq!(clear, expected);
    }
    let clear = decrypted(&published, asset, PACKAGE, &audio.rendition, &key);
    let expected: Vec<_> = title::audio_segments().into_iter().map(|s| s.2).collect();
    assert_eq!(clear, expected);
}

#[tokio::test]
async fn a_package_without_a_key_fails_the_step() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let (_, audio) = title::transcode(&world.buckets.store, &source, Scheme::None).await;
    let said = world
        .handle(Input::AudioTranscoded(audio.into()))
        .await
        .unwrap();
    let audio: AudioPackaged = only(&said);
    let planned = AudioRepackagePlanned {
        asset: audio.asset,
        from: PackageNo::FIRST,
        from_scheme: Scheme::None,
        package: PackageNo(2),
        scheme: Scheme::Cbcs,
        part: audio.part,
        rendition: audio.rendition,
    };
    let failure = world
        .handle(Input::AudioRepackage(planned.into()))
        .await
        .unwrap_err();
    let failed = step_failed(failure);
    assert_eq!(failed.part, "2/audio-0/0");
    assert!(
        failed.reason.contains("no content key"),
        "{}",
        failed.reason
    );
}
