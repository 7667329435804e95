"""What every storage promises of trips and what is in them, by the same tests."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.build_trips import EUR_12_50, LATER, NOW, change, item, joined, keep, trip
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.memory import Memory
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import TripSave
from tripsage_mcp.domain.trip_budget import BudgetLine
from tripsage_mcp.domain.trip_item import TripDestination, TripTraveller
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.repositories.ports import MemoryFilter, Storage
from tripsage_mcp.repositories.trip_ports import TripPosition, TripQuery

pytestmark = pytest.mark.anyio

MAY_10, MAY_11 = date(2027, 5, 10), date(2027, 5, 11)
ROME = Coordinates(41.8902, 12.4922)


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


async def test_what_a_trip_says_of_itself_comes_back(storage: Storage, owner: Account) -> None:
    stored = trip(home_currency="CHF", display_order=3, travellers=("self", "Inês"))
    await keep(storage, owner, stored)

    async with storage.begin(owner) as unit:
        assert await unit.trips.get(stored.trip_id) == stored
        (listed,) = await unit.trips.find(TripQuery(limit=5))
    assert (listed.display_order, listed.role, listed.mine) == (3, "owner", True)


async def test_a_change_counts_the_version_and_keeps_when_the_trip_was_made(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    await keep(storage, owner, stored)

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        assert begun.trip == replace(stored, version=2, updated_at=LATER)
        assert (begun.version, begun.at) == (2, LATER)
        wished = replace(begun.trip, title="Rome at last", display_order=1, created_at=LATER)
        await unit.trips.amend(begun, replace(wished, version=77, deleted_at=LATER))

    async with storage.begin(owner) as unit:
        assert await unit.trips.get(stored.trip_id) == replace(wished, created_at=NOW)


async def test_what_is_not_there_or_is_deleted_cannot_be_changed(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    await keep(storage, owner, stored)

    async with storage.begin(owner) as unit:
        assert await unit.trips.begin_change(uuid4(), NOW) is None
        assert await unit.trips.bin(stored.trip_id, LATER)
        assert await unit.trips.begin_change(stored.trip_id, NOW) is None


async def test_a_trip_goes_into_the_bin_and_comes_back(storage: Storage, owner: Account) -> None:
    stored, other = trip(), trip()
    await keep(storage, owner, stored, other)

    async with storage.begin(owner) as unit:
        assert await unit.trips.bin(stored.trip_id, LATER)
        assert not await unit.trips.bin(stored.trip_id, LATER)
        read = await unit.trips.get(stored.trip_id)
        assert read == replace(stored, version=2, updated_at=LATER, deleted_at=LATER)
        assert [t.trip_id for t in await unit.trips.find(TripQuery(5))] == [other.trip_id]
        binned = await unit.trips.find(TripQuery(5, binned=True))
        assert [(t.trip_id, t.deleted_at) for t in binned] == [(stored.trip_id, LATER)]

    async with storage.begin(owner) as unit:
        assert await unit.trips.restore(stored.trip_id, LATER)
        assert not await unit.trips.restore(stored.trip_id, LATER)
        read = await unit.trips.get(stored.trip_id)
        assert read == replace(stored, version=3, updated_at=LATER)


async def test_erasing_a_trip_erases_everything_of_it(storage: Storage, owner: Account) -> None:
    stored = trip(itinerary={"days": []})
    await keep(storage, owner, stored)
    member = await joined(storage, owner, stored.trip_id, "editor")
    said = Memory(uuid4(), "Loves Trastevere", "activities", NOW, trip_id=stored.trip_id)
    async with storage.begin(member) as unit:
        await unit.memories.add(said)
        await unit.trip_parts.save_items(await change(unit, stored.trip_id), [item()])
        await unit.trips.note_save(TripSave("a-key-1", b"", stored.trip_id, 2, NOW))
        assert not await unit.trips.erase(stored.trip_id)

    async with storage.begin(owner) as unit:
        assert await unit.trips.erase(stored.trip_id)
        assert not await unit.trips.erase(stored.trip_id)
        assert await unit.trips.get(stored.trip_id) is None
        assert await unit.trip_parts.items(stored.trip_id) == ()
    async with storage.begin(member) as unit:
        assert await unit.trips.whole(stored.trip_id) is None
        assert await unit.memories.list(MemoryFilter()) == ()
        assert await unit.trips.earlier_save("a-key-1") is None


async def test_pages_go_by_display_order_then_the_last_created(
    storage: Storage, owner: Account
) -> None:
    await keep(
        storage,
        owner,
        *(
            trip(title=f"{n}", display_order=n % 2, created_at=NOW + timedelta(minutes=n // 3))
            for n in range(9)
        ),
    )

    seen: list[TripPosition] = []
    async with storage.begin(owner) as unit:
        while page := await unit.trips.find(TripQuery(4, after=seen[-1] if seen else None)):
            seen += [(each.display_order, each.created_at, each.trip_id) for each in page]
        upcoming = await unit.trips.find(TripQuery(10, ending_from=date(2027, 5, 15)))

    assert len(seen) == 9
    assert seen == sorted(set(seen), reverse=True)
    assert upcoming == ()


async def test_items_come_back_as_they_were_stored_in_the_order_of_their_days(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    await keep(storage, owner, stored)
    tokyo, honolulu = ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Honolulu")
    flight = item(
        "NH 184",
        kind="flight",
        status="booked",
        day=MAY_11,
        starts=datetime(2027, 5, 11, 21, 35, tzinfo=tokyo),
        # Across the date line: it lands on the morning of the day it leaves.
        ends=datetime(2027, 5, 11, 9, 55, tzinfo=honolulu),
        zone="Asia/Tokyo",
        end_zone="Pacific/Honolulu",
        price=Money(Decimal("123456789012.345"), "JPY"),
        booking_reference="XY12Z9",
        notes="Seats 12A, 12B\n🛫",
        payload={"legs": [1.5, None, {"a": True}], "name": "É"},
    )
    late = item("Colosseum", day=MAY_10, position=2, coordinates=ROME, place_id="p1")
    early = item("Coffee", kind="meal", day=MAY_10, position=1, status="done", price=EUR_12_50)
    someday = item("Buy stamps", kind="note")

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        await unit.trip_parts.save_items(begun, [someday, flight, late, early])

    async with storage.begin(owner) as unit:
        items = await unit.trip_parts.items(stored.trip_id)
        whole = await unit.trips.whole(stored.trip_id)
    assert items == tuple(
        replace(each, version=2, updated_at=LATER) for each in (early, late, flight, someday)
    )
    assert whole is not None
    assert whole.items == items
    landing = items[2].ends
    assert landing is not None
    assert landing.isoformat() == "2027-05-11T09:55:00-10:00"


async def test_saving_an_item_again_overwrites_all_but_when_it_was_made(
    storage: Storage, owner: Account
) -> None:
    stored, first, second = trip(), item("Colosseum"), item("Forum")
    await keep(storage, owner, stored)
    async with storage.begin(owner) as unit:
        await unit.trip_parts.save_items(await change(unit, stored.trip_id, NOW), [first, second])

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        again = replace(first, title="Colosseum by night", created_at=LATER, price=EUR_12_50)
        await unit.trip_parts.save_items(begun, [again])
        assert await unit.trip_parts.delete_items(begun, [second.item_id, uuid4()]) == 1
        await unit.trip_parts.save_items(begun, [])

    async with storage.begin(owner) as unit:
        assert await unit.trip_parts.items(stored.trip_id) == (
            replace(again, created_at=NOW, version=3, updated_at=LATER),
        )


async def test_an_item_of_another_trip_is_neither_overwritten_nor_deleted(
    storage: Storage, owner: Account
) -> None:
    one, other, shared_id = trip(), trip(), uuid4()
    await keep(storage, owner, one, other)
    async with storage.begin(owner) as unit:
        for each in (one, other):
            begun = await change(unit, each.trip_id)
            await unit.trip_parts.save_items(begun, [item(str(each.trip_id), item_id=shared_id)])
        begun = await change(unit, one.trip_id)
        assert await unit.trip_parts.delete_items(begun, [shared_id]) == 1

    async with storage.begin(owner) as unit:
        (kept,) = await unit.trip_parts.items(other.trip_id)
    assert kept.title == str(other.trip_id)


async def test_everything_in_a_trip_is_read_at_once(storage: Storage, owner: Account) -> None:
    stored = trip()
    await keep(storage, owner, stored)
    stops = (
        TripDestination(uuid4(), "Rome", ROME, MAY_10, MAY_11, "Europe/Rome"),
        TripDestination(uuid4(), "Florence"),
    )
    travellers = (
        TripTraveller(uuid4(), "Zoe", "child", ("stroller", "naps")),
        TripTraveller(uuid4(), "self"),
    )
    budget = (
        BudgetLine("food", Money(Decimal(300), "EUR")),
        BudgetLine("stays", Money(Decimal("800.50"), "EUR")),
    )
    socks = PackingEntry(uuid4(), "Socks", 1, 3, packed=True, traveller="Zoe")
    adapter = PackingEntry(uuid4(), "Adapter", 0)
    passport = TravelDocument(uuid4(), "passport", "Zoe", date(2029, 1, 1), "In the red bag")
    visa = TravelDocument(uuid4(), "visa", "self")

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        parts = unit.trip_parts
        # Whatever was there gives way.
        await parts.set_destinations(begun, [TripDestination(uuid4(), "Naples")])
        await parts.set_destinations(begun, stops)
        await parts.set_travellers(begun, travellers)
        await parts.set_budget(begun, [BudgetLine("food", EUR_12_50)])
        await parts.set_budget(begun, budget)
        await parts.save_packing(begun, [socks, replace(adapter, name="Plug")])
        await parts.save_packing(begun, [adapter])
        await parts.save_documents(begun, [visa, passport])

    async with storage.begin(owner) as unit:
        whole = await unit.trips.whole(stored.trip_id)
    assert whole is not None
    assert whole.destinations == stops
    assert whole.travellers == travellers
    assert whole.trip.travellers == ("Zoe", "self")
    assert whole.budget == budget
    assert whole.packing == (adapter, socks)
    assert whole.documents == (passport, visa)
    assert [(m.display_name, m.owns, m.me) for m in whole.members] == [("Owner", True, True)]
    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        assert await unit.trip_parts.delete_packing(begun, [socks.entry_id, uuid4()]) == 1
        assert await unit.trip_parts.delete_documents(begun, [visa.document_id]) == 1
        whole = await unit.trips.whole(stored.trip_id)
    assert whole is not None
    assert (whole.packing, whole.documents) == ((adapter,), (passport,))


async def test_travellers_follow_the_names_that_a_trip_has(
    storage: Storage, owner: Account
) -> None:
    stored = trip(travellers=("self", "Inês"))
    await keep(storage, owner, stored)
    ines = TripTraveller(uuid4(), "Inês", needs=("wheelchair",))
    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        await unit.trip_parts.set_travellers(begun, [TripTraveller(uuid4(), "self"), ines])

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        await unit.trips.amend(begun, replace(begun.trip, travellers=("Rui", "Inês")))
        whole = await unit.trips.whole(stored.trip_id)

    assert whole is not None
    rui, again = whole.travellers
    assert again == ines
    assert (rui.name, rui.kind, rui.needs) == ("Rui", "adult", ())


async def test_every_itinerary_becomes_a_version(storage: Storage, owner: Account) -> None:
    stored = trip(itinerary={"days": [1]})
    await keep(storage, owner, stored)

    async with storage.begin(owner) as unit:
        begun = await change(unit, stored.trip_id)
        # The same again is no new version.
        await unit.trips.amend(begun, replace(begun.trip, title="Still Rome"))
        await unit.trips.amend(begun, replace(begun.trip, itinerary={"days": [2]}))
        begun = await change(unit, stored.trip_id)
        assert await unit.trip_parts.add_itinerary(begun, {"days": [3]}, "revised", "slower") == 3

    async with storage.begin(owner) as unit:
        versions = await unit.trip_parts.itineraries(stored.trip_id, before=None, limit=10)
        whole = await unit.trips.whole(stored.trip_id)
        older = await unit.trip_parts.itineraries(stored.trip_id, before=3, limit=1)
        first = await unit.trip_parts.itinerary(stored.trip_id, 1)
        assert await unit.trip_parts.itinerary(stored.trip_id, 4) is None
    assert [(v.number, v.trip_version, v.origin, v.reason) for v in versions] == [
        (3, 3, "revised", "slower"),
        (2, 2, "saved", None),
        (1, 1, "saved", None),
    ]
    assert {v.made_by for v in versions} == {"Owner"}
    assert older == versions[1:2]
    assert first == {"days": [1]}
    assert whole is not None
    assert whole.itineraries == versions
    assert whole.trip.itinerary == {"days": [3]}


async def test_an_answer_is_kept_under_its_key_whole(storage: Storage, owner: Account) -> None:
    stored = trip()
    save = TripSave("key-12345", b"\x00f", stored.trip_id, 1, NOW, {"items": ["a"]})
    async with storage.begin(owner) as unit:
        await unit.trips.add(stored)
        await unit.trips.note_save(save)

    async with storage.begin(owner) as unit:
        assert await unit.trips.earlier_save("key-12345") == save


async def test_editors_at_once_never_lose_an_update(storage: Storage, owner: Account) -> None:
    stored = trip(notes="")
    await keep(storage, owner, stored)
    editors = [await joined(storage, owner, stored.trip_id, "editor") for _ in range(3)]
    shared = item("0")
    async with storage.begin(owner) as unit:
        await unit.trip_parts.save_items(await change(unit, stored.trip_id), [shared])

    async def edit(who: Account, letter: str) -> None:
        for _ in range(5):
            async with storage.begin(who) as unit:
                begun = await change(unit, stored.trip_id)
                await asyncio.sleep(0)
                notes = (begun.trip.notes or "") + letter
                await unit.trips.amend(begun, replace(begun.trip, notes=notes))
                (read,) = (
                    each
                    for each in await unit.trip_parts.items(stored.trip_id)
                    if each.item_id == shared.item_id
                )
                counted = replace(read, title=str(int(read.title) + 1))
                await unit.trip_parts.save_items(begun, [counted, item(letter)])

    async with asyncio.timeout(40):
        await asyncio.gather(
            *(edit(who, letter) for who, letter in zip([owner, *editors], "oabc", strict=True))
        )

    async with storage.begin(owner) as unit:
        whole = await unit.trips.whole(stored.trip_id)
    assert whole is not None
    assert whole.trip.version == 22
    assert sorted(whole.trip.notes or "") == sorted("oabc" * 5)
    assert len(whole.items) == 21
    assert "20" in {each.title for each in whole.items}
