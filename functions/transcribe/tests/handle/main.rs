//! The function on spoken sound, with real models where `REELDROP_MODELS` names their folder.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod closed;
mod closed_harm;
mod closed_tracks;
mod languages;
mod matroska;
mod spoken;
mod subtitles;

use std::path::PathBuf;

use reeldrop_captions::webvtt;
use reeldrop_events::*;
use reeldrop_models::Registry;
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, Key, testing::TestBuckets};
use serde::de::DeserializeOwned;
use serde_json::Value;
use spoken::Sound;
use transcribe::{Config, Input, Transcribe};

const MODEL: &str = "espeak-tiny";

/// What the plan calls it: its file's name.
const PLANNED: &str = "reeldrop-espeak-tiny.en";

/// Sentences that the test model is known to understand.
const SENTENCES: [&str; 4] = [
    "Welcome to the reel drop demo.",
    "The clip is ready on Monday night.",
    "Turn left at this black street.",
    "Go through your big tree.",
];

fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_MODELS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: REELDROP_MODELS names no folder with models");
    }
    folder
}

fn function(buckets: &TestBuckets, folder: PathBuf) -> Transcribe {
    let config = Config {
        folder,
        registry: Registry::built_in().unwrap(),
        model: MODEL.to_owned(),
        language: None,
        translate: false,
        columns: 42,
        threads: 1,
    };
    Transcribe::new(buckets.store.clone(), config)
}

fn all<P: Payload + DeserializeOwned>(events: &Events) -> Vec<P> {
    let of_type = events.as_slice().iter().filter(|event| event.ty == P::TYPE);
    of_type
        .map(|event| serde_json::from_value(event.data.clone()).unwrap())
        .collect()
}

fn speech(sound: &Sound, parts: u32) -> SpeechPlan {
    let end_ns = sound.duration_ns();
    SpeechPlan {
        track: 0,
        origin_ns: 0,
        duration_ns: end_ns,
        start_ns: 0,
        end_ns,
        part_ns: end_ns / u64::from(parts),
        parts,
        frame_rate: Ratio { num: 25, den: 1 },
        language: None,
        translate: false,
        model: PLANNED.to_owned(),
    }
}

/// What of a title is said, heard in so many parts.
struct Captioned {
    text: String,
    words: Vec<Value>,
    completed: TranscriptCompleted,
    cues: Vec<TimedText>,
    buckets: TestBuckets,
}

async fn captioned(folder: PathBuf, sound: &Sound, parts: u32) -> Captioned {
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, folder);
    let at = TestBuckets::location(Bucket::Uploads, "spoken.wav");
    let source = buckets.put(&at, None, &[], sound.wav()).await;
    let (asset, speech) = (AssetId::of(&source), speech(sound, parts));
    // The last part first: their order must not matter.
    for part in (0..parts).rev() {
        let planned = SpeechPlanned {
            asset,
            source: source.clone(),
            speech: speech.clone(),
            part,
        };
        let input = || Input::Speech(Box::new(planned.clone()));
        let events = function.handle(input()).await.unwrap();
        let again = function.handle(input()).await.unwrap();
        assert_eq!(events, again, "twice is as good as once");
        assert_eq!(all::<SpeechTranscribed>(&events)[0].language, "en");
    }
    let planned = CaptionsPlanned {
        asset,
        speech,
        language: "en".to_owned(),
    };
    let input = || Input::Captions(Box::new(planned.clone()));
    let events = function.handle(input()).await.unwrap();
    let before = buckets.objects(Bucket::Media);
    assert_eq!(function.handle(input()).await.unwrap(), events);
    assert!(
        buckets.objects(Bucket::Media) == before,
        "the same bytes again"
    );
    let completed = all::<TranscriptCompleted>(&events).remove(0);
    let json = &before[completed.words.as_ref().unwrap()];
    let transcript: Value = serde_json::from_slice(json).unwrap();
    let words = transcript["words"].as_array().unwrap().clone();
    let texts: Vec<&str> = words
        .iter()
        .map(|word| word["text"].as_str().unwrap())
        .collect();
    Captioned {
        text: texts.join(" "),
        cues: all::<CuesCompleted>(&events)
            .into_iter()
            .flat_map(|page| page.cues)
            .collect(),
        words,
        completed,
        buckets,
    }
}

