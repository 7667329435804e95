"""Day-by-day plans: built from what is there, and checked with fresh eyes."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import monotonic
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Finding, Itinerary, Verdict, verdict
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.check import Facts, check
from tripsage_mcp.planning.problem import Plan, Problem
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider, WeatherProvider
from tripsage_mcp.services.itinerary_candidates import Found, candidates, meal_slots, select
from tripsage_mcp.services.itinerary_drafts import Draft, check_draft, readable
from tripsage_mcp.services.itinerary_frame import (
    Frame,
    days_of,
    frame,
    left_out,
    planning_days,
    with_weather,
)
from tripsage_mcp.services.itinerary_names import with_place_ids
from tripsage_mcp.services.itinerary_request import (
    Accepted,
    AirportLookup,
    BuildRequest,
    accept,
    past,
)
from tripsage_mcp.services.itinerary_search import Destination, Searched, resolve, search
from tripsage_mcp.services.itinerary_travel import Ways

log = logging.getLogger("tripsage")

type Progress = Callable[[int, int, str], Awaitable[None]]
"""Told (steps done, steps in all, what comes next)."""

_STEPS = 5
_STAY_KM = 100
_LEFT_OUT = 20
_LEAST_SHARE = 7
_REFIT_EFFORT = 0.2
"""The second search only puts a day's own stops in order: it needs little of the time."""


