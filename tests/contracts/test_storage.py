"""What every storage promises: the fake in memory and PostgreSQL, by the same tests."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category, Memory
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import Trip, TripSave
from tripsage_mcp.repositories.ports import MemoryFilter, Storage
from tripsage_mcp.repositories.trip_ports import TripQuery

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 1, 4, 9, 30, 0, 123456, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


def trip(title: str = "Rome in May", *, minutes: int = 0, end: date = date(2027, 5, 14)) -> Trip:
    at = NOW + timedelta(minutes=minutes)
    return Trip(
        trip_id=uuid4(),
        version=1,
        title=title,
        destination="Rome, Italy",
        start_date=end - timedelta(days=4),
        end_date=end,
        created_at=at,
        updated_at=at,
    )


def memory(
    text: str, category: Category = "flights", *, subject: str = "self", minutes: int = 0
) -> Memory:
    hard = category in {"dietary", "health_access"}
    at = NOW + timedelta(minutes=minutes)
    return Memory(uuid4(), text, category, at, subject=subject, consented_at=at if hard else None)


async def keep(storage: Storage, account: Account, *rows: Trip | Memory) -> None:
    async with storage.begin(account) as unit:
        for row in rows:
            match row:
                case Trip():
                    await unit.trips.add(row)
                case Memory():
                    await unit.memories.add(row)


async def texts(storage: Storage, account: Account, which: MemoryFilter | None = None) -> list[str]:
    async with storage.begin(account) as unit:
        return [each.text for each in await unit.memories.list(which or MemoryFilter())]


async def test_a_trip_comes_back_as_it_was_stored(storage: Storage, owner: Account) -> None:
    stored = replace(
        trip(),
        travellers=("self", "Inês"),
        status="booked",
        budget=Money(Decimal("1500.50"), "EUR"),
        itinerary={"days": [{"date": "2027-05-10", "items": [], "note": None, "km": 1.5}]},
        flights=({"offer_id": "off_1", "price": "99.50"}, {}),
        stays=({"listing_id": "7"},),
        notes="Bring the blue bag.\nÀ bientôt 🏛",
    )
    await keep(storage, owner, stored)

    async with storage.begin(owner) as unit:
        assert await unit.trips.get(stored.trip_id) == stored
        assert await unit.trips.get_to_change(stored.trip_id) == stored


async def test_a_trip_of_another_account_cannot_be_told_from_none(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    await keep(storage, owner, stored)

    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.trips.get(stored.trip_id) is None
        assert await unit.trips.get_to_change(stored.trip_id) is None
        assert await unit.trips.get(uuid4()) is None
        assert await unit.trips.find(TripQuery(10)) == ()


async def test_what_a_save_answered_is_found_by_its_key_in_its_own_account(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    save = TripSave("key-12345", b"\x00digest", stored.trip_id, 1, NOW)
    await keep(storage, owner, stored)
    async with storage.begin(owner) as unit:
        assert await unit.trips.earlier_save("key-12345") is None
        await unit.trips.note_save(save)

    async with storage.begin(owner) as unit:
        assert await unit.trips.earlier_save("key-12345") == save
    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.trips.earlier_save("key-12345") is None


async def test_who_asks_for_a_key_waits_for_the_save_that_is_using_it(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    save = TripSave("key-12345", b"digest", stored.trip_id, 1, NOW)

    async def second() -> TripSave | None:
        async with storage.begin(owner) as unit:
            return await unit.trips.earlier_save("key-12345")

    async with asyncio.timeout(20):
        async with storage.begin(owner) as unit:
            assert await unit.trips.earlier_save("key-12345") is None
            waiting = asyncio.create_task(second())
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
            await unit.trips.add(stored)
            await unit.trips.note_save(save)
        assert await waiting == save


async def test_an_exception_undoes_the_whole_unit_of_work(storage: Storage, owner: Account) -> None:
    async def fail_at_the_end() -> None:
        async with storage.begin(owner) as unit:
            await unit.trips.add(trip())
            await unit.memories.add(memory("Prefers aisle seats"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()

    async with storage.begin(owner) as unit:
        assert await unit.trips.find(TripQuery(10)) == ()
        assert await unit.memories.list(MemoryFilter()) == ()


async def test_changers_of_one_trip_come_one_after_the_other(
    storage: Storage, owner: Account
) -> None:
    stored = trip()
    await keep(storage, owner, stored)

    async def add_one() -> None:
        async with storage.begin(owner) as unit:
            read = await unit.trips.get_to_change(stored.trip_id)
            assert read is not None
            await asyncio.sleep(0)
            begun = await unit.trips.begin_change(stored.trip_id, NOW)
            assert begun is not None
            assert begun.version == read.version + 1

    async with asyncio.timeout(20):
        await asyncio.gather(*(add_one() for _ in range(6)))

    async with storage.begin(owner) as unit:
        read = await unit.trips.get(stored.trip_id)
    assert read is not None
    assert read.version == 7


async def test_a_memory_comes_back_as_it_was_stored(storage: Storage, owner: Account) -> None:
    about = trip()
    stored = replace(
        memory("Allergic to peanuts", "dietary", subject="Inês"),
        quote="Sou alérgica a amendoins",
        trip_id=about.trip_id,
        valid_until=TODAY,
    )
    await keep(storage, owner, about, stored)

    async with storage.begin(owner) as unit:
        assert await unit.memories.get([stored.memory_id, uuid4()]) == (stored,)
        assert await unit.memories.list(MemoryFilter()) == (stored,)
    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.memories.get([stored.memory_id]) == ()
        assert await unit.memories.list(MemoryFilter()) == ()
        assert await unit.memories.search(["peanuts"], MemoryFilter()) == ()


async def test_memories_are_filtered_by_category_subject_and_day(
    storage: Storage, owner: Account
) -> None:
    old, new = memory("Lives in Lisbon", "identity_home"), memory("Lives in Porto", "identity_home")
    await keep(
        storage,
        owner,
        replace(new, created_at=NOW + timedelta(minutes=4)),
        replace(old, superseded_by=new.memory_id),
        memory("Loves trains", "activities", subject="INÊS", minutes=2),
        replace(memory("Only in May", minutes=3), valid_until=TODAY),
        replace(memory("Ran out", minutes=1), valid_until=TODAY - timedelta(days=1)),
    )

    assert await texts(storage, owner) == [
        "Lives in Porto",
        "Only in May",
        "Loves trains",
        "Ran out",
        "Lives in Lisbon",
    ]
    assert await texts(storage, owner, MemoryFilter(on=TODAY)) == [
        "Lives in Porto",
        "Only in May",
        "Loves trains",
    ]
    assert await texts(storage, owner, MemoryFilter("identity_home", on=TODAY)) == [
        "Lives in Porto"
    ]
    assert await texts(storage, owner, MemoryFilter(subject="ines")) == ["Loves trains"]


async def test_search_finds_inflections_and_says_which_words_matched(
    storage: Storage, owner: Account
) -> None:
    await keep(
        storage,
        owner,
        memory("Prefers an aisle seat"),
        memory("Hotels near a station", "stays"),
        memory("Takes window seats, never an aisle seat", "flights", subject="Clara"),
    )

    async with storage.begin(owner) as unit:
        found = await unit.memories.search(["the", "aisle", "seats"], MemoryFilter())
        own = await unit.memories.search(["seat"], MemoryFilter(subject="self"))
        by_name = await unit.memories.search(["clara"], MemoryFilter())
        by_category = await unit.memories.search(["stays"], MemoryFilter())

    assert {match.memory.text for match in found} == {
        "Prefers an aisle seat",
        "Takes window seats, never an aisle seat",
    }
    assert {match.words for match in found} == {("aisle", "seats")}
    assert [match.memory.text for match in own] == ["Prefers an aisle seat"]
    assert [match.memory.subject for match in by_name] == ["Clara"]
    assert [match.memory.category for match in by_category] == ["stays"]


async def test_search_puts_more_of_the_words_first(storage: Storage, owner: Account) -> None:
    await keep(
        storage,
        owner,
        memory("Home airport is Porto", "identity_home", minutes=1),
        memory("Likes an airport hotel before early flights", "stays", minutes=2),
    )

    async with storage.begin(owner) as unit:
        found = await unit.memories.search(["hotel", "airport"], MemoryFilter())

    assert [len(match.words) for match in found] == [2, 1]


@pytest.mark.parametrize("words", [["the", "of"], ["zeppelin"], ["!", "'", "&", "|", "a:*"], []])
async def test_search_for_nothing_that_means_anything_finds_nothing(
    storage: Storage, owner: Account, words: list[str]
) -> None:
    await keep(storage, owner, memory("Prefers the end of the row"))

    async with storage.begin(owner) as unit:
        assert await unit.memories.search(words, MemoryFilter()) == ()


async def test_deleting_a_memory_deletes_everything_it_superseded(
    storage: Storage, owner: Account
) -> None:
    first, second, third = (memory(f"Lives in {n}") for n in ("Lisbon", "Porto", "Braga"))
    other = memory("Prefers aisle seats")
    await keep(storage, owner, first, second, third, other)
    async with storage.begin(owner) as unit:
        await unit.memories.supersede([first.memory_id], second.memory_id)
        await unit.memories.supersede([second.memory_id], third.memory_id)

    async with storage.begin(owner) as unit:
        earlier = await unit.memories.earlier([third.memory_id])
        assert {each.text for each in earlier} == {"Lives in Lisbon", "Lives in Porto"}
        assert {each.superseded_by for each in earlier} == {second.memory_id, third.memory_id}
        await unit.memories.delete([third.memory_id])

    assert await texts(storage, owner) == ["Prefers aisle seats"]


async def test_nobody_deletes_or_supersedes_anothers_memories(
    storage: Storage, owner: Account
) -> None:
    stored = memory("Prefers aisle seats")
    await keep(storage, owner, stored)

    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.memories.earlier([stored.memory_id]) == ()
        await unit.memories.delete([stored.memory_id])

    assert await texts(storage, owner) == ["Prefers aisle seats"]


async def test_writers_who_lock_the_memories_come_one_after_the_other(
    storage: Storage, owner: Account
) -> None:
    async def add_if_none() -> None:
        async with storage.begin(owner) as unit:
            await unit.memories.lock()
            if not await unit.memories.list(MemoryFilter()):
                await asyncio.sleep(0)
                await unit.memories.add(memory("Prefers aisle seats"))

    async with asyncio.timeout(20):
        await asyncio.gather(*(add_if_none() for _ in range(5)))

    assert await texts(storage, owner) == ["Prefers aisle seats"]
