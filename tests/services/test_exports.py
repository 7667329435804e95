import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from ical.calendar_stream import IcsCalendarStream

from tests import fakes_itinerary
from tests.build_trips import change, item, joined, keep, trip
from tests.fakes_exports import FakeShelf, export_service
from tests.fakes_places import FakePlaces
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.domain.trip import Trip
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderUnavailableError,
    StorageError,
)
from tripsage_mcp.exports.catalog import NAMES
from tripsage_mcp.services.exports.links import ExportLink, seal, unseal
from tripsage_mcp.services.itineraries.drafts import read
from tripsage_mcp.views.itinerary import ItineraryView

pytestmark = pytest.mark.anyio

ME = LOCAL_ACCOUNT
NOW = fakes_itinerary.NOW
SECRET = b"s" * 32
PLACE = fakes_itinerary.city()[0]


def itinerary(*names: str) -> dict[str, Any]:
    items = [
        {"time": f"{10 + n}:00-{10 + n}:45", "name": name, "item_id": name.casefold()}
        for n, name in enumerate(names)
    ]
    items[0]["place_id"] = PLACE.place_id
    return {
        "itinerary": {
            "destination": "Lisbon",
            "time_zone": "Europe/Lisbon",
            "days": [{"date": "2027-05-10", "items": items}],
        }
    }


async def stored(storage: FakeStorage, **changes: Any) -> Trip:
    made = trip(**{"title": "Lisbon in May"} | changes)
    await keep(storage, ME, made)
    return made


@pytest.mark.parametrize("wanted", NAMES)
async def test_a_trip_comes_in_every_format(wanted: str) -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle", "Cathedral"))

    file = await export_service(storage).trip(ME, str(kept.trip_id), wanted.upper())

    assert file.name == f"Lisbon-in-May.{wanted}"
    assert file.content
    assert file.notes == ()


async def test_places_of_the_plan_are_on_the_map() -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle", "Cathedral"))

    file = await export_service(storage).trip(ME, str(kept.trip_id), "geojson")

    (point,) = json.loads(file.content)["features"]
    at = PLACE.coordinates
    assert point["geometry"]["coordinates"] == pytest.approx([at.longitude, at.latitude], abs=1e-6)
    assert json.loads(file.content)["data"] == "sandbox"


async def test_hours_that_were_not_asked_for_are_not_called_unknown() -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle"))
    without = FakePlaces(known=[replace(PLACE, opening_hours=None)])

    file = await export_service(storage, places=without).trip(ME, str(kept.trip_id), "md")

    assert b"hours not known" not in file.content


async def test_a_file_without_its_map_is_better_than_none_and_says_so() -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle"))
    down = FakePlaces(fails=ProviderUnavailableError("places", "down"))

    file = await export_service(storage, places=down).trip(ME, str(kept.trip_id), "md")

    assert b"Castle" in file.content
    assert "not on the map" in file.notes[0]
    assert file.notes[0].encode() in file.content


@pytest.mark.parametrize("broken", [{"days": "none"}, {"anything": [1, 2]}, {"days": []}])
async def test_an_itinerary_that_cannot_be_read_is_said_to_be_missing(
    broken: dict[str, Any],
) -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=broken)

    file = await export_service(storage).trip(ME, str(kept.trip_id), "md")

    assert file.notes == ("The saved itinerary could not be read; it is not in this file.",)


async def test_a_calendar_cancels_what_a_revision_dropped() -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle", "Fado"))
    async with storage.begin(ME) as unit:
        begun = await change(unit, kept.trip_id)
        await unit.trip_parts.add_itinerary(begun, itinerary("Castle"), "revised")

    file = await export_service(storage).trip(ME, str(kept.trip_id), "ics")
    events = IcsCalendarStream.calendar_from_ics(file.content.decode()).events

    assert {(each.summary, each.status, each.sequence) for each in events} == {
        ("Castle", "CONFIRMED", 2),
        ("Fado", "CANCELLED", 2),
    }
    page = await export_service(storage).trip(ME, str(kept.trip_id), "md")
    assert b"Fado" not in page.content


async def test_items_of_the_trip_are_in_the_file() -> None:
    storage = FakeStorage()
    kept = await stored(storage)
    async with storage.begin(ME) as unit:
        begun = await change(unit, kept.trip_id)
        await unit.trip_parts.save_items(begun, [item("Fado", day=date(2027, 5, 11))])

    file = await export_service(storage).trip(ME, str(kept.trip_id), "md")

    assert "## Tuesday 11 May 2027" in file.content.decode()
    assert "Fado" in file.content.decode()


async def test_who_may_read_a_trip_may_take_it_along_and_nobody_else() -> None:
    storage = FakeStorage()
    kept = await stored(storage)
    viewer = await joined(storage, ME, kept.trip_id, "viewer")
    exports = export_service(storage)

    assert (await exports.trip(viewer, str(kept.trip_id), "ics")).content
    with pytest.raises(NotFoundError):
        await exports.trip(Account(uuid4()), str(kept.trip_id), "ics")


