import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import ConflictError, InvalidRequestError, NotFoundError
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.trips.service import SaveRequest, TripService

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
ME = LOCAL_ACCOUNT
ROME: dict[str, Any] = {
    "destination": "Rome, Italy",
    "start_date": date(2027, 5, 10),
    "end_date": date(2027, 5, 14),
}


def trips(storage: Storage | None = None) -> TripService:
    return TripService(storage or FakeStorage(), now=lambda: NOW)


async def test_a_saved_trip_is_read_back_whole() -> None:
    service = trips()
    itinerary: dict[str, Any] = {
        "destination": "Rome",
        "days": [{"date": "2027-05-10", "items": []}],
    }

    saved = await service.save(
        ME,
        SaveRequest(
            **ROME,
            title="  Rome   in May ",
            travellers=["Self", "Inês"],
            status="planned",
            budget="1500.50 EUR",
            itinerary=itinerary,
            flights=[{"offer_id": "off_1"}],
            stays=[{"listing_id": "7"}],
            notes="  Bring the blue bag.\nAnd hats. ",
        ),
    )
    read = await service.get(ME, str(saved.trip_id))

    assert (saved.version, saved.created, saved.saved_at) == (1, True, NOW)
    trip = read.trip
    assert (trip.title, trip.travellers, trip.status) == (
        "Rome in May",
        ("self", "Inês"),
        "planned",
    )
    assert trip.budget == Money(Decimal("1500.50"), "EUR")
    assert trip.itinerary == itinerary
    assert (trip.flights, trip.stays) == (({"offer_id": "off_1"},), ({"listing_id": "7"},))
    assert trip.notes == "Bring the blue bag.\nAnd hats."
    assert (read.provenance.source, read.provenance.fetched_at) == ("tripsage", NOW)


async def test_a_trip_without_a_title_is_called_after_its_destination() -> None:
    service = trips()
    saved = await service.save(ME, SaveRequest(**ROME))

    assert (await service.get(ME, str(saved.trip_id))).trip.title == "Rome, Italy"


async def test_a_change_leaves_alone_what_it_does_not_name_and_clears_what_is_empty() -> None:
    service = trips()
    first = await service.save(
        ME, SaveRequest(**ROME, notes="Bring hats", budget="900 EUR", flights=[{"a": 1}])
    )

    changed = await service.save(
        ME, SaveRequest(trip_id=str(first.trip_id), status="booked", notes="", flights=[])
    )
    trip = (await service.get(ME, str(first.trip_id))).trip

    assert (changed.version, changed.created, changed.trip_id) == (2, False, first.trip_id)
    assert (trip.status, trip.notes, trip.flights) == ("booked", None, ())
    assert (trip.destination, trip.budget) == ("Rome, Italy", Money(Decimal(900), "EUR"))


async def test_a_stale_version_is_refused_and_told_the_current_one() -> None:
    service = trips()
    trip_id = str((await service.save(ME, SaveRequest(**ROME))).trip_id)
    await service.save(ME, SaveRequest(trip_id=trip_id, expected_version=1, status="planned"))

    with pytest.raises(ConflictError, match="at version 2") as caught:
        await service.save(ME, SaveRequest(trip_id=trip_id, expected_version=1, status="done"))

    assert "expected_version=2" in (caught.value.hint or "")
    assert (await service.get(ME, trip_id)).trip.status == "planned"


async def test_of_two_writers_with_the_same_version_exactly_one_wins(storage: Storage) -> None:
    service = trips(storage)
    trip_id = str((await service.save(ME, SaveRequest(**ROME))).trip_id)

    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(
            *(
                service.save(ME, SaveRequest(trip_id=trip_id, expected_version=1, title=f"By {n}"))
                for n in range(2)
            ),
            return_exceptions=True,
        )

    won = [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, BaseException)]
    assert len(won) == 1
    assert isinstance(outcomes[1 - won[0]], ConflictError)
    trip = (await service.get(ME, trip_id)).trip
    assert (trip.version, trip.title) == (2, f"By {won[0]}")


