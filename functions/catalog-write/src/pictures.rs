//! When the pictures of a title can be made: of its renditions, as they are in the first package.

use deadpool_postgres::Transaction;
use reeldrop_events::{PicturesPlanned, Plan};
use serde_json::Value;

use crate::{Error, title::Title};

/// Segments from which a first poster is picked: enough to get past black and titles.
const EARLY_SEGMENTS: u32 = 8;

/// A first poster is worth its cost where this many times as much is still to come.
const EARLY_SHARE: u32 = 3;

const PLANNED: &str = "
    select a.plan, p.contiguous, p.complete
    from assets a join packages p on p.asset = a.id and p.package = 1
    where a.id = $1 and a.plan is not null";

/// What a run calls for, where it is announced as the one after `before` segments: all pictures once
/// it is complete, and in a long title a first poster when it is the first that is long enough.
pub(crate) async fn of_run(
    transaction: &Transaction<'_>,
    title: &Title,
    (before, segments, complete): (u32, u32, bool),
) -> Result<Option<PicturesPlanned>, Error> {
    let is_early = before < EARLY_SEGMENTS && segments >= EARLY_SEGMENTS;
    if !complete && !is_early {
        return Ok(None);
    }
    let planned = of_title(transaction, title).await?;
    Ok(planned.filter(|planned| complete || is_long(&planned.plan, segments)))
}

/// What is there to make pictures of, as it stands now.
pub(crate) async fn of_title(
    transaction: &Transaction<'_>,
    title: &Title,
) -> Result<Option<PicturesPlanned>, Error> {
    let statement = transaction.prepare_cached(PLANNED).await?;
    let row = transaction.query_opt(&statement, &[&title.asset.0]).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(PicturesPlanned {
        asset: title.asset,
        plan: serde_json::from_value(row.try_get::<_, Value>("plan")?)?,
        segments: row.try_get::<_, i32>("contiguous")?.unsigned_abs(),
        complete: row.try_get("complete")?,
    }))
}

fn is_long(plan: &Plan, segments: u32) -> bool {
    let planned: u32 = plan.chunks.iter().map(|chunk| chunk.segments).sum();
    planned.saturating_sub(segments) >= segments.saturating_mul(EARLY_SHARE)
}
