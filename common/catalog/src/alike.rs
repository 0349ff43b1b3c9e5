//! Moments that look like words: their embeddings are near to that of the words.

use std::pin::pin;

use futures::TryStreamExt;
use reeldrop_events::{AssetId, Embedding};
use serde::Serialize;
use tokio_postgres::{IsolationLevel, Row};
use uuid::Uuid;

use crate::{
    Catalog, CatalogError,
    rows::{asset_id, count},
};

/// A question that takes longer is given up.
const PATIENCE: &str = "set local statement_timeout = '5s'";

/// Moments that a question answers with, at most, and of one title.
const MOST: u32 = 100;
const MOST_OF_TITLE: usize = 3;

const ANY: &str = "select exists (select from scene_embeddings)";

/// Each row is compared as it comes, and forgotten: however many there are, few are kept.
const EMBEDDINGS: &str = "
    select e.asset, e.number, e.embedding
    from scene_embeddings e
    join analyses a on a.asset = e.asset and a.name = e.name
    join assets t on t.id = e.asset and t.deleted_at is null
    where e.space = $1";

const MOMENTS: &str = "
    select c.place, e.asset, t.name, p.poster, e.start_ms, e.end_ms, e.best_ms
    from unnest($1::uuid[], $2::integer[]) with ordinality as c (asset, number, place)
    join assets t on t.id = c.asset
    join analyses a on a.asset = c.asset
    join scene_embeddings e on e.asset = c.asset and e.name = a.name and e.number = c.number
    left join thumbnails p on p.asset = c.asset
    order by c.place";

/// What moments are to look like.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// The space in which they are compared.
    pub space: String,
    /// What the words mean there.
    pub embedding: Embedding,
    /// The lowest cosine that counts.
    pub least: f64,
}

/// A moment that looks like the words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alike {
    /// The title.
    pub asset: AssetId,
    /// Its name.
    pub name: String,
    /// Key of its poster, where it has one.
    pub poster: Option<String>,
    /// When the scene begins, milliseconds.
    pub start_ms: u64,
    /// When it ends, milliseconds.
    pub end_ms: u64,
    /// When the picture is shown that stands for it, milliseconds.
    pub best_ms: u64,
    /// The cosine between the picture and the words.
    pub similarity: f64,
}

/// A scene that is among the nearest so far.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Near {
    asset: Uuid,
    number: i32,
    cosine: f64,
}

/// The nearest scenes, few of each title.
struct Nearest {
    most: usize,
    found: Vec<Near>,
}

impl Nearest {
    fn add(&mut self, near: Near) {
        let of_title = |other: &Near| other.asset == near.asset;
        let title_is_full =
            self.found.iter().filter(|other| of_title(other)).count() >= MOST_OF_TITLE;
        if !title_is_full && self.found.len() < self.most {
            self.found.push(near);
            return;
        }
        let rivals = self.found.iter_mut();
        let rivals = rivals.filter(|other| !title_is_full || of_title(other));
        let farthest = rivals.min_by(|a, b| a.cosine.total_cmp(&b.cosine));
        if let Some(farthest) = farthest.filter(|farthest| farthest.cosine < near.cosine) {
            *farthest = near;
        }
    }

    /// The nearest first.
    fn sorted(mut self) -> Vec<Near> {
        self.found.sort_by(|a, b| {
            let order = b.cosine.total_cmp(&a.cosine);
            order.then((a.asset, a.number).cmp(&(b.asset, b.number)))
        });
        self.found
    }
}

impl Catalog {
    /// Whether it is known of any scene what it looks like.
    ///
    /// # Errors
    /// What the database says.
    pub async fn has_embeddings(&self) -> Result<bool, CatalogError> {
        let client = self.connection().await?;
        let query = client.prepare_cached(ANY).await?;
        Ok(client.query_one(&query, &[]).await?.try_get(0)?)
    }

    /// Moments that look like the words, the most alike first, at most three of each title.
    ///
    /// Every embedding of the space is read: about a tenth of a kilobyte for each second of video.
    ///
    /// # Errors
    /// What the database says; also where it takes longer than five seconds.
    pub async fn alike(&self, wanted: &Likeness, limit: u32) -> Result<Vec<Alike>, CatalogError> {
        let mut client = self.connection().await?;
        // What is read twice is the same both times, also where the title is looked at again meanwhile.
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        transaction.batch_execute(PATIENCE).await?;
        let mut nearest = Nearest {
            most: limit.clamp(1, MOST) as usize,
            found: Vec::new(),
        };
        {
            let query = transaction.prepare_cached(EMBEDDINGS).await?;
            let mut rows = pin!(transaction.query_raw(&query, [&wanted.space]).await?);
            while let Some(row) = rows.try_next().await? {
                let cosine = wanted.embedding.cosine_with(row.try_get("embedding")?);
                if let Some(cosine) = cosine.filter(|cosine| *cosine >= wanted.least) {
                    nearest.add(Near {
                        asset: row.try_get("asset")?,
                        number: row.try_get("number")?,
                        cosine,
                    });
                }
            }
        }
        let nearest = nearest.sorted();
        let assets: Vec<Uuid> = nearest.iter().map(|near| near.asset).collect();
        let numbers: Vec<i32> = nearest.iter().map(|near| near.number).collect();
        let query = transaction.prepare_cached(MOMENTS).await?;
        let rows = transaction.query(&query, &[&assets, &numbers]).await?;
        transaction.commit().await?;
        rows.iter().map(|row| alike(row, &nearest)).collect()
    }
}