async def test_the_same_save_sent_at_the_same_time_makes_one_trip(storage: Storage) -> None:
    service = trips(storage)
    request = SaveRequest(**ROME, idempotency_key="save-rome-1")

    async with asyncio.timeout(20):
        saved = await asyncio.gather(*(service.save(ME, request) for _ in range(4)))

    assert len({each.trip_id for each in saved}) == 1
    assert len((await service.list(ME)).trips) == 1


async def test_a_repeated_save_answers_as_the_first_did_even_after_later_changes() -> None:
    service = trips()
    create = SaveRequest(**ROME, idempotency_key="create-rome")
    first = await service.save(ME, create)
    trip_id = str(first.trip_id)
    update = SaveRequest(
        trip_id=trip_id, expected_version=1, status="planned", idempotency_key="update-rome"
    )
    second = await service.save(ME, update)
    await service.save(ME, SaveRequest(trip_id=trip_id, status="done"))

    assert await service.save(ME, create) == first
    assert await service.save(ME, update) == second
    trip = (await service.get(ME, trip_id)).trip
    assert (trip.version, trip.status) == (3, "done")


async def test_a_key_that_was_used_for_something_else_is_refused() -> None:
    service = trips()
    await service.save(ME, SaveRequest(**ROME, idempotency_key="save-rome-1"))

    with pytest.raises(ConflictError, match="idempotency_key"):
        await service.save(ME, SaveRequest(**ROME, notes="more", idempotency_key="save-rome-1"))


async def test_the_same_key_of_another_traveller_is_another_key() -> None:
    service = trips()
    request = SaveRequest(**ROME, idempotency_key="save-rome-1")

    mine, theirs = await service.save(ME, request), await service.save(Account(uuid4()), request)

    assert mine.trip_id != theirs.trip_id


async def test_unknown_trips_and_those_of_others_are_answered_alike() -> None:
    service = trips()
    theirs = str((await service.save(Account(uuid4()), SaveRequest(**ROME))).trip_id)

    errors: list[str] = []
    for trip_id in (theirs, str(uuid4())):
        for call in (
            service.get(ME, trip_id),
            service.save(ME, SaveRequest(trip_id=trip_id, status="done")),
        ):
            with pytest.raises(NotFoundError) as caught:
                await call
            errors.append(f"{caught.value.message} {caught.value.hint}")

    assert len(set(errors)) == 1


async def test_a_list_goes_on_where_the_page_before_ended() -> None:
    clock = iter(NOW + timedelta(minutes=n) for n in range(100))
    service = TripService(FakeStorage(), now=lambda: next(clock))
    for n in range(5):
        await service.save(ME, SaveRequest(**ROME, title=f"Trip {n}"))

    pages: list[list[str]] = []
    cursor: str | None = None
    for _ in range(3):
        page = await service.list(ME, limit=2, cursor=cursor)
        pages.append([trip.title for trip in page.trips])
        cursor = page.next_cursor

    assert pages == [["Trip 4", "Trip 3"], ["Trip 2", "Trip 1"], ["Trip 0"]]
    assert cursor is None


async def test_a_cursor_survives_a_trip_that_was_added_meanwhile() -> None:
    clock = iter(NOW + timedelta(minutes=n) for n in range(100))
    service = TripService(FakeStorage(), now=lambda: next(clock))
    for n in range(3):
        await service.save(ME, SaveRequest(**ROME, title=f"Trip {n}"))
    first = await service.list(ME, limit=2)
    await service.save(ME, SaveRequest(**ROME, title="Trip 3"))

    second = await service.list(ME, limit=2, cursor=first.next_cursor)

    assert [trip.title for trip in second.trips] == ["Trip 0"]


async def test_upcoming_counts_the_day_a_trip_ends() -> None:
    service = trips()
    for title, end in (("over", NOW.date() - timedelta(days=1)), ("last day", NOW.date())):
        await service.save(
            ME, SaveRequest(title=title, destination="Rome", start_date=end, end_date=end)
        )

    assert [trip.title for trip in (await service.list(ME, upcoming=True)).trips] == ["last day"]
    assert len((await service.list(ME)).trips) == 2