#[tokio::test]
async fn what_is_said_becomes_captions_at_the_right_time() {
    let Some(folder) = models() else { return };
    let mut sound = Sound::default();
    sound.silence(3.0);
    let first_s = sound.speak(SENTENCES[0]);
    sound.silence(4.0);
    let second_s = sound.speak(SENTENCES[1]);
    sound.silence(3.0);
    let captioned = captioned(folder, &sound, 1).await;
    assert_eq!(captioned.text, SENTENCES[..2].join(" "));
    let starts: Vec<u64> = captioned.cues.iter().map(|cue| cue.start_ms).collect();
    assert_eq!(starts.len(), 2, "{:?}", captioned.cues);
    for (start, spoken_s) in starts.iter().zip([first_s, second_s]) {
        let away = *start as f64 / 1_000.0 - spoken_s;
        assert!(
            away.abs() < 0.3,
            "a caption is {away} s away from its sentence"
        );
    }
    let times = |word: &Value| {
        (
            word["start_ms"].as_u64().unwrap(),
            word["end_ms"].as_u64().unwrap(),
        )
    };
    assert!(captioned.words.is_sorted_by_key(|word| times(word).0));
    assert!(
        captioned
            .words
            .iter()
            .all(|word| times(word).0 <= times(word).1)
    );

    let objects = captioned.buckets.objects(Bucket::Media);
    let (asset, completed) = (captioned.completed.asset, &captioned.completed);
    let whole = webvtt::read(&objects[&completed.vtt], 60_000).unwrap();
    let srt = reeldrop_captions::subrip::read(&objects[&completed.srt], 60_000).unwrap();
    assert_eq!(whole, srt);
    assert_eq!(whole[1].text(), SENTENCES[1]);
    let first = Key::CaptionsSegment {
        asset,
        name: &completed.name,
        number: 0,
    };
    assert!(objects[&first.path()].starts_with(b"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:"));
    assert_eq!(
        (completed.language.as_str(), completed.label.as_str()),
        ("en", "English")
    );
}

#[tokio::test]
async fn a_title_heard_in_parts_says_the_same_as_one_heard_whole() {
    let Some(folder) = models() else { return };
    let mut sound = Sound::default();
    for (at, sentence) in SENTENCES.iter().cycle().take(12).enumerate() {
        sound.silence(if at % 3 == 0 { 2.5 } else { 0.6 });
        sound.speak(sentence);
    }
    let whole = captioned(folder.clone(), &sound, 1).await;
    let words = whole.text.split(' ').count();
    assert!(words > 60, "{}", whole.text);
    for parts in [2, 3, 5] {
        let divided = captioned(folder.clone(), &sound, parts).await;
        assert_eq!(divided.text, whole.text, "in {parts} parts");
        for (one, other) in divided.cues.iter().zip(&whole.cues) {
            // At a cut the silence on one side is not known: what is heard around speech differs.
            assert!(
                one.start_ms.abs_diff(other.start_ms) < 400,
                "{one:?} {other:?}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_invented_in_silence_tones_and_noise() {
    let Some(folder) = models() else { return };
    let mut sound = Sound::default();
    sound.silence(8.0);
    sound.tone(8.0, 440.0);
    sound.noise(8.0);
    let captioned = captioned(folder, &sound, 2).await;
    assert_eq!((captioned.text.as_str(), captioned.completed.cues), ("", 0));
}

#[tokio::test]
async fn music_is_no_speech_and_spoken_words_are() {
    let (Some(folder), Some(media)) = (models(), std::env::var_os("REELDROP_TEST_MEDIA")) else {
        eprintln!("skipped: REELDROP_TEST_MEDIA names no folder with clips");
        return;
    };
    for (clip, spoken) in [
        ("speech_jfk_11s.wav", true),
        ("speech_english_15s.mp3", true),
        ("h264_aac_silent_black_10s.mp4", false),
    ] {
        let buckets = TestBuckets::start().await;
        let source = buckets
            .upload(&PathBuf::from(&media).join(clip), clip)
            .await;
        let mut plan = speech(&Sound::default(), 1);
        (plan.end_ns, plan.duration_ns) = (10_000_000_000, 10_000_000_000);
        let planned = SpeechPlanned {
            asset: AssetId::of(&source),
            source,
            speech: plan,
            part: 0,
        };
        let function = function(&buckets, folder.clone());
        let events = function
            .handle(Input::Speech(Box::new(planned)))
            .await
            .unwrap();
        let words = all::<SpeechTranscribed>(&events)[0].words;
        assert_eq!(words > 0, spoken, "{clip}: {words} words");
    }
}

#[tokio::test]
async fn without_a_model_the_title_says_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, empty.path().to_owned());
    let probed = spoken::probed(Some(200_000_000_000));
    let events = function
        .handle(Input::Probed(Box::new(probed)))
        .await
        .unwrap();
    let skipped = all::<TranscriptSkipped>(&events);
    assert_eq!(
        skipped[0].reason,
        "skipped: no model; run `reeldrop models pull`"
    );
}

#[tokio::test]
async fn a_title_is_planned_in_parts_and_one_without_sound_not_at_all() {
    let Some(folder) = models() else { return };
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, folder);
    for (duration_s, parts) in [(5, 1), (269, 1), (271, 2), (36_000, 200)] {
        let probed = spoken::probed(Some(duration_s * 1_000_000_000));
        let events = function
            .handle(Input::Probed(Box::new(probed)))
            .await
            .unwrap();
        let planned = all::<SpeechPlanned>(&events);
        assert_eq!(planned.len(), parts, "{duration_s} s");
        let last = planned.last().unwrap();
        let (from, to) = last.speech.range_ns(last.part);
        assert_eq!(to, duration_s * 1_000_000_000);
        assert!(to - from <= 270_000_000_000, "every part is bounded");
    }
    let silent = spoken::probed(None);
    let events = function
        .handle(Input::Probed(Box::new(silent)))
        .await
        .unwrap();
    assert_eq!(events, Events::none());
}

