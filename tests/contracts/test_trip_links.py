"""What becomes of a link when somebody's part is taken away: they do not come back by it."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.build_trips import NOW, accepted, invitation, invited, joined, keep, trip
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip import Trip, TripRole
from tripsage_mcp.domain.trip_sharing import token_hash
from tripsage_mcp.repositories.ports import Storage

pytestmark = pytest.mark.anyio


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


@pytest.fixture
async def rome(storage: Storage, owner: Account) -> Trip:
    stored = trip()
    await keep(storage, owner, stored)
    return stored


async def own_id(storage: Storage, who: Account, shared: Trip) -> UUID:
    async with storage.begin(who) as unit:
        return next(each.member_id for each in await unit.shares.members(shared.trip_id) if each.me)


async def opens(storage: Storage, token: str, shared: Trip) -> bool:
    """Tell whether whoever has the link may still read the trip by it."""
    async with storage.begin_as_guest(token_hash(token)) as unit:
        return await unit.trips.get(shared.trip_id) is not None


async def came_by_link(
    storage: Storage, owner: Account, shared: Trip, role: TripRole = "editor"
) -> tuple[Account, UUID, str]:
    """Return somebody who came by a link for five, their member's id and the link's token."""
    token = await invited(storage, owner, shared.trip_id, invitation(role, most_uses=5))
    who = Account(uuid4())
    assert await accepted(storage, who, token, "Zoe") is not None
    return who, await own_id(storage, who, shared), token


async def test_who_is_removed_comes_back_by_no_link_they_had_and_reads_by_none(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    zoe, zoe_id, token = await came_by_link(storage, owner, rome)
    assert await opens(storage, token, rome)
    async with storage.begin(owner) as unit:
        assert await unit.shares.remove(rome.trip_id, zoe_id) is not None

    assert await accepted(storage, zoe, token) is None
    assert not await opens(storage, token, rome)


async def test_who_is_made_less_does_not_become_more_by_the_link_they_came_by(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    zoe, zoe_id, token = await came_by_link(storage, owner, rome)
    async with storage.begin(owner) as unit:
        assert await unit.shares.set_role(rome.trip_id, zoe_id, "viewer")

    again = await accepted(storage, zoe, token)

    assert again is None
    async with storage.begin(zoe) as unit:
        assert await unit.shares.role(rome.trip_id) == "viewer"


async def test_a_link_lasts_when_somebody_leaves_or_is_made_more(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    zoe, zoe_id, token = await came_by_link(storage, owner, rome, "viewer")
    async with storage.begin(owner) as unit:
        assert await unit.shares.set_role(rome.trip_id, zoe_id, "editor")
        assert await unit.shares.set_role(rome.trip_id, zoe_id, "viewer")
    async with storage.begin(zoe) as unit:
        assert await unit.shares.leave(rome.trip_id) is not None

    assert await opens(storage, token, rome)
    assert await accepted(storage, Account(uuid4()), token) is not None


async def test_a_removal_is_noted_in_the_removers_name_and_the_removed_is_told(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    zoe, zoe_id, _ = await came_by_link(storage, owner, rome)
    async with storage.begin(owner) as unit:
        told = await unit.shares.remove(rome.trip_id, zoe_id)
        assert await unit.shares.remove(rome.trip_id, zoe_id) is None
        entry = (await unit.activity.page(rome.trip_id, before=None, limit=5))[0]
    async with storage.begin(zoe) as unit:
        event = (await unit.events.after(0, 9))[-1]
        assert await unit.trips.get(rome.trip_id) is None

    assert set(told or ()) == {owner.account_id, zoe.account_id}
    assert (entry.action, entry.who, entry.data) == ("member_removed", "Owner", {"name": "Zoe"})
    assert (event.kind, event.subject) == ("trip.members", rome.trip_id)
    assert event.data == {"name": "Zoe", "action": "member_removed", "by": "Owner", "version": 1}


async def test_of_two_owners_who_remove_each_other_one_stays(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    two = [await joined(storage, owner, rome.trip_id, "owner") for _ in range(2)]
    ids = [await own_id(storage, each, rome) for each in two]

    async def remove(who: Account, whom: UUID) -> bool:
        async with storage.begin(who) as unit:
            return await unit.shares.remove(rome.trip_id, whom) is not None

    async with asyncio.timeout(20):
        async with storage.begin(two[0]) as unit:
            assert await unit.shares.remove(rome.trip_id, ids[1]) is not None
            waiting = asyncio.create_task(remove(two[1], ids[0]))
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
        assert not await waiting

    async with storage.begin(owner) as unit:
        left = {each.member_id for each in await unit.shares.members(rome.trip_id)}
    assert ids[0] in left
    assert ids[1] not in left


async def test_who_is_removed_while_they_write_finishes_and_is_out(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    zoe, zoe_id, _ = await came_by_link(storage, owner, rome)

    async def remove() -> bool:
        async with storage.begin(owner) as unit:
            return await unit.shares.remove(rome.trip_id, zoe_id) is not None

    async with asyncio.timeout(20):
        async with storage.begin(zoe) as unit:
            assert await unit.shares.invite(rome.trip_id, invitation("viewer"), b"h" * 32)
            assert await unit.shares.call_me(rome.trip_id, "Zoë")
            removing = asyncio.create_task(remove())
            done, _ = await asyncio.wait({removing}, timeout=0.5)
            assert not done
            # Whoever removes has told nobody yet and so keeps nobody from being told.
            assert await unit.events.tell_members(rome.trip_id, "trip.members", {}, NOW)
        assert await removing

    async with storage.begin(owner) as unit:
        assert len(await unit.shares.members(rome.trip_id)) == 1
        assert len(await unit.shares.invitations(rome.trip_id)) == 1


async def test_a_trip_has_a_hundred_members_at_most(
    storage: Storage, owner: Account, rome: Trip
) -> None:
    first = await joined(storage, owner, rome.trip_id, "viewer")
    token = await invited(storage, owner, rome.trip_id, invitation("viewer", most_uses=100))
    for _ in range(98):
        assert await accepted(storage, Account(uuid4()), token) is not None

    assert await accepted(storage, Account(uuid4()), token) is None
    # Who is one of them may still become more.
    to_edit = await invited(storage, owner, rome.trip_id)
    raised = await accepted(storage, first, to_edit)
    assert raised is not None
    assert raised.role == "editor"
