-- What a key server says of a key besides the key: a CPIX document without it, that manifests name the
-- commercial key systems by.
alter table content_keys add column document text;

-- How often that has changed; 0 where there is none.
alter table content_keys add column described integer not null default 0;

-- The same of the key that comes with an upload, until that has become a title.
create table upload_documents (
    object     text primary key,
    document   text not null,
    created_at timestamptz not null default now()
);
create index upload_documents_age on upload_documents (created_at);
