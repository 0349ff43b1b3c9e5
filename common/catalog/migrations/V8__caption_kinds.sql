-- Of one language there may be captions of all that is said, others for whoever does not hear, and those
-- that everybody has to read.

alter table captions add column kind text not null default 'full'
    check (kind in ('full', 'sdh', 'forced'));
alter table captions drop constraint captions_pkey;
alter table captions add primary key (asset, language, kind);
