import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import EXPIRY, NOW, found
from tests.fakes_dates import DatedFlights, Dates, Sold, dates, priced, usual
from tripsage_mcp.domain.flight import Unanswered
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.services.flights.cheapest_dates import (
    AT_MOST,
    CheapestDates,
    CheapestDatesService,
)
from tripsage_mcp.services.flights.date_grid_requests import DateGridQuery

pytestmark = pytest.mark.anyio

MAY = DateGridQuery("LIS", "LHR", date(2027, 5, 1), date(2027, 5, 31))
WEEK = replace(MAY, departure_to=date(2027, 5, 7), nights_min=4, nights_max=10, max_searches=49)


@dataclass
class Told:
    """Remembers the progress it is told."""

    steps: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])

    async def __call__(self, done: int, total: int, message: str) -> None:
        self.steps.append((done, total, message))


def breaker_open() -> ProviderUnavailableError:
    error = ProviderUnavailableError("duffel", "not asked again for now", may_have_acted=False)
    error.retry_after_s = 20.0
    return error


def except_on(wrong: Callable[[int], Sold | None]) -> Callable[[OfferRequest], Sold]:
    """Sell as usual, but for the days of the month on which something else happens."""

    def sold(request: OfferRequest) -> Sold:
        special = wrong(dates(request)[0].day)
        return usual(request) if special is None else special

    return sold


async def find(
    fake: DatedFlights,
    query: DateGridQuery = MAY,
    *,
    at_most: int = AT_MOST,
    timer: Callable[[float], asyncio.Timeout] = asyncio.timeout,
) -> CheapestDates:
    service = CheapestDatesService(fake, lambda: NOW, at_most=at_most, timer=timer)
    with anyio.fail_after(20):
        return await service.find(query)


@dataclass
class TimeIsUp:
    """Ends the time as soon as every search that may run waits for an answer."""

    timer: asyncio.Timeout | None = None

    def start(self, _seconds: float) -> asyncio.Timeout:
        self.timer = asyncio.timeout(None)
        return self.timer

    def waiting(self, count: int) -> None:
        if count == AT_MOST and self.timer is not None:
            self.timer.reschedule(asyncio.get_running_loop().time())


async def test_a_month_costs_one_search_a_day_and_ranks_them() -> None:
    fake = DatedFlights()
    result = await find(fake)
    assert sorted(dates(request)[0].day for request in fake.requests) == list(range(1, 32))
    assert {cell.state for cell in result.grid.cells} == {"priced"}
    cheapest = result.grid.ranked[0]
    assert (cheapest.cell.departure, str(cheapest.offer.total)) == (date(2027, 5, 1), "101.00 EUR")
    assert (result.grid.searches_made, result.stopped) == (31, None)
    assert result.provenance.expires_at == EXPIRY


async def test_a_grid_of_returns_has_the_price_of_each_pair() -> None:
    result = await find(DatedFlights(), WEEK)
    for cell in result.grid.cells:
        assert cell.back is not None
        (offer,) = cell.offers
        assert offer.total.amount == 100 + cell.departure.day + cell.back.day


async def test_a_grid_of_dates_of_return_has_the_price_of_each_pair_that_may_be() -> None:
    fake = DatedFlights()
    query = replace(MAY, return_from=date(2027, 5, 30), return_to=date(2027, 6, 1), max_searches=62)
    result = await find(fake, replace(query, departure_from=date(2027, 5, 29)))
    assert [(c.departure.day, c.nights, str(c.offers[0].total)) for c in result.grid.cells] == [
        (29, 1, "159.00 EUR"), (29, 2, "160.00 EUR"), (29, 3, "130.00 EUR"),
        (30, 0, "160.00 EUR"), (30, 1, "161.00 EUR"), (30, 2, "131.00 EUR"),
        (31, 0, "162.00 EUR"), (31, 1, "132.00 EUR"),
    ]  # fmt: skip
    assert len(fake.requests) == result.grid.searches_made == 8


async def test_no_more_than_six_searches_run_at_once() -> None:
    fake = DatedFlights()
    await find(fake, WEEK)
    assert fake.most == AT_MOST == 6
    alone = DatedFlights()
    await find(alone, at_most=1)
    assert alone.most == 1


