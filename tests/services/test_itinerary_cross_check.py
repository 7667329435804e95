"""What the planner makes of generated trips with everything in them, and what the check says.

Zones and days on which clocks change, flights at any hour, two stays, bookings, budgets, needs.
"""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fakes_itinerary import (
    CENTER,
    NOW,
    FakeAirport,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    place,
    weekly,
)
from tests.fakes_rates import FakeRates
from tests.planning.itineraries import STARTS, ZONES
from tests.services.test_itinerary_revising import spans
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Finding
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import Accessibility, OpeningHours, Place, PriceRange
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.services.itineraries.promises import CommitmentAsked, StayAsked
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.service import ItineraryService, ReviseRequest
from tripsage_mcp.views.itinerary import ItineraryView

NEVER = {
    "after_day_end",
    "before_day_start",
    "closed",
    "duplicate_place",
    "ends_before_start",
    "meal_at_odd_time",
    "must_not_present",
    "out_of_order",
    "over_budget",
    "overlap",
    "short_night",
    "too_many_sights",
    "too_much_walking",
    "travel_too_short",
    "visit_rushed",
    "wrong_day",
    "wrong_zone",
}
"""What no plan of ours has by its own choice, be it forbidden or only uncomfortable."""
BOOKED = {
    "after_day_end",
    "closed",
    "must_not_present",
    "short_night",
    "too_much_walking",
    "travel_too_short",
}
"""What may come of a booking at a bad time or place, which no plan can change."""
ELSEWHERE = {"meal_far_away", "must_see_guessed", "must_see_not_found", "nothing_planned"}
"""What is said about how a request was understood, or compares with ways that nobody goes."""
KINDS = ("museum", "park", "church", "restaurant", "restaurant", "cafe", "plaza", "night_club")


def town(random: Random, zone: str) -> list[Place]:
    def hours() -> OpeningHours | None:
        if random.random() < 0.15:
            return None
        opens = random.randrange(0, 1380, 30)
        opens = random.choice((opens, 9 * 60))
        weekdays = random.sample(range(7), random.randint(3, 7))
        return weekly(opens, opens + random.randrange(30, 900, 30), weekdays)

    def made(number: int) -> Place:
        spread = random.choice((1.0, 4.0))
        known = place(
            f"venue{number}",
            random.choice(KINDS),
            north=random.gauss(0, spread),
            east=random.gauss(0, spread),
            visit_minutes=random.choice((None, 15, 50, 125, 200)),
        )
        price = PriceRange(Money(Decimal(random.randint(0, 40)), "EUR"))
        facts: dict[str, Any] = {
            "time_zone": zone,
            "opening_hours": hours(),
            "price_level": random.choice((None, "free", "inexpensive", "expensive")),
            "price_range": random.choice((None, None, price)),
            "accessibility": random.choice((None, Accessibility(entrance=True))),
            "indoor": random.choice((None, True, False)),
        }
        return replace(known, **facts)

    return [made(n) for n in range(random.choice((1, 8, 20, 35)))]


def wishes(random: Random) -> BuildRequest:
    start = random.choice(STARTS)
    dates = [start + timedelta(days=n) for n in range(random.randint(1, 5))]

    def some(*values: Any) -> tuple[Any, ...]:
        return tuple(random.sample(values, random.randint(0, min(2, len(values)))))

    day_start, day_end = random.choice(
        ((None, None), (None, None), ("07:30", "19:00"), ("11:00", "23:30"), ("06:00", "14:00"))
    )
    asked = BuildRequest(
        destination=f"{CENTER.latitude},{CENTER.longitude}",
        start_date=start,
        end_date=dates[-1],
        interests=some("museum", "park"),
        must_see=some("Venue1", "Venue2", "Venue7"),
        must_not=some("Venue4"),
        pace=random.choice((None, "relaxed", "packed")),
        budget=random.choice((None, "40 EUR", "300 USD")),
        travellers=random.choice((None, 3)),
        needs=some("wheelchair", "stroller", "naps", "low_walking"),
        commitments=_booked(random, dates) if random.random() < 0.4 else (),
        modes=random.choice(((), ("walk",), ("walk", "transit", "drive"), ("bicycle",))),
        rest_minutes=random.choice((0, 45)),
        day_start=day_start,
        day_end=day_end,
    )
    return _with_flights(random, _with_stays(random, asked, dates), dates)


