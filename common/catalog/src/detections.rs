//! What is seen in titles, and whether somebody has looked.

use std::str::FromStr;

use reeldrop_events::{Area, AssetId, Detection, LookingModel};
use serde::Serialize;
use tokio_postgres::Row;

use crate::{
    Catalog, CatalogError,
    rows::{asset_id, count, maybe_count, word},
    state::UnknownState,
};

/// Detections that a question answers with, at most.
const MOST: u32 = 1_000;

const DETECTIONS: &str = "
    select d.number::bigint as number, d.label, d.score, d.x, d.y, d.width, d.height, d.best_ms,
           d.start_ms, d.end_ms, d.model, d.version
    from detections d
    join analyses a on a.asset = d.asset and a.name = d.name and a.state = 'completed'
    where d.asset = $1 and ($2::text is null or d.label = $2) and d.number >= $3
    order by d.number limit $4";

/// Things whose label is one of the words, where all of the words are seen at the same time. A title
/// tells of each label's surest first. What no index can narrow, such as `-word`, finds nothing.
const SIGHTINGS: &str = "
    with asked as materialized (
        select query, replace(querytree(query), ' & ', ' | ')::tsquery as any
        from websearch_to_tsquery('english', $1) query
        where querytree(query) not in ('', 'T')
    )
    select d.asset, t.name, p.poster, d.label, d.score, d.x, d.y, d.width, d.height, d.best_ms,
           d.start_ms, d.end_ms, d.model, d.version
    from asked q
    join detections d on d.words @@ q.any
    join analyses a on a.asset = d.asset and a.name = d.name and a.state = 'completed'
    join assets t on t.id = d.asset and t.deleted_at is null
    left join thumbnails p on p.asset = d.asset
    where (
        select to_tsvector('english', string_agg(distinct o.label, ' ')) from detections o
        where o.asset = d.asset and o.name = d.name
          and o.start_ms < d.end_ms and o.end_ms > d.start_ms
    ) @@ q.query
    order by row_number() over (partition by d.asset, d.label order by d.score desc, d.number),
             t.number desc, d.number
    limit $2";

/// How far looking at a title is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisState {
    /// Parts of it are still to be looked at.
    Planned,
    /// All of it was looked at.
    Completed,
    /// Nobody looks.
    Skipped,
    /// It cannot be looked at.
    Failed,
}

impl FromStr for AnalysisState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "planned" => Ok(Self::Planned),
            "completed" => Ok(Self::Completed),
            "skipped" => Ok(Self::Skipped),
            "failed" => Ok(Self::Failed),
            other => Err(UnknownState::of(other)),
        }
    }
}

/// Whether somebody has looked at a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Analysis {
    /// How far it is.
    pub state: AnalysisState,
    /// Why nobody looks, or could: in words for a person.
    pub reason: Option<String>,
    /// Key of all that is seen (JSON) in the media bucket, once it is completed.
    pub sidecar: Option<String>,
    /// Length of a stretch whose boxes lie in one object, milliseconds.
    pub stretch_ms: Option<u64>,
    /// How many of these there are.
    pub stretches: Option<u32>,
}

/// A detection and its place among all of its title.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberedDetection {
    /// Its number, from 0.
    pub number: u32,
    /// What is seen.
    #[serde(flatten)]
    pub detection: Detection,
}

/// Which detections of a title are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListDetections {
    /// Only of this label.
    pub label: Option<String>,
    /// From this number on.
    pub from: u32,
    /// How many, 1 to 1,000.
    pub limit: u32,
}

/// A moment at which something is seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sighting {
    /// The title.
    pub asset: AssetId,
    /// Its name.
    pub name: String,
    /// Key of its poster, where it has one.
    pub poster: Option<String>,
    /// What is seen.
    pub detection: Detection,
}

impl Catalog {
    /// Whether somebody has looked at a title; none where it is not yet probed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn analysis(&self, asset: AssetId) -> Result<Option<Analysis>, CatalogError> {
        let client = self.connection().await?;
        let query = client
            .prepare_cached(
                "select state, reason, sidecar, stretch_ms, stretches::bigint as stretches
                 from analyses where asset = $1",
            )
            .await?;
        let row = client.query_opt(&query, &[&asset.0]).await?;
        row.map(|row| {
            Ok(Analysis {
                state: word(&row, "state")?,
                reason: row.try_get("reason")?,
                sidecar: row.try_get("sidecar")?,
                stretch_ms: maybe_count(&row, "stretch_ms")?,
                stretches: maybe_count(&row, "stretches")?,
            })
        })
        .transpose()
    }

    /// What is seen in a title, in the order in which it begins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn detections(
        &self,
        asset: AssetId,
        wanted: &ListDetections,
    ) -> Result<Vec<NumberedDetection>, CatalogError> {
        let client = self.connection().await?;
        let query = client.prepare_cached(DETECTIONS).await?;
        // What cannot be in a text is no label: PostgreSQL refuses it.
        let label = wanted.label.as_ref().map(|label| label.replace('\0', " "));
        let from = i32::try_from(wanted.from).unwrap_or(i32::MAX);
        let limit = i64::from(wanted.limit.clamp(1, MOST));
        let rows = client
            .query(&query, &[&asset.0, &label, &from, &limit])
            .await?;
        let numbered = |row: &Row| {
            Ok(NumberedDetection {
                number: count(row, "number")?,
                detection: detection(row)?,
            })
        };
        rows.iter().map(numbered).collect()
    }

    /// Looks for things by words as a person types them: all of them are seen at once.
    pub(crate) async fn sightings(
        &self,
        words: &str,
        limit: i64,
    ) -> Result<Vec<Sighting>, CatalogError> {
        let client = self.connection().await?;
        let query = client.prepare_cached(SIGHTINGS).await?;
        let rows = client.query(&query, &[&words, &limit]).await?;
        let sighting = |row: &Row| {
            Ok(Sighting {
                asset: asset_id(row, "asset")?,
                name: row.try_get("name")?,
                poster: row.try_get("poster")?,
                detection: detection(row)?,
            })
        };
        rows.iter().map(sighting).collect()
    }
}

fn detection(row: &Row) -> Result<Detection, CatalogError> {
    Ok(Detection {
        label: row.try_get("label")?,
        score: row.try_get("score")?,
        area: Area {
            x: row.try_get("x")?,
            y: row.try_get("y")?,
            width: row.try_get("width")?,
            height: row.try_get("height")?,
        },
        best_ms: count(row, "best_ms")?,
        start_ms: count(row, "start_ms")?,
        end_ms: count(row, "end_ms")?,
        model: LookingModel {
            name: row.try_get("model")?,
            version: row.try_get("version")?,
        },
    })
}
