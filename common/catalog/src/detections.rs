//! What is seen in titles, and whether somebody has looked.

use std::str::FromStr;

use deadpool_postgres::Transaction;
use reeldrop_events::{AnalysisMode, Area, AssetId, Detection, DetectionKind, LookingModel};
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
    select d.number::bigint as number, d.kind, d.label, d.score, d.x, d.y, d.width, d.height, d.best_ms,
           d.still, d.start_ms, d.end_ms, d.model, d.version
    from detections d
    join analyses a on a.asset = d.asset and a.name = d.name
    where d.asset = $1 and ($2::text is null or d.label = $2) and d.number >= $3
    order by d.number limit $4";

/// Things whose label is one of the words, where all of the words are seen at the same time. A title
/// tells of each label's surest first. What no index can narrow, such as `-word`, finds nothing.
///
/// However much is seen, little is read: of the newest 100 titles in which all of the words are seen, the
/// surest 1,000 detections of each label.
const SIGHTINGS: &str = "
    with asked as materialized (
        select query, querytree(query)::tsquery as wanted,
               replace(querytree(query), ' & ', ' | ')::tsquery as any
        from websearch_to_tsquery('english', $1) query
        where querytree(query) not in ('', 'T')
    ),
    titles as materialized (
        select t.id, t.number, t.name, a.name as analysis, a.labels
        from asked q
        join analyses a on a.words @@ q.wanted and a.name is not null
        join assets t on t.id = a.asset and t.deleted_at is null
        order by t.number desc limit 100
    )
    select t.id as asset, t.name, p.poster, d.kind, d.label, d.score, d.x, d.y, d.width, d.height,
           d.best_ms, d.still, d.start_ms, d.end_ms, d.model, d.version
    from asked q
    cross join titles t
    cross join lateral (
        select label from unnest(t.labels) label where to_tsvector('english', label) @@ q.any
    ) l
    cross join lateral (
        select * from detections d
        where d.asset = t.id and d.name = t.analysis and d.label = l.label
        order by d.score desc, d.number limit 1000
    ) d
    left join thumbnails p on p.asset = t.id
    where coalesce(d.together, d.words) @@ q.query
    order by row_number() over (partition by t.id, d.label order by d.score desc, d.number),
             t.number desc, d.number
    limit $2";

/// How far looking at a title is, as it was last asked for.
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
    /// How thoroughly.
    pub mode: AnalysisMode,
    /// Name of the model that was asked for, where one was.
    pub objects: Option<String>,
    /// Key of all that is seen (JSON) in the media bucket, once the title was looked at; it stays while
    /// it is looked at again.
    pub sidecar: Option<String>,
    /// Length of a stretch whose boxes lie in one object, milliseconds.
    pub stretch_ms: Option<u64>,
    /// How many of these there are.
    pub stretches: Option<u32>,
    /// How many sheets of stills there are.
    pub sheets: u32,
    /// How thoroughly what is seen was looked for.
    pub seen_mode: AnalysisMode,
    /// Pictures that were looked at for it; 0 where an older version has looked.
    pub pictures: u32,
    /// Pictures that were left out, so as not to fall behind.
    pub dropped: u32,
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
                "select state, reason, mode, objects, sidecar, stretch_ms, stretches::bigint as stretches,
                        sheets::bigint as sheets, seen_mode, pictures::bigint as pictures,
                        dropped::bigint as dropped
                 from analyses where asset = $1",
            )
            .await?;
        let row = client.query_opt(&query, &[&asset.0]).await?;
        row.map(|row| {
            Ok(Analysis {
                state: word(&row, "state")?,
                reason: row.try_get("reason")?,
                mode: word(&row, "mode")?,
                objects: row.try_get("objects")?,
                sidecar: row.try_get("sidecar")?,
                stretch_ms: maybe_count(&row, "stretch_ms")?,
                stretches: maybe_count(&row, "stretches")?,
                sheets: count(&row, "sheets")?,
                seen_mode: word(&row, "seen_mode")?,
                pictures: count(&row, "pictures")?,
                dropped: count(&row, "dropped")?,
            })
        })
        .transpose()
    }

    /// What is seen in a title: things in the order in which they begin, then scenes.
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
}

