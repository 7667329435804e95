"""Changes to one trip by several: whatever the order, none is lost and all are told."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.build_trips import LATER, accepted, change, invited, joined, keep, trip
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip import Trip, TripChange
from tripsage_mcp.domain.trip_sharing import token_hash
from tripsage_mcp.errors import ConflictError
from tripsage_mcp.repositories.ports import Storage

pytestmark = pytest.mark.anyio

EDITORS = 3
# Who does something, and whether they read the trip or write what they made of what they read.
turns = st.lists(st.tuples(st.integers(0, EDITORS - 1), st.sampled_from(["read", "write"])))


def refuse_stale(begun: TripChange, expected: int) -> None:
    if begun.version != expected + 1:
        raise ConflictError("stale", expected=expected, current=begun.version - 1)


async def write(storage: Storage, who: Account, read: Trip, notes: str) -> bool:
    """Change the trip as it was read; tell whether it was still like that."""
    try:
        async with storage.begin(who) as unit:
            begun = await change(unit, read.trip_id)
            await unit.trips.amend(begun, replace(begun.trip, notes=notes))
            refuse_stale(begun, read.version)
    except ConflictError:
        return False
    return True


async def read(storage: Storage, who: Account, stored: Trip) -> Trip:
    async with storage.begin(who) as unit:
        found = await unit.trips.get(stored.trip_id)
    assert found is not None
    return found


# The fixture gives the same storage to every example; each makes a trip of its own in it.
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(schedule=turns)
async def test_a_write_succeeds_exactly_when_nobody_wrote_since_the_read(
    storage: Storage, schedule: list[tuple[int, str]]
) -> None:
    owner, stored = Account(uuid4()), trip(notes="")
    await keep(storage, owner, stored)
    people = [
        owner,
        *[await joined(storage, owner, stored.trip_id, "editor") for _ in range(EDITORS - 1)],
    ]
    known = dict.fromkeys(range(EDITORS), stored)
    version, notes = 1, ""

    for n, (who, action) in enumerate(schedule):
        if action == "read":
            known[who] = await read(storage, people[who], stored)
            assert (known[who].version, known[who].notes) == (version, notes)
            continue
        wished = f"{known[who].notes}{n} "
        done = await write(storage, people[who], known[who], wished)
        assert done == (known[who].version == version)
        if done:
            version, notes = version + 1, wished

    final = await read(storage, owner, stored)
    assert (final.version, final.notes) == (version, notes)


async def test_of_two_who_write_at_once_what_both_read_one_is_refused(storage: Storage) -> None:
    owner, stored = Account(uuid4()), trip()
    await keep(storage, owner, stored)
    editor = await joined(storage, owner, stored.trip_id, "editor")

    async with asyncio.timeout(20):
        done = await asyncio.gather(
            write(storage, owner, stored, "Mine"), write(storage, editor, stored, "No, mine")
        )

    assert sorted(done) == [False, True]
    final = await read(storage, owner, stored)
    assert (final.version, final.notes) == (2, "Mine" if done[0] else "No, mine")


async def test_who_accepts_the_last_use_at_once_waits_and_is_told_no(storage: Storage) -> None:
    owner, stored = Account(uuid4()), trip()
    await keep(storage, owner, stored)
    token = await invited(storage, owner, stored.trip_id)

    async with asyncio.timeout(20):
        async with storage.begin(Account(uuid4())) as unit:
            assert await unit.shares.accept(token_hash(token), "First") is not None
            waiting = asyncio.create_task(accepted(storage, Account(uuid4()), token))
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
        assert await waiting is None


async def test_trips_with_the_same_members_do_not_block_each_other_when_they_tell(
    storage: Storage,
) -> None:
    owner, trips = Account(uuid4()), [trip(), trip()]
    await keep(storage, owner, *trips)
    members = [await joined(storage, owner, trips[0].trip_id, "editor") for _ in range(5)]
    for member in members:
        token = await invited(storage, owner, trips[1].trip_id)
        assert await accepted(storage, member, token) is not None

    async def edit(who: Account, of: Trip) -> None:
        for _ in range(10):
            async with storage.begin(who) as unit:
                begun = await change(unit, of.trip_id)
                await unit.events.tell_members(
                    of.trip_id, "trip.changed", {"version": begun.version}, LATER
                )

    async with asyncio.timeout(40):
        await asyncio.gather(*(edit(who, of) for who in members[:2] for of in trips))

    async with storage.begin(owner) as unit:
        events = await unit.events.after(0, 100)
    assert [each.event_id for each in events] == [*range(1, 51)]
    for of in trips:
        told = [
            each.data["version"]
            for each in events
            if each.kind == "trip.changed" and each.subject == of.trip_id
        ]
        assert told == [*range(2, 22)]
