//! A title on its way.

use reeldrop_catalog::AssetState;
use reeldrop_events::PackageNo;

use crate::{
    stage::Stage,
    story::{AUDIO, LADDER, Story},
};

const STORY: Story = Story { chunks: 4 };

#[tokio::test]
async fn a_title_goes_through_the_states_that_a_person_understands() {
    let stage = Stage::new().await;
    stage.handle(STORY.uploaded()).await;
    let asset = stage.asset(STORY).await;
    assert_eq!((asset.state, asset.number), (AssetState::Received, 1));
    assert_eq!(asset.name, "Ein schöner Film.mp4");
    assert_eq!(asset.source, Some(STORY.source()));

    stage.handle(STORY.probed()).await;
    let asset = stage.asset(STORY).await;
    assert_eq!(
        (asset.state, asset.progress.percent),
        (AssetState::Processing, 5.0)
    );
    assert_eq!((asset.duration_ms, asset.width), (Some(48_000), Some(1280)));
    assert_eq!(asset.name, "Ein schöner Film");
    assert_eq!(asset.progress.transcode.total, 4 + 2 * 2);

    stage.handle_all(STORY.all_packaged(1)).await;
    stage.handle(STORY.published(1, 2, false)).await;
    let asset = stage.asset(STORY).await;
    assert_eq!(
        (asset.state, asset.current_package),
        (AssetState::Playable, Some(PackageNo(1)))
    );
    assert!(asset.hls.unwrap().ends_with("/1/stream.m3u8"));

    stage
        .handle_all([STORY.published(1, 8, true), STORY.early_poster()])
        .await;
    let asset = stage.asset(STORY).await;
    assert_eq!(asset.state, AssetState::Playable);
    let pictures = asset.pictures.unwrap();
    assert_eq!(
        (pictures.poster.as_str(), pictures.preview),
        ("poster-8.jpg", None)
    );
    stage.handle(STORY.pictures()).await;
    let asset = stage.asset(STORY).await;
    assert_eq!(
        (asset.state, asset.progress.percent),
        (AssetState::Ready, 100.0)
    );
    assert!(asset.ready_ms() >= asset.first_playable_ms());
    stage.handle(STORY.early_poster()).await;
    let pictures = stage.asset(STORY).await.pictures.unwrap();
    assert_eq!(
        (pictures.poster.as_str(), pictures.preview.as_deref()),
        ("poster.jpg", Some("preview.webp"))
    );

    let publication = stage
        .database
        .catalog
        .publication(STORY.asset(), PackageNo(1))
        .await
        .unwrap();
    let names: Vec<&str> = publication
        .renditions
        .iter()
        .map(|r| r.name.as_str())
        .collect();
    assert_eq!(names, [LADDER, AUDIO].concat());
    assert!(publication.complete && publication.renditions.iter().all(|r| r.segments.len() == 8));
}

#[tokio::test]
async fn a_run_is_announced_when_every_rendition_has_it() {
    let stage = Stage::new().await;
    stage
        .handle_all([
            STORY.probed(),
            STORY.chunk_packaged(1, 0),
            STORY.chunk_packaged(1, 2),
        ])
        .await;
    stage.handle(STORY.audio_packaged(1, AUDIO[0], 0)).await;
    assert!(
        stage.broker.take().is_empty(),
        "one audio rendition has nothing yet"
    );

    stage.handle(STORY.audio_packaged(1, AUDIO[1], 0)).await;
    let sent = stage.broker.take_of("asset.advanced");
    assert_eq!(
        (&sent[0]["segments"], &sent[0]["complete"]),
        (&2.into(), &false.into())
    );
    assert_eq!(sent[0]["source"]["object"], STORY.source().object);

    stage.handle(STORY.chunk_packaged(1, 1)).await;
    assert_eq!(
        stage.broker.take_of("asset.advanced")[0]["segments"],
        4,
        "the sound ends at 4"
    );
    stage
        .handle_all([
            STORY.audio_packaged(1, AUDIO[0], 1),
            STORY.audio_packaged(1, AUDIO[1], 1),
        ])
        .await;
    assert_eq!(stage.broker.take_of("asset.advanced")[0]["segments"], 6);
    stage.handle(STORY.chunk_packaged(1, 3)).await;
    let sent = stage.broker.take_of("asset.advanced");
    assert_eq!(
        (&sent[0]["segments"], &sent[0]["complete"]),
        (&8.into(), &true.into())
    );
}

