//! Speech joined, captions kept and found.

use cloudevents::Event;
use reeldrop_catalog::{AssetState, TranscriptState};
use reeldrop_events::*;

use crate::{stage::Stage, story::Story};

pub(crate) const STORY: Story = Story { chunks: 2 };
const PARTS: u32 = 3;

pub(crate) fn plan(model: &str) -> SpeechPlan {
    SpeechPlan {
        track: 0,
        origin_ns: 0,
        duration_ns: 600_000_000_000,
        start_ns: 0,
        end_ns: 600_000_000_000,
        part_ns: 200_000_000_000,
        parts: PARTS,
        frame_rate: Ratio { num: 30, den: 1 },
        language: None,
        translate: false,
        model: model.to_owned(),
    }
}

pub(crate) fn said<P: Payload>(payload: &P) -> Event {
    Outgoing::of(payload).into_event("transcribe")
}

fn heard(part: u32, language: &str, words: u32) -> Event {
    said(&SpeechTranscribed {
        asset: STORY.asset(),
        source: STORY.source(),
        speech: plan("tiny"),
        part,
        language: language.to_owned(),
        words,
    })
}

fn cues(name: &str, language: &str, texts: &[&str]) -> Event {
    let cue = |(at, text): (u64, &&str)| TimedText {
        start_ms: at * 3_000,
        end_ms: at * 3_000 + 2_500,
        text: (*text).to_owned(),
    };
    said(&CuesCompleted {
        asset: STORY.asset(),
        name: name.to_owned(),
        language: language.to_owned(),
        page: 0,
        first: 0,
        cues: (0..).zip(texts).map(cue).collect(),
        following: None,
    })
}

pub(crate) fn track(name: &str, language: &str, origin: CaptionOrigin) -> Event {
    said(&TranscriptCompleted {
        origin,
        ..completed(name, language)
    })
}

fn completed(name: &str, language: &str) -> TranscriptCompleted {
    let asset = STORY.asset();
    TranscriptCompleted {
        asset,
        name: name.to_owned(),
        language: language.to_owned(),
        label: language.to_owned(),
        origin: CaptionOrigin::Speech,
        kind: CaptionKind::Full,
        cues: 3,
        pages: 1,
        segment_ticks: 5_400_000,
        duration_ticks: 54_000_000,
        segments: 10,
        vtt: format!("{asset}/text/{name}.vtt"),
        srt: format!("{asset}/text/{name}.srt"),
        words: None,
    }
}

pub(crate) fn reason(text: &str) -> Event {
    said(&TranscriptSkipped {
        asset: STORY.asset(),
        reason: text.to_owned(),
    })
}

/// Where words are found: seconds, in order.
async fn found(stage: &Stage, words: &str) -> Vec<u64> {
    let found = stage.database.catalog.search(words, 50).await.unwrap();
    let mut at: Vec<u64> = found.moments.iter().map(|m| m.start_ms / 1_000).collect();
    at.sort_unstable();
    at
}

#[tokio::test]
async fn captions_are_planned_when_every_part_is_heard_whatever_their_order() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.broker.take();
    stage
        .handle_all([heard(2, "de", 10), heard(0, "en", 300), heard(2, "de", 10)])
        .await;
    assert!(stage.broker.take_of("captions.planned").is_empty());
    stage.handle(heard(1, "und", 0)).await;
    let planned = stage.broker.take_of("captions.planned");
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["language"], "en", "the language of most words");

    stage.handle(heard(1, "und", 0)).await;
    let again = stage.broker.take_of("captions.planned");
    assert!(again.is_empty(), "a repetition says nothing new");
}

#[tokio::test]
async fn words_and_phrases_are_found_in_their_language_also_over_a_cues_end() {
    let stage = Stage::new().await;
    let texts = [
        "The red bus drives",
        "over the bridge.\nIt was raining.",
        "Goodbye.",
    ];
    stage
        .handle_all([STORY.probed(), cues("en-1", "en", &texts)])
        .await;
    assert!(
        found(&stage, "bus").await.is_empty(),
        "not before its track is there"
    );
    stage
        .handle(track("en-1", "en", CaptionOrigin::Speech))
        .await;
    for (words, at) in [
        ("bus", vec![0]),
        ("rain", vec![3]),
        ("bridges", vec![3]),
        ("\"drives over the bridge\"", vec![0]),
        ("goodbye", vec![6]),
        ("submarine", vec![]),
        ("bridge -submarine", vec![3]),
        ("-submarine", vec![]),
        ("\0 ' \" & | !", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(&stage, words).await, at, "{words:?}");
    }
    let named = stage.database.catalog.search("schöner", 50).await.unwrap();
    assert_eq!(named.titles[0].asset, STORY.asset());

    let publication = stage.database.catalog;
    let publication = publication.publication(STORY.asset(), PackageNo(1)).await;
    let captions = publication.unwrap().captions;
    assert_eq!(
        (captions[0].name.as_str(), captions[0].segments),
        ("en-1", 10)
    );
}

