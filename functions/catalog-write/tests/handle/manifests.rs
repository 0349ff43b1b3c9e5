//! Manifests that were final before captions or a storyboard came.

use reeldrop_catalog::AssetState;
use reeldrop_events::*;
use uuid::Uuid;

use crate::{
    speech::{reason, track},
    stage::Stage,
    story::Story,
};

const STORY: Story = Story { chunks: 2 };

/// Package and caption track of each `manifests.planned` since the last look.
fn rewritten(stage: &Stage) -> Vec<(u64, String)> {
    let planned = stage.broker.take_of("manifests.planned");
    let said = planned.iter().map(|said| {
        let captions = said["captions"].as_str().unwrap().to_owned();
        (said["package"].as_u64().unwrap(), captions)
    });
    said.collect()
}

#[tokio::test]
async fn final_manifests_are_written_again_once_for_each_new_track_and_growing_ones_never() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(STORY.chunk_packaged(1, 0)).await;
    let machine = track("en-1", "en", CaptionOrigin::Speech);
    stage.handle(machine.clone()).await;
    assert_eq!(rewritten(&stage), [], "the last run is still to come");

    stage.handle_all(STORY.all_packaged(1)).await;
    let person = track("en-2", "en", CaptionOrigin::Import);
    stage.handle(person.clone()).await;
    assert_eq!(rewritten(&stage), [(1, "en-2".to_owned())]);
    stage.handle_all([person, machine]).await;
    assert_eq!(rewritten(&stage), [], "a repetition says nothing new");
    let late = track("en-3", "en", CaptionOrigin::Speech);
    stage.handle(late).await;
    assert_eq!(rewritten(&stage), [], "the person's captions stay");

    // What follows from it ends there: the same run is said to be published once more.
    stage.handle(STORY.published(1, 4, true)).await;
    stage.broker.take();
    stage.handle(STORY.published(1, 4, true)).await;
    assert!(stage.broker.take().is_empty());

    stage.handle(STORY.rekey(9, Scheme::Cenc)).await;
    stage.handle_all(STORY.all_packaged(2)).await;
    stage.broker.take();
    stage
        .handle(track("de-1", "de", CaptionOrigin::Speech))
        .await;
    let both = [(1, "de-1".to_owned()), (2, "de-1".to_owned())];
    assert_eq!(rewritten(&stage), both);
}

#[tokio::test]
async fn a_key_servers_words_on_the_first_packages_key_are_for_its_manifests() {
    let stage = Stage::new().await;
    stage.handle_all(STORY.whole()).await;
    let key = "insert into content_keys (asset, kid, package, wrapped) values ($1, $2, 1, '')";
    let client = stage.database.client().await;
    let kid = Uuid::from_u128(9);
    let rows = client.execute(key, &[&STORY.asset().0, &kid]).await;
    assert_eq!(rows.unwrap(), 1);
    stage.broker.take();
    for (described, expected) in [(0, 0), (1, 1), (1, 0), (2, 1), (3, 1)] {
        stage.handle(STORY.describe(9, described)).await;
        assert_eq!(rewritten(&stage).len(), expected, "{described}");
    }
    assert_eq!(stage.count("packages").await, 1);
}

/// How the storyboard is laid out.
fn tiles(columns: u32) -> Tiles {
    Tiles {
        width: 160,
        height: 90,
        columns,
        rows: 1,
        interval_ms: 2_000,
        sheet_bytes: vec![40_000],
    }
}

/// How often `manifests.planned` was said because of a storyboard since the last look.
fn for_a_storyboard(stage: &Stage) -> usize {
    let planned = stage.broker.take_of("manifests.planned");
    assert!(planned.iter().all(|said| said["captions"] == ""));
    planned
        .iter()
        .filter(|said| said["storyboard"] == true)
        .count()
}

#[tokio::test]
async fn final_manifests_are_written_again_for_a_storyboard_that_comes_after_them() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle_all(STORY.all_packaged(1)).await;
    stage.broker.take();
    stage.handle(STORY.pictures_laid_out(Some(tiles(9)))).await;
    assert_eq!(for_a_storyboard(&stage), 1);
    let publication = stage
        .database
        .catalog
        .publication(STORY.asset(), PackageNo(1));
    assert_eq!(publication.await.unwrap().storyboard, Some(tiles(9)));

    stage.handle(STORY.pictures_laid_out(Some(tiles(9)))).await;
    assert_eq!(for_a_storyboard(&stage), 0, "a repetition says nothing new");
    // Under another id, as pictures that are made once more are.
    let client = stage.database.client().await;
    let seen = "delete from seen_events";
    client.execute(seen, &[]).await.unwrap();
    stage.handle(STORY.pictures_laid_out(Some(tiles(9)))).await;
    assert_eq!(for_a_storyboard(&stage), 0, "they are the same");
    client.execute(seen, &[]).await.unwrap();
    stage.handle(STORY.pictures_laid_out(Some(tiles(8)))).await;
    assert_eq!(for_a_storyboard(&stage), 1, "they lie otherwise");
}

#[tokio::test]
async fn a_storyboard_that_comes_before_the_last_run_is_named_by_its_manifests_alone() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(STORY.pictures_laid_out(Some(tiles(9)))).await;
    assert_eq!(for_a_storyboard(&stage), 0);
    stage.handle_all(STORY.all_packaged(1)).await;
    assert_eq!(for_a_storyboard(&stage), 0);
    let publication = stage
        .database
        .catalog
        .publication(STORY.asset(), PackageNo(1));
    assert_eq!(publication.await.unwrap().storyboard, Some(tiles(9)));
}

#[tokio::test]
async fn pictures_of_an_older_version_leave_the_manifests_as_they_are() {
    let stage = Stage::new().await;
    stage.handle_all(STORY.whole()).await;
    stage.broker.take();
    stage.handle(STORY.pictures()).await;
    assert_eq!(for_a_storyboard(&stage), 0);
    let publication = stage
        .database
        .catalog
        .publication(STORY.asset(), PackageNo(1));
    assert_eq!(publication.await.unwrap().storyboard, None);
}

#[tokio::test]
async fn manifests_that_could_not_be_written_again_are_by_a_retry() {
    let stage = Stage::new().await;
    stage.handle_all(STORY.whole()).await;
    stage
        .handle(track("en-1", "en", CaptionOrigin::Speech))
        .await;
    stage
        .handle(STORY.failed("encrypt-package", "1/en-1"))
        .await;
    assert_eq!(stage.asset(STORY).await.state, AssetState::Ready);
    stage.broker.take();
    stage.handle(STORY.retry()).await;
    assert_eq!(rewritten(&stage), [(1, String::new())]);
}

#[tokio::test]
async fn a_retry_of_something_else_leaves_manifests_that_are_on_their_way() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(reason("skipped: no model")).await;
    stage.handle_all(STORY.all_packaged(1)).await;
    assert_eq!(stage.broker.take_of("asset.advanced").len(), 1);
    stage.handle(STORY.retry()).await;
    assert!(stage.broker.take_of("asset.advanced").is_empty());
    // Final manifests without these captions may have been written by now.
    stage
        .handle(track("en-1", "en", CaptionOrigin::Speech))
        .await;
    assert_eq!(rewritten(&stage), [(1, "en-1".to_owned())]);
}
