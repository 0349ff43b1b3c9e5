-- What each function may do in the catalog: PROJECT is the Google Cloud project. Applied by whoever may give
-- rights (`postgres`), once before catalog-write makes the tables and once after; again after an upgrade that
-- says so. Doing it again changes nothing. Functions that are not named here have no user, and no rights.

-- The only writer of titles makes the tables, and so owns them.
grant usage, create on schema public to "reeldrop-catalog-write@PROJECT.iam";
grant usage on schema public to "reeldrop-encrypt-package@PROJECT.iam", "reeldrop-portal@PROJECT.iam";

-- Who gives rights on what another is going to make has to be a member of it.
grant "reeldrop-catalog-write@PROJECT.iam" to current_user;
alter default privileges for role "reeldrop-catalog-write@PROJECT.iam" in schema public
    grant select on tables to "reeldrop-encrypt-package@PROJECT.iam", "reeldrop-portal@PROJECT.iam";

-- Content keys, and what key servers say of them, are what others write, too.
do $$
begin
    if to_regclass('public.content_keys') is not null then
        grant insert, update on content_keys
            to "reeldrop-encrypt-package@PROJECT.iam", "reeldrop-portal@PROJECT.iam";
        grant insert, update on upload_documents to "reeldrop-portal@PROJECT.iam";
    end if;
end
$$;
