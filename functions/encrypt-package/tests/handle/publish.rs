use std::collections::BTreeMap;

use encrypt_package::Input;
use reeldrop_cmaf::boxes::iter;
use reeldrop_events::{
    AssetAdvanced, AssetId, AssetPublished, AudioPackaged, ChunkPackaged, ManifestsPlanned,
    PackageNo, PackagedRendition, Scheme, Source,
};
use reeldrop_runtime::Failure;
use tokio_postgres::Client;

use crate::{World, only, rows, title};

pub(crate) fn advanced(source: &Source, segments: u32, complete: bool) -> Input {
    Input::Advanced(Box::new(AssetAdvanced {
        asset: AssetId::of(source),
        package: PackageNo::FIRST,
        source: source.clone(),
        segments,
        complete,
    }))
}

/// A title whose segments are all published and none yet in the catalog.
pub(crate) async fn encrypted(
    world: &World,
    source: &Source,
    scheme: Scheme,
) -> Vec<PackagedRendition> {
    let (chunk, audio) = title::transcode(&world.buckets.store, source, scheme).await;
    rows::title(&world.database.client().await, source, scheme).await;
    let chunk = world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    let audio = world
        .handle(Input::AudioTranscoded(audio.into()))
        .await
        .unwrap();
    let (chunk, audio): (ChunkPackaged, AudioPackaged) = (only(&chunk), only(&audio));
    chunk
        .renditions
        .into_iter()
        .chain([audio.rendition])
        .collect()
}

pub(crate) async fn keep(
    client: &Client,
    source: &Source,
    renditions: &[PackagedRendition],
    until: [u32; 3],
) {
    for (rendition, until) in renditions.iter().zip(until) {
        let asset = AssetId::of(source);
        rows::packaged(client, asset, PackageNo::FIRST, rendition, until).await;
    }
}

pub(crate) fn text(world: &World, key: &str) -> String {
    String::from_utf8(world.published()[key].clone()).unwrap()
}

#[tokio::test]
async fn manifests_grow_then_are_final_and_stale_events_change_nothing() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::Cbcs).await;
    let client = world.database.client().await;
    let asset = AssetId::of(&source);

    // One rendition is ahead: manifests name what all of them have.
    keep(&client, &source, &renditions, [2, 1, 1]).await;
    rows::reached(&client, asset, 1, false).await;
    let events = world.handle(advanced(&source, 1, false)).await.unwrap();
    let said: AssetPublished = only(&events);
    assert_eq!(
        (said.segments, said.complete, said.duration_ms),
        (1, false, 2_000)
    );
    assert_eq!(said.hls, format!("{asset}/1/stream.m3u8"));
    assert_eq!(said.dash, format!("{asset}/1/stream.mpd"));
    let playlist = text(&world, &format!("{asset}/1/h264-high/index.m3u8"));
    assert!(
        playlist.contains("EVENT") && !playlist.contains("000001.m4s"),
        "{playlist}"
    );
    let key = format!("https://portal.example/api/assets/{asset}/packages/1/key");
    assert!(playlist.contains(&format!("URI=\"{key}\"")), "{playlist}");
    let mpd = text(&world, &said.dash);
    assert!(mpd.contains("type=\"dynamic\""), "{mpd}");
    assert!(
        mpd.contains("availabilityStartTime=\"2026-11-20T10:00:00Z\""),
        "{mpd}"
    );
    assert!(
        mpd.contains(&format!(
            "/api/assets/{asset}/packages/1/license</dashif:Laurl>"
        )),
        "{mpd}"
    );

    keep(&client, &source, &renditions, [2, 2, 2]).await;
    rows::reached(&client, asset, 2, true).await;
    let events = world.handle(advanced(&source, 2, true)).await.unwrap();
    let said: AssetPublished = only(&events);
    assert_eq!(
        (said.segments, said.complete, said.duration_ms),
        (2, true, 8_000)
    );
    let published = world.published();
    let playlist = text(&world, &format!("{asset}/1/audio-0/index.m3u8"));
    assert!(
        playlist.contains("VOD") && playlist.ends_with("#EXT-X-ENDLIST\n"),
        "{playlist}"
    );
    let mpd = text(&world, &said.dash);
    assert!(
        mpd.contains("mediaPresentationDuration=\"PT8.001S\""),
        "{mpd}"
    );

    // The first event comes again, late, to another process.
    let again = world.handle(advanced(&source, 1, false)).await.unwrap();
    assert_eq!(again, events);
    assert_eq!(published, world.published());
}

