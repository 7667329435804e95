-- Trips that several take part in: members and their roles, invitations, the log, and telling all.
--
-- The release before this one goes on working beside it while servers are replaced one by one: it
-- names neither the owner's column nor anything that is new here. It shows trips that are shared
-- with its account like its own, and deleted ones like others.

-- Owns the functions that look behind row level security on a policy's behalf. Nobody logs in as it.
-- They search the caller's temporary schema last: unnamed it would come first, and a type of the
-- caller's called `uuid`, with a check that runs anything, would run it as this role.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'tripsage_gate') then
        create role tripsage_gate nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    end if;
exception
    -- Roles belong to the whole server: another database's migration was faster.
    when duplicate_object or unique_violation then null;
end
$$;

-- To hand those functions over; taken back at the end.
do $$
begin
    execute format('grant tripsage_gate to %I', current_user);
exception
    -- Granted already, by whoever created the role.
    when insufficient_privilege then null;
end
$$;
grant usage, create on schema app to tripsage_gate;
grant execute on function app.current_account_id() to tripsage_gate;

-- The trip: its id alone names it, and its account is no longer the only one that sees it.

alter table app.trip_save drop constraint trip_save_account_id_trip_id_fkey;
alter table app.memory drop constraint memory_account_id_trip_id_fkey;
alter table app.trip drop constraint trip_pkey;
alter table app.trip rename column account_id to owner_id;
alter table app.trip
    add primary key (trip_id),
    add column home_currency text check (home_currency ~ '^[A-Z]{3}$'),
    add column display_order integer not null default 0,
    add column deleted_at timestamptz;

-- An answer to a save, and a statement about a trip, may be a member's.
alter table app.trip_save
    add column answer jsonb check (jsonb_typeof(answer) = 'object'),
    add foreign key (trip_id) references app.trip on delete cascade;
alter table app.memory add foreign key (trip_id) references app.trip on delete cascade;
drop index app.trip_save_of_trip;
create index trip_save_of_trip on app.trip_save (trip_id);
drop index app.memory_of_trip;
create index memory_of_trip on app.memory (trip_id) where trip_id is not null;

create table app.trip_member (
    trip_id uuid not null references app.trip on delete cascade,
    member_id uuid not null default gen_random_uuid(),
    -- Known to policies alone: members see each other's name.
    account_id uuid not null,
    role text not null check (role in ('viewer', 'editor', 'owner')),
    -- Whose trip it is.
    owns boolean not null default false check (role = 'owner' or not owns),
    display_name text not null check (length(display_name) between 1 and 80),
    joined_at timestamptz not null,
    -- The invitation accepted last.
    came_by uuid,
    primary key (trip_id, member_id),
    -- The account comes first, so this is also the index every policy check needs.
    unique (account_id, trip_id)
);

create unique index trip_member_owns on app.trip_member (trip_id) where owns;

create table app.trip_invitation (
    trip_id uuid not null references app.trip on delete cascade,
    invitation_id uuid not null,
    -- Without whoever made it an invitation is none.
    invited_by uuid not null,
    role text not null check (role in ('viewer', 'editor', 'owner')),
    -- SHA-256 of 32 random bytes that only the invited have.
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    email text check (length(email) between 3 and 254),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    most_uses integer not null check (most_uses between 1 and 100),
    uses integer not null default 0 check (uses between 0 and most_uses),
    primary key (trip_id, invitation_id),
    foreign key (trip_id, invited_by) references app.trip_member on delete cascade,
    check (expires_at > created_at and expires_at <= created_at + interval '90 days'),
    check (role <> 'owner' or most_uses = 1)
);

create index trip_invitation_of_member on app.trip_invitation (trip_id, invited_by);

create table app.trip_activity (
    trip_id uuid not null references app.trip on delete cascade,
    activity_id uuid not null default gen_random_uuid(),
    account_id uuid not null default app.current_account_id(),
    -- The name at that time, which outlives the membership.
    who text not null,
    action text not null check (action ~ '^[a-z_]{1,40}$'),
    version integer not null check (version >= 1),
    data jsonb not null default '{}'
        check (jsonb_typeof(data) = 'object' and octet_length(data::text) <= 4096),
    created_at timestamptz not null,
    primary key (trip_id, activity_id)
);

