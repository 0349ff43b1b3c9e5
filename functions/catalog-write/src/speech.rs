//! What is said in a title: its parts are joined here, and its captions kept.

use deadpool_postgres::Transaction;
use reeldrop_captions::language::search_configuration;
use reeldrop_events::{
    CaptionOrigin, CaptionsPlanned, CuesCompleted, Events, SpeechPlanned, SpeechTranscribed,
    TranscriptCompleted, TranscriptSkipped,
};

use crate::{
    Error,
    manifests::{self, New},
    part::int,
    title::Title,
};

/// What was heard stays heard. Parts are planned in any order: one that comes after another failed
/// does not make the title one that is still listened to.
const STATE: &str = "
    insert into transcripts (asset, state, reason) values ($1, $2, $3)
    on conflict (asset) do update set state = excluded.state, reason = excluded.reason
    where excluded.state = 'completed' or transcripts.state = 'skipped'
       or (transcripts.state <> 'completed' and excluded.state <> 'planned')";

const HEARD: &str = "
    insert into speech_parts (asset, model, part, language, words) values ($1, $2, $3, $4, $5)
    on conflict (asset, model, part) do update
    set language = excluded.language, words = excluded.words";

/// Parts without a word say nothing about the language.
const JOINED: &str = "
    select count(*) filter (where part < $3) as parts,
           (select language from speech_parts where asset = $1 and model = $2
            group by language order by sum(words) desc, count(*) desc, language limit 1) as language
    from speech_parts where asset = $1 and model = $2";

const CUES: &str = "
    insert into cues (asset, name, number, start_ms, end_ms, text, following, configuration, words)
    select $1, $2, $3 + u.n - 1, u.start_ms, u.end_ms, u.text, u.following, $4,
           to_tsvector($4::text::regconfig, u.text || ' ' || u.following)
    from unnest($5::bigint[], $6::bigint[], $7::text[], $8::text[])
        with ordinality as u (start_ms, end_ms, text, following, n)
    on conflict (asset, name, number) do nothing";

/// A machine's captions do not take the place of a person's, nor does what a person brought before
/// (names of imports are in the order of time) take the place of what came after.
const TRACK: &str = "
    insert into captions (asset, language, name, label, origin, configuration, segment_ticks,
                          duration_ticks, segments, vtt, srt, words, kind)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict (asset, language, kind) do update
    set name = excluded.name, label = excluded.label, origin = excluded.origin,
        configuration = excluded.configuration, segment_ticks = excluded.segment_ticks,
        duration_ticks = excluded.duration_ticks, segments = excluded.segments,
        vtt = excluded.vtt, srt = excluded.srt, words = excluded.words
    where array_position(array['speech', 'source', 'import'], excluded.origin)
       >= array_position(array['speech', 'source', 'import'], captions.origin)
      and (excluded.origin <> 'import' or captions.origin <> 'import'
           or excluded.name >= captions.name)";

/// `speech.planned`.
pub(crate) async fn planned(
    transaction: &Transaction<'_>,
    title: &Title,
    _said: &SpeechPlanned,
) -> Result<Events, Error> {
    state(transaction, title, "planned", None).await
}

/// `transcript.skipped`.
pub(crate) async fn skipped(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &TranscriptSkipped,
) -> Result<Events, Error> {
    state(transaction, title, "skipped", Some(&said.reason)).await
}

/// The step says that it cannot listen.
pub(crate) async fn failed(
    transaction: &Transaction<'_>,
    title: &Title,
    reason: &str,
) -> Result<(), Error> {
    state(transaction, title, "failed", Some(reason)).await?;
    Ok(())
}

async fn state(
    transaction: &Transaction<'_>,
    title: &Title,
    state: &str,
    reason: Option<&str>,
) -> Result<Events, Error> {
    let statement = transaction.prepare_cached(STATE).await?;
    transaction
        .execute(&statement, &[&title.asset.0, &state, &reason])
        .await?;
    Ok(Events::none())
}

