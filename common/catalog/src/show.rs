//! All of one title, its packages, and what functions could not take.

use reeldrop_events::{AssetId, PackageNo, Plan, Scheme};
use serde::de::DeserializeOwned;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    Asset, AssetDetail, Catalog, CatalogError, DeadLetter, Package, PublishedRendition,
    RenditionKind,
    rows::{asset_id, count, maybe_package, maybe_word, word},
};

/// Dead letters that a question answers with, at most.
const MAX_DEAD_LETTERS: i64 = 500;

const PACKAGES: &str = "
    select p.asset, p.package, p.number, coalesce(p.kid, k.kid) as kid, p.scheme, p.state, p.reason,
           p.from_package, p.published_segments::bigint as published_segments, p.duration_ms,
           p.hls, p.dash, w.done, w.total
    from packages p
    join assets a on a.id = p.asset and a.deleted_at is null
    left join content_keys k on k.asset = p.asset and k.package = p.package and p.scheme <> 'none'
    cross join lateral (
        select count(*) as total, count(*) filter (where state = 'packaged') as done
        from parts where asset = p.asset and package = p.package
    ) w
    where ";

const RENDITIONS: &str = "
    select r.name, r.kind, r.codec, count(s.number) as segments,
           coalesce(sum(s.bytes), 0)::bigint as bytes,
           (coalesce(sum(s.duration_ticks), 0) * 1000 / r.timescale)::bigint as duration_ms
    from renditions r
    left join segments s on s.asset = r.asset and s.package = r.package and s.rendition = r.name
    where r.asset = $1 and r.package = $2
    group by r.name, r.kind, r.codec, r.timescale
    order by r.kind desc, bytes desc, r.name";

const DEAD_LETTERS: &str = "
    select source, id, type, asset, step, essential, code, reason, destination, event, failed_at
    from dead_letters where $1::uuid is null or asset = $1
    order by failed_at desc, source, id limit $2";

impl Catalog {
    /// All of a title; none where it is unknown or was deleted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn show(&self, asset: AssetId) -> Result<Option<AssetDetail>, CatalogError> {
        match self.asset(asset).await? {
            Some(asset) => self.detail(asset).await.map(Some),
            None => Ok(None),
        }
    }

    async fn detail(&self, asset: Asset) -> Result<AssetDetail, CatalogError> {
        let client = self.connection().await?;
        let query = client
            .prepare_cached("select media, plan from assets where id = $1")
            .await?;
        let row = client.query_one(&query, &[&asset.id.0]).await?;
        // Two questions on two connections would be no faster than one after the other.
        drop(client);
        let plan: Option<Plan> = document(&row, "plan")?;
        Ok(AssetDetail {
            media: document(&row, "media")?,
            captions: self
                .captions(asset.id, plan.as_ref().and_then(spoken))
                .await?,
            transcript: self.transcript(asset.id).await?,
            analysis: self.analysis(asset.id).await?,
            plan,
            packages: self.packages(asset.id).await?,
            renditions: self
                .renditions(asset.id, asset.current_package.unwrap_or(PackageNo::FIRST))
                .await?,
            dead_letters: self.dead_letters(Some(asset.id)).await?,
            asset,
        })
    }

    /// The packages of a title, in order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn packages(&self, asset: AssetId) -> Result<Vec<Package>, CatalogError> {
        self.query_packages("p.asset = $1 order by p.package", &[&asset.0])
            .await
    }

    /// The package with this number: the older API's `packaged_content_id`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn package_by_number(&self, number: i64) -> Result<Option<Package>, CatalogError> {
        let mut found = self.query_packages("p.number = $1", &[&number]).await?;
        Ok(found.pop())
    }

    /// The package that a request for this key id and scheme became, once it has become one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn package_by_key(
        &self,
        asset: AssetId,
        kid: Uuid,
        scheme: Scheme,
    ) -> Result<Option<Package>, CatalogError> {
        let scheme = scheme.as_str();
        let mut found = self
            .query_packages(
                "p.asset = $1 and p.scheme = $3 and coalesce(p.kid, k.kid) = $2 order by p.package desc",
                &[&asset.0, &kid, &scheme],
            )
            .await?;
        Ok(found.pop())
    }

    /// Events that functions could not take, the newest first: all, or those of one title.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead_letters(
        &self,
        asset: Option<AssetId>,
    ) -> Result<Vec<DeadLetter>, CatalogError> {
        let client = self.connection().await?;
        let query = client.prepare_cached(DEAD_LETTERS).await?;
        let asset = asset.map(|asset| asset.0);
        let rows = client.query(&query, &[&asset, &MAX_DEAD_LETTERS]).await?;
        rows.iter().map(dead_letter).collect()
    }

    async fn query_packages(
        &self,
        condition: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Package>, CatalogError> {
        let client = self.connection().await?;
        let query = client
            .prepare_cached(&format!("{PACKAGES} {condition}"))
            .await?;
        let rows = client.query(&query, values).await?;
        rows.iter().map(package).collect()
    }

    async fn renditions(
        &self,
        asset: AssetId,
        package: PackageNo,
    ) -> Result<Vec<PublishedRendition>, CatalogError> {
        let client = self.connection().await?;
        let query = client.prepare_cached(RENDITIONS).await?;
        let package = i32::try_from(package.0).unwrap_or(i32::MAX);
        let rows = client.query(&query, &[&asset.0, &package]).await?;
        rows.iter().map(rendition).collect()
    }
}

