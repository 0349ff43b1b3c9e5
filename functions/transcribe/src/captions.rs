//! Captions written into the media bucket, and the events that say so.

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use reeldrop_captions::{Cue, Rules, Word, compose, gather, language, subrip, webvtt};
use reeldrop_events::{
    AssetId, CaptionKind, CaptionOrigin, CaptionsImported, CaptionsPlanned, CuesCompleted, Events,
    TimedText, TranscriptCompleted,
};
use reeldrop_store::{Key, Store};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Error;

/// Length of a WebVTT segment: long, since each is an object and most hold a few hundred bytes.
const SEGMENT_MS: u64 = 60_000;

/// Ticks of 90 kHz in a millisecond.
const TICKS_PER_MS: u64 = 90;

/// Captions on one page of `cues.completed`: of the longest that a file can bring, and in four bytes
/// a character, they stay below the megabyte that Kafka takes as one event.
const PAGE: usize = 75;

/// Segments that are written at once.
const AT_ONCE: usize = 8;

/// Most bytes of a caption file.
const FILE_LIMIT_BYTES: u64 = 8 << 20;

/// A caption track on its way into the bucket.
struct Track<'a> {
    asset: AssetId,
    name: &'a str,
    language: &'a str,
    label: String,
    origin: CaptionOrigin,
    kind: CaptionKind,
    cues: Vec<Cue>,
    duration_ms: u64,
}

/// The words of a transcript, as its JSON has them.
#[derive(Serialize)]
struct Transcript<'a> {
    language: &'a str,
    model: &'a str,
    duration_ms: u64,
    words: &'a [Word],
}

/// Makes captions of what was heard.
pub(crate) async fn of_words(
    store: &Store,
    planned: &CaptionsPlanned,
    words: Vec<Word>,
    columns: usize,
) -> Result<Events, Error> {
    let speech = &planned.speech;
    let duration_ms = speech.duration_ns / 1_000_000;
    let rate = (speech.frame_rate.num, speech.frame_rate.den);
    let name = name(&planned.language, &(planned, columns))?;
    let track = Track {
        asset: planned.asset,
        name: &name,
        language: &planned.language,
        label: language::label(&planned.language),
        origin: CaptionOrigin::Speech,
        kind: CaptionKind::Full,
        cues: compose(&words, &Rules::new(columns, rate), duration_ms),
        duration_ms,
    };
    let transcript = Transcript {
        language: &planned.language,
        model: &speech.model,
        duration_ms,
        words: &words,
    };
    let key = Key::CaptionsWords {
        asset: planned.asset,
        name: &name,
    };
    let json = serde_json::to_vec(&transcript)?;
    store.put(&key, Bytes::from(json)).await?;
    track.save(store, Some(key.path())).await
}

/// Makes captions of a file that a person has brought.
pub(crate) async fn of_file(store: &Store, imported: &CaptionsImported) -> Result<Events, Error> {
    let key = Key::ImportedCaptions {
        asset: imported.asset,
        name: &imported.name,
    };
    let file = store.get(&store.at(&key), FILE_LIMIT_BYTES).await?;
    let track = Track {
        asset: imported.asset,
        name: &imported.name,
        language: &imported.language,
        label: imported.label.clone(),
        origin: CaptionOrigin::Import,
        kind: CaptionKind::Full,
        cues: webvtt::read(&file, imported.duration_ms)?,
        duration_ms: imported.duration_ms,
    };
    track.save(store, None).await
}

/// Captions that the source has.
pub(crate) struct SourceTrack<'a> {
    pub(crate) asset: AssetId,
    pub(crate) language: &'a str,
    pub(crate) label: String,
    pub(crate) kind: CaptionKind,
    /// How long the title is.
    pub(crate) duration_ns: u64,
}

/// Makes captions of texts of the source, with their times in milliseconds; nothing where there are none. All that
/// they follow from is `from`.
pub(crate) async fn of_source(
    store: &Store,
    found: SourceTrack<'_>,
    from: &impl Serialize,
    texts: Vec<(u64, u64, String)>,
) -> Result<Events, Error> {
    let duration_ms = found.duration_ns / 1_000_000;
    let name = name(found.language, from)?;
    let track = Track {
        asset: found.asset,
        name: &name,
        language: found.language,
        label: found.label,
        origin: CaptionOrigin::Source,
        kind: found.kind,
        cues: gather(texts, duration_ms),
        duration_ms,
    };
    match track.cues.is_empty() {
        true => Ok(Events::none()),
        false => track.save(store, None).await,
    }
}

/// Language and a fingerprint of all that the captions follow from: what is published under a name
/// never changes.
fn name(language: &str, from: &impl Serialize) -> Result<String, Error> {
    let from = serde_json::to_vec(from)?;
    let print = hex::encode(&Sha256::digest(from)[..4]);
    Ok(format!("{language}-{print}"))
}

impl Track<'_> {
    /// Writes every form of the track; the whole one last.
    async fn save(self, store: &Store, words: Option<String>) -> Result<Events, Error> {
        let (asset, name) = (self.asset, self.name);
        let segments = webvtt::segments(&self.cues, SEGMENT_MS, self.duration_ms);
        let count = segments.len() as u32;
        let puts = (0..count)
            .zip(segments)
            .map(|(number, segment)| async move {
                let key = Key::CaptionsSegment {
                    asset,
                    name,
                    number,
                };
                store.put(&key, Bytes::from(segment)).await
            });
        stream::iter(puts)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        let srt = Key::CaptionsSrt { asset, name };
        store.put(&srt, subrip::write(&self.cues).into()).await?;
        let vtt = Key::Captions { asset, name };
        store.put(&vtt, webvtt::write(&self.cues).into()).await?;
        let pages = self.pages();
        let completed = TranscriptCompleted {
            asset,
            name: name.to_owned(),
            language: self.language.to_owned(),
            label: self.label,
            origin: self.origin,
            kind: self.kind,
            cues: self.cues.len() as u32,
            pages: pages.len() as u32,
            segment_ticks: SEGMENT_MS * TICKS_PER_MS,
            duration_ticks: self.duration_ms * TICKS_PER_MS,
            segments: count,
            vtt: vtt.path(),
            srt: srt.path(),
            words,
        };
        Ok(Events::none().and_all(&pages).and(&completed))
    }

    fn pages(&self) -> Vec<CuesCompleted> {
        let pages = (0..).zip(self.cues.chunks(PAGE));
        pages
            .map(|(page, cues)| {
                let first = page as usize * PAGE;
                CuesCompleted {
                    asset: self.asset,
                    name: self.name.to_owned(),
                    language: self.language.to_owned(),
                    page,
                    first: first as u32,
                    cues: cues.iter().map(timed).collect(),
                    following: self.cues.get(first + cues.len()).map(Cue::text),
                }
            })
            .collect()
    }
}

fn timed(cue: &Cue) -> TimedText {
    TimedText {
        start_ms: cue.start_ms,
        end_ms: cue.end_ms,
        text: cue.text(),
    }
}