create index trip_activity_newest_first
    on app.trip_activity (trip_id, created_at desc, activity_id desc);

-- Whoever owns the tables is held to their policies, too, and would find nothing to copy.
alter table app.trip no force row level security;
insert into app.trip_member (trip_id, account_id, role, owns, display_name, joined_at)
select trip_id, owner_id, 'owner', true, 'Owner', created_at
from app.trip;
alter table app.trip force row level security;

-- What policies ask. None of these reads through a policy of the application's role, so that no
-- policy comes back to itself.

grant select on app.trip, app.trip_invitation to tripsage_gate;
grant select, insert, update, delete on app.trip_member to tripsage_gate;
grant update (uses, revoked_at) on app.trip_invitation to tripsage_gate;
grant insert on app.trip_activity to tripsage_gate;
grant insert on app.account_event to tripsage_gate;
grant select, insert, update on app.account_event_count to tripsage_gate;
create policy gate on app.trip for select to tripsage_gate using (true);
create policy gate on app.trip_member to tripsage_gate using (true) with check (true);
create policy gate on app.trip_invitation to tripsage_gate using (true) with check (true);
create policy gate on app.trip_activity for insert to tripsage_gate with check (true);
create policy gate on app.account_event for insert to tripsage_gate with check (true);
create policy gate on app.account_event_count to tripsage_gate using (true) with check (true);

-- What the account may do with a trip; null when it takes no part, or somebody else deleted it.
create function app.trip_role(trip uuid) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select m.role
        from app.trip_member m join app.trip t on t.trip_id = m.trip_id
        where m.trip_id = trip and m.account_id = app.current_account_id()
            and (m.owns or t.deleted_at is null)
    );
end
$$;

-- The account's own entry among the members.
create function app.trip_part(trip uuid, out member_id uuid, out role text, out owns boolean)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    select m.member_id, m.role, m.owns into member_id, role, owns
    from app.trip_member m join app.trip t on t.trip_id = m.trip_id
    where m.trip_id = trip and m.account_id = app.current_account_id()
        and (m.owns or t.deleted_at is null);
end
$$;

-- Others' trips that the account takes part in; only those it may change where `to_change`.
-- Asked once a statement, unlike `trip_role`, and the primary key finds the rows.
create function app.shared_trips(to_change boolean) returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select m.trip_id from app.trip_member m
        where m.account_id = app.current_account_id() and not m.owns
            and (m.role <> 'viewer' or not to_change)
    );
end
$$;

-- Whose trip it is takes part from the beginning, whichever release makes the trip.
create function app.trip_gets_its_owner() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.trip_member (trip_id, account_id, role, owns, display_name, joined_at)
    values (new.trip_id, new.owner_id, 'owner', true, 'Owner', new.created_at);
    return null;
end
$$;

create trigger trip_gets_its_owner after insert on app.trip
    for each row execute function app.trip_gets_its_owner();

-- No change is lost: whoever sets a version has seen the one before it.
create function app.trip_counts_its_versions() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.version <> old.version + 1 then
        raise exception 'the trip has changed meanwhile' using errcode = 'serialization_failure';
    end if;
    return new;
end
$$;

create trigger trip_counts_its_versions before update of version on app.trip
    for each row execute function app.trip_counts_its_versions();

-- What goes beyond the account's own rows.

-- Telling comes last, when the rows of the trip, of its invitations and of its members that are to
-- change are held already: who waits to tell the same members is then waited for by nobody.

-- Stores an event for everybody who takes part, and for one more. For the functions below; nobody
-- else may call it.
create function app.tell_all_members(
    trip uuid, event text, details jsonb, moment timestamptz, one_more uuid default null
)
returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    told uuid[];
begin
    with counted as (
        insert into app.account_event_count as c (account_id, latest)
        -- In one order for all, so that two trips with the same members do not block each other.
        select e.account_id, 1
        from (
            select m.account_id from app.trip_member m where m.trip_id = trip
            union
            select one_more where one_more is not null
        ) e
        order by e.account_id
        on conflict (account_id) do update set latest = c.latest + 1
        returning c.account_id, c.latest
    ), stored as (
        insert into app.account_event (account_id, event_id, kind, subject, data, created_at)
        select n.account_id, n.latest, event, trip, details, moment from counted n
    )
    select coalesce(array_agg(n.account_id), '{}') into told from counted n;
    return told;
