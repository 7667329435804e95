-- Trips, and the answers given to saves that carried an idempotency key.

create table app.trip (
    account_id uuid not null default app.current_account_id(),
    trip_id uuid not null,
    version integer not null check (version >= 1),
    title text not null check (title <> ''),
    destination text not null check (destination <> ''),
    start_date date not null,
    end_date date not null check (end_date >= start_date),
    travellers text[] not null check (cardinality(travellers) >= 1),
    status text not null check (status in ('draft', 'planned', 'booked', 'done')),
    budget_amount numeric check (budget_amount >= 0),
    budget_currency text check (budget_currency ~ '^[A-Z]{3}$'),
    itinerary jsonb check (jsonb_typeof(itinerary) = 'object'),
    flights jsonb not null check (jsonb_typeof(flights) = 'array'),
    stays jsonb not null check (jsonb_typeof(stays) = 'array'),
    notes text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- The account comes first, so this is also the index every policy check needs.
    primary key (account_id, trip_id),
    check ((budget_amount is null) = (budget_currency is null))
);

create index trip_newest_first on app.trip (account_id, created_at desc, trip_id desc);

-- What a save answered, so that the same save sent twice answers the same and changes nothing.
create table app.trip_save (
    account_id uuid not null default app.current_account_id(),
    idempotency_key text not null,
    fingerprint bytea not null,
    trip_id uuid not null,
    version integer not null,
    saved_at timestamptz not null,
    primary key (account_id, idempotency_key),
    foreign key (account_id, trip_id) references app.trip on delete cascade
);

create index trip_save_of_trip on app.trip_save (account_id, trip_id);

alter table app.trip enable row level security;
alter table app.trip force row level security;
create policy own on app.trip
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

alter table app.trip_save enable row level security;
alter table app.trip_save force row level security;
create policy own on app.trip_save
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

-- Whose a trip is, its id and when it was made never change: those columns cannot be updated.
revoke all on app.trip, app.trip_save from tripsage_app;
grant select, insert, delete on app.trip to tripsage_app;
grant update (
    version, title, destination, start_date, end_date, travellers, status, budget_amount,
    budget_currency, itinerary, flights, stays, notes, updated_at
) on app.trip to tripsage_app;
grant select, insert, delete on app.trip_save to tripsage_app;
