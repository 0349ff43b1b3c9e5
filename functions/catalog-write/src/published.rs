//! What players can fetch.

use deadpool_postgres::Transaction;
use reeldrop_events::{AssetPublished, Events, PosterCompleted, ThumbnailsCompleted};
use serde_json::Value;

use crate::{
    Error,
    manifests::{self, New},
    part::int,
    settle::settle,
    title::Title,
};

/// A late word of a shorter run takes nothing back.
const MANIFESTS: &str = "
    update packages
    set published_segments = greatest(published_segments, $3),
        published_complete = published_complete or $4,
        duration_ms = greatest(duration_ms, $5), hls = $6, dash = $7
    where asset = $1 and package = $2";

const PICTURES: &str = "
    insert into thumbnails (asset, state, poster, poster_width, poster_height, poster_time_ms,
                            storyboard, sheets, preview, tiles)
    values ($1, 'completed', $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (asset) do update
    set state = excluded.state, reason = null, poster = excluded.poster,
        poster_width = excluded.poster_width, poster_height = excluded.poster_height,
        poster_time_ms = excluded.poster_time_ms, storyboard = excluded.storyboard,
        sheets = excluded.sheets, preview = excluded.preview, tiles = excluded.tiles";

const TILES: &str = "select tiles from thumbnails where asset = $1";

/// Only what has no poster yet takes a first one: not the best one's place, however late this comes.
const EARLY_POSTER: &str = "
    insert into thumbnails (asset, state, poster, poster_width, poster_height, poster_time_ms)
    values ($1, 'early', $2, $3, $4, $5)
    on conflict (asset) do update
    set poster = excluded.poster, poster_width = excluded.poster_width,
        poster_height = excluded.poster_height, poster_time_ms = excluded.poster_time_ms
    where thumbnails.poster is null";

/// `asset.published`.
pub(crate) async fn manifests(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AssetPublished,
) -> Result<Events, Error> {
    let package = int(said.package.0, "package")?;
    let segments = int(said.segments, "segments")?;
    let duration = i64::try_from(said.duration_ms).map_err(|_| Error::Range("duration"))?;
    let statement = transaction.prepare_cached(MANIFESTS).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &package,
                &segments,
                &said.complete,
                &duration,
                &said.hls,
                &said.dash,
            ],
        )
        .await?;
    settle(transaction, title.asset).await?;
    Ok(Events::none())
}

/// `poster.completed`.
pub(crate) async fn early_poster(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &PosterCompleted,
) -> Result<Events, Error> {
    let width = int(said.poster_width, "poster")?;
    let height = int(said.poster_height, "poster")?;
    let time = i64::try_from(said.poster_time_ms).map_err(|_| Error::Range("poster"))?;
    let statement = transaction.prepare_cached(EARLY_POSTER).await?;
    transaction
        .execute(
            &statement,
            &[&title.asset.0, &said.poster, &width, &height, &time],
        )
        .await?;
    Ok(Events::none())
}

/// `thumbnails.completed`.
pub(crate) async fn pictures(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ThumbnailsCompleted,
) -> Result<Events, Error> {
    let width = int(said.poster_width, "poster")?;
    let height = int(said.poster_height, "poster")?;
    let time = i64::try_from(said.poster_time_ms).map_err(|_| Error::Range("poster"))?;
    let sheets = int(said.sheets, "sheets")?;
    let tiles = said.tiles.as_ref().map(serde_json::to_value).transpose()?;
    let query = transaction.prepare_cached(TILES).await?;
    let row = transaction.query_opt(&query, &[&title.asset.0]).await?;
    let before: Option<Value> = match row {
        Some(row) => row.try_get("tiles")?,
        None => None,
    };
    let statement = transaction.prepare_cached(PICTURES).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.poster,
                &width,
                &height,
                &time,
                &said.storyboard,
                &sheets,
                &said.preview,
                &tiles,
            ],
        )
        .await?;
    settle(transaction, title.asset).await?;
    match tiles == before {
        true => Ok(Events::none()),
        false => manifests::again(transaction, title, New::Storyboard).await,
    }
}
