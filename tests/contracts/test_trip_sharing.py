"""What every storage promises of trips that several take part in, by the same tests."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.build_trips import (
    LATER,
    NOW,
    accepted,
    change,
    invitation,
    invited,
    item,
    joined,
    keep,
    trip,
)
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Memory
from tripsage_mcp.domain.trip import Trip, TripRole, TripSave, at_least
from tripsage_mcp.domain.trip_sharing import TripAction, TripActivity, TripMember
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.repositories.trip_ports import TripQuery

pytestmark = pytest.mark.anyio

STRANGER = Account(uuid4())


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


@pytest.fixture
async def rome(storage: Storage, owner: Account) -> Trip:
    stored = trip()
    await keep(storage, owner, stored)
    return stored


async def role_of(storage: Storage, who: Account, shared: Trip) -> TripRole | None:
    async with storage.begin(who) as unit:
        return await unit.shares.role(shared.trip_id)


async def members_of(storage: Storage, who: Account, shared: Trip) -> tuple[TripMember, ...]:
    async with storage.begin(who) as unit:
        return await unit.shares.members(shared.trip_id)


async def own_id(storage: Storage, who: Account, shared: Trip) -> UUID:
    return next(each.member_id for each in await members_of(storage, who, shared) if each.me)


def entry(action: TripAction = "changed", minutes: int = 0) -> TripActivity:
    at = NOW + timedelta(minutes=minutes)
    return TripActivity(uuid4(), action, "whoever", 1, at, {"items": 2})


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
async def test_whoever_has_the_token_takes_part_in_the_role_it_is_for(
    storage: Storage, owner: Account, rome: Trip, role: TripRole
) -> None:
    token = await invited(storage, owner, rome.trip_id, invitation(role))
    guest = Account(uuid4())
    took = await accepted(storage, guest, token)

    assert took is not None
    assert (took.trip_id, took.role, took.already) == (rome.trip_id, role, False)
    assert set(took.told) == {owner.account_id, guest.account_id}
    async with storage.begin(guest) as unit:
        assert await unit.trips.get(rome.trip_id) == replace(rome, role=role, mine=False)
        (listed,) = await unit.trips.find(TripQuery(5))
        assert (listed.trip_id, listed.role, listed.mine) == (rome.trip_id, role, False)
        assert await unit.shares.role(rome.trip_id) == role
        begun = await unit.trips.begin_change(rome.trip_id, LATER)
        assert (begun is not None) == at_least(role, "editor")
        assert not await unit.trips.bin(rome.trip_id, LATER)
        assert not await unit.trips.erase(rome.trip_id)


async def test_members_know_each_other_by_name_alone(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    guest = await joined(storage, owner, rome.trip_id, "viewer", "Zoe")
    async with storage.begin(owner) as unit:
        assert await unit.shares.call_me(rome.trip_id, "Rui")

    seen = await members_of(storage, guest, rome)

    assert [(each.display_name, each.role, each.owns, each.me) for each in seen] == [
        ("Rui", "owner", True, False),
        ("Zoe", "viewer", False, True),
    ]
    assert {each.member_id for each in seen}.isdisjoint({owner.account_id, guest.account_id})
    async with storage.begin(guest) as unit:
        whole = await unit.trips.whole(rome.trip_id)
        assert not await unit.shares.call_me(rome.trip_id, "Somebody else")
    assert whole is not None
    assert whole.members == seen


async def test_strangers_find_nothing(storage: Storage, owner: Account, rome: Trip) -> None:
    member_id = await own_id(storage, owner, rome)
    async with storage.begin(owner) as unit:
        begun = await change(unit, rome.trip_id)
        await unit.trip_parts.save_items(begun, [item()])
        await unit.trip_parts.add_itinerary(begun, {}, "built")
        await unit.activity.add(rome.trip_id, entry())

    async with storage.begin(STRANGER) as unit:
        parts = unit.trip_parts
        assert await unit.trips.get(rome.trip_id) is None
        assert await unit.trips.whole(rome.trip_id) is None
        assert await unit.trips.find(TripQuery(5)) == ()
        assert await unit.trips.begin_change(rome.trip_id, LATER) is None
        assert await parts.items(rome.trip_id) == ()
        assert await parts.itineraries(rome.trip_id, before=None, limit=5) == ()
        assert await parts.itinerary(rome.trip_id, 1) is None
        assert await unit.shares.role(rome.trip_id) is None
        assert await unit.shares.members(rome.trip_id) == ()
        assert await unit.shares.invitations(rome.trip_id) == ()
        assert not await unit.shares.invite(rome.trip_id, invitation("viewer"), b"h" * 32)
        assert not await unit.shares.set_role(rome.trip_id, member_id, "viewer")
        assert await unit.shares.remove(rome.trip_id, member_id) is None
        assert await unit.shares.leave(rome.trip_id) is None
        assert await unit.activity.page(rome.trip_id, before=None, limit=5) == ()
        assert await unit.events.tell_members(rome.trip_id, "trip.changed", {}, NOW) == ()


async def test_an_invitation_is_used_by_as_many_as_it_is_for_and_twice_by_nobody(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    token = await invited(storage, owner, rome.trip_id, invitation("viewer", most_uses=2))
    one, two, three = (Account(uuid4()) for _ in range(3))

    first = await accepted(storage, one, token)
    again = await accepted(storage, one, token, "Another name")
    second = await accepted(storage, two, token)

    assert first is not None
    assert again == replace(first, already=True, told=())
    assert second is not None
    assert await accepted(storage, three, token) is None
    # It is used up, but not for whoever used it.
    assert await accepted(storage, one, token) == again
    async with storage.begin(owner) as unit:
        (stored,) = await unit.shares.invitations(rome.trip_id)
    assert (stored.uses, stored.most_uses, stored.invited_by) == (2, 2, "Owner")


async def test_of_several_at_once_an_invitation_for_one_lets_one_in(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    token = await invited(storage, owner, rome.trip_id)

    async with asyncio.timeout(20):
        took = await asyncio.gather(*(accepted(storage, Account(uuid4()), token) for _ in range(5)))

    assert len([each for each in took if each is not None]) == 1
    assert len(await members_of(storage, owner, rome)) == 2


async def test_an_invitation_gives_a_greater_role_and_never_takes_one(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    guest = await joined(storage, owner, rome.trip_id, "viewer", "Zoe")
    greater = await invited(storage, owner, rome.trip_id, invitation("owner"))
    lesser = await invited(storage, owner, rome.trip_id, invitation("viewer"))

    raised = await accepted(storage, guest, greater, "Zoe the second")
    kept = await accepted(storage, guest, lesser)
    own = await accepted(storage, owner, lesser)

    assert raised is not None
    assert (raised.role, raised.already) == ("owner", False)
    assert kept is not None
    assert (kept.role, kept.already) == ("owner", True)
    assert own is not None
    assert own.already
    assert [m.display_name for m in await members_of(storage, owner, rome)] == ["Owner", "Zoe"]


async def test_what_is_over_lets_nobody_in(storage: Storage, owner: Account, rome: Trip) -> None:
    ago = datetime.now(UTC) - timedelta(days=2)
    over = invitation(created_at=ago, expires_at=ago + timedelta(days=1))
    withdrawn = invitation("viewer")
    tokens = [await invited(storage, owner, rome.trip_id, each) for each in (over, withdrawn)]
    async with storage.begin(owner) as unit:
        assert await unit.shares.revoke(rome.trip_id, withdrawn.invitation_id, LATER)
        assert not await unit.shares.revoke(rome.trip_id, withdrawn.invitation_id, LATER)
        stored = {each.invitation_id: each for each in await unit.shares.invitations(rome.trip_id)}

    assert [await accepted(storage, STRANGER, each) for each in (*tokens, "unknown")] == [None] * 3
    assert stored[over.invitation_id] == replace(over, invited_by="Owner")
    assert stored[withdrawn.invitation_id].revoked_at == LATER
    assert not any(each.open_at(datetime.now(UTC)) for each in stored.values())


async def test_an_invitation_is_worth_no_more_than_whoever_made_it(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor")
    leaver = await joined(storage, owner, rome.trip_id, "editor")
    tokens = [await invited(storage, each, rome.trip_id) for each in (editor, leaver)]
    editor_id = await own_id(storage, editor, rome)
    async with storage.begin(owner) as unit:
        assert await unit.shares.set_role(rome.trip_id, editor_id, "viewer")
    async with storage.begin(leaver) as unit:
        assert await unit.shares.leave(rome.trip_id) is not None

    assert [await accepted(storage, STRANGER, each) for each in tokens] == [None, None]
    async with storage.begin(owner) as unit:
        assert await unit.shares.set_role(rome.trip_id, editor_id, "editor")
    assert await accepted(storage, STRANGER, tokens[0]) is not None


async def test_an_editor_invites_and_revokes_all_but_owners(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor")
    viewer = await joined(storage, owner, rome.trip_id, "viewer")
    to_own = invitation("owner", email="zoe@example.org")
    await invited(storage, owner, rome.trip_id, to_own)

    async with storage.begin(editor) as unit:
        mine = invitation("editor")
        assert not await unit.shares.invite(rome.trip_id, invitation("owner"), b"a" * 32)
        assert await unit.shares.invite(rome.trip_id, mine, b"b" * 32)
        assert not await unit.shares.revoke(rome.trip_id, to_own.invitation_id, LATER)
        assert await unit.shares.revoke(rome.trip_id, mine.invitation_id, LATER)
        emails = [each.email for each in await unit.shares.invitations(rome.trip_id)]
        assert "zoe@example.org" in emails
    async with storage.begin(viewer) as unit:
        assert not await unit.shares.invite(rome.trip_id, invitation("viewer"), b"c" * 32)
        assert await unit.shares.invitations(rome.trip_id) == ()
        assert not await unit.shares.revoke(rome.trip_id, to_own.invitation_id, LATER)


async def test_only_owners_give_roles_and_end_parts_and_whose_trip_it_is_stays(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor")
    second = await joined(storage, owner, rome.trip_id, "owner")
    ids = {each: await own_id(storage, each, rome) for each in (owner, editor, second)}

    async with storage.begin(editor) as unit:
        for member_id in ids.values():
            assert not await unit.shares.set_role(rome.trip_id, member_id, "owner")
            assert await unit.shares.remove(rome.trip_id, member_id) is None
    async with storage.begin(second) as unit:
        assert not await unit.shares.set_role(rome.trip_id, ids[owner], "viewer")
        assert await unit.shares.remove(rome.trip_id, ids[owner]) is None
        assert await unit.shares.remove(rome.trip_id, uuid4()) is None
        assert await unit.shares.set_role(rome.trip_id, ids[editor], "viewer")
    assert await role_of(storage, editor, rome) == "viewer"
    async with storage.begin(owner) as unit:
        assert await unit.shares.leave(rome.trip_id) is None
        told = await unit.shares.remove(rome.trip_id, ids[editor])
    assert told is not None
    assert await role_of(storage, editor, rome) is None
    assert await role_of(storage, owner, rome) == "owner"


async def test_a_viewer_leaves_and_the_others_hear_of_it(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    viewer = await joined(storage, owner, rome.trip_id, "viewer", "Zoe")
    save = TripSave("leave-key-1", b"f", rome.trip_id, 1, NOW)

    async with storage.begin(viewer) as unit:
        await unit.trips.note_save(save)
        assert await unit.shares.leave(rome.trip_id) == (owner.account_id,)

    async with storage.begin(viewer) as unit:
        assert await unit.trips.get(rome.trip_id) is None
        assert await unit.shares.leave(rome.trip_id) is None
        assert await unit.trips.earlier_save("leave-key-1") == save
    async with storage.begin(owner) as unit:
        log = await unit.activity.page(rome.trip_id, before=None, limit=5)
        events = await unit.events.after(0, 5)
    assert [(each.action, each.who, each.data) for each in log] == [
        ("left", "Zoe", {"role": "viewer"}),
        ("joined", "Zoe", {"role": "viewer"}),
    ]
    assert [(e.event_id, e.kind, e.subject, e.data["action"]) for e in events] == [
        (1, "trip.members", rome.trip_id, "joined"),
        (2, "trip.members", rome.trip_id, "left"),
    ]
    assert events[1].data == {"role": "viewer", "action": "left", "by": "Zoe", "version": 1}


async def test_what_is_in_the_bin_is_out_of_everybody_elses_sight(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    second = await joined(storage, owner, rome.trip_id, "owner")
    token = await invited(storage, second, rome.trip_id)
    async with storage.begin(owner) as unit:
        assert await unit.trips.bin(rome.trip_id, LATER)

    async with storage.begin(second) as unit:
        assert await unit.trips.get(rome.trip_id) is None
        assert await unit.shares.role(rome.trip_id) is None
        assert await unit.trips.find(TripQuery(5, binned=True)) == ()
        assert not await unit.trips.restore(rome.trip_id, LATER)
    assert await accepted(storage, STRANGER, token) is None
    async with storage.begin(owner) as unit:
        assert await unit.shares.role(rome.trip_id) == "owner"
        assert await unit.trips.restore(rome.trip_id, LATER)
    assert await role_of(storage, second, rome) == "owner"
    assert await accepted(storage, STRANGER, token) is not None


async def test_everybody_who_takes_part_is_told_under_their_own_next_number(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor")
    viewer = await joined(storage, owner, rome.trip_id, "viewer")
    async with storage.begin(viewer) as unit:
        await unit.events.add("price_watch.changed", uuid4(), {}, NOW)
        assert await unit.events.tell_members(rome.trip_id, "trip.changed", {}, NOW) == ()

    async with storage.begin(editor) as unit:
        told = await unit.events.tell_members(rome.trip_id, "trip.changed", {"version": 2}, LATER)

    assert set(told) == {each.account_id for each in (owner, editor, viewer)}
    for who, number in ((owner, 3), (editor, 3), (viewer, 3)):
        async with storage.begin(who) as unit:
            events = await unit.events.after(0, 10)
            assert await unit.events.latest() == number
        assert [each.event_id for each in events] == [*range(1, number + 1)]
        assert (events[-1].kind, events[-1].subject) == ("trip.changed", rome.trip_id)
        assert (events[-1].data, events[-1].created_at) == ({"version": 2}, LATER)


async def test_an_undone_change_tells_nobody(storage: Storage, owner: Account, rome: Trip) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor")

    async def fail_at_the_end() -> None:
        async with storage.begin(editor) as unit:
            await change(unit, rome.trip_id)
            await unit.events.tell_members(rome.trip_id, "trip.changed", {}, LATER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()

    async with storage.begin(owner) as unit:
        assert await unit.events.latest() == 1
        assert await unit.trips.get(rome.trip_id) == rome


async def test_the_log_names_who_did_it_and_is_read_a_page_at_a_time(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    editor = await joined(storage, owner, rome.trip_id, "editor", "Zoe")
    viewer = await joined(storage, owner, rome.trip_id, "viewer")
    entries = [entry(minutes=n // 2) for n in range(5)]
    async with storage.begin(editor) as unit:
        for each in entries:
            await unit.activity.add(rome.trip_id, each)
    async with storage.begin(viewer) as unit:
        await unit.activity.add(rome.trip_id, entry())
        joins = [
            each
            for each in await unit.activity.page(rome.trip_id, before=None, limit=99)
            if each.action == "joined"
        ]
        seen: list[TripActivity] = []
        while page := await unit.activity.page(
            rome.trip_id,
            before=(seen[-1].created_at, seen[-1].activity_id) if seen else None,
            limit=2,
        ):
            seen += page

    assert len(joins) == 2
    named = {each.activity_id: replace(each, who="Zoe") for each in entries}
    assert {e.activity_id: e for e in seen if e.action != "joined"} == named
    assert seen == sorted(seen, key=lambda e: (e.created_at, e.activity_id), reverse=True)


async def test_a_member_keeps_statements_about_a_shared_trip(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    viewer = await joined(storage, owner, rome.trip_id, "viewer")
    said = Memory(uuid4(), "Hates Segways", "dislikes", NOW, trip_id=rome.trip_id)

    async with storage.begin(viewer) as unit:
        await unit.memories.add(said)

    async with storage.begin(viewer) as unit:
        assert await unit.memories.get([said.memory_id]) == (said,)
    async with storage.begin(owner) as unit:
        assert await unit.memories.get([said.memory_id]) == ()
