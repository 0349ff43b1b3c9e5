//! Speech that nobody hears.

use cloudevents::Event;
use reeldrop_catalog::{AssetState, TranscriptState};
use reeldrop_events::*;
use uuid::Uuid;

use crate::{
    speech::{STORY, plan, reason, said, track},
    stage::Stage,
    story::dead,
};

/// A part that cannot be listened to.
fn deaf() -> Event {
    STORY.failed("transcribe", "speech/0")
}

fn planned(part: u32) -> SpeechPlanned {
    SpeechPlanned {
        asset: STORY.asset(),
        source: STORY.source(),
        speech: plan("tiny"),
        part,
    }
}

#[tokio::test]
async fn a_part_that_is_planned_late_does_not_take_a_failure_back() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let transcript = || stage.database.catalog.transcript(STORY.asset());
    stage
        .handle_all([said(&planned(1)), deaf(), said(&planned(2))])
        .await;
    let failed = transcript().await.unwrap().unwrap();
    assert_eq!(failed.state, TranscriptState::Failed);

    // It is listened to from the start, once: its dead letters are not said besides.
    stage
        .handle(dead(
            said(&planned(1)),
            "transcribe",
            "b3V0IG9mIG1lbW9yeQ==",
        ))
        .await;
    stage.broker.take();
    let retry = RetryRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(1),
    };
    stage
        .handle(Outgoing::of(&retry).into_event("portal"))
        .await;
    assert_eq!(stage.broker.take_of("media.probed").len(), 1);
    assert!(stage.broker.take_of("speech.planned").is_empty());
    stage.handle(said(&planned(0))).await;
    let again = transcript().await.unwrap().unwrap();
    assert_eq!(again.state, TranscriptState::Planned);
}

#[tokio::test]
async fn a_title_that_nobody_listened_to_says_why_and_a_retry_listens() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(reason("skipped: no model")).await;
    let transcript = || stage.database.catalog.transcript(STORY.asset());
    let skipped = transcript().await.unwrap().unwrap();
    assert_eq!(skipped.state, TranscriptState::Skipped);
    assert_eq!(skipped.reason.as_deref(), Some("skipped: no model"));
    assert_eq!(stage.asset(STORY).await.state, AssetState::Processing);

    stage.broker.take();
    let retry = RetryRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(1),
    };
    stage
        .handle(Outgoing::of(&retry).into_event("portal"))
        .await;
    let probed = stage.broker.take_of("media.probed");
    assert_eq!(probed[0]["source"]["object"], STORY.source().object);
    assert_eq!(transcript().await.unwrap(), None);

    // The same event as before is no repetition now.
    stage.handle(reason("skipped: still no model")).await;
    assert_eq!(
        transcript().await.unwrap().unwrap().state,
        TranscriptState::Skipped
    );
    stage
        .handle(track("en-1", "en", CaptionOrigin::Speech))
        .await;
    stage.handle(reason("late")).await;
    assert_eq!(
        transcript().await.unwrap().unwrap().state,
        TranscriptState::Completed
    );
}

#[tokio::test]
async fn captions_in_pictures_that_are_not_read_change_nothing_about_what_is_heard() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let closed = said(&ClosedCaptionsPlanned {
        asset: STORY.asset(),
        source: STORY.source(),
        closed: ClosedCaptionsPlan {
            track: 0,
            origin_ns: 0,
            duration_ns: 1_000_000_000,
            part_ns: 300_000_000_000,
            parts: 1,
            language: None,
        },
        part: 0,
    });
    stage
        .handle(dead(closed, "transcribe", "b3V0IG9mIG1lbW9yeQ=="))
        .await;
    let transcript = stage.database.catalog.transcript(STORY.asset()).await;
    assert_eq!(transcript.unwrap(), None);
    stage.broker.take();
    let retry = RetryRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(1),
    };
    stage
        .handle(Outgoing::of(&retry).into_event("portal"))
        .await;
    assert_eq!(stage.broker.take_of("closedcaptions.planned").len(), 1);
}

#[tokio::test]
async fn a_title_that_cannot_be_heard_is_published_all_the_same() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(STORY.failed("transcribe", "speech/1")).await;
    let transcript = stage.database.catalog.transcript(STORY.asset()).await;
    assert_eq!(transcript.unwrap().unwrap().state, TranscriptState::Failed);
    stage
        .handle_all([STORY.published(1, 4, true), STORY.pictures()])
        .await;
    assert_eq!(stage.asset(STORY).await.state, AssetState::Ready);
}
