-- Titles are looked at again on request, with other models or more or less thoroughly. What is seen stays
-- shown until what is asked for is complete.

alter table analyses
    -- The newest request, from 1; 0 where nobody asked. State, reason, mode and model are its.
    add column revision integer not null default 0,
    add column mode text not null default 'batch' check (mode in ('batch', 'realtime')),
    -- The mode that was asked for, where one was: else the upload's or the setting is taken.
    add column asked_mode text check (asked_mode in ('batch', 'realtime')),
    -- The model that was asked for, where one was.
    add column objects text,
    -- Of what is shown, under `name`: the request that it answers, its mode, and the pictures that were
    -- looked at and left out; 0 where an older version has looked.
    add column seen_revision integer not null default 0,
    add column seen_mode text not null default 'batch' check (seen_mode in ('batch', 'realtime')),
    add column pictures integer not null default 0,
    add column dropped integer not null default 0;
