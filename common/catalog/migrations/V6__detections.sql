-- What is seen: how far looking is, and the things that were found.

create table analyses (
    asset      uuid primary key references assets,
    state      text not null check (state in ('planned', 'completed', 'skipped', 'failed')),
    reason     text,
    -- What its detections are kept under, and where the whole of it lies: once it is completed.
    name       text,
    sidecar    text,
    stretch_ms bigint,
    stretches  integer
);

-- Parts that were looked at, by the way of looking.
create table analyzed_parts (
    asset    uuid not null references assets,
    analysis text not null,
    part     integer not null,
    primary key (asset, analysis, part)
);

-- Detections may come before their analysis is completed, and stay unseen until it is.
create table detections (
    asset    uuid not null references assets,
    name     text not null,
    number   integer not null,
    label    text not null,
    score    double precision not null,
    -- Of the picture as it is shown, width and height being 1.
    x        double precision not null,
    y        double precision not null,
    width    double precision not null,
    height   double precision not null,
    best_ms  bigint not null,
    start_ms bigint not null,
    end_ms   bigint not null,
    model    text not null,
    version  text not null,
    words    tsvector not null,
    primary key (asset, name, number)
);
create index detections_words on detections using gin (words);
