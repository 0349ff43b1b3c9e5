//! The source is understood, or can never be a title.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    Events, MediaProbed, MediaRejected, PackageNo, Plan, TrackKind, TrackSummary,
};

use crate::{
    Error, advance,
    part::{Parts, Step, int},
    settle::settle,
    title::Title,
};

const PLAN: &str = "
    with title as (
        update assets set media = $2, plan = $3, rejection = null, name = coalesce($5, name)
        where id = $1
    )
    update packages set planned = true, scheme = $4 where asset = $1 and package = 1";

const TRACKS: &str = "
    insert into tracks (asset, index, kind, codec, language, picked)
    select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[])
    on conflict (asset, index) do update
    set kind = excluded.kind, codec = excluded.codec, language = excluded.language,
        picked = excluded.picked";

/// `media.probed`: the plan says which parts there are; some may be packaged already.
pub(crate) async fn keep(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &MediaProbed,
) -> Result<Events, Error> {
    plan(transaction, title, said).await?;
    tracks(transaction, title, &said.media.tracks).await?;
    parts(&said.plan)?
        .put(transaction, title, PackageNo::FIRST, Step::Planned(None))
        .await?;
    let events = advance::join(transaction, title, PackageNo::FIRST).await?;
    settle(transaction, title.asset).await?;
    Ok(events)
}

/// `media.rejected`.
pub(crate) async fn reject(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &MediaRejected,
) -> Result<Events, Error> {
    let statement = transaction
        .prepare_cached("update assets set rejection = $2 where id = $1")
        .await?;
    transaction
        .execute(&statement, &[&title.asset.0, &said.reason])
        .await?;
    settle(transaction, title.asset).await?;
    Ok(Events::none())
}

async fn plan(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &MediaProbed,
) -> Result<(), Error> {
    let statement = transaction.prepare_cached(PLAN).await?;
    let scheme = said.plan.scheme.as_str();
    let media = serde_json::to_value(&said.media)?;
    let plan = serde_json::to_value(&said.plan)?;
    transaction
        .execute(
            &statement,
            &[&title.asset.0, &media, &plan, &scheme, &said.name],
        )
        .await?;
    Ok(())
}

async fn tracks(
    transaction: &Transaction<'_>,
    title: &Title,
    tracks: &[TrackSummary],
) -> Result<(), Error> {
    let mut indices = Vec::with_capacity(tracks.len());
    for track in tracks {
        indices.push(int(track.index, "track")?);
    }
    let kinds: Vec<&str> = tracks.iter().map(|track| kind(track.kind)).collect();
    let codecs: Vec<&str> = tracks.iter().map(|track| track.codec.as_str()).collect();
    let languages: Vec<Option<&str>> = tracks
        .iter()
        .map(|track| track.language.as_deref())
        .collect();
    let picked: Vec<bool> = tracks.iter().map(|track| track.picked).collect();
    let statement = transaction.prepare_cached(TRACKS).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &indices,
                &kinds,
                &codecs,
                &languages,
                &picked,
            ],
        )
        .await?;
    Ok(())
}

fn kind(kind: TrackKind) -> &'static str {
    match kind {
        TrackKind::Video => "video",
        TrackKind::Audio => "audio",
        TrackKind::Text => "text",
        TrackKind::Other => "other",
    }
}

/// Every part of a plan.
pub(crate) fn parts(plan: &Plan) -> Result<Parts, Error> {
    let mut parts = Parts::default();
    for chunk in &plan.chunks {
        parts.add_chunk(chunk)?;
    }
    for rendition in &plan.audio {
        for part in &plan.audio_parts {
            parts.add_audio(&rendition.name, part)?;
        }
    }
    Ok(parts)
}
