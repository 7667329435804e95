import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.build_flights import NOW, flown, found, offer, offer_id, segment
from tests.build_watches import euros
from tests.fakes import FakeFlights
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.flight import OffersFound, Passenger, Unanswered
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.watch import Alert, PricePoint, WatchedFlight
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    ProviderProtocolError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.providers.ports import SearchProgress
from tripsage_mcp.repositories.ports import Storage, WatchQueue
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.watches.requests import WatchRequest
from tripsage_mcp.services.watches.service import MOST_ACTIVE, WatchService

pytestmark = pytest.mark.anyio

OWNER = Account(uuid4())
ROUTE = WatchRequest("LIS", "LHR", date(2027, 5, 10))


def service(storage: Storage, flights: FakeFlights) -> WatchService:
    offers = FlightOfferService(flights, lambda: NOW)
    return WatchService(storage, flights, offers, EventService(storage, MemoryBus()), lambda: NOW)


def selling(*prices: str) -> FakeFlights:
    return FakeFlights(found(*(offer(n, price=price) for n, price in enumerate(prices))))


async def due_at(queue: WatchQueue) -> datetime:
    far = NOW + timedelta(days=400)
    (claim,) = await queue.claim(far, lease_until=far, at_most=10)
    return claim.due_at


async def test_the_first_look_comes_at_once_and_the_next_is_due_in_some_hours(
    storage: Storage, watch_queue: WatchQueue
) -> None:
    flights = selling("120.00", "99.50")

    shown = await service(storage, flights).create(OWNER, ROUTE)

    (seen,) = shown.watches
    assert (shown.created, shown.provenance.data) == (True, "sandbox")
    assert flights.requests == [OfferRequest((SliceRequest("LIS", "LHR", date(2027, 5, 10)),))]
    assert (seen.watch.last, seen.watch.checks) == (euros("99.50"), 1)
    assert seen.watch.alert == Alert(drop_percent=3)
    # Midnight after the departure day, in Lisbon.
    assert seen.watch.ends_at == datetime(2027, 5, 10, 23, tzinfo=UTC)
    assert seen.points == (PricePoint(NOW, euros("99.50"), 2, "sandbox"),)
    wait = await due_at(watch_queue) - NOW
    assert timedelta(hours=6) <= wait <= timedelta(hours=6.6)


async def test_names_passengers_cabin_and_alert_arrive_where_they_belong(storage: Storage) -> None:
    flights = selling("500.00")
    request = WatchRequest(
        "Lisbon",
        "London",
        date(2027, 5, 10),
        return_date=date(2027, 5, 20),
        adults=2,
        children_ages=(4,),
        cabin="Business",
        max_connections=0,
        target="450 EUR",
        drop_percent=10,
        until=date(2027, 4, 30),
    )

    (seen,) = (await service(storage, flights).create(OWNER, request)).watches

    assert flights.requests == [
        OfferRequest(
            (
                SliceRequest("LIS", "LON", date(2027, 5, 10)),
                SliceRequest("LON", "LIS", date(2027, 5, 20)),
            ),
            adults=2,
            children_ages=(4,),
            cabin="business",
            max_connections=0,
        )
    ]
    assert seen.watch.alert == Alert(euros("450.00"), 10)
    assert seen.watch.ends_at == datetime(2027, 4, 30, 23, tzinfo=UTC)
    assert seen.watch.ends_for == "until"


async def test_the_same_watch_a_second_time_is_the_first_one_and_searches_nothing(
    storage: Storage,
) -> None:
    flights = selling("99.50")
    watches = service(storage, flights)
    first = await watches.create(OWNER, replace(ROUTE, target="90 EUR"))

    again = await watches.create(OWNER, replace(ROUTE, origin=" lisbon ", target="90.00 EUR"))
    other = await watches.create(OWNER, replace(ROUTE, target="80 EUR"))
    elsewhere = await watches.create(Account(uuid4()), replace(ROUTE, target="90 EUR"))

    assert (again.created, again.watches) == (False, first.watches)
    assert (other.created, elsewhere.created) == (True, True)
    assert len(flights.requests) == 3