/// Looks for things by words as a person types them: all of them are seen at once.
pub(crate) async fn sightings(
    transaction: &Transaction<'_>,
    words: &str,
    limit: i64,
) -> Result<Vec<Sighting>, CatalogError> {
    let query = transaction.prepare_cached(SIGHTINGS).await?;
    let rows = transaction.query(&query, &[&words, &limit]).await?;
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

fn detection(row: &Row) -> Result<Detection, CatalogError> {
    Ok(Detection {
        kind: match row.try_get("kind")? {
            "scene" => DetectionKind::Scene,
            _ => DetectionKind::Thing,
        },
        label: row.try_get("label")?,
        score: row.try_get("score")?,
        area: Area {
            x: row.try_get("x")?,
            y: row.try_get("y")?,
            width: row.try_get("width")?,
            height: row.try_get("height")?,
        },
        best_ms: count(row, "best_ms")?,
        still: row
            .try_get::<_, Option<i32>>("still")?
            .and_then(|still| u32::try_from(still).ok()),
        start_ms: count(row, "start_ms")?,
        end_ms: count(row, "end_ms")?,
        model: LookingModel {
            name: row.try_get("model")?,
            version: row.try_get("version")?,
        },
        // Kept as words to search, not as they were said.
        beside: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::testing::TestDatabase;

    /// A title in which persons are seen 20,000 times and cars half as often, all at once in pairs; and
    /// 300 that were added later, in which each is seen 10 times.
    const MANY: &str = "
        insert into assets (id, name)
        select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'title ' || n
        from generate_series(0, 300) n order by n;
        insert into analyses (asset, state, name, labels, words)
        select id, 'completed', 'seen', '{car,person}', to_tsvector('english', 'car person')
        from assets;
        insert into detections
        select t.id, 'seen', n, case when n % 3 = 0 then 'car' else 'person' end,
               0.5 + (n % 100) / 250.0, 0.1, 0.2, 0.3, 0.4, n * 100, n * 100, n * 100 + 5000,
               'yolox-nano', 'e8af0749', to_tsvector('english', 'car'), null,
               to_tsvector('english', 'car person')
        from assets t
        cross join lateral generate_series(0, case when t.name = 'title 0' then 29999 else 19 end) n;
        analyze";

    /// Rows of `detections` that a plan's steps have read and thrown away or kept.
    fn read(plan: &Value) -> f64 {
        let number = |field: &str| plan[field].as_f64().unwrap_or(0.0);
        let own = match plan["Relation Name"].as_str() {
            Some("detections") => {
                let removed = number("Rows Removed by Filter")
                    + number("Rows Removed by Index Recheck")
                    + number("Rows Removed by Join Filter");
                (number("Actual Rows") + removed) * number("Actual Loops")
            }
            Some(_) | None => 0.0,
        };
        let below = plan["Plans"].as_array();
        own + below.map_or(0.0, |plans| plans.iter().map(read).sum())
    }

    async fn rows_read(client: &tokio_postgres::Client, words: &str) -> f64 {
        let asked = SIGHTINGS
            .replace("$1", &format!("'{words}'"))
            .replace("$2", "30");
        let explain = format!("explain (analyze, format json, timing off) {asked}");
        let row = client.query_one(&explain, &[]).await.unwrap();
        read(&row.get::<_, Value>(0)[0]["Plan"])
    }

    #[tokio::test]
    async fn however_much_is_seen_a_search_reads_little_of_it() {
        let database = TestDatabase::new().await;
        let client = database.client().await;
        client.batch_execute(MANY).await.unwrap();
        // Of the 100 newest titles: the old one is not among them.
        let newest = rows_read(&client, "person car").await;
        assert!(newest > 0.0 && newest <= 2_100.0, "{newest} rows");
        // The old one alone: of each label the surest.
        let others = "update assets set deleted_at = now() where name <> 'title 0'";
        client.batch_execute(others).await.unwrap();
        let old = rows_read(&client, "person car").await;
        assert!(old > 0.0 && old <= 2_100.0, "{old} rows");
        assert_eq!(rows_read(&client, "giraffe").await, 0.0);
        let found = database.catalog.search("persons -dog", 30).await.unwrap();
        assert_eq!(found.sightings.len(), 30);
        assert!(
            found
                .sightings
                .iter()
                .all(|s| s.detection.label == "person")
        );
        assert!(found.sightings[0].detection.score >= found.sightings[29].detection.score);
    }

    #[tokio::test]
    async fn a_title_with_all_of_the_words_but_never_at_once_is_not_found() {
        let database = TestDatabase::new().await;
        let client = database.client().await;
        client.batch_execute(MANY).await.unwrap();
        let apart = "update detections d set together = to_tsvector('english', d.label)
                     from assets a where a.id = d.asset and a.name <> 'title 299'";
        client.batch_execute(apart).await.unwrap();
        let found = database.catalog.search("person car", 100).await.unwrap();
        assert_eq!(found.sightings.len(), 20);
        assert!(found.sightings.iter().all(|s| s.name == "title 299"));
    }
}