SOME_ID = str(uuid4())
DEEP = json.loads('{"a":' * 60 + "1" + "}" * 60)
BAD_INPUT: list[tuple[str, dict[str, Any]]] = [
    ("destination", {"destination": None}),
    ("start_date", {"start_date": None}),
    ("end_date", {"end_date": None}),
    ("end_date", {"end_date": date(2027, 5, 9)}),
    ("end_date", {"end_date": date(2028, 5, 11)}),
    ("start_date", {"start_date": date(1, 1, 1)}),
    ("end_date", {"end_date": date(9999, 12, 31)}),
    ("destination", {"destination": " "}),
    ("destination", {"destination": "Rome\x00"}),
    ("title", {"title": "x" * 121}),
    ("title", {"title": ""}),
    ("title", {"title": "\ud800"}),
    ("travellers", {"travellers": []}),
    ("travellers", {"travellers": [""]}),
    ("travellers", {"travellers": ["Ines", "ines"]}),
    ("travellers", {"travellers": [f"T{n}" for n in range(21)]}),
    ("status", {"status": "cancelled"}),
    ("budget", {"budget": "lots"}),
    ("budget", {"budget": "-5 EUR"}),
    ("budget", {"budget": "1e9 EUR"}),
    ("budget", {"budget": "10.555 EUR"}),
    ("budget", {"budget": "10.5 JPY"}),
    ("itinerary", {"itinerary": {"days": "x" * (256 * 1024)}}),
    ("itinerary", {"itinerary": {"days": "a\x00b"}}),
    ("itinerary", {"itinerary": {"da\x00ys": 1}}),
    ("itinerary", {"itinerary": {"days": float("nan")}}),
    ("itinerary", {"itinerary": {"days": object()}}),
    ("itinerary", {"itinerary": DEEP}),
    ("flights", {"flights": [{}] * 41}),
    ("stays", {"stays": [{"x": "y" * 40_000}] * 2}),
    ("notes", {"notes": "x" * 10_001}),
    ("idempotency_key", {"idempotency_key": "short"}),
    ("idempotency_key", {"idempotency_key": "with spaces in it"}),
    ("expected_version", {"expected_version": 1}),
    ("expected_version", {"trip_id": SOME_ID, "expected_version": 0}),
    ("trip_id", {"trip_id": "42"}),
    ("trip_id", {"trip_id": SOME_ID + "0"}),
    ("trip_id", {"trip_id": ""}),
]


@pytest.mark.parametrize(("argument", "given"), BAD_INPUT)
async def test_bad_input_is_named_before_anything_is_stored(
    argument: str, given: dict[str, Any]
) -> None:
    storage = FakeStorage()

    with pytest.raises(InvalidRequestError) as caught:
        await trips(storage).save(ME, SaveRequest(**ROME | given))

    assert caught.value.argument == argument
    assert storage.begun == 0


async def test_a_change_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="trip_id: needs something"):
        await trips().save(ME, SaveRequest(trip_id=SOME_ID))


async def test_dates_must_also_fit_the_ones_already_stored() -> None:
    service = trips()
    trip_id = str((await service.save(ME, SaveRequest(**ROME))).trip_id)

    with pytest.raises(InvalidRequestError, match="end_date"):
        await service.save(ME, SaveRequest(trip_id=trip_id, start_date=date(2027, 5, 20)))

    assert (await service.get(ME, trip_id)).trip.version == 1


@pytest.mark.parametrize("cursor", ["", "x", "ü", "AAAA", "A" * 32 + "====", "A" * 500, "////////"])
async def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await trips().list(ME, cursor=cursor)

    assert caught.value.argument == "cursor"


@pytest.mark.parametrize("limit", [0, 51])
async def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await trips().list(ME, limit=limit)

    assert caught.value.argument == "limit"
