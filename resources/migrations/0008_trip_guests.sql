-- The yes that sharing a trip needs, and reading a trip by the link of an open invitation.

alter table app.consent drop constraint consent_action_check;
alter table app.consent add constraint consent_action_check
    check (action in ('book', 'hold', 'pay', 'cancel', 'share'));

-- To replace functions that the gate owns; taken back at the end.
do $$
begin
    execute format('grant tripsage_gate to %I', current_user);
exception
    -- Granted already, by whoever created the role.
    when insufficient_privilege then null;
end
$$;
grant usage, create on schema app to tripsage_gate;

-- The trip of the open invitation whose token's hash this transaction was begun with; else null.
-- A setting that was set once and rolled back reads as '', hence nullif.
create function app.guest_trip() returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    hash constant text := nullif(pg_catalog.current_setting('app.invitation', true), '');
begin
    if hash is null then
        return null;
    end if;
    return (
        select i.trip_id
        from app.trip_invitation i
            join app.trip t on t.trip_id = i.trip_id
            join app.trip_member m on m.trip_id = i.trip_id and m.member_id = i.invited_by
        where i.token_hash = decode(hash, 'hex') and i.revoked_at is null
            and i.expires_at > now() and i.uses < i.most_uses and t.deleted_at is null
            -- Who invited may have another role by now.
            and (m.role = 'owner' or (m.role = 'editor' and i.role <> 'owner'))
    );
end
$$;

-- A guest reads, whatever the invitation would make of them.
create or replace function app.trip_role(trip uuid) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select m.role
            from app.trip_member m join app.trip t on t.trip_id = m.trip_id
            where m.trip_id = trip and m.account_id = app.current_account_id()
                and (m.owns or t.deleted_at is null)
        ),
        case when trip = app.guest_trip() then 'viewer' end
    );
end
$$;

create or replace function app.trip_part(
    trip uuid, out member_id uuid, out role text, out owns boolean
)
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
    if not found and trip = app.guest_trip() then
        role := 'viewer';
        owns := false;
    end if;
end
$$;

create or replace function app.shared_trips(to_change boolean) returns uuid[]
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
        union
        select app.guest_trip() where not to_change and app.guest_trip() is not null
    );
end
$$;

revoke all on function app.guest_trip() from public;
grant execute on function app.guest_trip() to tripsage_app;
alter function app.guest_trip() owner to tripsage_gate;

revoke create on schema app from tripsage_gate;
do $$
begin
    execute format('revoke tripsage_gate from %I', current_user);
exception
    -- Granted by somebody else, who meant it to last.
    when insufficient_privilege then null;
end
$$;