end
$$;

-- The same, for an editor or owner; from anybody else it tells nobody.
create function app.tell_members(trip uuid, event text, details jsonb, moment timestamptz)
returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if app.trip_role(trip) in ('editor', 'owner') is not true then
        return '{}';
    end if;
    if event !~ '^trip\.[a-z]{1,20}$' or octet_length(details::text) > 4096 then
        raise exception 'that is no short news of a trip' using errcode = 'check_violation';
    end if;
    return app.tell_all_members(trip, event, details, moment);
end
$$;

-- Takes part in the trip that a token invites to; no row when it invites to nothing.
create function app.accept_invitation(hash bytea, named text)
returns table (trip_id uuid, member_id uuid, role text, already boolean, told uuid[])
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    me constant uuid := app.current_account_id();
    invited app.trip_invitation;
    part app.trip_member;
begin
    if me is null then
        return;
    end if;
    select i.* into invited
    from app.trip_invitation i
        join app.trip t on t.trip_id = i.trip_id
        join app.trip_member m on m.trip_id = i.trip_id and m.member_id = i.invited_by
    where i.token_hash = hash and i.revoked_at is null and i.expires_at > now()
        and t.deleted_at is null
        -- Who invited may have another role by now.
        and (m.role = 'owner' or (m.role = 'editor' and i.role <> 'owner'))
    for update of i;
    if not found then
        return;
    end if;
    select m.* into part
    from app.trip_member m where m.trip_id = invited.trip_id and m.account_id = me;
    if found and array_position('{viewer,editor,owner}', part.role)
        >= array_position('{viewer,editor,owner}', invited.role) then
        return query select part.trip_id, part.member_id, part.role, true, '{}'::uuid[];
        return;
    end if;
    if invited.uses >= invited.most_uses then
        return;
    end if;
    -- Every change is told to every member.
    if part.member_id is null and 100 <= (
        select count(*) from app.trip_member m where m.trip_id = invited.trip_id
    ) then
        return;
    end if;
    insert into app.trip_member as m (trip_id, account_id, role, display_name, joined_at, came_by)
    values (invited.trip_id, me, invited.role, named, now(), invited.invitation_id)
    -- Another invitation may have been accepted meanwhile: the greater role stays.
    on conflict (account_id, trip_id) do update set came_by = excluded.came_by, role = case
        when m.role = 'owner' or excluded.role = 'viewer' then m.role
        else excluded.role
    end
    returning m.* into part;
    update app.trip_invitation i set uses = i.uses + 1
    where i.trip_id = invited.trip_id and i.invitation_id = invited.invitation_id;
    return query select part.trip_id, part.member_id, part.role, false,
        app.note_and_tell(
            part.trip_id, 'joined', part.display_name, jsonb_build_object('role', part.role)
        );
end
$$;

-- Ends the account's part in another's trip; null when it has none.
create function app.leave_trip(trip uuid) returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    part app.trip_member;
begin
    if app.trip_role(trip) is null then
        return null;
    end if;
    delete from app.trip_member m
    where m.trip_id = trip and m.account_id = app.current_account_id() and not m.owns
    returning m.* into part;
    if not found then
        return null;
    end if;
    return app.note_and_tell(
        trip, 'left', part.display_name, jsonb_build_object('role', part.role)
    );
end
$$;

-- Ends another's part, as an owner, who may not be the one whose trip it is; null when it cannot.
-- The member is told, too.
create function app.remove_member(trip uuid, member uuid) returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    own app.trip_member;
    part app.trip_member;
