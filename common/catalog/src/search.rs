//! Titles by what is said and seen in them, and by their names.

use reeldrop_events::AssetId;
use serde::Serialize;
use tokio_postgres::Row;

use crate::{
    Catalog, CatalogError, Sighting,
    detections::sightings,
    rows::{asset_id, count},
};

/// A question that takes longer is given up: it must not keep the catalog from those who write.
const PATIENCE: &str = "set local statement_timeout = '5s'";

/// Moments that a search answers with, at most.
const MAX_MOMENTS: u32 = 100;

/// Titles by name that a search answers with, at most.
const MAX_TITLES: i64 = 20;

/// The words are asked for once in each language. A cue is found with the one after it, so that a
/// phrase over both is found; but not for what stands in the one after it alone. What no index can
/// narrow, such as `-word`, finds nothing: it would read every caption of every title.
const MOMENTS: &str = "
    with asked as materialized (
        select configuration, websearch_to_tsquery(configuration::regconfig, $1) as query,
               phraseto_tsquery(configuration::regconfig, $1) as phrase
        from (select distinct configuration from captions) c
        where querytree(websearch_to_tsquery(configuration::regconfig, $1)) not in ('', 'T')
    )
    select u.asset, a.name, t.poster, k.language, u.start_ms, u.end_ms, u.text
    from asked q
    join cues u on u.configuration = q.configuration and u.words @@ q.query
    join captions k on k.asset = u.asset and k.name = u.name
         -- What other captions of the language say again is found once.
         and (k.kind = 'full' or not exists (
             select from captions f
             where f.asset = k.asset and f.language = k.language and f.kind = 'full'))
    join assets a on a.id = u.asset and a.deleted_at is null
    left join thumbnails t on t.asset = u.asset
    where to_tsvector(q.configuration::regconfig, u.text) @@ q.query
       or not to_tsvector(q.configuration::regconfig, u.following) @@ q.query
    order by u.words @@ q.phrase desc, a.number desc, u.start_ms
    limit $2";

const TITLES: &str = "
    select a.id as asset, a.name, t.poster
    from assets a left join thumbnails t on t.asset = a.id
    where a.deleted_at is null and strpos(lower(a.name), lower($1)) > 0
    order by a.number desc limit $2";

/// A moment at which something is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The title.
    pub asset: AssetId,
    /// Its name.
    pub name: String,
    /// Key of its poster, where it has one.
    pub poster: Option<String>,
    /// BCP 47 language of the caption.
    pub language: String,
    /// When it is said, milliseconds.
    pub start_ms: u64,
    /// Until when, milliseconds.
    pub end_ms: u64,
    /// The caption.
    pub text: String,
}

/// A title whose name was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The title.
    pub asset: AssetId,
    /// Its name.
    pub name: String,
    /// Key of its poster, where it has one.
    pub poster: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Found {
    /// Titles by name, the newest first.
    pub titles: Vec<Named>,
    /// Moments: those with the very phrase first, then by title, the newest first.
    pub moments: Vec<Moment>,
    /// Moments at which all of the words are seen: the surest of each title first.
    pub sightings: Vec<Sighting>,
}

impl Catalog {
    /// Looks for words as a person types them: all of them, `"a phrase"`, `this or that`, `-not`.
    ///
    /// # Errors
    /// What the database says; also where the question takes longer than five seconds.
    pub async fn search(&self, words: &str, limit: u32) -> Result<Found, CatalogError> {
        // What cannot be in a text is in none: PostgreSQL refuses it.
        let words = words.replace('\0', " ");
        let words = words.trim();
        if words.is_empty() {
            return Ok(Found::default());
        }
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        transaction.batch_execute(PATIENCE).await?;
        let titles = transaction.prepare_cached(TITLES).await?;
        let titles = transaction.query(&titles, &[&words, &MAX_TITLES]).await?;
        let moments = transaction.prepare_cached(MOMENTS).await?;
        let limit = i64::from(limit.clamp(1, MAX_MOMENTS));
        let moments = transaction.query(&moments, &[&words, &limit]).await?;
        let sightings = sightings(&transaction, words, limit).await?;
        transaction.commit().await?;
        Ok(Found {
            titles: titles.iter().map(named).collect::<Result<_, _>>()?,
            moments: moments.iter().map(moment).collect::<Result<_, _>>()?,
            sightings,
        })
    }
}

fn named(row: &Row) -> Result<Named, CatalogError> {
    Ok(Named {
        asset: asset_id(row, "asset")?,
        name: row.try_get("name")?,
        poster: row.try_get("poster")?,
    })
}

fn moment(row: &Row) -> Result<Moment, CatalogError> {
    Ok(Moment {
        asset: asset_id(row, "asset")?,
        name: row.try_get("name")?,
        poster: row.try_get("poster")?,
        language: row.try_get("language")?,
        start_ms: count(row, "start_ms")?,
        end_ms: count(row, "end_ms")?,
        text: row.try_get("text")?,
    })
}