async def test_progress_states_the_budget_first_and_then_every_search() -> None:
    told = Told()
    await CheapestDatesService(DatedFlights(), lambda: NOW).find(WEEK, told)
    assert told.steps[0] == (0, 49, "49 searches planned, at most 6 at a time, 120 s")
    assert [step[:2] for step in told.steps[1:]] == [(n, 49) for n in range(1, 50)]


@given(
    days=st.integers(1, 40),
    stays=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    allowed=st.integers(1, 62),
)
@settings(max_examples=40, deadline=None)
async def test_the_budget_is_never_exceeded(
    days: int, stays: tuple[int, int] | None, allowed: int
) -> None:
    fake = DatedFlights()
    query = replace(
        MAY,
        departure_to=MAY.departure_from + timedelta(days=days - 1),
        nights_min=None if stays is None else stays[0],
        nights_max=None if stays is None else sum(stays),
        max_searches=allowed,
    )
    try:
        result = await find(fake, query)
    except InvalidRequestError:
        assert fake.requests == []
    else:
        assert len(fake.requests) == len(result.grid.cells) == result.grid.searches_made <= allowed
        asked = [dates(request) for request in fake.requests]
        assert len(set(asked)) == len(asked)


async def test_holes_are_marked_and_nothing_is_made_up_for_them() -> None:
    def wrong(day: int) -> Sold | None:
        outcomes: dict[int, Sold] = {
            2: [],
            3: ProviderUnavailableError("duffel", "HTTP 503"),
            4: ProviderProtocolError("duffel", "no id"),
            5: replace(found(), unreadable=3),
            6: replace(found(), unanswered=Unanswered("provider_unavailable", 2)),
        }
        return outcomes.get(day)

    result = await find(DatedFlights(sold=except_on(wrong)))
    cells = {cell.departure.day: cell for cell in result.grid.cells}
    assert (cells[2].state, cells[2].failure) == ("empty", None)
    assert [(cells[day].state, cells[day].failure) for day in range(3, 7)] == [
        ("failed", "provider_unavailable"),
        ("failed", "provider_protocol"),
        ("failed", "provider_protocol"),
        ("failed", "provider_unavailable"),
    ]
    assert all(cells[day].offers == () for day in range(2, 7))
    assert {cells[day].state for day in cells if day not in range(2, 7)} == {"priced"}
    assert (result.grid.searches_made, result.stopped) == (31, None)


async def test_expired_offers_are_no_price() -> None:
    def sold(request: OfferRequest) -> Sold:
        offers = [priced(request, "50"), priced(request, "70")]
        return [replace(offers[0], expires_at=NOW), offers[1]]

    result = await find(DatedFlights(sold=sold))
    assert {str(one.offer.total) for one in result.grid.ranked} == {"70.00 EUR"}


async def test_an_answer_without_some_suppliers_is_marked() -> None:
    def sold(request: OfferRequest) -> Sold:
        return replace(found(priced(request, "50")), unanswered=Unanswered("provider_unavailable"))

    result = await find(DatedFlights(sold=sold))
    assert all(cell.partial for cell in result.grid.cells)


async def test_no_date_with_a_flight_is_an_answer() -> None:
    result = await find(DatedFlights(sold=lambda _: []))
    assert {cell.state for cell in result.grid.cells} == {"empty"}
    assert (result.grid.ranked, result.provenance.expires_at) == ((), None)


@pytest.mark.parametrize(
    "error",
    [
        ProviderRateLimitedError("duffel", 60),
        ProviderRejectedError("duffel", "the access token was not accepted"),
        ProviderNotConfiguredError("duffel", "TRIPSAGE_DUFFEL_ACCESS_TOKEN"),
    ],
)
async def test_a_provider_that_would_not_be_asked_is_not_asked_again(error: ProviderError) -> None:
    fake = DatedFlights(sold=except_on(lambda day: error if day >= 10 else None))
    result = await find(fake, at_most=2)
    states = [cell.state for cell in result.grid.cells]
    assert states[:9] == ["priced"] * 9
    # The other search was under way already.
    assert states[9:11] == ["failed"] * 2
    assert states[11:] == ["not_asked"] * 20
    assert (len(fake.requests), result.grid.searches_made) == (11, 11)
    assert result.stopped == error.code