async def test_the_same_watch_made_twice_at_once_is_made_once(storage: Storage) -> None:
    watches = service(storage, selling("99.50"))
    made = await asyncio.gather(*(watches.create(OWNER, ROUTE) for _ in range(4)))
    assert sorted(shown.created is True for shown in made) == [False, False, False, True]
    assert len({shown.watches[0].watch.watch_id for shown in made}) == 1


async def test_a_stopped_watch_can_be_made_again(storage: Storage, watch_queue: WatchQueue) -> None:
    watches = service(storage, selling("99.50"))
    (first,) = (await watches.create(OWNER, ROUTE)).watches
    watch_id = str(first.watch.watch_id)

    stopped = await watches.stop(OWNER, watch_id)
    once_more = await watches.stop(OWNER, watch_id)

    assert stopped.watches[0].watch.ended == "stopped"
    assert once_more.watches == stopped.watches
    far = NOW + timedelta(days=400)
    assert await watch_queue.claim(far, lease_until=far, at_most=10) == ()
    async with storage.begin(OWNER) as unit:
        (event,) = await unit.events.after(0, 10)
    assert (event.kind, event.subject) == ("price_watch.ended", first.watch.watch_id)
    assert event.data == {
        "route": "LIS-LHR 2027-05-10",
        "reason": "stopped",
        "lowest": "99.50 EUR",
        "data": "sandbox",
    }
    (again,) = (await watches.create(OWNER, ROUTE)).watches
    assert [each.watch.watch_id for each in (await watches.list(OWNER)).watches] == [
        again.watch.watch_id,
        first.watch.watch_id,
    ]


async def test_there_are_only_so_many_active_watches(storage: Storage) -> None:
    flights = selling("99.50")
    watches = service(storage, flights)
    made = [
        await watches.create(OWNER, replace(ROUTE, drop_percent=percent))
        for percent in range(1, MOST_ACTIVE + 1)
    ]
    with pytest.raises(ConflictError, match="20 active watches"):
        await watches.create(OWNER, replace(ROUTE, target="1 EUR"))
    assert len(flights.requests) == MOST_ACTIVE

    await watches.stop(OWNER, str(made[0].watches[0].watch.watch_id))
    await watches.create(OWNER, replace(ROUTE, target="1 EUR"))


async def test_a_list_holds_every_active_watch_and_as_many_ended_ones_as_there_is_room_for(
    storage: Storage,
) -> None:
    watches = service(storage, selling("99.50"))
    made = [
        await watches.create(OWNER, replace(ROUTE, drop_percent=percent))
        for percent in range(1, MOST_ACTIVE + 1)
    ]
    for each in made[:5]:
        await watches.stop(OWNER, str(each.watches[0].watch.watch_id))
    for percent in (50, 51):
        await watches.create(OWNER, replace(ROUTE, drop_percent=percent))

    active = [each.watch.active for each in (await watches.list(OWNER)).watches]

    assert active == [True] * (MOST_ACTIVE - 3) + [False] * 3


async def test_a_route_on_which_nothing_is_sold_now_can_be_watched(storage: Storage) -> None:
    (seen,) = (await service(storage, selling()).create(OWNER, ROUTE)).watches
    assert (seen.watch.active, seen.watch.last) == (True, None)
    assert seen.points == (PricePoint(NOW, None, 0, "sandbox"),)


# An itinerary