#[tokio::test]
async fn a_source_that_ends_before_its_plan_is_complete_without_the_rest() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage
        .handle_all([
            STORY.chunk_packaged(1, 0),
            STORY.chunk_packaged_with(1, 1, 1),
        ])
        .await;
    stage
        .handle_all(AUDIO.map(|name| STORY.audio_packaged_with(1, name, 0, 3)))
        .await;
    stage.handle(STORY.chunk_packaged_with(1, 2, 0)).await;
    stage
        .handle_all(AUDIO.map(|name| STORY.audio_packaged_with(1, name, 1, 0)))
        .await;
    let announced = stage.broker.take_of("asset.advanced");
    assert!(
        announced
            .iter()
            .all(|run| run["complete"] == false && run["segments"].as_u64() <= Some(3))
    );
    stage.handle(STORY.chunk_packaged_with(1, 3, 0)).await;
    let sent = stage.broker.take_of("asset.advanced");
    assert_eq!(
        (&sent[0]["segments"], &sent[0]["complete"]),
        (&3.into(), &true.into())
    );
}

#[tokio::test]
async fn a_source_of_which_nothing_can_be_decoded_fails() {
    let story = Story { chunks: 1 };
    let stage = Stage::new().await;
    stage
        .handle_all([story.probed(), story.chunk_packaged_with(1, 0, 0)])
        .await;
    stage
        .handle_all(AUDIO.map(|name| story.audio_packaged_with(1, name, 0, 0)))
        .await;
    let (state, step, reason) = stage.state(story).await;
    assert_eq!((state.as_str(), step.as_str()), ("failed", "transcode"));
    assert!(reason.contains("damaged") && stage.broker.take().is_empty());
}

#[tokio::test]
async fn a_long_title_is_announced_seldom_and_its_end_always() {
    let story = Story { chunks: 200 };
    let stage = Stage::new().await;
    stage.handle(story.probed()).await;
    for name in AUDIO {
        let parts = (0..story.parts()).map(|index| story.audio_packaged(1, name, index));
        stage.handle_all(parts).await;
    }
    let started = std::time::Instant::now();
    stage
        .handle_all((0..200).map(|index| story.chunk_packaged(1, index)))
        .await;
    eprintln!(
        "an event of 400 segments' title takes {:?}",
        started.elapsed() / 200
    );
    let sent = stage.broker.take();
    let of = |noun: &str| {
        let ty = format!("io.reeldrop.{noun}.v1");
        let sent = sent.iter().filter(|sent| sent.0 == ty);
        sent.map(|sent| sent.2.clone()).collect::<Vec<_>>()
    };
    let pictures: Vec<(u64, bool)> = of("pictures.planned")
        .iter()
        .map(|run| {
            let segments = run["segments"].as_u64().unwrap();
            (segments, run["complete"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(pictures, [(8, false), (400, true)]);
    let runs = of("asset.advanced");
    let segments: Vec<u64> = runs
        .iter()
        .map(|run| run["segments"].as_u64().unwrap())
        .collect();
    assert_eq!(segments[..10], [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    assert!(
        (40..80).contains(&segments.len()),
        "{} announcements",
        segments.len()
    );
    assert!(
        segments[10..]
            .windows(2)
            .all(|pair| pair[1] * 100 >= pair[0] * 105 || pair[1] == 400)
    );
    assert_eq!(runs.last().unwrap()["complete"], true);
}
