//! The states that a person sees: always worked out from the facts, so that the order in which the
//! facts arrived does not matter.

use deadpool_postgres::Transaction;
use reeldrop_events::AssetId;

use crate::Error;

const PARTS: &str = "
    update parts p set state = 'failed'
    from troubles t
    where t.asset = $1 and p.asset = $1 and p.package = t.package and p.kind = t.kind
      and p.rendition = t.rendition and p.index = t.index and p.state in ('planned', 'transcoded')";

/// Whatever failed on the way, a package whose final manifests are written is ready.
const PACKAGES: &str = "
    update packages p
    set state = case
            when p.published_complete then 'ready'
            when t.reason is not null then 'failed'
            when p.published_segments > 0 then 'playable'
            when p.planned then 'processing'
            else 'waiting'
        end,
        reason = case when not p.published_complete then t.reason end,
        playable_at = coalesce(p.playable_at, case when p.published_segments > 0 then now() end),
        ready_at = coalesce(p.ready_at, case when p.published_complete then now() end)
    from packages q
    left join lateral (
        select reason from troubles
        where asset = q.asset and package = q.package
        order by step, kind, rendition, index, reason limit 1
    ) t on true
    where p.asset = $1 and q.asset = p.asset and q.package = p.package";

/// A failed package beyond the first does not fail the title, which still plays.
const ASSET: &str = "
    with first as (
        select published_segments, published_complete from packages where asset = $1 and package = 1
    ), trouble as (
        select step, reason from troubles where asset = $1 and package = 1
        order by step, kind, rendition, index, reason limit 1
    ), next as (
        select case
                when a.rejection is not null then 'rejected'
                when f.published_complete
                     and exists (select from thumbnails where asset = $1 and state <> 'early') then 'ready'
                when f.published_complete then 'playable'
                when t.reason is not null then 'failed'
                when f.published_segments > 0 then 'playable'
                when a.plan is not null then 'processing'
                else 'received'
            end as state,
            f.published_segments > 0 as plays, t.step, t.reason,
            coalesce(
                (select max(package) from packages where asset = $1 and published_complete),
                case when f.published_segments > 0 then 1 end
            ) as current_package
        from assets a cross join first f left join trouble t on true
        where a.id = $1
    )
    update assets a
    set state = next.state,
        failed_step = case next.state when 'failed' then next.step when 'rejected' then 'probe' end,
        reason = case next.state when 'failed' then next.reason when 'rejected' then a.rejection end,
        current_package = next.current_package,
        troubled = exists (select from troubles where asset = $1),
        playable_at = coalesce(a.playable_at, case when next.plays then now() end),
        ready_at = coalesce(a.ready_at, case when next.state = 'ready' then now() end)
    from next where a.id = $1";

/// Works the states of a title out again.
pub(crate) async fn settle(transaction: &Transaction<'_>, asset: AssetId) -> Result<(), Error> {
    for statement in [PARTS, PACKAGES, ASSET] {
        let statement = transaction.prepare_cached(statement).await?;
        transaction.execute(&statement, &[&asset.0]).await?;
    }
    Ok(())
}
