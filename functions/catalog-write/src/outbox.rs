//! Events that a committed transaction says, until the broker has accepted them.

use deadpool_postgres::Transaction;
use reeldrop_catalog::Catalog;
use reeldrop_events::{AssetId, Events, Outgoing};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::Error;

const KEEP: &str = "
    insert into outbox (asset, id, type, data)
    select $1, e.id, e.type, e.data
    from unnest($2::uuid[], $3::text[], $4::jsonb[]) with ordinality as e (id, type, data, nth)
    order by e.nth
    returning position";

const OF_ASSET: &str =
    "select position, asset, id, type, data from outbox where asset = $1 order by position";

/// Events in the outbox.
#[derive(Debug, Default)]
pub(crate) struct Pending(Vec<(i64, Outgoing)>);

impl Pending {
    /// Puts events into the outbox.
    pub(crate) async fn keep(
        transaction: &Transaction<'_>,
        asset: AssetId,
        events: Events,
    ) -> Result<Self, Error> {
        let events = events.into_vec();
        if events.is_empty() {
            return Ok(Self::default());
        }
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        let types: Vec<&str> = events.iter().map(|event| event.ty.as_str()).collect();
        let data: Vec<&serde_json::Value> = events.iter().map(|event| &event.data).collect();
        let statement = transaction.prepare_cached(KEEP).await?;
        let rows = transaction
            .query(&statement, &[&asset.0, &ids, &types, &data])
            .await?;
        let mut positions = Vec::with_capacity(rows.len());
        for row in &rows {
            positions.push(row.try_get(0)?);
        }
        Ok(Self(positions.into_iter().zip(events).collect()))
    }

    /// What is left of a title.
    pub(crate) async fn of_asset(
        transaction: &Transaction<'_>,
        asset: AssetId,
    ) -> Result<Self, Error> {
        let query = transaction.prepare_cached(OF_ASSET).await?;
        Self::read(&transaction.query(&query, &[&asset.0]).await?)
    }

    /// From rows of `position, asset, id, type, data`.
    pub(crate) fn read(rows: &[Row]) -> Result<Self, Error> {
        let mut pending = Vec::with_capacity(rows.len());
        for row in rows {
            let event = Outgoing {
                id: row.try_get("id")?,
                ty: row.try_get("type")?,
                subject: AssetId(row.try_get("asset")?),
                data: row.try_get("data")?,
            };
            pending.push((row.try_get("position")?, event));
        }
        Ok(Self(pending))
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Their places in the outbox, and themselves; none where there are none.
    pub(crate) fn split(self) -> Option<(Vec<i64>, Events)> {
        if self.0.is_empty() {
            return None;
        }
        let (positions, events): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        Some((positions, Events::from(events)))
    }
}

/// Takes sent events out of the outbox.
pub(crate) async fn forget(catalog: &Catalog, positions: &[i64]) -> Result<(), Error> {
    let connection = catalog.connection().await?;
    let statement = connection
        .prepare_cached("delete from outbox where position = any($1)")
        .await?;
    connection.execute(&statement, &[&positions]).await?;
    Ok(())
}
