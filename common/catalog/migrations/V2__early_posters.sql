-- A title that is still being encoded may have a poster alone. It stays where the pictures fail.
alter table thumbnails drop constraint thumbnails_state_check;
alter table thumbnails add constraint thumbnails_state_check
    check (state in ('early', 'completed', 'failed'));