/// `speech.transcribed`: when all parts are heard, captions can be made.
pub(crate) async fn transcribed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &SpeechTranscribed,
) -> Result<Events, Error> {
    let (part, words) = (int(said.part, "part")?, int(said.words, "words")?);
    let model = &said.speech.model;
    let heard = transaction.prepare_cached(HEARD).await?;
    transaction
        .execute(
            &heard,
            &[&title.asset.0, model, &part, &said.language, &words],
        )
        .await?;
    let parts = int(said.speech.parts, "parts")?;
    let joined = transaction.prepare_cached(JOINED).await?;
    let row = transaction
        .query_one(&joined, &[&title.asset.0, model, &parts])
        .await?;
    if row.try_get::<_, i64>("parts")? < i64::from(parts) {
        return Ok(Events::none());
    }
    Ok(Events::of(&CaptionsPlanned {
        asset: title.asset,
        speech: said.speech.clone(),
        language: row.try_get("language")?,
    }))
}

/// `cues.completed`.
pub(crate) async fn cues(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &CuesCompleted,
) -> Result<Events, Error> {
    let ms = |ms: u64| i64::try_from(ms).map_err(|_| Error::Range("caption"));
    let starts = said.cues.iter().map(|cue| ms(cue.start_ms));
    let ends = said.cues.iter().map(|cue| ms(cue.end_ms));
    let texts: Vec<&str> = said.cues.iter().map(|cue| cue.text.as_str()).collect();
    let after = said.following.as_deref().unwrap_or_default();
    let following: Vec<&str> = texts.iter().copied().skip(1).chain([after]).collect();
    let statement = transaction.prepare_cached(CUES).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.name,
                &i64::from(said.first),
                &search_configuration(&said.language),
                &starts.collect::<Result<Vec<i64>, _>>()?,
                &ends.collect::<Result<Vec<i64>, _>>()?,
                &texts,
                &following,
            ],
        )
        .await?;
    Ok(Events::none())
}

/// `transcript.completed`.
pub(crate) async fn completed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &TranscriptCompleted,
) -> Result<Events, Error> {
    // A file that a person has brought changes nothing about what was heard.
    if said.origin == CaptionOrigin::Speech {
        state(transaction, title, "completed", None).await?;
    }
    // Where nothing is said there is nothing to show.
    if said.cues == 0 {
        return Ok(Events::none());
    }
    let before = track_name(transaction, title, said).await?;
    track(transaction, title, said).await?;
    let now = track_name(transaction, title, said).await?;
    let lost = [before, Some(said.name.clone())];
    for name in lost
        .into_iter()
        .flatten()
        .filter(|name| Some(name) != now.as_ref())
    {
        transaction
            .execute(
                "delete from cues where asset = $1 and name = $2",
                &[&title.asset.0, &name],
            )
            .await?;
    }
    match now.is_some_and(|name| name == said.name) {
        true => manifests::again(transaction, title, New::Captions(&said.name)).await,
        false => Ok(Events::none()),
    }
}

async fn track(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &TranscriptCompleted,
) -> Result<(), Error> {
    let ticks = |ticks: u64| i64::try_from(ticks).map_err(|_| Error::Range("captions"));
    let statement = transaction.prepare_cached(TRACK).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.language,
                &said.name,
                &said.label,
                &said.origin.as_str(),
                &search_configuration(&said.language),
                &ticks(said.segment_ticks)?,
                &ticks(said.duration_ticks)?,
                &int(said.segments, "captions")?,
                &said.vtt,
                &said.srt,
                &said.words,
                &said.kind.as_str(),
            ],
        )
        .await?;
    Ok(())
}

async fn track_name(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &TranscriptCompleted,
) -> Result<Option<String>, Error> {
    let query = "select name from captions where asset = $1 and language = $2 and kind = $3";
    let statement = transaction.prepare_cached(query).await?;
    let row = transaction
        .query_opt(
            &statement,
            &[&title.asset.0, &said.language, &said.kind.as_str()],
        )
        .await?;
    Ok(row.map(|row| row.try_get("name")).transpose()?)
}
