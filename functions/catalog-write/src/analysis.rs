//! What is seen in a title: its parts are joined here, and its detections kept.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AnalysisCompleted, AnalysisMode, AnalysisPlanned, AnalysisSkipped, ChunkAnalyzed, Detection,
    DetectionsCompleted, DetectionsPlanned, Events,
};

use crate::{Error, part::int, scenes, title::Title};

/// What was seen stays seen, and what an earlier request became of changes nothing. Parts are planned in any
/// order: one that comes after another failed does not make the title one that is still looked at.
const STATE: &str = "
    insert into analyses (asset, state, reason, revision, mode)
    values ($1, $2, $3, $4, coalesce($5, 'batch'))
    on conflict (asset) do update
    set state = excluded.state, reason = excluded.reason, revision = excluded.revision,
        mode = coalesce($5, analyses.mode)
    where excluded.revision > analyses.revision
       or (excluded.revision = analyses.revision
           and (analyses.state in ('skipped', 'planned')
                or (analyses.state = 'failed' and excluded.state <> 'planned')))";

const LOOKED_AT: &str = "
    insert into analyzed_parts (asset, analysis, part) values ($1, $2, $3)
    on conflict do nothing";

/// Nobody waits for what an earlier request asked for, unless the newer one asked for what cannot be had.
const JOINED: &str = "
    select count(*) as parts,
           exists (select from analyses
                   where asset = $1 and revision > $4 and state <> 'skipped') as superseded
    from analyzed_parts where asset = $1 and analysis = $2 and part < $3";

const SHOWN: &str = "select name from analyses where asset = $1";

const FORGET: [&str; 2] = [
    "delete from detections where asset = $1 and name = $2",
    "delete from scene_embeddings where asset = $1 and name = $2",
];

const DETECTIONS: &str = "
    insert into detections (asset, name, number, label, score, x, y, width, height, best_ms,
                            start_ms, end_ms, model, version, words, still,
                            together, kind)
    select $1, $2, $3 + d.n - 1, d.label, d.score, d.x, d.y, d.width, d.height, d.best_ms,
           d.start_ms, d.end_ms, d.model, d.version, to_tsvector('english', d.label),
           d.still, to_tsvector('english', d.together), d.kind
    from unnest($4::text[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[],
                $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[],
                $15::integer[], $16::text[], $17::text[])
        with ordinality as d (label, score, x, y, width, height, best_ms, start_ms, end_ms, model,
                              version, still, together, kind, n)
    on conflict (asset, name, number) do nothing";

/// What answers an earlier request is shown while a newer one is under way, but never after that.
const COMPLETED: &str = "
    insert into analyses (asset, state, name, sidecar, stretch_ms, stretches, sheets, labels, words,
                          revision, mode, seen_revision, seen_mode, pictures, dropped)
    values ($1, 'completed', $2, $3, $4, $5, $6, $7::text[],
            to_tsvector('english', array_to_string($7::text[], ' ')), $8, $9, $8, $9, $10, $11)
    on conflict (asset) do update
    set state = case when excluded.revision < analyses.revision then analyses.state
                     else excluded.state end,
        reason = case when excluded.revision < analyses.revision then analyses.reason end,
        mode = case when excluded.revision < analyses.revision then analyses.mode
                    else excluded.mode end,
        revision = greatest(excluded.revision, analyses.revision),
        name = excluded.name, sidecar = excluded.sidecar, stretch_ms = excluded.stretch_ms,
        stretches = excluded.stretches, sheets = excluded.sheets, labels = excluded.labels,
        words = excluded.words, seen_revision = excluded.seen_revision,
        seen_mode = excluded.seen_mode, pictures = excluded.pictures, dropped = excluded.dropped
    where analyses.name is null or excluded.seen_revision >= analyses.seen_revision";

/// What became of a request.
#[derive(Clone, Copy)]
struct Told<'a> {
    state: &'a str,
    reason: Option<&'a str>,
    revision: u32,
    mode: Option<AnalysisMode>,
}

/// `analysis.planned`.
pub(crate) async fn planned(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisPlanned,
) -> Result<Events, Error> {
    let told = Told {
        state: "planned",
        reason: None,
        revision: said.analysis.revision,
        mode: Some(said.analysis.mode),
    };
    keep(transaction, title, &told).await?;
    Ok(Events::none())
}

/// `analysis.skipped`.
pub(crate) async fn skipped(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisSkipped,
) -> Result<Events, Error> {
    let told = Told {
        state: "skipped",
        reason: Some(&said.reason),
        revision: said.revision,
        mode: None,
    };
    keep(transaction, title, &told).await?;
    Ok(Events::none())
}

