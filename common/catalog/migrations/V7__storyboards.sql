-- How the sheets of a storyboard are laid out (`events::Tiles`), as manifests say it; null where an
-- older version made them.
alter table thumbnails add column tiles jsonb;
