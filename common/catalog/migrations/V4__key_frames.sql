-- Key frames that decode alone: byte ranges of published segments, for playlists of key frames.
create table key_frames (
    asset       uuid not null,
    package     integer not null,
    rendition   text not null,
    segment     integer not null,
    start_ticks bigint not null,
    "offset"    bigint not null,
    bytes       bigint not null,
    primary key (asset, package, rendition, segment, "offset"),
    foreign key (asset, package) references packages
);
