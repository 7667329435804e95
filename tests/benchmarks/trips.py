"""Realistic trips over the sandbox's places: time to a feasible plan, and how good it gets.

`python -m tests.benchmarks.trips [--seconds 1] [--long 20] [--only 60x7] [--plain]`. Cities have
about thirty places each; larger problems add those of other cities around the same centre, with
their own opening hours. Restaurants are eaten at, everything else is seen. "Best" is the best of
everything tried, a long run with another seed included.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.travel import estimated_minutes
from tripsage_mcp.planning import engine
from tripsage_mcp.planning.problem import (
    Candidate,
    MealSlot,
    Mode,
    PlanningDay,
    Problem,
    Window,
)
from tripsage_mcp.planning.solve import Limits, Search, greedy, warm
from tripsage_mcp.sandbox.hours import windows_on
from tripsage_mcp.sandbox.world import City, SandboxPlace, load_cities

SIZES = tuple((places, days) for places in (10, 30, 60, 200) for days in (1, 3, 7, 14))
_CITIES = ("Lisbon", "Rome", "Tokyo")
_BEGINS = date(2026, 5, 4)
_EATING = frozenset({"restaurant", "cafe"})
_COST = {"free": 0, "inexpensive": 800, "moderate": 1800, "expensive": 4000, "very_expensive": 9000}
_WALK_KM = 2.5


@dataclass(frozen=True, slots=True)
class Row:
    """One trip.

    Attributes:
        first: Seconds of processor to the greedy plan, set-up included.
        gap: Percent of the best score that is missing after `seconds`.
    """

    name: str
    first: float
    seconds: float
    score: float
    best: float
    gap: float
    rounds: int


def trip(city: str, places: int, days: int) -> Problem:
    """Return a trip with meals, walking limits, public transport, groups and a budget."""
    cities = load_cities()
    home = next(c for c in cities if c.city == city)
    found = list(_around(home, [home, *(c for c in cities if c is not home)]))[:places]
    points = [home.center, *(point for _, point in found)]
    dates = [_BEGINS + timedelta(days=n) for n in range(days)]
    walking = _minutes(points, "walk")
    near = tuple(
        tuple(
            m if great_circle_km(a, b) < _WALK_KM else 1_000_000
            for b, m in zip(points, row, strict=True)
        )
        for a, row in zip(points, walking, strict=True)
    )
    size = len(points)
    transit = Mode(
        "transit",
        (_minutes(points, "transit"),),
        ((5,) * size,) * size,
        tuple(tuple(0 if i == j else 250 for j in range(size)) for i in range(size)),
    )
    return Problem(
        days=tuple(PlanningDay(9 * 60, 22 * 60 + 30, max_sights=5) for _ in dates),
        candidates=tuple(
            _candidate(number, place, dates) for number, (place, _) in enumerate(found, 1)
        ),
        travel=near,
        walking=near,
        meals=(
            MealSlot("lunch", 60, ((720, 870),) * days, anywhere=5.0),
            MealSlot("dinner", 90, ((1110, 1320),) * days, anywhere=5.0),
        ),
        modes=(transit,),
        budget=12_000 * days,
    )


def _around(home: City, cities: list[City]) -> Iterator[tuple[SandboxPlace, Coordinates]]:
    for city in cities:
        for place in city.places:
            yield (
                replace(place, id=f"{city.slug}/{place.id}"),
                Coordinates(
                    home.center.latitude + place.latitude - city.center.latitude,
                    home.center.longitude + place.longitude - city.center.longitude,
                ),
            )


def _candidate(number: int, place: SandboxPlace, dates: list[date]) -> Candidate:
    eaten = place.kind in _EATING
    fame = place.reviews**0.25
    score = (place.rating - 3) * 20 + (3 * fame if eaten else 8 * fame)
    return Candidate(
        key=place.id,
        location=number,
        minutes=60 if eaten else max(20, place.visit_minutes),
        min_minutes=None if eaten else max(20, place.visit_minutes * 2 // 3),
        windows=tuple(tuple(_windows(place, day)) for day in dates),
        # Every third day is wet.
        scores=tuple(
            score * (0.6 if n % 3 == 2 and not place.indoor else 1.0) for n in range(len(dates))
        ),
        kind="meal" if eaten else "sight",
        must_see=place.reviews > 150_000,
        group=place.kind if place.kind in {"museum", "church", "park", "market"} else None,
        cost=_COST[place.price_level],
    )


def _windows(place: SandboxPlace, day: date) -> Iterator[Window]:
    yield from windows_on(place.opening_hours, day)


def _minutes(points: list[Coordinates], mode: str) -> tuple[tuple[int, ...], ...]:
    kind = "walk" if mode == "walk" else "transit"
    return tuple(
        tuple(0 if a == b else estimated_minutes(a, b, kind) or 0 for b in points) for a in points
    )


def run(
    places: int, days: int, seconds: float, longest: float, chosen: engine.Engine
) -> Iterator[Row]:
    """Plan one size in every city."""
    for city in _CITIES:
        given = trip(city, places, days)
        begun = time.thread_time()
        start = greedy(given)
        first = time.thread_time() - begun
        plan = Search(given, 1, chosen).run(Limits(None, seconds))
        most = Search(given, 2, chosen).run(Limits(None, longest))
        best = max(start.score, plan.score, most.score)
        gap = 100 * (best - plan.score) / best
        name = f"{city} {places}x{days}"
        yield Row(name, first, seconds, plan.score, best, gap, plan.iterations)


def main() -> None:
    parser = argparse.ArgumentParser(description="Realistic trips")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--long", type=float, default=10.0)
    parser.add_argument("--only", help="one size, e.g. 60x7")
    parser.add_argument("--plain", action="store_true", help="without compiled code")
    given = parser.parse_args()
    if not given.plain and not warm():
        print("numba is not installed: interpreted", file=sys.stderr)
    chosen = (None if given.plain else engine.ready()) or engine.PLAIN
    print(f"{'':18}{'feasible':>10}{'score':>9}{'best':>9}{'gap':>9}{'rounds':>9}")
    for places, days in SIZES:
        if given.only in {None, f"{places}x{days}"}:
            for row in run(places, days, given.seconds, given.long, chosen):
                print(
                    f"{row.name:18}{row.first:9.3f}s{row.score:9.0f}{row.best:9.0f}"
                    f"{row.gap:8.2f}%{row.rounds:9}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
