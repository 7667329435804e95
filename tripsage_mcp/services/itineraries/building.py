"""One itinerary as it is built: from an accepted request to a checked plan."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import great_circle_km
from tripsage_mcp.domain.itinerary import Finding, Itinerary, ItineraryDay, verdict, with_ids
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.check import check
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.planning.problem import Plan
from tripsage_mcp.services.itineraries.arguments import past
from tripsage_mcp.services.itineraries.bags import route_bags, route_booked
from tripsage_mcp.services.itineraries.candidates import (
    Found,
    Selection,
    bare_name,
    same_name,
    select,
)
from tripsage_mcp.services.itineraries.costs import Costs, costs
from tripsage_mcp.services.itineraries.days import days_of
from tripsage_mcp.services.itineraries.doubles import doubles, is_also
from tripsage_mcp.services.itineraries.facts import Asked, travel
from tripsage_mcp.services.itineraries.frame import frame
from tripsage_mcp.services.itineraries.layout import Habits
from tripsage_mcp.services.itineraries.problem import Setting, on_its_day
from tripsage_mcp.services.itineraries.reasons import (
    explained,
    left_out,
    with_reasons,
    with_shelter,
    with_weather,
)
from tripsage_mcp.services.itineraries.request import Accepted
from tripsage_mcp.services.itineraries.results import Built
from tripsage_mcp.services.itineraries.search import Destination, Searched, Wishes, search
from tripsage_mcp.services.itineraries.solving import Progress, Solver
from tripsage_mcp.services.itineraries.spending import assumptions, spending, with_costs
from tripsage_mcp.services.itineraries.travel import USUAL_MODES, Ways

log = logging.getLogger("tripsage")

STEPS = 5
_STAY_KM, _AIRPORT_KM = 100, 300
_ANOTHER_AREA_KM = 12
_LEFT_OUT = 20
_REFIT_EFFORT = 0.2
"""The second search only puts a day's own stops in order: it needs little of the time."""