#[tokio::test]
async fn what_cannot_be_heard_or_read_fails_for_good() {
    let Some(folder) = models() else { return };
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, folder);
    let at = TestBuckets::location(Bucket::Uploads, "poison.mp4");
    let source = buckets.put(&at, None, &[], vec![7; 50_000]).await;
    let asset = AssetId::of(&source);
    let mut plan = speech(&Sound::default(), 1);
    (plan.end_ns, plan.duration_ns) = (10_000_000_000, 10_000_000_000);
    let poison = Input::Speech(Box::new(SpeechPlanned {
        asset,
        source,
        speech: plan.clone(),
        part: 0,
    }));
    let nothing = Input::Captions(Box::new(CaptionsPlanned {
        asset,
        speech: plan,
        language: "en".to_owned(),
    }));
    let name = "en-x";
    let key = Key::ImportedCaptions { asset, name };
    buckets.store.put(&key, "no captions".into()).await.unwrap();
    let imported = Input::Imported(Box::new(imported(asset, name)));
    for (input, part) in [
        (poison, "speech/0"),
        (nothing, "captions"),
        (imported, "import"),
    ] {
        let Failure::Permanent {
            report: Some(report),
            ..
        } = function.handle(input).await.unwrap_err()
        else {
            panic!("{part} must fail for good");
        };
        assert_eq!(
            (&report.data["step"], &report.data["part"]),
            (&"transcribe".into(), &part.into())
        );
    }
}

#[tokio::test]
async fn captions_that_a_person_brings_are_published_as_they_are() {
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let (asset, name) = (AssetId(uuid::Uuid::from_u128(9)), "de-1");
    let file = "1\n00:00:01,000 --> 00:00:02,500\n<i>Grüße</i>\naus Köln\n\n\
                2\n00:01:02,000 --> 00:01:03,000\nzu spät\n";
    let key = Key::ImportedCaptions { asset, name };
    buckets.store.put(&key, file.into()).await.unwrap();
    let input = Input::Imported(Box::new(imported(asset, name)));
    let events = function.handle(input).await.unwrap();
    let completed = all::<TranscriptCompleted>(&events).remove(0);
    assert_eq!(
        (completed.origin, completed.cues),
        (CaptionOrigin::Import, 1)
    );
    let objects = buckets.objects(Bucket::Media);
    let vtt = String::from_utf8(objects[&completed.vtt].clone()).unwrap();
    assert_eq!(
        vtt,
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGrüße\naus Köln\n"
    );
}

fn imported(asset: AssetId, name: &str) -> CaptionsImported {
    CaptionsImported {
        asset,
        name: name.to_owned(),
        language: "de".to_owned(),
        label: "Deutsch".to_owned(),
        duration_ms: 20_000,
    }
}