#[tokio::test]
async fn captions_that_come_late_are_named_by_manifests_written_again() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::Cbcs).await;
    let client = world.database.client().await;
    let asset = AssetId::of(&source);
    keep(&client, &source, &renditions, [2, 2, 2]).await;
    rows::captions(&client, asset, "en-1").await;
    rows::reached(&client, asset, 1, false).await;
    world.handle(advanced(&source, 1, false)).await.unwrap();
    let growing = text(&world, &format!("{asset}/1/stream.m3u8"));
    assert!(!growing.contains("SUBTITLES"), "{growing}");

    rows::reached(&client, asset, 2, true).await;
    let whole = world.handle(advanced(&source, 2, true)).await.unwrap();
    rows::captions(&client, asset, "en-2").await;
    let before = world.published();
    let planned = || {
        Input::Manifests(Box::new(ManifestsPlanned {
            asset,
            package: PackageNo::FIRST,
            captions: "en-2".to_owned(),
            storyboard: false,
        }))
    };
    let again = world.handle(planned()).await.unwrap();
    assert_eq!(again, whole, "what is published is no more than before");
    let published = world.published();
    for (key, body) in &before {
        assert!(!key.ends_with(".m4s") || published[key] == *body, "{key}");
    }
    for file in ["stream.m3u8", "stream-clearkey.m3u8"] {
        let playlist = text(&world, &format!("{asset}/1/{file}"));
        assert!(playlist.contains("URI=\"text-en-2.m3u8\""), "{playlist}");
        assert!(!playlist.contains("en-1"), "{playlist}");
        assert!(playlist.contains("SUBTITLES=\"text\""), "{playlist}");
    }
    let captions = text(&world, &format!("{asset}/1/text-en-2.m3u8"));
    let last = "#EXTINF:2.000000,\n../text/en-2/1.vtt\n#EXT-X-ENDLIST\n";
    assert!(captions.ends_with(last), "{captions}");
    let mpd = text(&world, &format!("{asset}/1/stream.mpd"));
    assert!(mpd.contains("<BaseURL>../text/en-2.vtt</BaseURL>"), "{mpd}");
    assert!(mpd.contains("<Label>English</Label>"), "{mpd}");

    world.handle(planned()).await.unwrap();
    assert_eq!(published, world.published());
}

#[tokio::test]
async fn whichever_of_captions_storyboard_and_the_last_run_comes_last_the_manifests_are_the_same() {
    let mut ends = Vec::new();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let world = World::new().await;
        let source = title::source("clip.mp4");
        let renditions = encrypted(&world, &source, Scheme::None).await;
        let client = world.database.client().await;
        let asset = AssetId::of(&source);
        keep(&client, &source, &renditions, [2, 2, 2]).await;
        rows::reached(&client, asset, 1, false).await;
        let mut whole = false;
        for what in order {
            match what {
                0 => {
                    rows::reached(&client, asset, 2, true).await;
                    whole = true;
                    world.handle(advanced(&source, 2, true)).await.unwrap();
                    continue;
                }
                1 => rows::captions(&client, asset, "en-1").await,
                _ => rows::storyboard(&client, asset).await,
            }
            let again = || {
                Input::Manifests(Box::new(ManifestsPlanned {
                    asset,
                    package: PackageNo::FIRST,
                    captions: if what == 1 { "en-1" } else { "" }.to_owned(),
                    storyboard: what == 2,
                }))
            };
            // Said only of manifests that are final, and perhaps twice.
            for _ in 0..if whole { 2 } else { 0 } {
                world.handle(again()).await.unwrap();
            }
            if !whole {
                world.handle(advanced(&source, 1, false)).await.unwrap();
                let growing = text(&world, &format!("{asset}/1/stream.mpd"));
                assert!(!growing.contains("\"image\""), "{growing}");
            }
        }
        let mut manifests = world.published();
        manifests.retain(|key, _| key.ends_with(".m3u8") || key.ends_with(".mpd"));
        ends.push((asset, manifests));
    }
    for (_, manifests) in &ends {
        assert!(*manifests == ends[0].1);
    }
    let (asset, manifests) = &ends[0];
    assert_names_all(*asset, manifests);
}

/// Captions of a language and a storyboard of four pictures.
fn assert_names_all(asset: AssetId, manifests: &BTreeMap<String, Vec<u8>>) {
    let named = |file: &str| String::from_utf8(manifests[&format!("{asset}/1/{file}")].clone());
    let line = "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=20000,RESOLUTION=160x90,CODECS=\"jpeg\",URI=\"storyboard.m3u8\"";
    for file in ["stream.m3u8", "stream-clearkey.m3u8"] {
        let playlist = named(file).unwrap();
        assert!(playlist.contains(line), "{playlist}");
        assert!(playlist.contains("TYPE=SUBTITLES"), "{playlist}");
    }
    let images = named("storyboard.m3u8").unwrap();
    let sheet = "#EXTINF:8.000000,\n#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=4x1,DURATION=2.000000\n\
        ../storyboard/000.jpg\n#EXT-X-ENDLIST\n";
    assert!(images.ends_with(sheet), "{images}");
    let mpd = named("stream.mpd").unwrap();
    let template = "duration=\"8000\" startNumber=\"0\" media=\"../storyboard/$Number%03d$.jpg\"";
    assert!(mpd.contains(template), "{mpd}");
    assert!(mpd.contains("thumbnail_tile\" value=\"4x1\""), "{mpd}");
}