/// The language of a title's sound, where its file names one.
pub(crate) fn spoken(plan: &Plan) -> Option<&str> {
    let language = plan.audio.first()?.language.as_str();
    (language != "und").then_some(language)
}

/// A JSON column as the struct that it was written from.
pub(crate) fn document<T: DeserializeOwned>(
    row: &Row,
    column: &str,
) -> Result<Option<T>, CatalogError> {
    let value: Option<serde_json::Value> = row.try_get(column)?;
    Ok(value.map(serde_json::from_value).transpose()?)
}

fn package(row: &Row) -> Result<Package, CatalogError> {
    Ok(Package {
        asset: asset_id(row, "asset")?,
        package: maybe_package(row, "package")?.unwrap_or(PackageNo::FIRST),
        number: row.try_get("number")?,
        kid: row.try_get("kid")?,
        scheme: maybe_word(row, "scheme")?,
        state: word(row, "state")?,
        reason: row.try_get("reason")?,
        from_package: maybe_package(row, "from_package")?,
        parts_done: count(row, "done")?,
        parts_total: count(row, "total")?,
        published_segments: count(row, "published_segments")?,
        duration_ms: count(row, "duration_ms")?,
        hls: row.try_get("hls")?,
        dash: row.try_get("dash")?,
    })
}

fn rendition(row: &Row) -> Result<PublishedRendition, CatalogError> {
    Ok(PublishedRendition {
        name: row.try_get("name")?,
        kind: word::<RenditionKind>(row, "kind")?,
        codec: row.try_get("codec")?,
        segments: count(row, "segments")?,
        bytes: count(row, "bytes")?,
        duration_ms: count(row, "duration_ms")?,
    })
}

fn dead_letter(row: &Row) -> Result<DeadLetter, CatalogError> {
    Ok(DeadLetter {
        source: row.try_get("source")?,
        id: row.try_get("id")?,
        ty: row.try_get("type")?,
        asset: row.try_get::<_, Option<Uuid>>("asset")?.map(AssetId),
        step: row.try_get("step")?,
        essential: row.try_get("essential")?,
        code: row.try_get("code")?,
        reason: row.try_get("reason")?,
        destination: row.try_get("destination")?,
        event: row.try_get("event")?,
        failed_at: row.try_get("failed_at")?,
    })
}
