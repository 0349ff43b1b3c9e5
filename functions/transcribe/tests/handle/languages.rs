//! Which language is heard, and translation into English, through whisper.cpp for real.
//!
//! The model has no weights: it is whisper.cpp's stub for its own tests, the architecture of the multilingual
//! `tiny` model without what it has learnt. So the calls are made and answered, but what language it takes
//! for the spoken one means nothing, and it hears no words; only what is promised of any answer is tested here.

use super::*;

const STUB: &str = "whisper_stub_tiny_ggml.bin";

/// What the plan calls it: its file's name.
const STUB_PLANNED: &str = "whisper_stub_tiny_ggml";

/// The function with the stub, which needs a folder that has it.
fn with_stub(buckets: &TestBuckets, language: Option<&str>, translate: bool) -> Option<Transcribe> {
    let folder = models()?;
    if !folder.join(STUB).is_file() {
        eprintln!("skipped: REELDROP_MODELS has no {STUB}");
        return None;
    }
    let config = Config {
        folder,
        registry: Registry::built_in().unwrap(),
        model: STUB.to_owned(),
        language: language.map(str::to_owned),
        translate,
        columns: 42,
        threads: 1,
    };
    Some(Transcribe::new(buckets.store.clone(), config))
}

/// What is planned, and said of the part that is heard, and of the captions made of it.
struct Answers {
    planned: SpeechPlanned,
    heard: SpeechTranscribed,
    captions: TranscriptCompleted,
}

async fn answers(language: Option<&str>, translate: bool) -> Option<Answers> {
    let buckets = TestBuckets::start().await;
    let function = with_stub(&buckets, language, translate)?;
    let mut sound = Sound::default();
    sound.silence(1.0);
    sound.speak(SENTENCES[0]);
    sound.silence(1.0);
    let mut probed = spoken::probed(Some(sound.duration_ns()));
    let at = TestBuckets::location(Bucket::Uploads, "spoken.wav");
    probed.source = buckets.put(&at, None, &[], sound.wav()).await;
    let events = function
        .handle(Input::Probed(Box::new(probed)))
        .await
        .unwrap();
    let planned = all::<SpeechPlanned>(&events).remove(0);
    assert_eq!(planned.speech.model, STUB_PLANNED);
    let input = || Input::Speech(Box::new(planned.clone()));
    let events = function.handle(input()).await.unwrap();
    assert_eq!(function.handle(input()).await.unwrap(), events);
    let heard = all::<SpeechTranscribed>(&events).remove(0);
    // What the catalog says when every part is heard.
    let all_heard = CaptionsPlanned {
        asset: heard.asset,
        speech: heard.speech.clone(),
        language: heard.language.clone(),
    };
    let events = function
        .handle(Input::Captions(Box::new(all_heard)))
        .await
        .unwrap();
    let captions = all::<TranscriptCompleted>(&events).remove(0);
    Some(Answers {
        planned,
        heard,
        captions,
    })
}

#[tokio::test]
async fn the_language_that_is_heard_is_that_of_the_captions() {
    let Some(answers) = answers(None, false).await else {
        return;
    };
    let speech = &answers.planned.speech;
    assert_eq!(
        (speech.language.as_deref(), speech.translate),
        (None, false)
    );
    let language = answers.heard.language.as_str();
    // Some language of Whisper's: which one means nothing.
    assert!(whisper_rs::get_lang_id(language).is_some(), "{language}");
    let label = reeldrop_captions::language::label(language);
    assert_eq!(
        (answers.captions.language.as_str(), answers.captions.label),
        (language, label)
    );
    assert_eq!(
        (answers.heard.words, answers.captions.cues),
        (0, 0),
        "nothing is invented"
    );
}

#[tokio::test]
async fn a_language_that_is_given_is_not_found_out() {
    let Some(answers) = answers(Some("ger"), false).await else {
        return;
    };
    assert_eq!(answers.heard.language, "de");
    assert_eq!(
        (
            answers.captions.language.as_str(),
            answers.captions.label.as_str()
        ),
        ("de", "Deutsch")
    );
    assert_eq!(answers.heard.words, 0, "nothing is invented");
}

#[tokio::test]
async fn a_translation_is_english_whatever_is_spoken() {
    for spoken in [None, Some("de")] {
        let Some(answers) = answers(spoken, true).await else {
            return;
        };
        assert!(answers.planned.speech.translate);
        assert_eq!(answers.heard.language, "en", "{spoken:?}");
        assert_eq!(
            (
                answers.captions.language.as_str(),
                answers.captions.label.as_str()
            ),
            ("en", "English")
        );
        assert_eq!(
            (answers.heard.words, answers.captions.cues),
            (0, 0),
            "nothing is invented"
        );
    }
}
