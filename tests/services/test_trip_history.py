"""What was, what is stored now, and what comes back."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.services.trip_desk import ROME, Desk
from tripsage_mcp.domain.trip_sharing import TripActivity
from tripsage_mcp.errors import ConflictError, InvalidRequestError, NotFoundError
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.trips.part_requests import ItemChange, StopChange, TravellerChange
from tripsage_mcp.services.trips.requests import SaveRequest

pytestmark = pytest.mark.anyio


def visit(title: str, **more: Any) -> ItemChange:
    return ItemChange(kind="visit", title=title, **more)


async def test_a_stale_write_is_shown_both_versions_and_what_is_stored_now(
    storage: Storage,
) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    (forum,) = await desk.items(trip_id, visit("Forum"))
    guest = await desk.joined(trip_id)
    await desk.save(trip_id, guest, title="Rome with Ines", expected_version=2)
    await desk.items(trip_id, ItemChange(item_id=forum, status="booked"), who=guest)

    with pytest.raises(ConflictError) as caught:
        await desk.save(
            trip_id,
            expected_version=2,
            title="Rome again",
            items=[ItemChange(item_id=forum, title="Forum Romanum")],
        )

    error = caught.value
    assert (error.expected, error.current) == (2, 4)
    assert error.stored is not None
    stored: dict[str, Any] = dict(error.stored)
    assert stored["title"] == "Rome with Ines"
    assert [(each["item_id"], each["status"]) for each in stored["items"]] == [(forum, "booked")]
    # Joining makes no version, so it is no change that was missed.
    assert [(each["who"], each["action"]) for each in stored["changed_since"]] == [
        ("Ines", "items_changed"),
        ("Ines", "changed"),
    ]
    trip = (await desk.trips.get(desk.owner, trip_id)).trip
    assert (trip.title, trip.version) == ("Rome with Ines", 4)


async def test_writers_who_merge_what_they_are_shown_lose_nothing(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id)

    async def adds(who: Any, name: str) -> None:
        expected = 1
        for n in range(4):
            while True:
                try:
                    saved = await desk.save(
                        trip_id, who, expected_version=expected, items=[visit(f"{name} {n}")]
                    )
                except ConflictError as error:
                    expected = error.current or 0
                else:
                    expected = saved.version
                    break

    async with asyncio.timeout(60):
        await asyncio.gather(adds(desk.owner, "Owner"), adds(guest, "Ines"))

    titles = await desk.titles(trip_id)
    assert sorted(titles) == sorted(f"{name} {n}" for name in ("Owner", "Ines") for n in range(4))
    assert (await desk.trips.get(desk.owner, trip_id)).trip.version == 9


async def test_every_saved_itinerary_is_a_version_and_an_old_one_comes_back(
    storage: Storage,
) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome(itinerary={"plan": 1})
    await desk.save(trip_id, itinerary={"plan": 2}, reason="Slower")
    await desk.trips.keep_itinerary(desk.owner, trip_id, {"plan": 3}, "revised", "Rain")

    restored = await desk.save(trip_id, itinerary_version=1)
    listed = await desk.trips.versions(desk.owner, trip_id, limit=3)
    rest = await desk.trips.versions(desk.owner, trip_id, cursor=listed.next_cursor)
    second = await desk.read(trip_id, itinerary_version=2)

    assert restored.itinerary_version == 4
    assert [(each.number, each.origin, each.reason) for each in listed.versions] == [
        (4, "restored", "Version 1 again"),
        (3, "revised", "Rain"),
        (2, "saved", "Slower"),
    ]
    assert [each.number for each in rest.versions] == [1]
    assert rest.next_cursor is None
    assert second.itinerary == {"plan": 2}
    assert (await desk.trips.get(desk.owner, trip_id)).trip.itinerary == {"plan": 1}
    with pytest.raises(NotFoundError):
        await desk.read(trip_id, itinerary_version=9)
    with pytest.raises(NotFoundError):
        await desk.save(trip_id, itinerary_version=9)


async def test_no_itinerary_any_more_leaves_its_versions() -> None:
    desk = Desk()
    trip_id = await desk.rome(itinerary={"plan": 1})

    saved = await desk.save(trip_id, itinerary={})
    read = await desk.trips.get(desk.owner, trip_id)

    assert saved.itinerary_version is None
    assert read.trip.itinerary is None
    assert [each.number for each in read.whole.itineraries] == [1]


async def test_a_deleted_trip_is_in_the_bin_until_it_is_restored(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id, "viewer")

    deleted = await desk.trips.move(desk.owner, trip_id, "delete", expected_version=1)
    again = await desk.trips.move(desk.owner, trip_id, "delete")
    binned = await desk.trips.list(desk.owner, deleted=True)

    assert (deleted.move, deleted.version, again.version) == ("delete", 2, 2)
    assert [str(each.trip_id) for each in binned.trips] == [trip_id]
    assert (await desk.trips.list(desk.owner)).trips == ()
    assert (await desk.trips.list(guest)).trips == ()
    with pytest.raises(NotFoundError):
        await desk.trips.get(guest, trip_id)
    with pytest.raises(ConflictError, match="deleted"):
        await desk.save(trip_id, title="x")

    restored = await desk.trips.move(desk.owner, trip_id, "restore")
    assert (restored.move, restored.version) == ("restore", 3)
    assert len((await desk.trips.list(guest)).trips) == 1
    log = await desk.trips.activity(desk.owner, trip_id)
    assert [each.action for each in log.entries][:2] == ["restored", "deleted"]


async def test_a_stale_delete_is_refused() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.save(trip_id, title="Changed")

    with pytest.raises(ConflictError) as caught:
        await desk.trips.move(desk.owner, trip_id, "delete", expected_version=1)

    assert (caught.value.expected, caught.value.current) == (1, 2)


async def test_every_write_with_a_key_is_made_once(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    asked: dict[str, Any] = {"items": [visit("Forum")], "idempotency_key": "add-forum-1"}
    first = await desk.save(trip_id, **asked)
    second = await desk.save(trip_id, **asked)
    deleted = await desk.trips.move(desk.owner, trip_id, "delete", key="delete-rome-1")
    twice = await desk.trips.move(desk.owner, trip_id, "delete", key="delete-rome-1")

    assert (first.items, first.version) == (second.items, second.version)
    assert first.items != ()
    assert (deleted.version, deleted.move) == (twice.version, twice.move) == (3, "delete")
    with pytest.raises(ConflictError, match="idempotency_key"):
        await desk.trips.move(desk.owner, trip_id, "restore", key="delete-rome-1")


async def test_the_log_says_who_did_what_and_goes_on_page_by_page(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    await desk.items(trip_id, visit("Forum"), reason="An idea")
    await desk.save(trip_id, budget_lines=["food 100 EUR"], title="Rome")

    entries: list[TripActivity] = []
    cursor: str | None = None
    while True:
        page = await desk.trips.activity(desk.owner, trip_id, cursor=cursor, limit=2)
        entries += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break

    said = {(each.action, each.version) for each in entries}
    assert said == {
        ("created", 1),
        ("items_changed", 2),
        ("changed", 3),
        ("budget_changed", 3),
    }
    with pytest.raises(InvalidRequestError):
        await desk.trips.activity(desk.owner, trip_id, cursor="x")


async def test_everybody_who_has_the_trip_open_is_told_of_a_change(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id)
    begin = await desk.events.begin(guest)
    desk.woken.clear()

    await desk.save(trip_id, title="Rome, all week")

    async with desk.storage.begin(guest) as unit:
        (event,) = await unit.events.after(begin.event_id, 10)
    assert {each.account_id for each in desk.woken} == {
        desk.owner.account_id,
        guest.account_id,
    }
    assert (event.kind, event.subject) == ("trip.changed", UUID(trip_id))
    assert event.data == {"version": 2, "actions": ["changed"], "by": "Owner"}


async def test_a_save_that_does_not_fit_the_stored_dates_is_no_version() -> None:
    desk = Desk()
    trip_id = await desk.rome()

    with pytest.raises(InvalidRequestError, match="end_date"):
        await desk.trips.save(
            desk.owner, SaveRequest(trip_id=trip_id, end_date=ROME["start_date"].replace(day=1))
        )

    assert (await desk.trips.get(desk.owner, trip_id)).trip.version == 1


async def test_a_stale_write_is_shown_all_that_it_would_have_written_over() -> None:
    desk = Desk()
    trip_id = await desk.rome(
        notes="Bring hats", budget_lines=["food 100 EUR"], stays=[{"name": "x" * 5000}]
    )
    (forum,) = await desk.items(trip_id, visit("Forum"))
    await desk.save(
        trip_id,
        notes="",
        budget_lines=["food 200 EUR"],
        flights=[{"offer_id": "off_1"}],
        stops=[StopChange("Rome")],
        itinerary={"plan": 1},
        items=[visit("Pantheon")],
        remove=[forum],
    )

    with pytest.raises(ConflictError) as caught:
        await desk.save(
            trip_id,
            expected_version=2,
            notes="Mine",
            budget_lines=["food 300 EUR"],
            flights=[],
            stays=[],
            stops=[],
            companions=[TravellerChange("self", "adult")],
            itinerary={"plan": 2},
            items=[ItemChange(item_id=forum, title="Forum Romanum")],
        )

    stored = dict(caught.value.stored or {})
    stored.pop("changed_since")
    items: Any = stored.pop("items")
    # Of what has a version of its own, also what it did not mean to write.
    assert [each["title"] for each in items] == ["Pantheon"]
    assert stored == {
        "notes": None,
        "budget_lines": ["food 200.00 EUR"],
        "flights": [{"offer_id": "off_1"}],
        "stays": '1; get_trips with detail="full" shows them',
        "stops": [{"name": "Rome"}],
        "companions": [{"name": "self", "kind": "adult"}],
        "itinerary": "version 1",
        "gone": [forum],
    }


async def test_bringing_back_what_was_never_deleted_makes_nothing() -> None:
    desk = Desk()
    restored = await desk.trips.move(desk.owner, await desk.rome(), "restore")

    assert (restored.version, restored.created) == (1, False)
