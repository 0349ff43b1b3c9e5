-- What scenes look like, to be compared with words; and what whole pictures show, beside the things in them.
-- May be run twice: to go back to V11, whose programs refuse a schema that they do not know, its line in
-- refinery_schema_history is deleted.

alter table detections
    add column if not exists kind text not null default 'thing' check (kind in ('thing', 'scene'));

-- They come and go with the detections of the same name, and stay unseen until their analysis is completed.
create table if not exists scene_embeddings (
    asset     uuid not null references assets,
    name      text not null,
    number    integer not null,
    start_ms  bigint not null,
    end_ms    bigint not null,
    best_ms   bigint not null,
    -- What is in one space can be compared.
    space     text not null,
    model     text not null,
    version   text not null,
    -- A direction, eight bits a number. It is read with its row, and no smaller by compression.
    embedding bytea not null,
    primary key (asset, name, number)
);
alter table scene_embeddings alter column embedding set storage plain;