def _booked(random: Random, dates: list[date]) -> tuple[CommitmentAsked, ...]:
    return tuple(
        CommitmentAsked(
            name=random.choice(("Venue3", "Nowhere at all", "Dinner at Venue5")),
            date=day,
            start=f"{random.randint(7, 21):02d}:{random.choice((0, 7, 30)):02d}",
            minutes=random.choice((30, 90, 150)),
            cost=random.choice((None, "30 EUR", "25 USD")),
        )
        for day in dates
        if random.random() < 0.3
    )


def _with_stays(random: Random, asked: BuildRequest, dates: list[date]) -> BuildRequest:
    if len(dates) > 2 and random.random() < 0.4:
        middle = dates[random.randint(1, len(dates) - 2)]
        spots = ((dates[0], middle, 0.0), (middle, dates[-1], 0.05))
        stays = tuple(
            StayAsked(
                latitude=CENTER.latitude + north,
                longitude=CENTER.longitude,
                check_in=since,
                check_out=until,
            )
            for since, until, north in spots
        )
        return replace(asked, stays=stays)
    if random.random() < 0.4:
        north = CENTER.latitude + random.gauss(0, 0.02)
        return replace(asked, stay_latitude=north, stay_longitude=CENTER.longitude)
    return asked


def _with_flights(random: Random, asked: BuildRequest, dates: list[date]) -> BuildRequest:
    def at(day: date) -> datetime:
        return datetime.combine(day, time(random.randint(0, 23), random.choice((0, 7, 35))))

    if random.random() < 0.5:
        asked = replace(asked, arrival_airport="APT", arrival_time=at(dates[0]))
    if random.random() < 0.5:
        asked = replace(asked, departure_airport="APT", departure_time=at(dates[-1]))
    return asked


def service(random: Random, zone: str, asked: BuildRequest) -> ItineraryService:
    airport = FakeAirport("APT", "Airport", zone, Coordinates(CENTER.latitude + 0.06, -9.139))
    assert asked.start_date is not None
    wet = frozenset((asked.start_date,) if random.random() < 0.5 else ())
    return ItineraryService(
        FakePlaces(town(random, zone), slower=random.choice((0.5, 1.0, 3.0))),
        FakeGeocoding(),
        FakeWeather(wet),
        {"APT": airport}.get,
        lambda: NOW,
        FakeRates(),
        budget_s=30,
        iterations=12,
    )


def told(findings: tuple[Finding, ...]) -> set[tuple[object, ...]]:
    return {(f.code, f.severity, f.day, f.items) for f in findings if f.code not in ELSEWHERE}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A booking that cannot be reached: nothing of that day has slack.
@example(seed=84335)
@given(seed=st.integers(0, 1_000_000))
def test_a_plan_is_as_good_as_the_check_says_when_built_and_when_asked_about_later(
    seed: int,
) -> None:
    random = Random(seed)  # noqa: S311
    zone, asked = random.choice(ZONES), wishes(random)
    svc = service(random, zone, asked)
    try:
        built = asyncio.run(svc.build(asked))
    except InvalidRequestError as refused:
        assert refused.argument in {"commitments", "departure_time"}  # noqa: PT017
        return
    except NotFoundError:
        # The only place there is, and it is not wanted.
        assert asked.must_not
        return
    never = NEVER - BOOKED if asked.commitments else NEVER
    assert {f.code: f.message for f in built.findings if f.code in never} == {}
    text = ItineraryView.of(built.itinerary).model_dump_json(exclude_none=True)
    draft = ItineraryView.model_validate_json(text).draft()
    again = asyncio.run(svc.revise(ReviseRequest(draft)))
    assert spans(again.itinerary) == spans(built.itinerary)
    assert told(again.findings) == told(built.findings)
