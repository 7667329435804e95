from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes_storage import FakeStorage
from tests.services.trip_desk import ROME, Desk
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.trips import plain as trip_plain
from tripsage_mcp.services.trips.part_requests import (
    MOST_AT_ONCE,
    DocumentChange,
    ItemChange,
    PackingChange,
    StopChange,
    TravellerChange,
)
from tripsage_mcp.services.trips.parts import MOST_ITEMS
from tripsage_mcp.services.trips.requests import SaveRequest

pytestmark = pytest.mark.anyio


def visit(title: str, **more: Any) -> ItemChange:
    return ItemChange(kind="visit", title=title, **more)


async def test_items_are_added_changed_and_removed_at_once(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    colosseum, forum = await desk.items(
        trip_id, visit("Colosseum", price="18 EUR"), visit("Forum", notes="Bring water")
    )

    saved = await desk.save(
        trip_id,
        items=[
            ItemChange(item_id=forum, status="booked", notes="", booking_reference="X1"),
            visit("Pantheon"),
        ],
        remove=[colosseum],
    )
    items = {each.title: each for each in (await desk.trips.get(desk.owner, trip_id)).items}

    assert (saved.version, saved.removed, saved.items[0]) == (3, 1, forum)
    assert set(items) == {"Forum", "Pantheon"}
    assert (items["Forum"].status, items["Forum"].notes) == ("booked", None)
    assert (items["Forum"].booking_reference, items["Forum"].version) == ("X1", 3)


async def test_a_new_trip_is_made_with_everything_in_it(storage: Storage) -> None:
    desk = Desk(storage)
    saved = await desk.trips.save(
        desk.owner,
        SaveRequest(
            **ROME,
            travellers=["self", "Nino"],
            companions=[TravellerChange("nino", "child", ("stroller", "naps"))],
            stops=[StopChange("Rome", "2027-05-10", "2027-05-14", 41.9, 12.5, "Europe/Rome")],
            items=[ItemChange(kind="meal", title="Dinner", starts="2027-05-10T20:00")],
            packing=[PackingChange(name="Hat", quantity=2)],
            documents=[DocumentChange(kind="passport", holder="self", expires="2030-01-01")],
            budget_lines=["food 400 EUR"],
            itinerary={"days": []},
            reason="First plan",
        ),
    )
    whole = (await desk.trips.get(desk.owner, str(saved.trip_id))).whole

    assert (saved.version, saved.created, saved.itinerary_version) == (1, True, 1)
    assert [(each.name, each.kind, each.needs) for each in whole.travellers] == [
        ("self", "adult", ()),
        ("Nino", "child", ("stroller", "naps")),
    ]
    (dinner,), (stop,) = whole.items, whole.destinations
    # The zone of the only stop.
    assert dinner.starts == datetime(2027, 5, 10, 18, tzinfo=UTC)
    assert (dinner.zone, dinner.day, stop.zone) == (
        "Europe/Rome",
        date(2027, 5, 10),
        "Europe/Rome",
    )
    assert [(each.name, each.quantity) for each in whole.packing] == [("Hat", 2)]
    assert [(each.kind, each.holder) for each in whole.documents] == [("passport", "self")]
    assert [each.planned for each in whole.budget] == [Money(Decimal(400), "EUR")]
    assert [each.reason for each in whole.itineraries] == ["First plan"]


async def test_items_stand_where_they_are_put_else_by_time_else_last() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    day = {"day": "2027-05-10", "zone": "Europe/Rome"}
    await desk.items(
        trip_id,
        visit("Lunch", starts="2027-05-10T13:00", **day),
        visit("Walk", **day),
        visit("Breakfast", starts="2027-05-10T08:00", **day),
    )
    assert await desk.titles(trip_id) == ["Breakfast", "Lunch", "Walk"]

    (ices,) = await desk.items(trip_id, visit("Ices", position=1, **day))
    assert await desk.titles(trip_id) == ["Breakfast", "Ices", "Lunch", "Walk"]

    await desk.items(trip_id, ItemChange(item_id=ices, position=99))
    assert await desk.titles(trip_id) == ["Breakfast", "Lunch", "Walk", "Ices"]

    await desk.items(trip_id, ItemChange(item_id=ices, day="2027-05-09"))
    assert await desk.titles(trip_id) == ["Ices", "Breakfast", "Lunch", "Walk"]


async def test_a_flight_lands_in_the_zone_it_lands_in() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.items(
        trip_id,
        ItemChange(
            kind="flight",
            title="NH 204",
            starts="2027-05-10T11:00",
            zone="Asia/Tokyo",
            ends="2027-05-10T10:00",
            end_zone="America/Los_Angeles",
        ),
    )
    (flight,) = (await desk.trips.get(desk.owner, trip_id)).items

    assert flight.starts == datetime(2027, 5, 10, 2, tzinfo=UTC)
    assert flight.ends == datetime(2027, 5, 10, 17, tzinfo=UTC)


async def test_changing_a_time_keeps_the_other_and_clearing_the_beginning_clears_both() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    (tour,) = await desk.items(
        trip_id,
        visit("Tour", starts="2027-05-10T09:00+02:00", ends="2027-05-10T11:00+02:00"),
    )

    await desk.items(trip_id, ItemChange(item_id=tour, ends="2027-05-10T12:00+02:00"))
    (item,) = (await desk.trips.get(desk.owner, trip_id)).items
    assert item.ends == datetime(2027, 5, 10, 10, tzinfo=UTC)
    assert item.starts == datetime(2027, 5, 10, 7, tzinfo=UTC)

    await desk.items(trip_id, ItemChange(item_id=tour, starts=""))
    (item,) = (await desk.trips.get(desk.owner, trip_id)).items
    assert (item.starts, item.ends) == (None, None)


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("items.0.title", {"items": [ItemChange(kind="visit")]}),
        ("items.0.kind", {"items": [ItemChange(title="x")]}),
        ("items.0.starts", {"items": [visit("x", starts="tomorrow")]}),
        ("items.0.starts", {"items": [visit("x", starts="2027-05-10")]}),
        ("items.0.day", {"items": [visit("x", day="2027-02-30")]}),
        ("items.0.zone", {"items": [visit("x", zone="Mars/Base")]}),
        ("items.0.price", {"items": [visit("x", price="cheap")]}),
        ("items.0.latitude", {"items": [visit("x", latitude=1.0)]}),
        ("items.0.latitude", {"items": [visit("x", latitude=91.0, longitude=0.0)]}),
        ("items.0.position", {"items": [visit("x", position=-1)]}),
        ("items.0.payload", {"items": [visit("x", payload={"a": "x" * 17_000})]}),
        ("items", {"items": [visit("x")] * (MOST_AT_ONCE + 1)}),
        ("packing.0.quantity", {"packing": [PackingChange(name="x", quantity=0)]}),
        ("documents.0.holder", {"documents": [DocumentChange(kind="visa")]}),
        (
            "documents.0.note",
            {"documents": [DocumentChange(kind="visa", holder="self", note="No. C01X00T47")]},
        ),
        (
            "documents.0.note",
            {"documents": [DocumentChange(kind="visa", holder="self", note="12345")]},
        ),
        ("stops.0.leaves", {"stops": [StopChange("Rome", "2027-05-10", "2027-05-09")]}),
        ("companions.0.name", {"companions": [TravellerChange("  ")]}),
        ("remove", {"remove": ["everything"]}),
        ("budget_lines", {"budget_lines": ["fun 100 EUR"]}),
        ("budget_lines", {"budget_lines": ["food lots"]}),
        ("budget_lines", {"budget_lines": ["food 1 EUR", "food 2 EUR"]}),
        ("home_currency", {"home_currency": "euro"}),
        ("itinerary_version", {"itinerary_version": 1}),
        ("reason", {"reason": "x" * 201}),
    ],
)
async def test_what_makes_no_sense_is_named_before_anything_is_stored(
    argument: str, given: dict[str, Any]
) -> None:
    storage = FakeStorage()
    desk = Desk(storage)

    with pytest.raises(InvalidRequestError) as caught:
        await desk.rome(**given)

    assert caught.value.argument == argument
    assert storage.begun == 0


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("items.0.item_id", {"items": [ItemChange(item_id=str(uuid4()), title="x")]}),
        ("packing.0.entry_id", {"packing": [PackingChange(str(uuid4()), packed=True)]}),
        ("documents.0.document_id", {"documents": [DocumentChange(str(uuid4()), note="x")]}),
        ("companions.0.name", {"companions": [TravellerChange("Nobody", "child")]}),
        ("items.0.starts", {"items": [visit("x", starts="2027-05-10T09:00")]}),
        ("items.0.ends", {"items": [visit("x", ends="2027-05-10T09:00+02:00")]}),
    ],
)
async def test_what_does_not_fit_the_stored_trip_changes_nothing(
    argument: str, given: dict[str, Any]
) -> None:
    desk = Desk()
    trip_id = await desk.rome()

    with pytest.raises(InvalidRequestError) as caught:
        await desk.save(trip_id, title="Changed", **given)

    trip = (await desk.trips.get(desk.owner, trip_id)).trip
    assert caught.value.argument == argument
    assert (trip.title, trip.version) == ("Rome in May", 1)