async def test_an_offer_is_watched_as_its_flights_for_its_passengers(storage: Storage) -> None:
    slices = (
        flown(
            segment("LIS-CDG", "2027-05-10T09:00", flight="AF1", cabin="business"),
            segment("CDG-LHR", "2027-05-10T14:00", flight="AF2", cabin="business"),
        ),
        flown(segment("LHR-LIS", "2027-05-17T18:00", flight="TP3", cabin="business")),
    )
    passengers = (
        Passenger("1", "adult"),
        Passenger("2", "adult", 34),
        Passenger("3", "child", 11),
        Passenger("4", "infant_without_seat"),
        Passenger("5", "child", 1),
        Passenger("6", "adult", 17),
    )
    this = replace(offer(1, *slices, price="900.00"), passengers=passengers)
    cheaper = offer(2, flown(segment(flight="TP9")), price="10.00")
    flights = FakeFlights(found(this, cheaper))

    request = WatchRequest(offer_id=offer_id(1))
    (seen,) = (await service(storage, flights).create(OWNER, request)).watches

    assert flights.requests == [
        OfferRequest(
            (
                SliceRequest("LIS", "LHR", date(2027, 5, 10)),
                SliceRequest("LHR", "LIS", date(2027, 5, 17)),
            ),
            adults=2,
            children_ages=(11, 1, 17),
            infants_in_seat=1,
            cabin="business",
            max_connections=1,
        )
    ]
    assert seen.watch.last == euros("900.00")
    assert seen.watch.flights is not None
    assert seen.watch.flights[1] == (WatchedFlight("TP3", "LHR", "LIS", date(2027, 5, 17)),)
    assert seen.watch.ends_at == slices[0].departs_at


async def test_an_offer_in_mixed_cabins_is_searched_in_any(storage: Storage) -> None:
    mixed = flown(
        segment("LIS-CDG", "2027-05-10T09:00", cabin="business"),
        segment("CDG-LHR", "2027-05-10T14:00", cabin="economy"),
    )
    flights = FakeFlights(found(offer(1, mixed)))
    await service(storage, flights).create(OWNER, WatchRequest(offer_id=offer_id(1)))
    assert flights.requests[0].cabin is None


# What is refused


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"origin": None}, "origin"),
    ({"destination": None}, "destination"),
    ({"departure_date": None}, "departure_date"),
    ({"origin": "Atlantis"}, "origin"),
    ({"departure_date": date(2027, 2, 1)}, "departure_date"),
    ({"return_date": date(2027, 5, 9)}, "return_date"),
    ({"adults": 0}, "adults"),
    ({"cabin": "steerage"}, "cabin"),
    ({"max_connections": 3}, "max_connections"),
    ({"target": "cheap"}, "target"),
    ({"target": "0 EUR"}, "target"),
    ({"target": "99.999 EUR"}, "target"),
    ({"drop_percent": 0}, "drop_percent"),
    ({"drop_percent": 91}, "drop_percent"),
    ({"until": date(2027, 2, 28)}, "until"),
    ({"until": date(2027, 5, 10)}, "until"),
    ({"offer_id": offer_id(1)}, "origin"),
    (
        {"offer_id": "off_1", "origin": None, "destination": None, "departure_date": None},
        "offer_id",
    ),
]


@pytest.mark.parametrize(("wrong", "argument"), WRONG)
async def test_a_wrong_argument_is_named_before_anybody_is_asked(
    storage: Storage, wrong: dict[str, Any], argument: str
) -> None:
    flights = selling("99.50")
    with pytest.raises(InvalidRequestError) as caught:
        await service(storage, flights).create(OWNER, replace(ROUTE, **wrong))
    assert caught.value.argument == argument
    assert flights.requests == []


@pytest.mark.parametrize(
    ("departure", "example"), [(date(2027, 5, 10), '"2027-05-09"'), (NOW.date(), None)]
)
async def test_a_last_day_is_suggested_only_where_there_is_one(
    storage: Storage, departure: date, example: str | None
) -> None:
    wrong = replace(ROUTE, departure_date=departure, until=departure)
    with pytest.raises(InvalidRequestError) as caught:
        await service(storage, selling("99.50")).create(OWNER, wrong)
    assert (caught.value.argument, caught.value.example) == ("until", example)