async def test_a_search_that_was_never_sent_does_not_count() -> None:
    fake = DatedFlights(sold=except_on(lambda day: breaker_open() if day >= 10 else None))
    result = await find(fake, at_most=1)
    assert [cell.state for cell in result.grid.cells][8:] == ["priced"] + ["not_asked"] * 22
    assert (result.grid.searches_made, result.stopped) == (9, "provider_unavailable")


@pytest.mark.parametrize(
    "error",
    [
        ProviderRateLimitedError("duffel", 2),
        ProviderUnavailableError("duffel", "HTTP 502"),
        ProviderProtocolError("duffel", "no id"),
    ],
)
async def test_other_failures_cost_their_date_only(error: ProviderError) -> None:
    fake = DatedFlights(sold=except_on(lambda day: error if day == 10 else None))
    result = await find(fake)
    assert [cell.departure.day for cell in result.grid.cells if cell.state != "priced"] == [10]
    assert result.stopped is None


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (ProviderUnavailableError("duffel", "HTTP 503"), 31),
        (ProviderRateLimitedError("duffel", 60), 6),
        (breaker_open(), 6),
    ],
)
async def test_when_every_search_fails_the_failure_is_the_answer(
    error: ProviderError, asked: int
) -> None:
    fake = DatedFlights(sold=lambda _: error)
    with pytest.raises(type(error)) as raised:
        await find(fake)
    assert raised.value is error
    assert len(fake.requests) == asked


async def test_what_the_caller_got_wrong_ends_the_whole_search() -> None:
    refused: TripSageError = InvalidRequestError("cabin", "was refused by Duffel as not valid")
    fake = DatedFlights(sold=except_on(lambda day: refused if day == 3 else None))
    with pytest.raises(InvalidRequestError, match="refused by Duffel"):
        await find(fake, at_most=1)
    assert len(fake.requests) == 3


async def test_what_is_not_answered_in_time_stays_a_hole() -> None:
    def late(asked: Dates) -> bool:
        return asked[0].day % 2 == 0

    time = TimeIsUp()
    fake = DatedFlights(silent=late, when_silent=time.waiting)
    result = await find(fake, timer=time.start)
    answered = {departure for departure, _ in fake.answered}
    sent = {dates(request)[0] for request in fake.requests}
    assert len(answered) >= AT_MOST - 1
    assert len(sent - answered) == AT_MOST
    for cell in result.grid.cells:
        if cell.departure in answered:
            assert cell.state == "priced"
        elif cell.departure in sent:
            assert (cell.state, cell.failure) == ("failed", "out_of_time")
        else:
            assert cell.state == "not_asked"
    assert result.grid.searches_made == len(sent)
    assert result.stopped == "out_of_time"
    assert fake.running == 0


async def test_when_nothing_is_answered_in_time_it_fails() -> None:
    time = TimeIsUp()
    fake = DatedFlights(silent=lambda _: True, when_silent=time.waiting)
    with pytest.raises(ProviderUnavailableError, match="no search was answered"):
        await find(fake, timer=time.start)


async def test_a_caller_who_leaves_stops_the_searches() -> None:
    full = asyncio.Event()
    fake = DatedFlights(
        silent=lambda _: True, when_silent=lambda count: count == AT_MOST and full.set()
    )
    task = asyncio.create_task(find(fake))
    with anyio.fail_after(5):
        await full.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (fake.running, len(fake.requests)) == (0, AT_MOST)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "nowhere at all"},
        {"departure_from": date(2020, 1, 1)},
        {"departure_to": date(2027, 4, 1)},
        {"nights_min": 1, "nights_max": 30},
        {"max_searches": 30},
        {"return_from": date(2027, 4, 30)},
        {"return_from": date(2027, 6, 1), "return_to": date(2027, 6, 7)},
    ],
)
async def test_bad_input_is_refused_before_anybody_is_asked_or_told(
    wrong: dict[str, object],
) -> None:
    fake, told = DatedFlights(), Told()
    service = CheapestDatesService(fake, lambda: NOW)
    with pytest.raises(InvalidRequestError):
        await service.find(replace(MAY, **wrong), told)  # pyright: ignore[reportArgumentType]
    assert (fake.requests, told.steps) == ([], [])


async def test_a_provider_that_forgets_is_a_failure_of_the_whole() -> None:
    # A search names no id, so that nothing can be missing: this is no hole in the grid.
    with pytest.raises(NotFoundError):
        await find(DatedFlights(sold=lambda _: NotFoundError("no such thing")))
