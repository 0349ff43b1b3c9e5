-- What is seen is found without comparing every detection with every other: each tells what is seen
-- beside it, and each analysis all that is seen in the title.

alter table analyses
    add column labels text[] not null default '{}',
    add column words tsvector not null default '',
    -- Sheets of stills, one still for each thing.
    add column sheets integer not null default 0;

update analyses a set labels = array(
    select distinct d.label from detections d
    where d.asset = a.asset and d.name = a.name order by d.label);
update analyses set words = to_tsvector('english', array_to_string(labels, ' '));
create index analyses_words on analyses using gin (words);

alter table detections
    add column still integer,
    -- Its own words, and those of all that is seen while it is: where that is known.
    add column together tsvector;

update detections d set together = (
    select to_tsvector('english', string_agg(distinct o.label, ' ')) from detections o
    where o.asset = d.asset and o.name = d.name
      and ((o.start_ms < d.end_ms and o.end_ms > d.start_ms) or o.number = d.number));

-- The surest of a label in a title. The index on words is read by the version before only.
create index detections_surest on detections (asset, name, label, score desc, number);
