-- Watched prices, what was seen of them, the queue a worker takes them from, and what accounts are
-- told.

-- The role a worker takes turns as. It sees which watch of which account is due, and nothing else.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'tripsage_worker') then
        create role tripsage_worker nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    end if;
exception
    -- Roles belong to the whole server: another database's migration was faster.
    when duplicate_object or unique_violation then null;
end
$$;

-- The application may become the worker, but has none of its rights until it does: a policy for
-- the worker would else hold for every request, too. Who may act as the application may act as the
-- worker with that.
do $$
begin
    if not pg_catalog.pg_has_role('tripsage_app', 'tripsage_worker', 'member') then
        alter role tripsage_app noinherit;
        grant tripsage_worker to tripsage_app;
    end if;
exception
    -- Granted already, or the operator has to: the worker says what is missing.
    when insufficient_privilege then null;
end
$$;

create table app.price_watch (
    account_id uuid not null default app.current_account_id(),
    watch_id uuid not null,
    -- SHA-256 of what is watched and what is news: the same watch is not made twice.
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    request jsonb not null check (jsonb_typeof(request) = 'object'),
    flights jsonb check (jsonb_typeof(flights) = 'array'),
    target_amount numeric check (target_amount >= 0),
    target_currency text check (target_currency ~ '^[A-Z]{3}$'),
    drop_percent integer check (drop_percent between 1 and 90),
    created_at timestamptz not null,
    ends_at timestamptz not null,
    ends_for text not null check (ends_for in ('departed', 'until')),
    ended text check (ended in ('departed', 'until', 'stopped', 'failing')),
    ended_at timestamptz,
    -- Of every price of this row, which are of one kind of data.
    currency text check (currency ~ '^[A-Z]{3}$'),
    data text check (data in ('live', 'sandbox')),
    first_amount numeric,
    best_amount numeric,
    best_at timestamptz,
    last_amount numeric,
    told_amount numeric,
    checked_at timestamptz,
    checks integer not null check (checks >= 0),
    failures integer not null check (failures >= 0),
    -- The account comes first, so this is also the index every policy check needs.
    primary key (account_id, watch_id),
    check ((target_amount is null) = (target_currency is null)),
    check (target_amount is not null or drop_percent is not null),
    check ((ended is null) = (ended_at is null)),
    check ((currency is null) = (first_amount is null))
);

create unique index price_watch_active on app.price_watch (account_id, fingerprint)
    where ended is null;

create table app.price_watch_point (
    account_id uuid not null default app.current_account_id(),
    watch_id uuid not null,
    -- Counts the checks of a watch from 1.
    number integer not null check (number >= 1),
    seen_at timestamptz not null,
    amount numeric,
    currency text check (currency ~ '^[A-Z]{3}$'),
    offers integer not null check (offers >= 0),
    data text check (data in ('live', 'sandbox')),
    failure text check (failure <> ''),
    primary key (account_id, watch_id, number),
    foreign key (account_id, watch_id) references app.price_watch on delete cascade,
    check ((amount is null) = (currency is null)),
    check (failure is null or amount is null)
);

-- One row for each watch that goes on. It says nothing about what is watched.
create table app.watch_due (
    account_id uuid not null default app.current_account_id(),
    watch_id uuid not null,
    next_run_at timestamptz not null,
    -- Who took it, and until when nobody else may; both null while nobody has.
    lease uuid,
    leased_until timestamptz,
    primary key (account_id, watch_id),
    foreign key (account_id, watch_id) references app.price_watch on delete cascade,
    check ((lease is null) = (leased_until is null))
);

create index watch_due_next on app.watch_due (next_run_at);

-- What happened, for listeners that come back with the number of the last event they know.
create table app.account_event (
    account_id uuid not null default app.current_account_id(),
    event_id bigint not null check (event_id >= 1),
    kind text not null check (kind <> ''),
    subject uuid not null,
    data jsonb not null check (jsonb_typeof(data) = 'object'),
    created_at timestamptz not null,
    primary key (account_id, event_id)
);

-- The number of an account's last event. Its row is locked until the event is committed, so that
-- numbers become visible in their order and a listener misses none.
create table app.account_event_count (
    account_id uuid primary key default app.current_account_id(),
    latest bigint not null check (latest >= 1)
);

create index account_event_age on app.account_event (created_at);

alter table app.price_watch enable row level security;
alter table app.price_watch force row level security;
create policy own on app.price_watch
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

alter table app.price_watch_point enable row level security;
alter table app.price_watch_point force row level security;
create policy own on app.price_watch_point
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

alter table app.watch_due enable row level security;
alter table app.watch_due force row level security;
create policy own on app.watch_due
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));
create policy worker_sees on app.watch_due for select to tripsage_worker using (true);
create policy worker_takes on app.watch_due for update to tripsage_worker
    using (true) with check (true);

alter table app.account_event enable row level security;
alter table app.account_event force row level security;
create policy own on app.account_event
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));
-- Blind: without the right to read a row, `delete from account_event` is all it can say.
create policy worker_forgets on app.account_event for delete to tripsage_worker
    using (created_at < now() - interval '30 days');

-- Blind, too: a question that nobody answers is closed, and the names in it are erased, even if its
-- account never comes back. The minute is for clocks that differ.
create policy worker_closes on app.consent for update to tripsage_worker
    using (closed_at is null and expires_at < now() - interval '1 minute')
    with check (closed_at is not null and shown is null);

alter table app.account_event_count enable row level security;
alter table app.account_event_count force row level security;
create policy own on app.account_event_count
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

revoke all on app.price_watch, app.price_watch_point, app.watch_due, app.account_event,
    app.account_event_count from tripsage_app;
-- What is watched never changes.
grant select, insert on app.price_watch to tripsage_app;
grant update (
    ended, ended_at, currency, data, first_amount, best_amount, best_at, last_amount, told_amount,
    checked_at, checks, failures
) on app.price_watch to tripsage_app;
grant select, insert on app.price_watch_point to tripsage_app;
grant select, insert, delete on app.watch_due to tripsage_app;
grant update (next_run_at, lease, leased_until) on app.watch_due to tripsage_app;
grant select, insert on app.account_event to tripsage_app;
grant select, insert on app.account_event_count to tripsage_app;
grant update (latest) on app.account_event_count to tripsage_app;

grant usage on schema app to tripsage_worker;
grant execute on function app.current_account_id() to tripsage_worker;
grant select on app.watch_due to tripsage_worker;
grant update (lease, leased_until) on app.watch_due to tripsage_worker;
grant delete on app.account_event to tripsage_worker;
grant update (closed_at, shown) on app.consent to tripsage_worker;