#[tokio::test]
async fn a_persons_captions_take_the_place_of_the_machines_and_never_the_other_way() {
    let imported = [
        cues("en-2", "en", &["A cat."]),
        track("en-2", "en", CaptionOrigin::Import),
    ];
    let machine = [
        cues("en-1", "en", &["A hat."]),
        track("en-1", "en", CaptionOrigin::Speech),
    ];
    for machine_first in [true, false] {
        let stage = Stage::new().await;
        stage.handle(STORY.probed()).await;
        let (first, second) = match machine_first {
            true => (machine.clone(), imported.clone()),
            false => (imported.clone(), machine.clone()),
        };
        stage.handle_all(first).await;
        stage.handle_all(second).await;
        assert_eq!(
            found(&stage, "cat").await,
            [0],
            "machine first: {machine_first}"
        );
        assert!(found(&stage, "hat").await.is_empty());
        assert_eq!(stage.count("cues").await, 1);
    }
}

#[tokio::test]
async fn forced_captions_stand_beside_those_of_speech_and_are_not_found_twice() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let forced = said(&TranscriptCompleted {
        kind: CaptionKind::Forced,
        origin: CaptionOrigin::Source,
        ..completed("en-2", "en")
    });
    let machine = track("en-1", "en", CaptionOrigin::Speech);
    let spoken = [
        cues("en-2", "en", &["A sign."]),
        forced,
        cues("en-1", "en", &["A sign."]),
        machine,
    ];
    stage.handle_all(spoken).await;
    let catalog = &stage.database.catalog;
    let captions = catalog.captions(STORY.asset(), Some("en")).await.unwrap();
    let found: Vec<_> = captions
        .iter()
        .map(|caption| (caption.name.as_str(), caption.kind, caption.default))
        .collect();
    let full = ("en-1", CaptionKind::Full, false);
    assert_eq!(found, [full, ("en-2", CaptionKind::Forced, false)]);
    assert_eq!(self::found(&stage, "sign").await, [0]);

    // The source's own captions of speech take the machine's place, and leave the forced ones.
    stage
        .handle(track("en-3", "en", CaptionOrigin::Source))
        .await;
    let captions = catalog.captions(STORY.asset(), Some("en")).await.unwrap();
    let names: Vec<_> = captions
        .iter()
        .map(|caption| caption.name.as_str())
        .collect();
    assert_eq!(names, ["en-3", "en-2"]);
}

#[tokio::test]
async fn subtitles_that_cannot_be_read_change_nothing_about_what_is_heard() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let failed = STORY.failed("transcribe", "subtitles/3");
    stage.handle(failed).await;
    let transcript = stage.database.catalog.transcript(STORY.asset()).await;
    assert_eq!(transcript.unwrap(), None);
    stage
        .handle_all([STORY.published(1, 4, true), STORY.pictures()])
        .await;
    assert_eq!(stage.asset(STORY).await.state, AssetState::Ready);
}

#[tokio::test]
async fn of_two_imports_the_later_one_is_shown_whichever_is_done_first() {
    let versions = [
        ("en-0001", "An otter.", "otter"),
        ("en-0002", "A beaver.", "beaver"),
    ];
    for order in [[0, 1], [1, 0]] {
        let stage = Stage::new().await;
        stage.handle(STORY.probed()).await;
        for (name, text, _) in order.map(|at| versions[at]) {
            let import = track(name, "en", CaptionOrigin::Import);
            stage.handle_all([cues(name, "en", &[text]), import]).await;
        }
        assert_eq!(found(&stage, "beaver").await, [0], "{order:?}");
        assert!(found(&stage, "otter").await.is_empty(), "{order:?}");
    }
}

#[tokio::test]
async fn captions_that_a_person_brings_say_nothing_about_what_was_heard() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let transcript = || stage.database.catalog.transcript(STORY.asset());
    stage
        .handle(track("en-2", "en", CaptionOrigin::Import))
        .await;
    assert_eq!(transcript().await.unwrap(), None);
    stage.handle(reason("no model")).await;
    stage
        .handle(track("de-2", "de", CaptionOrigin::Import))
        .await;
    let state = transcript().await.unwrap().unwrap();
    assert_eq!(state.state, TranscriptState::Skipped);
    assert_eq!(state.reason.as_deref(), Some("no model"));
}
