//! Further packages under other keys.

use reeldrop_catalog::PackageState;
use reeldrop_events::{PackageNo, Scheme};
use uuid::Uuid;

use crate::{stage::Stage, story::Story};

const STORY: Story = Story { chunks: 3 };

async fn state(stage: &Stage, package: usize) -> PackageState {
    stage
        .database
        .catalog
        .packages(STORY.asset())
        .await
        .unwrap()[package - 1]
        .state
}

#[tokio::test]
async fn a_further_package_waits_for_the_first_to_be_complete() {
    let stage = Stage::new().await;
    stage
        .handle_all([
            STORY.uploaded(),
            STORY.rekey(9, Scheme::Cenc),
            STORY.probed(),
        ])
        .await;
    stage.handle(STORY.rekey(9, Scheme::Cenc)).await;
    assert_eq!(state(&stage, 2).await, PackageState::Waiting);
    let package = stage
        .database
        .catalog
        .package_by_number(2)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (package.package, package.kid),
        (PackageNo(2), Some(Uuid::from_u128(9)))
    );

    stage.handle_all(STORY.all_packaged(1)).await;
    let sent = stage.broker.take();
    let nouns: Vec<&str> = sent
        .iter()
        .map(|sent| sent.0.as_str())
        .filter(|ty| ty.contains("repackage"))
        .map(|ty| &ty["io.reeldrop.".len()..ty.len() - ".repackage.planned.v1".len()])
        .collect();
    // Chunks of two segments, sound of four, in the order in which they play.
    assert_eq!(
        nouns,
        [
            "chunk", "audio", "audio", "chunk", "chunk", "audio", "audio"
        ]
    );
    let second = sent
        .iter()
        .filter(|sent| sent.0.contains("chunk.repackage"))
        .nth(1)
        .unwrap();
    assert_eq!(second.2["renditions"][0]["segments"][1]["number"], 3);
    assert_eq!(
        (&second.2["from"], &second.2["package"]),
        (&1.into(), &2.into())
    );
    assert_eq!(
        (&second.2["from_scheme"], &second.2["scheme"]),
        (&"cbcs".into(), &"cenc".into())
    );
    assert_eq!(state(&stage, 2).await, PackageState::Processing);
}

#[tokio::test]
async fn a_further_package_becomes_the_current_one_when_it_is_complete() {
    let stage = Stage::new().await;
    stage
        .handle_all([STORY.probed(), STORY.rekey(9, Scheme::Cenc)])
        .await;
    stage.handle_all(STORY.all_packaged(1)).await;
    stage.handle_all(STORY.all_packaged(2)).await;
    let run = stage.broker.take_of("asset.advanced").pop().unwrap();
    assert_eq!(
        (&run["package"], &run["complete"]),
        (&2.into(), &true.into())
    );
    stage
        .handle_all([STORY.published(1, 6, true), STORY.pictures()])
        .await;
    assert_eq!(stage.asset(STORY).await.current_package, Some(PackageNo(1)));
    stage
        .handle_all([STORY.published(2, 4, false), STORY.published(2, 6, true)])
        .await;
    let asset = stage.asset(STORY).await;
    assert_eq!(asset.current_package, Some(PackageNo(2)));
    assert!(asset.hls.unwrap().contains("/2/"));
    assert_eq!(state(&stage, 2).await, PackageState::Ready);
}

#[tokio::test]
async fn a_failed_further_package_does_not_fail_the_title_and_can_be_retried() {
    let stage = Stage::new().await;
    stage.handle_all(STORY.whole()).await;
    stage
        .handle_all([STORY.rekey(9, Scheme::None), STORY.rekey(9, Scheme::Cenc)])
        .await;
    stage.broker.take();
    stage
        .handle_all([
            STORY.failed("encrypt-package", "2/1"),
            STORY.failed("encrypt-package", "2/audio-1/0"),
        ])
        .await;
    assert_eq!(stage.state(STORY).await.0, "ready");
    assert_eq!(state(&stage, 2).await, PackageState::Failed);
    assert_eq!(state(&stage, 3).await, PackageState::Processing);

    stage.handle(STORY.retry()).await;
    let sent = stage.broker.take();
    let types: Vec<&str> = sent.iter().map(|sent| sent.0.as_str()).collect();
    assert_eq!(
        types,
        [
            "io.reeldrop.audio.repackage.planned.v1",
            "io.reeldrop.chunk.repackage.planned.v1"
        ]
    );
    assert_eq!(state(&stage, 2).await, PackageState::Processing);
}

#[tokio::test]
async fn packaging_again_with_the_first_packages_key_makes_no_further_one() {
    let stage = Stage::new().await;
    stage.handle_all(STORY.whole()).await;
    let client = stage.database.client().await;
    client
        .execute(
            "insert into content_keys (asset, kid, package, wrapped) values ($1, $2, 1, '')",
            &[&STORY.asset().0, &Uuid::from_u128(9)],
        )
        .await
        .unwrap();
    stage.handle(STORY.rekey(9, Scheme::Cbcs)).await;
    assert_eq!(stage.count("packages").await, 1);
    stage.handle(STORY.rekey(9, Scheme::Cenc)).await;
    assert_eq!(stage.count("packages").await, 2);
    stage.handle_all(STORY.all_packaged(7)).await;
    assert_eq!(
        stage.count("packages").await,
        2,
        "a package that was never promised"
    );
}

#[tokio::test]
async fn key_frames_are_kept_once_however_often_they_are_said() {
    let stage = Stage::new().await;
    stage.handle_all([STORY.uploaded(), STORY.probed()]).await;
    stage.handle_all(STORY.all_packaged(1)).await;
    let kept = |renditions: Vec<reeldrop_catalog::PublicationRendition>| -> Vec<usize> {
        let renditions = renditions.into_iter();
        renditions.map(|found| found.key_frames.len()).collect()
    };
    let catalog = &stage.database.catalog;
    let first = catalog
        .publication(STORY.asset(), PackageNo::FIRST)
        .await
        .unwrap();
    // Three chunks of two segments in two renditions of picture; the sound has none.
    assert_eq!(kept(first.renditions), [6, 6, 0, 0]);
    // Said again under other ids, as a part that is packaged again is.
    let client = stage.database.client().await;
    client
        .execute("delete from seen_events", &[])
        .await
        .unwrap();
    stage.handle_all(STORY.all_packaged(1)).await;
    let again = catalog
        .publication(STORY.asset(), PackageNo::FIRST)
        .await
        .unwrap();
    assert_eq!(kept(again.renditions), [6, 6, 0, 0]);
}
