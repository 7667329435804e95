-- The role every request runs as, and the identity its policies read.
-- The runner has created schema `app`, put it first in the search path and made pgvector available.

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'tripsage_app') then
        create role tripsage_app nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    end if;
exception
    -- Roles belong to the whole server: another database's migration was faster.
    when duplicate_object or unique_violation then null;
end
$$;

-- Lets a non-superuser owner act as the role, which a pooler or hosted database needs.
do $$
begin
    execute format('grant tripsage_app to %I', current_user);
exception
    -- Granted already, by whoever created the role.
    when insufficient_privilege then null;
end
$$;

-- Whose rows this transaction may see; null (no rows at all) when nobody said.
-- A setting that was set once and rolled back reads as '', hence nullif.
create function app.current_account_id() returns uuid
language sql
stable
parallel safe
set search_path = ''
return nullif(pg_catalog.current_setting('app.account_id', true), '')::uuid;

revoke all on schema app from public;
grant usage on schema app to tripsage_app;
grant execute on function app.current_account_id() to tripsage_app;
-- Some hosts keep pgvector in a schema that is not open to all.
do $$
begin
    execute format(
        'grant usage on schema %I to tripsage_app',
        (select extnamespace::regnamespace::text from pg_catalog.pg_extension where extname = 'vector')
    );
exception
    when insufficient_privilege then null;
end
$$;
-- To find that the schema is up to date without any right to change it.
grant select on app.schema_migration to tripsage_app;

-- Later migrations create their tables in `app`; these rights come with them. A table with a
-- traveller's rows must also `enable` and `force row level security` and have a policy:
--   using (account_id = (select app.current_account_id()))
alter default privileges in schema app grant select, insert, update, delete on tables to tripsage_app;
alter default privileges in schema app grant usage, select on sequences to tripsage_app;