#[tokio::test]
async fn every_address_in_the_playlists_is_an_object() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::Cenc).await;
    let asset = AssetId::of(&source);
    let client = world.database.client().await;
    keep(&client, &source, &renditions, [2, 2, 2]).await;
    for rendition in &renditions {
        rows::key_frames(&client, asset, rendition).await;
    }
    rows::reached(&client, asset, 2, true).await;
    world.handle(advanced(&source, 2, true)).await.unwrap();
    let published = world.published();
    let multivariant = &published[&format!("{asset}/1/stream.m3u8")];
    let (_, multivariant) = m3u8_rs::parse_master_playlist(multivariant).unwrap();
    let audio = multivariant
        .alternatives
        .iter()
        .filter_map(|audio| audio.uri.clone());
    let video = multivariant
        .variants
        .iter()
        .map(|variant| variant.uri.clone());
    let playlists: Vec<_> = video.chain(audio).collect();
    // Two renditions, their key frames, and the sound.
    assert_eq!(playlists.len(), 5);
    for playlist in playlists {
        let (folder, _) = playlist.rsplit_once('/').unwrap();
        let folder = format!("{asset}/1/{folder}");
        let text = &published[&format!("{asset}/1/{playlist}")];
        let (_, playlist) = m3u8_rs::parse_media_playlist(text).unwrap();
        assert!(published.contains_key(&format!(
            "{folder}/{}",
            playlist.segments[0].map.as_ref().unwrap().uri
        )));
        assert_eq!(playlist.segments.len(), 2);
        for segment in playlist.segments {
            assert!(published.contains_key(&format!("{folder}/{}", segment.uri)));
        }
    }
}

#[tokio::test]
async fn ranges_of_key_frames_are_encrypted_fragments_of_one_picture() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::Cbcs).await;
    let asset = AssetId::of(&source);
    let published = world.published();
    let (video, audio) = renditions.split_at(2);
    assert!(audio[0].key_frames.is_empty());
    for rendition in video {
        let segments: Vec<_> = rendition.key_frames.iter().map(|key| key.segment).collect();
        assert_eq!(segments, [0, 1]);
        for key in &rendition.key_frames {
            let name = format!("{asset}/1/{}/{:06}.m4s", rendition.name, key.segment);
            let range = key.offset as usize..(key.offset + key.bytes) as usize;
            let boxes: Vec<_> = iter(&published[&name][range]).map(Result::unwrap).collect();
            assert_eq!((&boxes[0].kind.0, &boxes[1].kind.0), (b"moof", b"mdat"));
            let key = title::key_picture();
            assert_eq!(boxes[1].payload.len(), key.len());
            assert_ne!(boxes[1].payload, key, "it is in the clear");
        }
    }
}

#[tokio::test]
async fn a_clear_title_names_no_key() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let renditions = encrypted(&world, &source, Scheme::None).await;
    let asset = AssetId::of(&source);
    let client = world.database.client().await;
    keep(&client, &source, &renditions, [2, 2, 2]).await;
    rows::reached(&client, asset, 2, true).await;
    world.handle(advanced(&source, 2, true)).await.unwrap();
    assert!(!text(&world, &format!("{asset}/1/stream.mpd")).contains("ContentProtection"));
    assert!(!text(&world, &format!("{asset}/1/audio-0/index.m3u8")).contains("EXT-X-KEY"));
}

#[tokio::test]
async fn nothing_is_said_before_there_is_anything_to_play() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    rows::title(&world.database.client().await, &source, Scheme::None).await;
    let events = world.handle(advanced(&source, 0, false)).await.unwrap();
    assert!(events.as_slice().is_empty());
    assert!(world.published().is_empty());
}

#[tokio::test]
async fn a_title_that_the_catalog_does_not_know_yet_is_asked_for_again() {
    let world = World::new().await;
    let failure = world
        .handle(advanced(&title::source("clip.mp4"), 1, false))
        .await;
    assert!(matches!(failure, Err(Failure::Transient { .. })));
}

#[tokio::test]
async fn a_deleted_title_is_left_alone() {
    let world = World::new().await;
    let source = title::source("clip.mp4");
    let client = world.database.client().await;
    rows::title(&client, &source, Scheme::None).await;
    client
        .execute("update assets set deleted_at = now()", &[])
        .await
        .unwrap();
    let events = world.handle(advanced(&source, 1, false)).await.unwrap();
    assert!(events.as_slice().is_empty());
    let (chunk, _) = title::transcode(&world.buckets.store, &source, Scheme::Cbcs).await;
    let events = world
        .handle(Input::ChunkTranscoded(chunk.into()))
        .await
        .unwrap();
    assert!(events.as_slice().is_empty());
}