async def silent(_done: int, _of: int, _what: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict with its reasons.

    Attributes:
        unavailable: What could not be asked, e.g. `weather`.
    """

    itinerary: Itinerary
    findings: tuple[Finding, ...]
    unavailable: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The findings in one word."""
        return verdict(self.findings)


@dataclass(frozen=True, slots=True)
class Built(Checked):
    """A new itinerary, already checked.

    Attributes:
        alternatives: Namesakes of the destination it might have meant instead.
        assumptions: What was not said and had to be supposed.
    """

    alternatives: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItineraryService:
    """Builds and checks itineraries.

    Attributes:
        airports: IATA code to facts; None for an unknown code.
        budget_s: Seconds the search may take on a machine that is too slow for its rounds.
        iterations: Rounds of the search for a day; more days get fewer each, for they are dearer.
        seed: Same seed, same rounds, same plan.
    """

    places: PlaceProvider
    geocoding: GeocodingProvider
    weather: WeatherProvider
    airports: AirportLookup
    now: Clock = utc_now
    budget_s: float = 6.0
    iterations: int = 3_000
    seed: int = 0

    async def build(self, request: BuildRequest, progress: Progress = silent) -> Built:
        """Plan a trip day by day, and check the plan independently.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: no town or region has the destination's name.
            ProviderError: geocoding or every search for places failed.
        """
        accepted = accept(request, self.airports, self.now())
        await progress(0, _STEPS, "finding the destination")
        at = await resolve(self.geocoding, request.destination, accepted.place)
        stay = _near(accepted.stay, at.coordinates)
        ways = Ways(self.places)

        await progress(1, _STEPS, "finding places and the weather")
        flights = [f.coordinates for f in (accepted.arrival, accepted.departure) if f is not None]
        searched, wishes = Searched(), (request.interests, request.must_see)
        await in_parallel(
            (
                lambda: search(
                    self.places, self.weather, at, accepted.dates, wishes, into=searched
                ),
                lambda: ways.route([(airport, stay) for airport in flights]),
            ),
            at_most=2,
        )
        zone = self._zone(at, searched)
        self._not_over(accepted, zone)
        given = frame(accepted, zone, stay, ways)
        sights, meals = select(list(searched.found.values()), len(accepted.dates))
        if not searched.found:
            raise NotFoundError(
                "destination: no places are known around it, so there is nothing to plan",
                hint="Check that it is the place that was meant, or name the nearest large town.",
            )
        chosen = {f.place.place_id: f for f in (*sights, *meals)}

        await progress(2, _STEPS, "choosing places and days")
        draft = await self._solved(self._problem(accepted, given, searched, chosen, ways))

        await progress(3, _STEPS, "fitting real travel times")
        plan = await self._with_real_ways(accepted, given, searched, chosen, (draft, ways))

        await progress(4, _STEPS, "checking the plan")
        itinerary = self._itinerary(accepted, given, at, searched, (plan, chosen, ways))
        built = self._built(itinerary, accepted, at, searched, (chosen, ways))
        await progress(_STEPS, _STEPS, "done")
        return built

    async def check(self, draft: Draft) -> Checked:
        """Check any itinerary, against hours and travel times fetched anew.

        Places written by name alone are looked up near the destination.

        Raises:
            InvalidRequestError: the itinerary cannot be read.
        """
        readable(draft, self.airports)
        draft, named = await with_place_ids(draft, self.places, self.geocoding)
        itinerary, findings, unavailable = await check_draft(
            draft, self.places, self.airports, named
        )
        return Checked(itinerary, findings, unavailable)

    def _zone(self, at: Destination, searched: Searched) -> ZoneInfo:
        name = at.time_zone or searched.zone_name()
        if name is None:
            raise InvalidRequestError(
                "destination", "has no known time zone; name the nearest town", example='"Lisbon"'
            )
        return ZoneInfo(name)

    def _not_over(self, accepted: Accepted, zone: ZoneInfo) -> None:
        if accepted.dates[0] < self.now().astimezone(zone).date():
            raise past(self.now())

    def _problem(
        self,
        accepted: Accepted,
        given: Frame,
        searched: Searched,
        chosen: dict[str, Found],
        ways: Ways,
    ) -> Problem:
        points = [given.stay, *(f.place.coordinates for f in chosen.values())]
        travel, walking = ways.matrices(points)
        return Problem(
            days=planning_days(accepted, given, accepted.request.pace, self.now()),
            candidates=candidates(
                list(chosen.values()),
                accepted.dates,
                given.zone,
                searched.weather,
                {key: number for number, key in enumerate(chosen, start=1)},
            ),
            travel=travel,
            walking=walking,
            meals=meal_slots(accepted.dates, given.zone),
        )

    async def _with_real_ways(
        self,
        accepted: Accepted,
        given: Frame,
        searched: Searched,
        chosen: dict[str, Found],
        drafted: tuple[Plan, Ways],
    ) -> Plan:
        """Route the ways the draft uses, and plan its stops again, each on its own day."""
        draft, ways = drafted
        await ways.route(
            [
                (given.stay, *(chosen[stop.key].place.coordinates for stop in stops))
                for stops in draft.days
                if stops
            ]
        )
        day_of = {stop.key: day for day, stops in enumerate(draft.days) for stop in stops}
        used = {key: found for key, found in chosen.items() if key in day_of}
        problem = self._problem(accepted, given, searched, used, ways)
        fixed = replace(
            problem,
            candidates=tuple(
                replace(
                    c,
                    windows=tuple(
                        w if day == day_of[c.key] else () for day, w in enumerate(c.windows)
                    ),
                )
                for c in problem.candidates
            ),
        )
        plan = await self._solved(fixed, effort=_REFIT_EFFORT)
        return replace(plan, unplaced=(*plan.unplaced, *draft.unplaced))

    async def _solved(self, problem: Problem, *, effort: float = 1.0) -> Plan:
        """Search in a thread, so that other calls go on meanwhile."""
        # The solver is not part of start-up, and may come to bring compiled code with it.
        from tripsage_mcp.planning.solve import solve  # noqa: PLC0415

        cancelled, begun, limit = threading.Event(), monotonic(), self.budget_s * effort
        try:
            return await asyncio.to_thread(
                solve,
                problem,
                seed=self.seed,
                iterations=self._rounds(len(problem.days), effort),
                spent=lambda: 1.0 if cancelled.is_set() else (monotonic() - begun) / limit,
            )
        finally:
            cancelled.set()

    def _rounds(self, days: int, effort: float) -> int:
        """Return how many rounds take about a second: always the same, so the plan is too."""
        enough = max(self.iterations // days, self.iterations // _LEAST_SHARE)
        return max(1, round(enough * effort))

    def _itinerary(
        self,
        accepted: Accepted,
        given: Frame,
        at: Destination,
        searched: Searched,
        solved: tuple[Plan, dict[str, Found], Ways],
    ) -> Itinerary:
        plan, chosen, ways = solved
        request = accepted.request
        days = days_of(plan, accepted.dates, given, chosen, ways)
        return Itinerary(
            destination=at.name,
            time_zone=given.zone.key,
            days=with_weather(days, searched.weather),
            pace=request.pace,
            stay=given.stay,
            stay_assumed=accepted.stay is None,
            must_see=tuple(f.place.name for f in searched.found.values() if f.must_see),
            left_out=left_out(plan.unplaced, chosen, accepted.dates, request.pace)[:_LEFT_OUT],
            provenance=merged((*at.provenance, *searched.provenance, *ways.provenance)),
        )

    def _built(
        self,
        itinerary: Itinerary,
        accepted: Accepted,
        at: Destination,
        searched: Searched,
        known: tuple[dict[str, Found], Ways],
    ) -> Built:
        chosen, ways = known
        findings = (
            *searched.findings,
            *_empty_days(itinerary, accepted),
            *check(itinerary, _facts(itinerary, accepted, chosen, ways)),
        )
        if verdict(findings) == "broken":
            codes = ",".join(sorted({f.code for f in findings if f.severity == "blocker"}))
            log.error("itinerary_broken codes=%s", codes)
        unavailable = [*searched.unavailable, *(["travel times"] if ways.failed else [])]
        return Built(
            itinerary,
            findings,
            tuple(unavailable),
            alternatives=at.alternatives,
            assumptions=_assumptions(accepted),
        )


def merged(provenance: Iterable[Provenance]) -> tuple[Provenance, ...]:
    """Return one entry per source: fetched when the oldest was, expiring with the first."""
    by_source: dict[tuple[str, str], Provenance] = {}
    for entry in provenance:
        known = by_source.get((entry.source, entry.data), entry)
        ends = [e.expires_at for e in (known, entry) if e.expires_at is not None]
        by_source[entry.source, entry.data] = replace(
            known,
            fetched_at=min(known.fetched_at, entry.fetched_at),
            expires_at=min(ends, default=None),
            attribution=known.attribution or entry.attribution,
        )
    return tuple(by_source.values())


def _near(stay: Coordinates | None, destination: Coordinates) -> Coordinates:
    """Return where days begin and end."""
    if stay is None:
        return destination
    if great_circle_km(stay, destination) > _STAY_KM:
        raise InvalidRequestError(
            "stay_latitude",
            f"and stay_longitude must be within {_STAY_KM} km of the destination",
            example=f"{destination.latitude:.4f}",
        )
    return stay


def _empty_days(itinerary: Itinerary, accepted: Accepted) -> Iterable[Finding]:
    """Say that days stayed empty on which the traveler is there."""
    landed = accepted.arrival.at.date() if accepted.arrival else accepted.dates[0]
    leaves = accepted.departure.at.date() if accepted.departure else accepted.dates[-1]
    partly = {f.at.date() for f in (accepted.arrival, accepted.departure) if f is not None}
    empty = [
        day.date
        for day in itinerary.days
        if not day.items and landed <= day.date <= leaves and day.date not in partly
    ]
    if empty:
        yield Finding(
            "nothing_planned",
            "warning",
            f"Nothing is planned on {len(empty)} of {len(itinerary.days)} days: "
            + ", ".join(f"{day:%a %d %b}" for day in empty)
            + ".",
            suggestion="Fewer days, a day trip, or more interests would fill the plan.",
        )


def _facts(itinerary: Itinerary, accepted: Accepted, chosen: dict[str, Found], ways: Ways) -> Facts:
    hours = {
        key: f.place.opening_hours for key, f in chosen.items() if f.place.opening_hours is not None
    }
    travel = {
        pair: leg
        for day in itinerary.days
        for pair in _pairs([itinerary.stay, *(item.coordinates for item in day.items)])
        if (leg := ways.leg(*pair)) is not None
    }
    return Facts(hours=hours, travel=travel, day_start=accepted.day_start)


def _pairs(points: Sequence[Coordinates | None]) -> list[tuple[Coordinates, Coordinates]]:
    known = [point for point in points if point is not None]
    return list(pairwise(known))


def _assumptions(accepted: Accepted) -> tuple[str, ...]:
    said: list[str] = []
    if accepted.stay is None:
        said.append("No stay was given: days begin and end in the middle of the destination.")
    if accepted.arrival is not None or accepted.departure is not None:
        said.append(
            "Flights count as international: 60 min to leave the airport, 120 min there before "
            "take-off."
        )
    return tuple(said)
