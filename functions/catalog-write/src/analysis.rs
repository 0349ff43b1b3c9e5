//! What is seen in a title: its parts are joined here, and its detections kept.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AnalysisCompleted, AnalysisSkipped, ChunkAnalyzed, Detection, DetectionsCompleted,
    DetectionsPlanned, Events,
};

use crate::{Error, part::int, title::Title};

/// What was seen stays seen. Parts are planned in any order: one that comes after another failed does
/// not make the title one that is still looked at.
const STATE: &str = "
    insert into analyses (asset, state, reason) values ($1, $2, $3)
    on conflict (asset) do update set state = excluded.state, reason = excluded.reason
    where analyses.state = 'skipped'
       or (analyses.state <> 'completed' and excluded.state <> 'planned')";

const LOOKED_AT: &str = "
    insert into analyzed_parts (asset, analysis, part) values ($1, $2, $3)
    on conflict do nothing";

const JOINED: &str = "
    select count(*) as parts from analyzed_parts where asset = $1 and analysis = $2 and part < $3";

const DETECTIONS: &str = "
    insert into detections (asset, name, number, label, score, x, y, width, height, best_ms,
                            start_ms, end_ms, model, version, words, still,
                            together)
    select $1, $2, $3 + d.n - 1, d.label, d.score, d.x, d.y, d.width, d.height, d.best_ms,
           d.start_ms, d.end_ms, d.model, d.version, to_tsvector('english', d.label),
           d.still, to_tsvector('english', d.together)
    from unnest($4::text[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[],
                $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[],
                $15::integer[], $16::text[])
        with ordinality as d (label, score, x, y, width, height, best_ms, start_ms, end_ms, model,
                              version, still, together, n)
    on conflict (asset, name, number) do nothing";

const COMPLETED: &str = "
    insert into analyses (asset, state, name, sidecar, stretch_ms, stretches, sheets, labels, words)
    values ($1, 'completed', $2, $3, $4, $5, $6, $7::text[],
            to_tsvector('english', array_to_string($7::text[], ' ')))
    on conflict (asset) do update
    set state = excluded.state, reason = null, name = excluded.name, sidecar = excluded.sidecar,
        stretch_ms = excluded.stretch_ms, stretches = excluded.stretches,
        sheets = excluded.sheets, labels = excluded.labels, words = excluded.words";

/// `analysis.planned`.
pub(crate) async fn planned(transaction: &Transaction<'_>, title: &Title) -> Result<Events, Error> {
    state(transaction, title, "planned", None).await
}

/// `analysis.skipped`.
pub(crate) async fn skipped(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisSkipped,
) -> Result<Events, Error> {
    state(transaction, title, "skipped", Some(&said.reason)).await
}

/// The step says that it cannot look.
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

/// `chunk.analyzed`: when all parts are looked at, what was seen can be joined.
pub(crate) async fn analyzed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ChunkAnalyzed,
) -> Result<Events, Error> {
    let (part, parts) = (int(said.part, "part")?, int(said.analysis.parts, "parts")?);
    let key = said.analysis.key();
    let looked_at = transaction.prepare_cached(LOOKED_AT).await?;
    transaction
        .execute(&looked_at, &[&title.asset.0, &key, &part])
        .await?;
    let joined = transaction.prepare_cached(JOINED).await?;
    let row = transaction
        .query_one(&joined, &[&title.asset.0, &key, &parts])
        .await?;
    if row.try_get::<_, i64>("parts")? < i64::from(parts) {
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
            ],
        )
        .await?;
    Ok(Events::none())
}

/// `analysis.completed`: from now on its detections are the title's, and no others.
pub(crate) async fn completed(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisCompleted,
) -> Result<Events, Error> {
    let stretch_ms = i64::try_from(said.stretch_ms).map_err(|_| Error::Range("analysis"))?;
    let statement = transaction.prepare_cached(COMPLETED).await?;
    transaction
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
            ],
        )
        .await?;
    Ok(Events::none())
}