@pytest.mark.parametrize(
    "beside",
    [
        {"return_date": date(2027, 5, 20)},
        {"adults": 1},
        {"children_ages": (3,)},
        {"cabin": "economy"},
        {"max_connections": 0},
    ],
)
async def test_nothing_of_the_route_may_stand_beside_an_offer(
    storage: Storage, beside: dict[str, Any]
) -> None:
    request = replace(WatchRequest(offer_id=offer_id(0)), **beside)
    with pytest.raises(InvalidRequestError) as caught:
        await service(storage, selling("99.50")).create(OWNER, request)
    assert [caught.value.argument] == list(beside)


async def test_a_child_of_unknown_age_cannot_be_searched_for_again(storage: Storage) -> None:
    passengers = (Passenger("1", "adult"), Passenger("2", "child"))
    flights = FakeFlights(found(replace(offer(1), passengers=passengers)))
    with pytest.raises(InvalidRequestError, match="child's age"):
        await service(storage, flights).create(OWNER, WatchRequest(offer_id=offer_id(1)))


async def test_a_target_in_a_currency_that_is_not_charged_is_refused_with_one_that_is(
    storage: Storage,
) -> None:
    watches = service(storage, selling("200.00"))
    with pytest.raises(InvalidRequestError) as caught:
        await watches.create(OWNER, replace(ROUTE, target="150 USD"))
    assert (caught.value.argument, caught.value.example) == ("target", '"180.00 EUR"')
    assert (await watches.list(OWNER)).watches == ()


class Failing(FakeFlights):
    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        found = await super().search(request, progress=progress)
        if found.offers:
            raise ProviderUnavailableError("fake", "HTTP 503")
        return replace(found, unanswered=Unanswered("provider_unavailable", 3))


async def test_a_first_look_of_which_nothing_can_be_read_leaves_no_watch(storage: Storage) -> None:
    watches = service(storage, FakeFlights(replace(found(), unreadable=2)))
    with pytest.raises(ProviderProtocolError):
        await watches.create(OWNER, ROUTE)
    assert (await watches.list(OWNER)).watches == ()


@pytest.mark.parametrize("prices", [["99.50"], []], ids=["failed", "nothing but time-outs"])
async def test_a_first_look_that_fails_leaves_no_watch(storage: Storage, prices: list[str]) -> None:
    watches = service(storage, Failing(selling(*prices).answer))
    with pytest.raises(ProviderUnavailableError):
        await watches.create(OWNER, ROUTE)
    assert (await watches.list(OWNER)).watches == ()


@pytest.mark.parametrize(
    ("given", "error"),
    [(offer_id(7), NotFoundError), (offer_id(1), OfferExpiredError)],
)
async def test_an_offer_that_is_gone_cannot_be_watched(
    storage: Storage, given: str, error: type[TripSageError]
) -> None:
    flights = FakeFlights(found(offer(1, expires_at=NOW)))
    with pytest.raises(error):
        await service(storage, flights).create(OWNER, WatchRequest(offer_id=given))


@pytest.mark.parametrize("who", [OWNER, Account(uuid4())])
async def test_a_watch_of_another_account_cannot_be_told_from_none(
    storage: Storage, who: Account
) -> None:
    watches = service(storage, selling("99.50"))
    (made,) = (await watches.create(Account(uuid4()), ROUTE)).watches
    for watch_id in (str(made.watch.watch_id), str(uuid4())):
        with pytest.raises(NotFoundError, match="no such watch"):
            await watches.get(who, watch_id)
        with pytest.raises(NotFoundError, match="no such watch"):
            await watches.stop(who, watch_id)
    with pytest.raises(InvalidRequestError):
        await watches.get(who, "watch-1")
    assert (await watches.list(who)).watches == ()
