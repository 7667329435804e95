-- What is in a trip: stops, travellers, items, versions of the itinerary, budget, packing list and
-- documents. Everybody who takes part reads it; editors and owners write it.
--
-- The columns `travellers` and `itinerary` of a trip stay: the release before this one writes them,
-- and triggers carry that over, whoever writes.

create table app.trip_destination (
    trip_id uuid not null references app.trip on delete cascade,
    destination_id uuid not null,
    position integer not null,
    name text not null check (length(name) between 1 and 200),
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    arrives date,
    leaves date check (leaves >= arrives),
    zone text check (length(zone) between 1 and 64),
    primary key (trip_id, destination_id),
    check ((latitude is null) = (longitude is null))
);

create table app.trip_traveller (
    trip_id uuid not null references app.trip on delete cascade,
    traveller_id uuid not null,
    position integer not null,
    name text not null check (name <> ''),
    kind text not null default 'adult' check (kind in ('adult', 'child', 'infant')),
    needs text[] not null default '{}'
        check (needs <@ array['wheelchair', 'stroller', 'naps', 'low_walking']),
    primary key (trip_id, traveller_id),
    unique (trip_id, name)
);

create table app.trip_item (
    trip_id uuid not null references app.trip on delete cascade,
    item_id uuid not null,
    -- The version of the trip that last wrote it.
    version integer not null check (version >= 1),
    kind text not null check (
        kind in ('flight', 'stay', 'visit', 'meal', 'transport', 'note', 'activity')
    ),
    status text not null check (
        status in ('idea', 'planned', 'held', 'booked', 'cancelled', 'done')
    ),
    title text not null check (length(title) between 1 and 300),
    day date,
    position integer not null,
    starts timestamptz,
    ends timestamptz check (ends >= starts),
    zone text check (length(zone) between 1 and 64),
    end_zone text check (length(end_zone) between 1 and 64),
    place_id text check (length(place_id) between 1 and 500),
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    price_amount numeric check (price_amount >= 0),
    price_currency text check (price_currency ~ '^[A-Z]{3}$'),
    booking_reference text check (length(booking_reference) between 1 and 100),
    notes text check (length(notes) <= 10000),
    payload jsonb not null
        check (jsonb_typeof(payload) = 'object' and octet_length(payload::text) <= 32768),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (trip_id, item_id),
    check (starts is not null or ends is null),
    check ((latitude is null) = (longitude is null)),
    check ((price_amount is null) = (price_currency is null))
);

create table app.trip_itinerary (
    trip_id uuid not null references app.trip on delete cascade,
    number integer not null check (number >= 1),
    trip_version integer not null check (trip_version >= 1),
    origin text not null check (origin in ('built', 'revised', 'saved', 'restored')),
    reason text check (length(reason) between 1 and 500),
    made_by text,
    itinerary jsonb not null
        check (jsonb_typeof(itinerary) = 'object' and octet_length(itinerary::text) <= 1048576),
    created_at timestamptz not null,
    primary key (trip_id, number)
);

create table app.trip_budget (
    trip_id uuid not null references app.trip on delete cascade,
    category text not null check (category in (
        'flights', 'stays', 'food', 'activities', 'transport', 'shopping', 'insurance', 'other'
    )),
    planned_amount numeric not null check (planned_amount >= 0),
    planned_currency text not null check (planned_currency ~ '^[A-Z]{3}$'),
    primary key (trip_id, category, planned_currency)
);

create table app.trip_packing (
    trip_id uuid not null references app.trip on delete cascade,
    entry_id uuid not null,
    position integer not null,
    name text not null check (length(name) between 1 and 200),
    quantity integer not null check (quantity between 1 and 1000),
    packed boolean not null,
    traveller text check (length(traveller) between 1 and 80),
    primary key (trip_id, entry_id)
);

-- That a document is needed and when it runs out; its number is not ours to keep.
create table app.trip_document (
    trip_id uuid not null references app.trip on delete cascade,
    document_id uuid not null,
    kind text not null check (kind in (
        'passport', 'id_card', 'visa', 'driving_licence', 'insurance', 'vaccination', 'ticket',
        'consent_letter', 'other'
    )),
    holder text not null check (length(holder) between 1 and 80 and holder !~ '\d{5}'),
    expires date,
    note text check (length(note) between 1 and 500 and note !~ '\d{5}'),
    primary key (trip_id, document_id)
);

