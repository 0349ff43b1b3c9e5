//! What goes wrong, and what is done about it.

use cloudevents::{EventBuilder, EventBuilderV10};
use reeldrop_runtime::Failure;

use crate::{
    stage::Stage,
    story::{AUDIO, Story, dead},
};

const STORY: Story = Story { chunks: 2 };

#[tokio::test]
async fn what_a_crash_left_unsent_is_sent_by_the_same_event_or_by_the_sweep() {
    for by_sweep in [false, true] {
        let stage = Stage::new().await;
        stage.handle(STORY.probed()).await;
        let mut events = STORY.all_packaged(1);
        let last = events.pop().unwrap();
        stage.handle_all(events).await;
        stage.broker.take();

        stage.broker.set_down(true);
        let failure = stage.try_handle(&last).await.unwrap_err();
        assert!(matches!(failure, Failure::Transient { .. }));
        assert_eq!(stage.count("outbox").await, 2);
        stage.broker.set_down(false);
        match by_sweep {
            true => stage.sweep().await,
            false => stage.handle(last).await,
        }
        assert_eq!(stage.broker.take_of("asset.advanced").len(), 1);
        assert_eq!(stage.count("outbox").await, 0);
        stage.sweep().await;
        assert!(stage.broker.take().is_empty());
    }
}

#[tokio::test]
async fn a_rejected_upload_says_why_and_can_be_probed_again() {
    let stage = Stage::new().await;
    stage.handle_all([STORY.uploaded(), STORY.rejected()]).await;
    let (state, step, reason) = stage.state(STORY).await;
    assert_eq!((state.as_str(), step.as_str()), ("rejected", "probe"));
    assert_eq!(reason, "The file is a text.");

    stage.handle(STORY.retry()).await;
    assert_eq!(stage.state(STORY).await.0, "received");
    assert_eq!(stage.broker.take_of("upload.finalized").len(), 1);
    stage.handle(STORY.rejected()).await;
    assert_eq!(
        stage.state(STORY).await.0,
        "rejected",
        "the same rejection again is news"
    );
}

#[tokio::test]
async fn a_failed_part_fails_the_title_until_it_is_retried() {
    for part_event in [STORY.chunk_planned(1), STORY.audio_planned(AUDIO[1], 0)] {
        let stage = Stage::new().await;
        stage
            .handle_all([STORY.uploaded(), STORY.probed(), part_event.clone()])
            .await;
        let chunk = part_event == STORY.chunk_planned(1);
        let part = if chunk { "1" } else { "audio-1/0" };
        for round in 0..2 {
            stage.handle(STORY.failed("transcode", part)).await;
            let (state, step, reason) = stage.state(STORY).await;
            assert_eq!(
                (state.as_str(), step.as_str()),
                ("failed", "transcode"),
                "round {round}"
            );
            assert!(reason.contains(part));
            assert_eq!(stage.asset(STORY).await.progress.transcode.failed, 1);

            stage.handle(STORY.retry()).await;
            assert_eq!(stage.state(STORY).await.0, "processing");
            let sent = stage.broker.take();
            assert_eq!(sent.len(), 1);
            let Some(cloudevents::Data::Json(planned)) = part_event.data() else {
                panic!("the event has no JSON");
            };
            assert_eq!(&sent[0].2, planned);
        }
        stage.handle_all(STORY.whole()).await;
        assert_eq!(stage.state(STORY).await.0, "ready");
    }
}

#[tokio::test]
async fn a_dead_letter_names_the_step_and_its_answer_and_comes_back_on_a_retry() {
    let stage = Stage::new().await;
    stage.handle_all([STORY.uploaded(), STORY.probed()]).await;
    let event = STORY.chunk_transcoded(0);
    // "disk\nfull" as base64, as Knative carries it.
    let letter = dead(event.clone(), "encrypt-package", "ZGlzawpmdWxs");
    for _ in 0..2 {
        stage.handle(letter.clone()).await;
    }
    let (state, step, reason) = stage.state(STORY).await;
    assert_eq!(
        (state.as_str(), step.as_str()),
        ("failed", "encrypt-package")
    );
    assert_eq!(reason, "The step encrypt-package failed: disk full");
    let letters = stage
        .database
        .catalog
        .dead_letters(Some(STORY.asset()))
        .await
        .unwrap();
    assert_eq!((letters.len(), letters[0].code), (1, Some(503)));
    assert_eq!(letters[0].ty, "io.reeldrop.chunk.transcoded.v1");

    stage.handle(STORY.retry()).await;
    assert_eq!(stage.state(STORY).await.0, "processing");
    let sent = stage.broker.take();
    let again = sent
        .iter()
        .find(|sent| sent.0 == "io.reeldrop.chunk.transcoded.v1")
        .unwrap();
    assert_eq!(again.1, cloudevents::AttributesReader::id(&event));
    assert_eq!(stage.count("dead_letters").await, 0);
    stage.handle(letter).await;
    assert_eq!(
        stage.state(STORY).await.0,
        "failed",
        "a second dead letter is news"
    );
}