@dataclass(slots=True)
class Building:
    """What is known of a plan under way.

    Attributes:
        dislikes: Tells by its types whether a place is of a kind the traveller does not like.
        from_trip: Arguments that nobody but the saved trip gave.
    """

    accepted: Accepted
    at: Destination
    ask: Asked
    solver: Solver
    now: Clock
    dislikes: Callable[[Sequence[str]], bool]
    from_trip: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    async def run(self, progress: Progress) -> Built:
        """Return the plan, checked.

        Raises:
            InvalidRequestError: what is fixed does not fit together.
            NotFoundError: there is nothing to plan around the destination.
            ProviderError: every search for places failed.
        """
        self._fit_to_destination()
        accepted = self.accepted
        request = accepted.request
        ways = Ways(
            self.ask.places,
            request.modes or USUAL_MODES,
            little_walking="low_walking" in request.needs,
        )
        await progress(1, STEPS, "finding places and the weather")
        searched = await self._searched(ways)
        zone = self._zone(searched)
        if accepted.dates[0] < self.now().astimezone(zone).date():
            raise past(self.now())
        await route_booked(accepted, accepted.stay or self.at.coordinates, searched.spots, ways)
        given = frame(accepted, zone, self.at.coordinates, ways, searched.spots)
        setting = Setting(
            given,
            _habits(accepted),
            Selection(
                accepted.dates,
                self.now().astimezone(zone).date(),
                request.needs,
                request.diet,
            ),
            ways,
            self.now(),
            searched.weather,
            await self._costs(searched),
            accepted.budget,
        )
        chosen = self._chosen(searched, setting)
        setting = replace(setting, doubles=doubles(chosen))

        await progress(2, STEPS, "choosing places and days")

        async def told(share: float) -> None:
            await progress(2 + 0.9 * share, STEPS, f"choosing places and days: {share:.0%}")

        problem = setting.problem(chosen)
        draft = await self.solver.solve(problem, effort=request.effort, told=told)

        await progress(3, STEPS, "fitting real travel times")
        plan = await self._with_real_ways(setting, chosen, draft)

        await progress(4, STEPS, "checking the plan")
        built = self._built(setting, searched, chosen, plan)
        await progress(STEPS, STEPS, "done")
        return built

    def _fit_to_destination(self) -> None:
        """Leave out what the saved trip holds of other places; refuse it from anybody else."""
        accepted, middle = self.accepted, self.at.coordinates
        near = [s for s in accepted.sleeps if great_circle_km(s.coordinates, middle) <= _STAY_KM]
        if len(near) < len(accepted.sleeps):
            if "stays" not in self.from_trip:
                raise InvalidRequestError(
                    "stay_latitude" if not accepted.request.stays else "stays",
                    f"must be within {_STAY_KM} km of the destination",
                    example=f"{middle.latitude:.4f}",
                )
            accepted = replace(accepted, sleeps=tuple(near))
            self.notes = (*self.notes, "Stays of the trip in other places are left out.")
        for end in ("arrival", "departure"):
            flight = accepted.arrival if end == "arrival" else accepted.departure
            if flight is None or f"{end}_airport" not in self.from_trip:
                continue
            if great_circle_km(flight.coordinates, middle) > _AIRPORT_KM:
                accepted = replace(accepted, **{end: None})
                self.notes = (*self.notes, f"The trip's {end} is elsewhere and is left out.")
        self.accepted = accepted

    async def _searched(self, ways: Ways) -> Searched:
        accepted, request, searched = self.accepted, self.accepted.request, Searched()
        stay = accepted.stay or self.at.coordinates
        middles = [s.coordinates for s in accepted.sleeps]
        others = [c for c in middles if great_circle_km(c, self.at.coordinates) > _ANOTHER_AREA_KM]
        wishes = Wishes(
            request.interests,
            request.must_see,
            request.must_not,
            request.diet,
            tuple(dict.fromkeys(others)),
            accepted.promises,
        )
        await in_parallel(
            (
                lambda: search(
                    self.ask.places,
                    self.ask.weather,
                    self.at,
                    accepted.dates,
                    wishes,
                    into=searched,
                ),
                lambda: route_bags(accepted, stay, ways),
            ),
            at_most=2,
        )
        for found in searched.found.values():
            found.disliked = self.dislikes(found.place.types)
        return searched

    def _zone(self, searched: Searched) -> ZoneInfo:
        name = self.at.time_zone or searched.zone_name()
        if name is None:
            raise InvalidRequestError(
                "destination", "has no known time zone; name the nearest town", example='"Lisbon"'
            )
        return ZoneInfo(name)

    async def _costs(self, searched: Searched) -> Costs | None:
        accepted = self.accepted
        if accepted.budget is None:
            return None
        places = [found.place for found in searched.found.values()]
        booked = [p.cost for p in accepted.promises if p.cost is not None]
        known = await costs(
            accepted.budget.currency,
            accepted.travellers,
            places,
            self.ask.rates,
            {cost.currency for cost in booked},
        )
        meals = 2 * len(accepted.dates) * known.anywhere().reserved
        spent = sum(known.spent(cost) for cost in booked)
        if spent + meals <= known.minor(accepted.budget):
            return known
        self.notes = (*self.notes, "The budget is below what meals usually cost: few are counted.")
        return replace(known, feeds=False)

    def _chosen(self, searched: Searched, setting: Setting) -> dict[str, Found]:
        if not searched.found and not setting.given.commitments:
            raise NotFoundError(
                "destination: no places are known around it, so there is nothing to plan",
                hint="Check that it is the place that was meant, or name the nearest large town.",
            )
        booked = {item.place_id for item in setting.given.fixed}
        # What is booked under a name that several places may have is not to be seen twice.
        named = [i.name for i in setting.given.fixed if i.locked and i.place_id is None]
        spots = [(i.name, i.coordinates) for i in setting.given.fixed if i.locked]
        free = [
            found
            for key, found in searched.found.items()
            if key not in booked
            and not any(same_name(found.place.name, name) for name in named)
            and not any(is_also(found.place, bare_name(name), at) for name, at in spots)
        ]
        sights, meals = select(free, setting.chosen)
        return {f.place.place_id: f for f in (*sights, *meals)}

    async def _with_real_ways(
        self, setting: Setting, chosen: dict[str, Found], draft: Plan
    ) -> Plan:
        """Route the ways the draft uses, and plan its stops again, each on its own day."""
        await setting.ways.route(setting.day_points(draft, chosen))
        placed = {stop.key for stops in draft.days for stop in stops}
        used = {key: found for key, found in chosen.items() if key in placed}
        fixed = on_its_day(setting.problem(used), draft)
        return await self.solver.solve(fixed, effort=_REFIT_EFFORT)

    def _built(
        self, setting: Setting, searched: Searched, chosen: dict[str, Found], plan: Plan
    ) -> Built:
        accepted, given = self.accepted, setting.given
        told = explained(setting.problem(chosen), plan)
        resting = "Nap" if "naps" in accepted.request.needs else "Rest"
        days = days_of(plan, given, chosen, setting.ways, resting)
        days = with_reasons(days, given, chosen, told, accepted.request.interests)
        days = with_costs(days, chosen, setting.costs)
        left = left_out(told, chosen, accepted.dates, accepted.pace)[:_LEFT_OUT]
        itinerary = self._itinerary(setting, searched, with_weather(days, searched.weather))
        itinerary = replace(with_ids(itinerary), left_out=left)
        itinerary = with_shelter(itinerary, given, searched.found, searched.weather)
        findings = (
            *searched.findings,
            *_empty_days(itinerary, accepted),
            *check(itinerary, self._facts(itinerary, searched, setting.ways, setting.costs)),
        )
        if verdict(findings) == "broken":
            codes = ",".join(sorted({f.code for f in findings if f.severity == "blocker"}))
            log.error("itinerary_broken codes=%s", codes)
        failed = ["travel times"] if setting.ways.failed else []
        return Built(
            itinerary,
            findings,
            (*searched.unavailable, *failed),
            alternatives=self.at.alternatives,
            assumptions=(*assumptions(accepted, itinerary, given, searched), *self.notes),
            spending=spending(itinerary, chosen, setting.costs),
            detail=accepted.request.detail,
        )

    def _itinerary(
        self, setting: Setting, searched: Searched, days: tuple[ItineraryDay, ...]
    ) -> Itinerary:
        accepted, request = self.accepted, self.accepted.request
        sources = (*self.at.provenance, *searched.provenance, *setting.ways.provenance)
        return Itinerary(
            destination=self.at.name,
            time_zone=setting.given.zone.key,
            days=days,
            pace=accepted.pace,
            stay=setting.given.stay,
            stay_assumed=accepted.stay is None,
            must_see=tuple(f.place.name for f in searched.found.values() if f.must_see),
            must_not=tuple(" ".join(words.split()) for words in request.must_not),
            provenance=merged(sources),
            budget=accepted.budget,
            needs=request.needs,
            day_start=accepted.day_start,
            day_end=accepted.day_end,
            interests=request.interests,
            commitments=setting.given.commitments,
            rest_minutes=request.rest_minutes,
            travellers=accepted.travellers,
        )

    @staticmethod
    def _facts(itinerary: Itinerary, searched: Searched, ways: Ways, costs: Costs | None) -> Facts:
        places = {key: found.place for key, found in searched.found.items()}
        places |= {place.place_id: place for place in searched.spots if place is not None}
        return Facts(
            places=places,
            travel=travel(itinerary, ways),
            weather=None if "weather" in searched.unavailable else searched.weather,
            rates={} if costs is None else costs.rates,
        )


def _habits(accepted: Accepted) -> Habits:
    count = len(accepted.dates)
    return Habits(
        accepted.pace,
        (accepted.day_start,) * count,
        (accepted.day_end,) * count,
        accepted.request.needs,
        accepted.request.rest_minutes,
        accepted.easy_first_day,
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
