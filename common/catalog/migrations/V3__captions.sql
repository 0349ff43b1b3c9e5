-- What is said: how far listening is, the caption tracks, and their text to be searched.

create table transcripts (
    asset  uuid primary key references assets,
    state  text not null check (state in ('planned', 'completed', 'skipped', 'failed')),
    reason text
);

-- Parts that were heard, by the model that listened.
create table speech_parts (
    asset    uuid not null references assets,
    model    text not null,
    part     integer not null,
    language text not null,
    words    integer not null,
    primary key (asset, model, part)
);

create table captions (
    asset          uuid not null references assets,
    language       text not null,
    -- Its folder, and what its cues are kept under.
    name           text not null,
    label          text not null,
    origin         text not null check (origin in ('speech', 'source', 'import')),
    -- PostgreSQL's text search configuration for the language.
    configuration  text not null,
    segment_ticks  bigint not null,
    duration_ticks bigint not null,
    segments       integer not null,
    vtt            text not null,
    srt            text not null,
    words          text,
    primary key (asset, language)
);

-- Cues may come before their track, and stay unseen until it is there.
create table cues (
    asset         uuid not null references assets,
    name          text not null,
    number        integer not null,
    start_ms      bigint not null,
    end_ms        bigint not null,
    text          text not null,
    -- The text of the cue after it: what is said runs over the end of a cue.
    following     text not null,
    configuration text not null,
    words         tsvector not null,
    primary key (asset, name, number)
);
create index cues_words on cues using gin (words);