async def test_a_trip_has_room_for_so_many_items_and_no_more() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    for _ in range(MOST_ITEMS // MOST_AT_ONCE):
        await desk.items(trip_id, *[visit(f"Sight {n}") for n in range(MOST_AT_ONCE)])

    with pytest.raises(InvalidRequestError, match="at most 500"):
        await desk.items(trip_id, visit("One more"))


async def test_items_are_read_in_pages_that_fit() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    long = {"text": "x" * 15_000}
    await desk.items(trip_id, *[visit(f"Sight {n}", payload=long) for n in range(7)])

    seen: list[str] = []
    sizes: list[int] = []
    cursor: str | None = None
    while True:
        page = await desk.read(trip_id, detail="full", cursor=cursor)
        seen += [each.title for each in page.items]
        sizes.append(len(page.items))
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == [f"Sight {n}" for n in range(7)]
    assert max(sizes) == 1
    short = await desk.read(trip_id, include=("items",))
    assert (len(short.items), short.next_cursor) == (7, None)


async def times(desk: Desk, trip_id: str) -> tuple[date | None, str, str]:
    (item,) = (await desk.trips.get(desk.owner, trip_id)).items
    fields = trip_plain.item_fields(item)
    return item.day, str(fields.get("starts")), str(fields.get("ends"))


async def test_an_item_put_on_another_day_keeps_its_hours_there() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    zone = {"zone": "Europe/Rome", "end_zone": "Africa/Tunis"}
    # The clocks go forward in the night to the 28th.
    (item,) = await desk.items(
        trip_id, visit("Flight", starts="2027-03-27T09:30", ends="2027-03-27T11:00", **zone)
    )

    await desk.items(trip_id, ItemChange(item_id=item, day="2027-03-29"))

    assert await times(desk, trip_id) == (
        date(2027, 3, 29),
        "2027-03-29T09:30+02:00",
        "2027-03-29T11:00+01:00",
    )
    await desk.items(trip_id, ItemChange(item_id=item, day=""))
    assert await times(desk, trip_id) == (None, "None", "None")


async def test_a_day_other_than_that_of_the_beginning_is_refused() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    starts = {"starts": "2027-05-10T23:30", "zone": "Europe/Rome"}
    (item,) = await desk.items(trip_id, visit("Bar", day="2027-05-10", **starts))

    with pytest.raises(InvalidRequestError, match=r"items\.0\.day"):
        await desk.items(trip_id, visit("Club", day="2027-05-11", **starts))
    await desk.items(trip_id, ItemChange(item_id=item, zone="Asia/Tokyo"))

    assert await times(desk, trip_id) == (date(2027, 5, 11), "2027-05-11T06:30+09:00", "None")


async def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    skipped = {"starts": "2027-03-28T02:30", "zone": "Europe/Rome"}

    with pytest.raises(InvalidRequestError, match=r"items\.0\.starts.*skip"):
        await desk.items(trip_id, visit("Bar", **skipped))
    (item,) = await desk.items(trip_id, visit("Bar", **skipped | {"starts": "2027-03-27T02:30"}))
    with pytest.raises(InvalidRequestError, match=r"items\.0\.day.*skip"):
        await desk.items(trip_id, ItemChange(item_id=item, day="2027-03-28"))
    await desk.items(trip_id, visit("Owl", **skipped | {"starts": "2027-03-28T02:30+01:00"}))

    assert sorted(await desk.titles(trip_id)) == ["Bar", "Owl"]


async def test_what_is_to_be_removed_has_to_be_there() -> None:
    desk = Desk()
    trip_id, other = await desk.rome(), await desk.rome()
    (mine,) = await desk.items(trip_id, visit("Forum"))
    (elsewhere,) = await desk.items(other, visit("Pantheon"))

    with pytest.raises(InvalidRequestError, match="remove"):
        await desk.save(trip_id, remove=[mine, elsewhere])

    assert (await desk.titles(trip_id), await desk.titles(other)) == (["Forum"], ["Pantheon"])


@pytest.mark.parametrize("people", [["2 adults"], ["self", "2"], ["1 child"]])
async def test_a_number_of_people_is_no_name(people: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match="a name each"):
        await Desk().rome(travellers=people)