-- Whoever owns the tables is held to their policies, too, and would find nothing to copy.
alter table app.trip no force row level security;
insert into app.trip_traveller (trip_id, traveller_id, position, name)
select t.trip_id, gen_random_uuid(), min(n.position), n.name
from app.trip t, unnest(t.travellers) with ordinality as n (name, position)
where n.name <> ''
group by t.trip_id, n.name;
insert into app.trip_itinerary (trip_id, number, trip_version, origin, itinerary, created_at)
select trip_id, 1, version, 'saved', itinerary, updated_at
from app.trip
where itinerary is not null;
alter table app.trip force row level security;

do $$
declare
    each text;
begin
    foreach each in array array[
        'trip_destination', 'trip_traveller', 'trip_item', 'trip_itinerary', 'trip_budget',
        'trip_packing', 'trip_document'
    ] loop
        execute format('alter table app.%I enable row level security', each);
        execute format('alter table app.%I force row level security', each);
        execute format(
            'create policy see on app.%I for select to tripsage_app'
            ' using (app.trip_role(trip_id) is not null)',
            each
        );
        execute format(
            'create policy add on app.%I for insert to tripsage_app'
            ' with check (app.trip_role(trip_id) in (''editor'', ''owner''))',
            each
        );
        execute format(
            'create policy change on app.%I for update to tripsage_app'
            ' using (app.trip_role(trip_id) in (''editor'', ''owner''))'
            ' with check (app.trip_role(trip_id) in (''editor'', ''owner''))',
            each
        );
        execute format(
            'create policy remove on app.%I for delete to tripsage_app'
            ' using (app.trip_role(trip_id) in (''editor'', ''owner''))',
            each
        );
        execute format('revoke all on app.%I from tripsage_app', each);
        execute format('grant select, insert on app.%I to tripsage_app', each);
    end loop;
end
$$;

-- What is in a trip stays in that trip, and a version of the itinerary stays what it was.
grant delete on app.trip_destination, app.trip_traveller, app.trip_item, app.trip_budget,
    app.trip_packing, app.trip_document to tripsage_app;
grant update (position) on app.trip_traveller to tripsage_app;
grant update (
    version, kind, status, title, day, position, starts, ends, zone, end_zone, place_id, latitude,
    longitude, price_amount, price_currency, booking_reference, notes, payload, updated_at
) on app.trip_item to tripsage_app;
grant update (position, name, quantity, packed, traveller) on app.trip_packing to tripsage_app;
grant update (kind, holder, expires, note) on app.trip_document to tripsage_app;

-- A name that is new among the travellers is an adult of whom nothing is known.
create function app.trip_names_its_travellers() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from app.trip_traveller t
    where t.trip_id = new.trip_id and t.name <> all (new.travellers);
    insert into app.trip_traveller as t (trip_id, traveller_id, position, name)
    select new.trip_id, gen_random_uuid(), min(n.position), n.name
    from unnest(new.travellers) with ordinality as n (name, position)
    where n.name <> ''
    group by n.name
    on conflict (trip_id, name) do update set position = excluded.position
    where t.position <> excluded.position;
    return null;
end
$$;

create trigger trip_names_its_travellers after insert or update of travellers on app.trip
    for each row execute function app.trip_names_its_travellers();

-- An itinerary that is not the last version's is the next version.
create function app.trip_shelves_its_itinerary() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    last app.trip_itinerary;
begin
    select i.* into last from app.trip_itinerary i
    where i.trip_id = new.trip_id order by i.number desc limit 1;
    if not found or last.itinerary <> new.itinerary then
        insert into app.trip_itinerary (
            trip_id, number, trip_version, origin, made_by, itinerary, created_at
        ) values (
            new.trip_id,
            coalesce(last.number, 0) + 1,
            new.version,
            'saved',
            (
                select m.display_name from app.trip_member m
                where m.trip_id = new.trip_id
                    and m.member_id = (app.trip_part(new.trip_id)).member_id
            ),
            new.itinerary,
            new.updated_at
        );
    end if;
    return null;
end
$$;

create trigger trip_shelves_its_itinerary after insert or update of itinerary on app.trip
    for each row when (new.itinerary is not null)
    execute function app.trip_shelves_its_itinerary();

revoke all on function app.trip_names_its_travellers(), app.trip_shelves_its_itinerary() from public;
grant execute on function app.trip_names_its_travellers(), app.trip_shelves_its_itinerary()
    to tripsage_app;
