-- What the traveller told us, one statement a row.

create table app.memory (
    account_id uuid not null default app.current_account_id(),
    memory_id uuid not null,
    text text not null check (text <> ''),
    category text not null check (category in (
        'dietary', 'health_access', 'identity_home', 'companions', 'flights', 'stays', 'activities',
        'budget', 'dislikes', 'past_trips', 'documents', 'loyalty', 'other'
    )),
    subject text not null check (subject <> ''),
    -- The subject as it is compared: case and accents do not count, which only Python can promise.
    subject_key text not null,
    quote text,
    origin text not null check (origin in ('stated', 'inferred')),
    trip_id uuid,
    valid_until date,
    consented_at timestamptz,
    created_at timestamptz not null,
    superseded_by uuid,
    -- Words of the statement and its subject weigh more than those of its category.
    search tsvector not null generated always as (
        setweight(to_tsvector('english', text), 'A')
        || setweight(to_tsvector('english', case subject when 'self' then '' else subject end), 'A')
        || setweight(to_tsvector('english', replace(category, '_', ' ')), 'D')
    ) stored,
    -- The account comes first, so this is also the index every policy check needs.
    primary key (account_id, memory_id),
    -- A statement about one trip goes with it.
    foreign key (account_id, trip_id) references app.trip on delete cascade,
    -- Forgetting a statement forgets what it replaced, which must not come back to life.
    foreign key (account_id, superseded_by) references app.memory on delete cascade,
    check (superseded_by <> memory_id),
    -- Special categories under the GDPR: only in the traveller's own words and with consent.
    check (
        category not in ('dietary', 'health_access')
        or (origin = 'stated' and consented_at is not null)
    )
);

create index memory_superseded_by on app.memory (account_id, superseded_by)
    where superseded_by is not null;
create index memory_of_trip on app.memory (account_id, trip_id) where trip_id is not null;

alter table app.memory enable row level security;
alter table app.memory force row level security;
create policy own on app.memory
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

-- A statement is never rewritten, only superseded or erased.
revoke all on app.memory from tripsage_app;
grant select, insert, delete on app.memory to tripsage_app;
grant update (superseded_by) on app.memory to tripsage_app;