begin
    if app.trip_role(trip) is distinct from 'owner' then
        return null;
    end if;
    perform from app.trip_invitation i
    where i.trip_id = trip and (
        i.invited_by = member or i.invitation_id = (
            select m.came_by from app.trip_member m where m.trip_id = trip and m.member_id = member
        )
    )
    order by i.invitation_id for update;
    -- Of two who remove each other, the second is no owner any more.
    perform from app.trip_member m
    where m.trip_id = trip
        and (m.member_id = member or m.account_id = app.current_account_id())
    order by m.member_id for update;
    select m.* into own from app.trip_member m
    where m.trip_id = trip and m.account_id = app.current_account_id();
    if own.role is distinct from 'owner' then
        return null;
    end if;
    delete from app.trip_member m
    where m.trip_id = trip and m.member_id = member and not m.owns
    returning m.* into part;
    if not found then
        return null;
    end if;
    return app.note_and_tell(
        trip,
        'member_removed',
        own.display_name,
        jsonb_build_object('name', part.display_name),
        part.account_id
    );
end
$$;

-- Whose role somebody else lessens or ends does not come back by the link they came by.
create function app.trip_member_loses_their_link() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update app.trip_invitation i set revoked_at = now()
    where i.trip_id = old.trip_id and i.invitation_id = old.came_by
        and i.revoked_at is null and i.uses < i.most_uses
        and old.account_id is distinct from app.current_account_id()
        and (
            tg_op = 'DELETE'
            or array_position('{viewer,editor,owner}', i.role)
                > array_position('{viewer,editor,owner}', new.role)
        );
    return null;
end
$$;

create trigger trip_member_loses_their_link after delete or update of role on app.trip_member
    for each row execute function app.trip_member_loses_their_link();