fn alike(row: &Row, nearest: &[Near]) -> Result<Alike, CatalogError> {
    // Places count from 1.
    let place: usize = count::<u64>(row, "place")?.saturating_sub(1) as usize;
    Ok(Alike {
        asset: asset_id(row, "asset")?,
        name: row.try_get("name")?,
        poster: row.try_get("poster")?,
        start_ms: count(row, "start_ms")?,
        end_ms: count(row, "end_ms")?,
        best_ms: count(row, "best_ms")?,
        similarity: nearest.get(place).map_or(0.0, |near| near.cosine),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::TestDatabase;

    /// Titles with as many scenes each, in random directions of 512 numbers.
    async fn filled(titles: u32, scenes: u32) -> TestDatabase {
        let database = TestDatabase::new().await;
        let fill = format!(
            "insert into assets (id, name)
             select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'title ' || n
             from generate_series(0, {titles} - 1) n order by n;
             insert into analyses (asset, state, name) select id, 'completed', 'seen' from assets;
             insert into scene_embeddings
             select t.id, 'seen', n, n * 5000, n * 5000 + 5000, n * 5000 + 2500, 'space', 'clip', '1',
                    decode(string_agg(md5(t.name || n || m), '' order by m), 'hex')
             from assets t cross join generate_series(0, {scenes} - 1) n cross join generate_series(1, 32) m
             group by t.id, t.name, n;
             analyze"
        );
        database.client().await.batch_execute(&fill).await.unwrap();
        database
    }

    /// The embedding of a scene, from its title and number.
    async fn embedding_of(database: &TestDatabase, title: &str, number: i32) -> Embedding {
        let client = database.client().await;
        let query = "select encode(embedding, 'base64') from scene_embeddings
                     where number = $2 and asset = (select id from assets where name = $1)";
        let row = client.query_one(query, &[&title, &number]).await.unwrap();
        let text: String = row.get::<_, String>(0).replace('\n', "");
        serde_json::from_value(text.into()).unwrap()
    }

    async fn found(database: &TestDatabase, embedding: &Embedding, least: f64) -> Vec<Alike> {
        let wanted = Likeness {
            space: "space".to_owned(),
            embedding: embedding.clone(),
            least,
        };
        database.catalog.alike(&wanted, 30).await.unwrap()
    }

    #[tokio::test]
    async fn the_scene_that_is_nearest_comes_first_and_others_only_where_they_are_near() {
        let database = filled(20, 10).await;
        let wanted = embedding_of(&database, "title 7", 4).await;
        let alike = found(&database, &wanted, 0.9).await;
        assert_eq!(alike.len(), 1, "{alike:?}");
        let moment = (&alike[0].name, alike[0].start_ms, alike[0].best_ms);
        assert_eq!(moment, (&"title 7".to_owned(), 20_000, 22_500));
        assert!(alike[0].similarity > 0.999);
        // All are nearer than the farthest possible: at most three of a title.
        let all = found(&database, &wanted, -1.0).await;
        assert_eq!(all.len(), 30);
        assert!(all.is_sorted_by(|a, b| a.similarity >= b.similarity));
        let of_title = all.iter().filter(|alike| alike.name == "title 7").count();
        assert!((1..=MOST_OF_TITLE).contains(&of_title), "{of_title}");
    }

    #[tokio::test]
    async fn what_is_not_shown_or_of_another_space_is_not_found() {
        let database = filled(2, 3).await;
        let wanted = embedding_of(&database, "title 1", 1).await;
        let client = database.client().await;
        let names = async || -> BTreeSet<String> {
            let alike = found(&database, &wanted, -1.0).await.into_iter();
            alike.map(|alike| alike.name).collect()
        };
        assert_eq!(names().await.len(), 2);
        for hidden in [
            "update analyses set name = null where asset = (select id from assets where name = 'title 1')",
            "update analyses set name = 'seen';
             update assets set deleted_at = now() where name = 'title 1'",
            "update assets set deleted_at = null;
             update scene_embeddings set space = 'other' where asset = (select id from assets where name = 'title 1')",
            "update scene_embeddings set space = 'space', embedding = '\\x01'
             where asset = (select id from assets where name = 'title 1')",
        ] {
            client.batch_execute(hidden).await.unwrap();
            let names = names().await;
            assert!(!names.contains("title 1"), "{hidden}: {names:?}");
            assert!(names.contains("title 0"), "{hidden}: {names:?}");
        }
    }
}
