-- What tells how the work stands: see functions/catalog-write/src/watch.rs.

-- Waiting parts are the few among all that there ever were.
create index parts_waiting on parts (state) where state in ('planned', 'transcoded');
create index parts_packaged on parts (packaged_at) where packaged_at is not null;
create index assets_playable on assets (playable_at) where playable_at is not null;
create index assets_ready on assets (ready_at) where ready_at is not null;

-- Further packages are encrypted from the first one: their planned parts wait for encryption at once.
create view waiting_parts as
    select case when state = 'planned' and package = 1 then 'transcode' else 'encrypt-package' end as step,
           coalesce(transcoded_at, planned_at) as since
    from parts where state in ('planned', 'transcoded');

-- Median and 95th percentile of the last hour's titles, from the first word of the upload until the
-- title was `reached` ('playable' or 'ready'), by the title's length.
create function title_times(reached text)
returns table (length text, quantile text, seconds float8)
language sql stable as $$
    with titles as (
        select (array['0-1m', '1-5m', '5-20m', '20-60m', '60m+'])[width_bucket(
                   (plan ->> 'duration_ticks')::float8 / (plan -> 'timeline' ->> 'timescale')::float8,
                   array[60, 300, 1200, 3600]::float8[]) + 1] as length,
               extract(epoch from at - created_at)::float8 as seconds
        from (
            select plan, created_at, playable_at as at from assets
            where reached = 'playable' and playable_at > now() - interval '1 hour'
            union all
            select plan, created_at, ready_at from assets
            where reached = 'ready' and ready_at > now() - interval '1 hour'
        ) recent
        where plan is not null
    )
    select titles.length, q.quantile,
           percentile_cont(q.quantile::float8) within group (order by titles.seconds)
    from titles cross join unnest(array['0.5', '0.95']) q(quantile)
    group by 1, q.quantile
$$;