-- For the functions above, whose entries in the log nobody may write themselves.
create function app.note_and_tell(
    trip uuid, what text, who text, details jsonb, one_more uuid default null
)
returns uuid[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    now_at constant integer := (select t.version from app.trip t where t.trip_id = trip);
begin
    insert into app.trip_activity (trip_id, who, action, version, data, created_at)
    values (trip, who, what, now_at, details, now());
    return app.tell_all_members(
        trip,
        'trip.members',
        details || jsonb_build_object('action', what, 'by', who, 'version', now_at),
        now(),
        one_more
    );
end
$$;

-- The name that the other members see.
create function app.call_me(trip uuid, named text) returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if app.trip_role(trip) in ('editor', 'owner') is not true then
        return false;
    end if;
    update app.trip_member m set display_name = named
    where m.trip_id = trip and m.account_id = app.current_account_id();
    return found;
end
$$;

do $$
declare
    each regprocedure;
    inner_ones constant regprocedure[] := array[
        'app.trip_gets_its_owner()',
        'app.trip_member_loses_their_link()',
        'app.tell_all_members(uuid, text, jsonb, timestamptz, uuid)',
        'app.note_and_tell(uuid, text, text, jsonb, uuid)'
    ];
    asked constant regprocedure[] := array[
        'app.trip_role(uuid)',
        'app.trip_part(uuid)',
        'app.shared_trips(boolean)',
        'app.tell_members(uuid, text, jsonb, timestamptz)',
        'app.accept_invitation(bytea, text)',
        'app.leave_trip(uuid)',
        'app.remove_member(uuid, uuid)',
        'app.call_me(uuid, text)'
    ];
begin
    foreach each in array inner_ones || asked loop
        execute format('revoke all on function %s from public', each);
        if each = any (asked) then
            execute format('grant execute on function %s to tripsage_app', each);
        end if;
        execute format('alter function %s owner to tripsage_gate', each);
    end loop;
end
$$;

-- Who may do what.

drop policy own on app.trip;
create policy see on app.trip for select to tripsage_app using (
    owner_id = (select app.current_account_id())
    or (deleted_at is null and trip_id = any ((select app.shared_trips(false))::uuid[]))
);
create policy add on app.trip for insert to tripsage_app
    with check (owner_id = (select app.current_account_id()));
-- Who shares it can neither delete it nor change what is deleted.
create policy change on app.trip for update to tripsage_app using (
    owner_id = (select app.current_account_id())
    or (deleted_at is null and trip_id = any ((select app.shared_trips(true))::uuid[]))
) with check (
    owner_id = (select app.current_account_id())
    or (deleted_at is null and trip_id = any ((select app.shared_trips(true))::uuid[]))
);
create policy remove on app.trip for delete to tripsage_app
    using (owner_id = (select app.current_account_id()));

create policy about_a_trip_it_sees on app.trip_save as restrictive for insert to tripsage_app
    with check (app.trip_role(trip_id) is not null);
create policy about_a_trip_it_sees on app.memory as restrictive for insert to tripsage_app
    with check (trip_id is null or app.trip_role(trip_id) is not null);

alter table app.trip_member enable row level security;
alter table app.trip_member force row level security;
-- To become a member takes an invitation, to be one no more `leave_trip` or `remove_member`.
create policy see on app.trip_member for select to tripsage_app
    using (app.trip_role(trip_id) is not null);
create policy change on app.trip_member for update to tripsage_app
    using (not owns and app.trip_role(trip_id) = 'owner')
    with check (not owns and app.trip_role(trip_id) = 'owner');

alter table app.trip_invitation enable row level security;
alter table app.trip_invitation force row level security;
create policy see on app.trip_invitation for select to tripsage_app
    using (app.trip_role(trip_id) in ('editor', 'owner'));
-- Nobody gives what they do not have.
create policy add on app.trip_invitation for insert to tripsage_app with check (
    (
        app.trip_role(trip_id) = 'owner'
        or (app.trip_role(trip_id) = 'editor' and role <> 'owner')
    )
    and invited_by = (app.trip_part(trip_id)).member_id
    -- As if made now, whenever it says it was; the rest is for clocks that differ.
    and expires_at < now() + interval '92 days'
);
-- What is revoked stays so.
create policy change on app.trip_invitation for update to tripsage_app using (
    app.trip_role(trip_id) = 'owner' or (app.trip_role(trip_id) = 'editor' and role <> 'owner')
) with check (revoked_at is not null);

alter table app.trip_activity enable row level security;
alter table app.trip_activity force row level security;
create policy see on app.trip_activity for select to tripsage_app
    using (app.trip_role(trip_id) is not null);
create policy add on app.trip_activity for insert to tripsage_app with check (
    account_id = (select app.current_account_id())
    and app.trip_role(trip_id) in ('editor', 'owner')
    and (app.trip_role(trip_id) = 'owner' or action <> 'role_changed')
    and action not in ('joined', 'left', 'member_removed')
    -- The name that the others know the account by, and nothing that has not happened yet.
    and who = (
        select m.display_name from app.trip_member m
        where m.trip_id = trip_activity.trip_id
            and m.member_id = (app.trip_part(trip_activity.trip_id)).member_id
    )
    and version <= (select t.version from app.trip t where t.trip_id = trip_activity.trip_id)
);

-- Whose a trip is, its id and when it was made never change: those columns cannot be updated. Nor
-- can members read which account is whose.
revoke select on app.trip from tripsage_app;
grant select (
    trip_id, version, title, destination, start_date, end_date, travellers, status, budget_amount,
    budget_currency, itinerary, flights, stays, notes, created_at, updated_at, home_currency,
    display_order, deleted_at
) on app.trip to tripsage_app;
grant update (home_currency, display_order, deleted_at) on app.trip to tripsage_app;

revoke all on app.trip_member, app.trip_invitation, app.trip_activity from tripsage_app;
grant select (trip_id, member_id, role, owns, display_name, joined_at) on app.trip_member
    to tripsage_app;
grant update (role) on app.trip_member to tripsage_app;
grant select (
    trip_id, invitation_id, invited_by, role, email, created_at, expires_at, revoked_at, most_uses,
    uses
) on app.trip_invitation to tripsage_app;
grant insert (
    trip_id, invitation_id, invited_by, role, token_hash, email, created_at, expires_at, most_uses
) on app.trip_invitation to tripsage_app;
grant update (revoked_at) on app.trip_invitation to tripsage_app;
-- The log is only ever added to.
grant select (trip_id, activity_id, who, action, version, data, created_at) on app.trip_activity
    to tripsage_app;
grant insert on app.trip_activity to tripsage_app;

revoke create on schema app from tripsage_gate;
do $$
begin
    execute format('revoke tripsage_gate from %I', current_user);
exception
    -- Granted by somebody else, who meant it to last.
    when insufficient_privilege then null;
end
$$;
