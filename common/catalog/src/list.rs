//! The list of titles.

use reeldrop_events::AssetId;
use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    Asset, AssetState, Catalog, CatalogError, Progress, StepProgress,
    rows::{asset_id, count, maybe_count, maybe_package, pictures, source, word},
};

/// Titles on a page, at most.
const MAX_PAGE: u32 = 200;

/// Everything of a title that a list shows; the caller adds `where`, `order by` and `limit`.
const SELECT: &str = "
    select a.id, a.number, a.name, a.state, a.failed_step, a.reason,
           a.bucket, a.object, a.version, a.size_bytes, a.current_package,
           a.created_at, a.updated_at, a.playable_at, a.ready_at, now() as now,
           a.plan is not null as probed, a.rejection is not null as rejected,
           (a.media ->> 'duration_ns')::bigint / 1000000 as duration_ms,
           (a.media #>> '{video,display_width}')::bigint as width,
           (a.media #>> '{video,display_height}')::bigint as height,
           c.hls, c.dash,
           coalesce(f.published_segments, 0)::bigint as published_segments,
           coalesce(f.published_complete, false) as published_complete,
           t.state is not distinct from 'completed' as pictures_completed,
           t.state is not distinct from 'failed' as pictures_failed,
           t.poster, t.poster_width::bigint, t.poster_height::bigint, t.poster_time_ms,
           t.storyboard, t.preview,
           w.total, w.transcoded, w.packaged, w.failed, w.failed_packaging, w.segments, w.started
    from assets a
    left join packages c on c.asset = a.id and c.package = a.current_package
    left join packages f on f.asset = a.id and f.package = 1
    left join thumbnails t on t.asset = a.id
    cross join lateral (
        select count(*) as total,
               count(*) filter (where transcoded_at is not null or state = 'packaged') as transcoded,
               count(*) filter (where state = 'packaged') as packaged,
               count(*) filter (where state = 'failed' and transcoded_at is null) as failed,
               count(*) filter (where state = 'failed' and transcoded_at is not null)
                   as failed_packaging,
               coalesce(max(first_segment + segments) filter (where kind = 'chunk'), 0)::bigint
                   as segments,
               min(planned_at) as started
        from parts where asset = a.id and package = 1
    ) w
    where a.deleted_at is null";

/// Which titles to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAssets {
    /// Only those in this state.
    pub state: Option<AssetState>,
    /// Only those older than the one with this number: [`AssetPage::next`] of the page before.
    pub before: Option<i64>,
    /// How many, 1 to 200; 50 where it is 0.
    pub limit: u32,
}

/// Titles, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssetPage {
    /// The titles.
    pub assets: Vec<Asset>,
    /// What to ask for as [`ListAssets::before`] for the next page, where there is one.
    pub next: Option<i64>,
}

impl Catalog {
    /// Lists titles, the newest first, a page at a time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self, list: &ListAssets) -> Result<AssetPage, CatalogError> {
        let limit = match list.limit {
            0 => 50,
            wanted => wanted.min(MAX_PAGE),
        };
        let before = list.before.unwrap_or(i64::MAX);
        let state = list.state.map(AssetState::as_str);
        // One more than a page tells whether there is another.
        let rows = self
            .assets(
                "and a.number < $1 and ($2::text is null or a.state = $2) order by a.number desc limit $3",
                &[&before, &state, &i64::from(limit + 1)],
            )
            .await?;
        let mut assets = rows;
        let more = assets.len() > limit as usize;
        assets.truncate(limit as usize);
        let next = assets.last().filter(|_| more).map(|asset| asset.number);
        Ok(AssetPage { assets, next })
    }

    /// One title, as the list shows it; none where it is unknown or was deleted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn asset(&self, asset: AssetId) -> Result<Option<Asset>, CatalogError> {
        Ok(self.assets("and a.id = $1", &[&asset.0]).await?.pop())
    }

    /// The title with this number: the older API's `input_content_id`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn asset_by_number(&self, number: i64) -> Result<Option<Asset>, CatalogError> {
        Ok(self.assets("and a.number = $1", &[&number]).await?.pop())
    }

    async fn assets(
        &self,
        condition: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Asset>, CatalogError> {
        let client = self.connection().await?;
        let query = client
            .prepare_cached(&format!("{SELECT} {condition}"))
            .await?;
        let rows = client.query(&query, values).await?;
        rows.iter().map(asset).collect()
    }
}

fn asset(row: &Row) -> Result<Asset, CatalogError> {
    let id = asset_id(row, "id")?;
    Ok(Asset {
        id,
        number: row.try_get("number")?,
        name: row.try_get("name")?,
        state: word(row, "state")?,
        failed_step: row.try_get("failed_step")?,
        reason: row.try_get("reason")?,
        source: source(row)?,
        duration_ms: maybe_count(row, "duration_ms")?,
        width: maybe_count(row, "width")?,
        height: maybe_count(row, "height")?,
        progress: progress(row)?,
        current_package: maybe_package(row, "current_package")?,
        hls: row.try_get("hls")?,
        dash: row.try_get("dash")?,
        pictures: pictures(row)?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        playable_at: row.try_get("playable_at")?,
        ready_at: row.try_get("ready_at")?,
    })
}

fn progress(row: &Row) -> Result<Progress, CatalogError> {
    let total = count(row, "total")?;
    let published: u32 = count(row, "published_segments")?;
    let planned: u32 = count(row, "segments")?;
    let complete: bool = row.try_get("published_complete")?;
    let now: OffsetDateTime = row.try_get("now")?;
    let progress = Progress {
        probe: StepProgress::single(row.try_get("probed")?, row.try_get("rejected")?),
        transcode: StepProgress {
            done: count(row, "transcoded")?,
            total,
            failed: count(row, "failed")?,
        },
        package: StepProgress {
            done: count(row, "packaged")?,
            total,
            failed: count(row, "failed_packaging")?,
        },
        thumbnail: StepProgress::single(
            row.try_get("pictures_completed")?,
            row.try_get("pictures_failed")?,
        ),
        publish: StepProgress {
            done: published,
            // A source may end before its plan.
            total: if complete {
                published
            } else {
                planned.max(published)
            },
            failed: 0,
        },
        ..Progress::default()
    };
    Ok(progress.sum().paced(row.try_get("started")?, now))
}
