//! A title's row: locked first, so that what belongs together is joined by one writer at a time.

use deadpool_postgres::Transaction;
use reeldrop_catalog::CHANNEL;
use reeldrop_events::{AssetId, Source};

use crate::{Error, Said};

/// Locks the row, marks the event as seen, and announces the change, which PostgreSQL does at the
/// commit and not at all where the transaction is rolled back. Whatever is read of other tables
/// stands in later statements: this one's snapshot may be older than the lock.
const LOCK: &str = "
    with touched as (
        update assets set updated_at = now() where id = $1
        returning deleted_at, plan, bucket, troubled
    ), mark as (
        insert into seen_events (source, id, asset)
        select $2, $3, $1 from touched where deleted_at is null
        on conflict do nothing
        returning source
    )
    select deleted_at is not null as deleted, plan is not null as planned,
           bucket is not null as sourced, troubled, exists (select from mark) as fresh,
           pg_notify($4, $1::text)
    from touched";

/// There is no row to lock yet: of events that come at once, one makes it.
const CREATE_LOCK: &str = "select pg_advisory_xact_lock(hashtextextended($1::text, 0))";

/// The first package comes with the title. Neither takes a number where the title is there already.
const CREATE: &str = "
    with title as (
        insert into assets (id) select $1 where not exists (select from assets where id = $1)
        returning id
    )
    insert into packages (asset, package) select id, 1 from title";

const NAME: &str = "
    update assets set bucket = $2, object = $3, version = $4, size_bytes = $5, name = $6
    where id = $1";

/// What the row says, once it is locked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Title {
    /// Its id.
    pub(crate) asset: AssetId,
    /// Whether it was deleted: nothing more is kept of it.
    pub(crate) deleted: bool,
    /// Whether the event was not seen before.
    pub(crate) fresh: bool,
    /// Whether its plan is known.
    pub(crate) planned: bool,
    /// Whether something of it has failed.
    pub(crate) troubled: bool,
}

impl Title {
    /// Locks the title's row, which is made by the first event of the title, whichever that is.
    pub(crate) async fn lock(transaction: &Transaction<'_>, said: &Said) -> Result<Self, Error> {
        let asset = said.fact.asset();
        let (title, sourced) = Self::lock_for(transaction, asset, &said.source, &said.id).await?;
        if let (false, false, Some(source)) = (sourced, title.deleted, said.fact.source()) {
            name(transaction, asset, source).await?;
        }
        Ok(title)
    }

    /// As [`lock`](Self::lock); says whether the uploaded file is known, too.
    pub(crate) async fn lock_for(
        transaction: &Transaction<'_>,
        asset: AssetId,
        source: &str,
        id: &str,
    ) -> Result<(Self, bool), Error> {
        let lock = transaction.prepare_cached(LOCK).await?;
        let row = loop {
            let locked = transaction
                .query_opt(&lock, &[&asset.0, &source, &id, &CHANNEL])
                .await?;
            if let Some(row) = locked {
                break row;
            }
            let create_lock = transaction.prepare_cached(CREATE_LOCK).await?;
            transaction
                .query_one(&create_lock, &[&asset.to_string()])
                .await?;
            let create = transaction.prepare_cached(CREATE).await?;
            transaction.execute(&create, &[&asset.0]).await?;
        };
        let title = Self {
            asset,
            deleted: row.try_get("deleted")?,
            fresh: row.try_get("fresh")?,
            planned: row.try_get("planned")?,
            troubled: row.try_get("troubled")?,
        };
        Ok((title, row.try_get("sourced")?))
    }
}

async fn name(transaction: &Transaction<'_>, asset: AssetId, source: &Source) -> Result<(), Error> {
    let size = i64::try_from(source.size_bytes).map_err(|_| Error::Range("size"))?;
    // What to show is the file's own name, without the folders that it lies in.
    let name = source.object.rsplit('/').next().unwrap_or(&source.object);
    let statement = transaction.prepare_cached(NAME).await?;
    transaction
        .execute(
            &statement,
            &[
                &asset.0,
                &source.bucket,
                &source.object,
                &source.version,
                &size,
                &name,
            ],
        )
        .await?;
    Ok(())
}
