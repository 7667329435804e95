-- Bookings, and the traveller's yes or no to each thing that spends money or gives a ticket back.

create table app.consent (
    account_id uuid not null default app.current_account_id(),
    consent_id uuid not null,
    action text not null check (action in ('book', 'hold', 'pay', 'cancel')),
    subject text not null check (subject <> ''),
    -- SHA-256 of everything shown and of the arguments: a yes counts for nothing else.
    bound bytea not null check (octet_length(bound) = 32),
    -- Holds names; erased when the consent closes.
    shown jsonb check (jsonb_typeof(shown) = 'object'),
    context jsonb not null check (jsonb_typeof(context) = 'object'),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > created_at),
    answer text check (answer in ('yes', 'no')),
    answered_at timestamptz,
    used_at timestamptz,
    closed_at timestamptz,
    -- The account comes first, so this is also the index every policy check needs.
    primary key (account_id, consent_id),
    check ((answer is null) = (answered_at is null)),
    check (used_at is null or (answer = 'yes' and closed_at is not null)),
    check ((shown is null) = (closed_at is not null))
);

-- What was shown last is the only thing that can be agreed to.
create unique index consent_open on app.consent (account_id, action, subject)
    where closed_at is null;

create table app.flight_booking (
    account_id uuid not null default app.current_account_id(),
    booking_id uuid not null,
    offer_id text not null check (offer_id <> ''),
    kind text not null check (kind in ('instant', 'hold')),
    status text not null check (
        status in ('ordering', 'booked', 'held', 'cancelled', 'failed', 'unconfirmed')
    ),
    total_amount numeric not null check (total_amount >= 0),
    total_currency text not null check (total_currency ~ '^[A-Z]{3}$'),
    -- Airline, route and times; no names.
    summary jsonb not null check (jsonb_typeof(summary) = 'object'),
    data text not null check (data in ('live', 'sandbox')),
    order_id text,
    booking_reference text,
    failure text,
    -- What was asked for and is not known to be done.
    acting text check (acting in ('pay', 'cancel')),
    pay_by timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, booking_id),
    check (order_id is not null or status not in ('booked', 'held', 'cancelled')),
    check (acting is null or (status = 'unconfirmed' and order_id is not null))
);

-- An offer is ordered once, whatever is replayed.
create unique index flight_booking_of_offer on app.flight_booking (account_id, offer_id)
    where status <> 'failed';
create index flight_booking_newest_first
    on app.flight_booking (account_id, created_at desc, booking_id desc);

alter table app.consent enable row level security;
alter table app.consent force row level security;
create policy own on app.consent
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

alter table app.flight_booking enable row level security;
alter table app.flight_booking force row level security;
create policy own on app.flight_booking
    using (account_id = (select app.current_account_id()))
    with check (account_id = (select app.current_account_id()));

-- What was asked never changes, only what became of it; what was ordered never goes away.
revoke all on app.consent, app.flight_booking from tripsage_app;
grant select, insert on app.consent to tripsage_app;
grant update (shown, answer, answered_at, used_at, closed_at) on app.consent to tripsage_app;
grant select, insert on app.flight_booking to tripsage_app;
grant update (
    status, total_amount, total_currency, order_id, booking_reference, failure, acting, pay_by,
    updated_at
) on app.flight_booking to tripsage_app;