/// The step says that it cannot look, as that request of the title's asked for.
pub(crate) async fn failed(
    transaction: &Transaction<'_>,
    title: &Title,
    reason: &str,
    revision: u32,
) -> Result<(), Error> {
    let told = Told {
        state: "failed",
        reason: Some(reason),
        revision,
        mode: None,
    };
    keep(transaction, title, &told).await
}

async fn keep(transaction: &Transaction<'_>, title: &Title, told: &Told<'_>) -> Result<(), Error> {
    let statement = transaction.prepare_cached(STATE).await?;
    let (revision, mode) = (int(told.revision, "revision")?, told.mode);
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &told.state,
                &told.reason,
                &revision,
                &mode.map(AnalysisMode::as_str),
            ],
        )
        .await?;
    Ok(())
}

/// `chunk.analyzed`: when all parts are looked at, what was seen can be joined.
pub(crate) async fn analyzed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ChunkAnalyzed,
) -> Result<Events, Error> {
    let (part, parts) = (int(said.part, "part")?, int(said.analysis.parts, "parts")?);
    let revision = int(said.analysis.revision, "revision")?;
    let key = said.analysis.key();
    let looked_at = transaction.prepare_cached(LOOKED_AT).await?;
    transaction
        .execute(&looked_at, &[&title.asset.0, &key, &part])
        .await?;
    let joined = transaction.prepare_cached(JOINED).await?;
    let row = transaction
        .query_one(&joined, &[&title.asset.0, &key, &parts, &revision])
        .await?;
    let whole = row.try_get::<_, i64>("parts")? >= i64::from(parts);
    if !whole || row.try_get("superseded")? {
        return Ok(Events::none());
    }
    Ok(Events::of(&DetectionsPlanned {
        asset: title.asset,
        analysis: said.analysis.clone(),
    }))
}

/// `detections.completed`.
pub(crate) async fn detections(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &DetectionsCompleted,
) -> Result<Events, Error> {
    let seen = &said.detections;
    let numbers = |of: fn(&Detection) -> f64| seen.iter().map(of).collect::<Vec<f64>>();
    let words = |of: fn(&Detection) -> &str| seen.iter().map(of).collect::<Vec<&str>>();
    let times = |of: fn(&Detection) -> u64| {
        let times = seen.iter().map(|detection| i64::try_from(of(detection)));
        let times: Result<Vec<i64>, _> = times.collect();
        times.map_err(|_| Error::Range("detection"))
    };
    let stills = seen.iter();
    let stills = stills.map(|seen| seen.still.map(|still| int(still, "still")).transpose());
    let together = seen.iter().map(|seen| {
        let beside = seen.beside.iter().map(String::as_str);
        beside
            .chain([seen.label.as_str()])
            .collect::<Vec<_>>()
            .join(" ")
    });
    let statement = transaction.prepare_cached(DETECTIONS).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.name,
                &i64::from(said.first),
                &words(|seen| &seen.label),
                &numbers(|seen| seen.score),
                &numbers(|seen| seen.area.x),
                &numbers(|seen| seen.area.y),
                &numbers(|seen| seen.area.width),
                &numbers(|seen| seen.area.height),
                &times(|seen| seen.best_ms)?,
                &times(|seen| seen.start_ms)?,
                &times(|seen| seen.end_ms)?,
                &words(|seen| &seen.model.name),
                &words(|seen| &seen.model.version),
                &stills.collect::<Result<Vec<_>, _>>()?,
                &together.collect::<Vec<_>>(),
                &words(|seen| seen.kind.as_str()),
            ],
        )
        .await?;
    if let Some(embeddings) = &said.embeddings {
        scenes::keep(transaction, title, &said.name, embeddings).await?;
    }
    Ok(Events::none())
}

/// `analysis.completed`: from now on its detections are the title's, and no others.
pub(crate) async fn completed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisCompleted,
) -> Result<Events, Error> {
    let stretch_ms = i64::try_from(said.stretch_ms).map_err(|_| Error::Range("analysis"))?;
    let shown = transaction.query_opt(SHOWN, &[&title.asset.0]).await?;
    let shown: Option<String> = shown.map(|row| row.try_get("name")).transpose()?.flatten();
    let statement = transaction.prepare_cached(COMPLETED).await?;
    let taken = transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.name,
                &said.sidecar,
                &stretch_ms,
                &int(said.stretches, "analysis")?,
                &int(said.sheets, "analysis")?,
                &said.labels,
                &int(said.revision, "revision")?,
                &said.mode.as_str(),
                &int(said.pictures, "analysis")?,
                &int(said.dropped, "analysis")?,
            ],
        )
        .await?;
    if let Some(shown) = shown.filter(|shown| *shown != said.name) {
        // What comes late is never shown.
        let forgotten = if taken == 1 { &shown } else { &said.name };
        for forget in FORGET {
            transaction
                .execute(forget, &[&title.asset.0, forgotten])
                .await?;
        }
    }
    Ok(Events::none())
}