#[tokio::test]
async fn a_dead_letter_of_anything_is_kept() {
    let stage = Stage::new().await;
    let foreign = EventBuilderV10::new()
        .id("7")
        .ty("google.cloud.storage.object.v1.finalized")
        .source("//storage")
        .data("application/json", serde_json::json!({"name": 5}))
        .build()
        .unwrap();
    stage.handle(dead(foreign, "bucket-source", "")).await;
    let letters = stage.database.catalog.dead_letters(None).await.unwrap();
    assert_eq!(
        letters[0].reason,
        "The step bucket-source failed with status 503."
    );
    assert_eq!(
        (letters[0].asset, letters[0].step.as_str()),
        (None, "bucket-source")
    );
}

#[tokio::test]
async fn a_title_without_pictures_is_ready_all_the_same() {
    let stage = Stage::new().await;
    let events = STORY
        .whole()
        .into_iter()
        .filter(|event| *event != STORY.pictures());
    stage.handle_all(events).await;
    assert_eq!(stage.state(STORY).await.0, "playable");
    stage
        .handle(dead(STORY.pictures_planned(4, true), "thumbnail", ""))
        .await;
    assert_eq!(stage.state(STORY).await.0, "ready");
    assert_eq!(stage.asset(STORY).await.progress.percent, 100.0);
    let first = stage.broker.take_of("pictures.planned");

    stage.handle(STORY.retry()).await;
    assert_eq!(stage.state(STORY).await.0, "playable");
    assert_eq!(stage.broker.take_of("pictures.planned"), first);
    stage.handle(STORY.failed("thumbnail", "")).await;
    assert_eq!(stage.state(STORY).await.0, "ready");
    stage.handle(STORY.retry()).await;
    assert_eq!(stage.broker.take_of("pictures.planned"), first);
    stage.handle(STORY.pictures()).await;
    assert!(stage.asset(STORY).await.pictures.is_some());
}

#[tokio::test]
async fn a_title_can_do_without_a_first_poster_and_keeps_one_without_other_pictures() {
    let stage = Stage::new().await;
    let events = STORY
        .whole()
        .into_iter()
        .filter(|event| *event != STORY.pictures());
    stage.handle_all(events).await;
    stage
        .handle_all([
            STORY.failed("thumbnail", "poster"),
            dead(STORY.pictures_planned(2, false), "thumbnail", ""),
            STORY.early_poster(),
        ])
        .await;
    assert_eq!(stage.state(STORY).await.0, "playable");
    stage.broker.take();
    for _ in 0..2 {
        stage.handle(STORY.failed("thumbnail", "")).await;
        assert_eq!(stage.state(STORY).await.0, "ready");
        assert!(stage.asset(STORY).await.pictures.is_some());
        stage.handle(STORY.retry()).await;
        assert_eq!(stage.state(STORY).await.0, "playable");
        assert_eq!(stage.broker.take_of("pictures.planned").len(), 1);
        assert!(stage.asset(STORY).await.pictures.is_some());
    }
    assert_eq!(stage.count("dead_letters").await, 0);
}

#[tokio::test]
async fn failed_manifests_are_written_again_on_a_retry() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle_all(STORY.all_packaged(1)).await;
    let said = stage.broker.take_of("asset.advanced").pop().unwrap();
    stage
        .handle(STORY.failed("encrypt-package", "1/4/true"))
        .await;
    assert_eq!(stage.state(STORY).await.1, "encrypt-package");
    stage.handle(STORY.retry()).await;
    assert_eq!(stage.state(STORY).await.0, "processing");
    assert_eq!(stage.broker.take_of("asset.advanced"), [said]);
}

#[tokio::test]
async fn a_retry_of_a_title_that_fares_well_changes_nothing() {
    let stage = Stage::new().await;
    stage.handle_all([STORY.uploaded(), STORY.probed()]).await;
    stage.handle(STORY.retry()).await;
    assert!(stage.broker.take().is_empty());
    assert_eq!(stage.state(STORY).await.0, "processing");
}

#[tokio::test]
async fn a_deleted_title_leaves_nothing_and_ignores_what_comes_later() {
    let first = Stage::new().await;
    first.handle(STORY.deleted()).await;
    let expected = first.dump().await;
    for stage in [first, Stage::new().await] {
        stage.handle_all(STORY.whole()).await;
        stage
            .handle(STORY.rekey(1, reeldrop_events::Scheme::Cenc))
            .await;
        stage.handle(STORY.deleted()).await;
        stage.broker.take();
        stage.handle_all(STORY.whole()).await;
        stage.handle(dead(STORY.probed(), "probe", "")).await;
        assert_eq!(stage.dump().await, expected);
        assert!(stage.broker.take().is_empty());
        assert_eq!(
            stage.database.catalog.asset(STORY.asset()).await.unwrap(),
            None
        );
    }
}