async def test_a_deleted_trip_is_not_exported() -> None:
    storage = FakeStorage()
    kept = await stored(storage)
    async with storage.begin(ME) as unit:
        assert await unit.trips.bin(kept.trip_id, NOW)

    with pytest.raises(NotFoundError):
        await export_service(storage).trip(ME, str(kept.trip_id), "ics")


@pytest.mark.parametrize(
    ("trip_id", "wanted"), [("7", "ics"), ("01a206e1-0000-7000-8000-000000000001", "docx")]
)
async def test_what_is_asked_for_is_checked_first(trip_id: str, wanted: str) -> None:
    with pytest.raises(InvalidRequestError):
        await export_service().trip(ME, trip_id, wanted)


async def test_a_plan_of_no_trip_is_exported_too() -> None:
    draft = ItineraryView.model_validate(itinerary("Castle")).draft()
    plan = read(draft, ZoneInfo("Europe/Lisbon"), {}, lambda _code: None)

    file = await export_service().export(plan, "ics")

    assert b"SUMMARY:Castle" in file.content


async def test_on_this_machine_a_file_is_put_on_the_shelf_over_the_one_before() -> None:
    storage, shelf = FakeStorage(), FakeShelf()
    kept = await stored(storage)
    exports = export_service(storage, shelf=shelf)

    first = await exports.deliver(ME, str(kept.trip_id), "ics")
    await exports.deliver(ME, str(kept.trip_id), "ics")

    assert first.path == f"/home/me/{kept.trip_id.hex[-8:]}-Lisbon-in-May.ics"
    assert first.url is None
    assert list(shelf.files.values()) == [first.exported.content]


async def test_a_full_disk_is_told() -> None:
    storage = FakeStorage()
    kept = await stored(storage)

    with pytest.raises(StorageError):
        await export_service(storage, shelf=FakeShelf(full=True)).deliver(
            ME, str(kept.trip_id), "ics"
        )


async def test_over_http_a_link_leads_to_the_file_for_half_an_hour() -> None:
    storage, shelf, now = FakeStorage(), FakeShelf(), [NOW]
    kept = await stored(storage)
    exports = export_service(
        storage, shelf=shelf, address=lambda: "https://trips.example", now=lambda: now[0]
    )

    delivered = await exports.deliver(ME, str(kept.trip_id), "gpx")

    assert delivered.path is None
    assert delivered.url is not None
    assert delivered.expires_at == NOW + timedelta(minutes=30)
    assert shelf.files == {}
    base, _, word = delivered.url.rpartition("/")
    assert base == "https://trips.example/exports"
    assert await exports.linked(word) == delivered.exported
    now[0] += timedelta(minutes=30)
    with pytest.raises(NotFoundError):
        await exports.linked(word)


async def test_a_link_shows_no_more_than_its_maker_may_see_now() -> None:
    storage = FakeStorage()
    kept = await stored(storage)
    viewer = await joined(storage, ME, kept.trip_id, "viewer")
    exports = export_service(storage, address=lambda: "https://trips.example")
    delivered = await exports.deliver(viewer, str(kept.trip_id), "md")
    async with storage.begin(viewer) as unit:
        assert await unit.shares.leave(kept.trip_id) is not None

    assert delivered.url is not None
    with pytest.raises(NotFoundError):
        await exports.linked(delivered.url.rpartition("/")[2])


def test_a_word_says_what_was_sealed_in_it() -> None:
    link = ExportLink(ME, UUID(int=7), "pdf", NOW)

    assert unseal(SECRET, seal(SECRET, link)) == link


def test_a_word_cannot_be_made_or_changed() -> None:
    link = ExportLink(ME, UUID(int=7), "pdf", NOW)
    word = seal(SECRET, link)

    assert unseal(b"other" * 8, word) is None
    assert word != seal(SECRET, replace(link, wanted="ics"))
    for n in range(len(word)):
        changed = word[:n] + ("A" if word[n] != "A" else "B") + word[n + 1 :]
        # The last character holds bits that say nothing.
        assert unseal(SECRET, changed) in ({None, link} if n == len(word) - 1 else {None})
    for junk in ("", "x", "é" * 20, "A" * 500, word + "A"):
        assert unseal(SECRET, junk) is None


async def test_a_plan_that_cannot_be_read_calls_off_nothing() -> None:
    storage = FakeStorage()
    kept = await stored(storage, itinerary=itinerary("Castle"))
    async with storage.begin(ME) as unit:
        begun = await change(unit, kept.trip_id)
        await unit.trip_parts.add_itinerary(begun, {"anything": 1}, "saved")

    file = await export_service(storage).trip(ME, str(kept.trip_id), "ics")

    assert file.notes != ()
    assert b"CANCELLED" not in file.content
