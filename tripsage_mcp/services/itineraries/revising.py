"""One itinerary as it is revised: read, taken to pieces, changed, solved, put together, checked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    SIGHTS_PER_DAY,
    Finding,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    beds,
    elapsed_minute,
    is_anywhere,
    with_ids,
)
from tripsage_mcp.domain.place import MinuteWindow, Place
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import GeocodingProvider
from tripsage_mcp.services.itineraries.attempts import Attempt, Attempts, exact_ways
from tripsage_mcp.services.itineraries.building import merged
from tripsage_mcp.services.itineraries.candidates import Found, Selection, elapsed
from tripsage_mcp.services.itineraries.changes import Change, Piece, checked
from tripsage_mcp.services.itineraries.days import days_of
from tripsage_mcp.services.itineraries.differences import differences
from tripsage_mcp.services.itineraries.doubles import doubles
from tripsage_mcp.services.itineraries.drafts import Draft
from tripsage_mcp.services.itineraries.facts import (
    Asked,
    Understood,
    groups,
    judge,
    modes_of,
    understand,
)
from tripsage_mcp.services.itineraries.frame import Frame
from tripsage_mcp.services.itineraries.kept import as_it_was, with_old_legs
from tripsage_mcp.services.itineraries.layout import PINNED, Habits
from tripsage_mcp.services.itineraries.names import called, with_place_ids
from tripsage_mcp.services.itineraries.offers import affordable, not_found, offers
from tripsage_mcp.services.itineraries.openings import Openings
from tripsage_mcp.services.itineraries.pace import Caps
from tripsage_mcp.services.itineraries.pieces import FIXED_KINDS, Pieces
from tripsage_mcp.services.itineraries.problem import Setting
from tripsage_mcp.services.itineraries.reasons import explained, why_in
from tripsage_mcp.services.itineraries.results import Revised
from tripsage_mcp.services.itineraries.search import Destination, Searched, Wishes, search
from tripsage_mcp.services.itineraries.solving import Progress, Solver
from tripsage_mcp.services.itineraries.spending import with_new_costs
from tripsage_mcp.services.itineraries.travel import Ways, on_grid

STEPS = 4
_EFFORT_SHARE = 0.7
"""Of the effort, for each attempt; there are a few of them."""
_DAY_START, _DAY_END = 9 * 60, 21 * 60 + 30
_OTHER_HOURS = frozenset({"later start", "earlier end"})
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""A plan that has begun is revised as a whole; what has passed is the caller's to keep."""


@dataclass(slots=True)
class Revising:
    """What is known of a revision under way.

    Attributes:
        travellers: How many pay for what is new.
    """

    draft: Draft
    changes: Sequence[Change]
    ask: Asked
    geocoding: GeocodingProvider
    solver: Solver
    now: Clock
    travellers: int = 1

    async def run(self, progress: Progress, *, effort: float = 1.0) -> Revised:
        """Return the changed itinerary, checked.

        Raises:
            InvalidRequestError: a change contradicts another one, or the itinerary.
            ProviderError: what a change needs could not be asked.
        """
        checked(self.changes, [day.date for day in self.draft.days])
        await progress(0, STEPS, "reading the itinerary")
        draft, named = await with_place_ids(self.draft, self.ask.places, self.geocoding)
        known = await understand(draft, self.ask, named)
        before = known.itinerary
        modes = modes_of(draft)
        ways = Ways(self.ask.places, modes, little_walking="low_walking" in before.needs)
        await ways.route(groups(before))
        middle = _middle(before)
        pieces = _pieces(before, dict(known.places), await self._looked_up(known, middle))
        pieces.make(self.changes)

        await progress(1, STEPS, "finding what is new")
        searched = await self._searched(pieces, middle)
        await progress(2, STEPS, "fitting the changes in")
        solving = self._attempts(before, pieces, ways, searched, effort * _EFFORT_SHARE)
        attempt = await solving.best()
        # What came together anew was only estimated so far.
        await ways.route(solving.setting.day_points(attempt.plan, solving.found))
        attempt = await solving.firm(attempt)
        _refuse_what_cannot_be(attempt)

        await progress(3, STEPS, "checking the plan")
        after = _put_together(pieces, solving, attempt)
        after = await with_new_costs(
            before, replace(after, travellers=self.travellers), solving.found, self.ask.rates
        )
        places = {**pieces.places, **{key: f.place for key, f in solving.found.items()}}
        judged, findings, failed = await judge(
            replace(known, itinerary=after, places=places), self.ask, ways
        )
        await progress(STEPS, STEPS, "done")
        sources = merged((*judged.provenance, *searched.provenance))
        return self._revised(
            before,
            replace(judged, provenance=sources),
            pieces,
            (solving, attempt),
            (findings, failed),
        )

    def _revised(
        self,
        before: Itinerary,
        after: Itinerary,
        pieces: Pieces,
        solved: tuple[Attempts, Attempt],
        judged: tuple[tuple[Finding, ...], tuple[str, ...]],
    ) -> Revised:
        solving, attempt = solved
        whys = {p.item.item_id: p.why for p in pieces.pieces if p.why is not None}
        whys |= pieces.gone
        whys |= _whys_of_new(pieces, after)
        for piece in attempt.lost:
            whys[piece.item.item_id] = _no_room(piece, pieces)
        undone = [
            *pieces.undone,
            *not_found(pieces, solving.offered, attempt.plan),
            *(f"{p.item.name}: {_no_room(p, pieces)}" for p in attempt.lost if p.new),
        ]
        findings, failed = judged
        return Revised(
            after,
            findings,
            failed,
            differences=differences(before, after, whys, pieces.labels),
            undone=tuple(undone),
            changed=True,
        )

    async def _looked_up(self, known: Understood, middle: Coordinates | None) -> dict[str, Place]:
        """Return the places that changes call by name or id."""
        found: dict[str, Place] = {}
        for number, change in enumerate(self.changes):
            if change.place is None or change.place in found:
                continue
            place = await called(change.place, known.places, self.ask.places, middle)
            if place is None:
                raise InvalidRequestError(
                    f"changes[{number}].place",
                    "must be a place_id, or the name of a place near the destination",
                    example='"Belem Tower"',
                )
            found[change.place] = place
        return found

    async def _searched(self, pieces: Pieces, middle: Coordinates | None) -> Searched:
        searched = Searched()
        if not pieces.wanting or middle is None:
            return searched
        itinerary = pieces.itinerary
        at = Destination(itinerary.destination, middle, itinerary.time_zone)
        wishes = Wishes(itinerary.interests, must_not=itinerary.must_not)
        await search(self.ask.places, self.ask.weather, at, pieces.dates, wishes, into=searched)
        if itinerary.budget is not None:
            searched.found = await affordable(
                searched.found, pieces, itinerary.budget, self.travellers, self.ask.rates
            )
        return searched

    def _attempts(
        self, before: Itinerary, pieces: Pieces, ways: Ways, searched: Searched, effort: float
    ) -> Attempts:
        itinerary = pieces.itinerary
        given = _frame(pieces)
        habits = Habits(
            itinerary.pace,
            *_hours(pieces, given, ways),
            itinerary.needs,
            itinerary.rest_minutes,
        )
        today = self.now().astimezone(given.zone).date()
        chosen = Selection(pieces.dates, min(today, pieces.dates[0]), itinerary.needs)
        free = [p for p in pieces.pieces if p.role != "fixed"]
        setting = Setting(given, habits, chosen, ways, _LONG_AGO, searched.weather)
        setting = replace(setting, exact=exact_ways(before))
        interests = {key: found.interests for key, found in searched.found.items()}
        found = {
            p.key: Found(pieces.places[p.key], interests.get(p.key, set()), must_see=p.new)
            for p in free
            if p.role == "place"
        }
        offered = offers(pieces, searched, chosen)
        for key in offered:
            found.setdefault(key, searched.found[key])
        setting = replace(setting, doubles=doubles({key: found[key] for key in offered}))
        return Attempts(
            setting,
            free,
            found,
            offered,
            frozenset(pieces.labels),
            pieces.caps.most,
            self.solver,
            effort,
            [p for p in pieces.pieces if p.insisted],
            _own_hours(pieces, given),
        )


def _middle(itinerary: Itinerary) -> Coordinates | None:
    """Return where to look for something new: the stay, or the first thing with a place."""
    spots = [i.coordinates for day in itinerary.days for i in day.items if i.airport is None]
    return itinerary.stay or next((spot for spot in spots if spot is not None), None)


def _pieces(before: Itinerary, places: dict[str, Place], lookup: dict[str, Place]) -> Pieces:
    zone, seen = ZoneInfo(before.time_zone), set[str]()
    found: list[Piece] = []
    for number, day in enumerate(before.days):
        for item in day.items:
            found.append(_piece(item, number, places, seen))  # noqa: PERF401 - it keeps count
    dates = tuple(day.date for day in before.days)
    counts = [sum(i.kind == "visit" for i in day.items) for day in before.days]
    return Pieces(
        before,
        zone,
        places,
        Openings(places, dates, zone),
        lookup,
        found,
        [_DAY_START if before.day_start is None else before.day_start] * len(dates),
        [_DAY_END if before.day_end is None else before.day_end] * len(dates),
        Caps([max(count, SIGHTS_PER_DAY[before.pace]) for count in counts]),
    )


def _piece(item: ItineraryItem, day: int, places: dict[str, Place], seen: set[str]) -> Piece:
    key = item.place_id or item.kind
    if is_anywhere(item.kind, item.name, item.place_id) and f"{item.kind}@{day}" not in seen:
        seen.add(f"{item.kind}@{day}")
        return Piece(item.kind, item, day, "anywhere")
    if item.kind not in FIXED_KINDS and key in places and key not in seen:
        seen.add(key)
        return Piece(key, item, day, "place")
    return Piece(f"{PINNED}{item.item_id}", item, day, "fixed")


def _frame(pieces: Pieces) -> Frame:
    before = pieces.itinerary
    fixed = [p.item for p in pieces.pieces if p.role == "fixed"]
    fixed.sort(key=lambda item: item.starts.astimezone(UTC))
    fixed = [
        item
        if item.kind in {"arrival", "departure"} or (n and fixed[n - 1].kind == "arrival")
        else replace(item, leg=None)
        for n, item in enumerate(fixed)
    ]
    middle = _middle(before)
    assert middle is not None or not pieces.pieces
    stay = middle or Coordinates(0, 0)
    nights = {
        day.date: after or stay for day, (_, after) in zip(before.days, beds(before), strict=True)
    }
    return Frame(pieces.zone, pieces.dates, stay, nights, tuple(fixed), before.commitments)


def _hours(pieces: Pieces, given: Frame, ways: Ways) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return when each day begins and ends: as early and late as what stays makes it."""
    starts, ends = list(pieces.day_start), list(pieces.day_end)
    for piece in pieces.pieces:
        day, item = piece.day, piece.item
        if day < 0 or (day in pieces.labels and not _stays_put(piece, pieces)):
            continue
        date_ = given.dates[day]
        way = _way(ways, given.bed_before(date_), item)
        back = _way(ways, given.bed_after(date_), item)
        first = elapsed_minute(date_, item.starts, given.zone) - way
        last = elapsed_minute(date_, item.ends, given.zone) + back
        starts[day], ends[day] = min(starts[day], first), max(ends[day], last)
    return tuple(starts), tuple(ends)


def _own_hours(pieces: Pieces, given: Frame) -> dict[int, MinuteWindow]:
    """Return when the party wants to be out, in real minutes, on each day that changes."""
    hours: dict[int, MinuteWindow] = {}
    for day in (day for day in pieces.labels if day >= 0):
        date_ = given.dates[day]
        first, last = elapsed((pieces.day_start[day], pieces.day_end[day]), date_, given.zone)
        for piece in pieces.pieces:
            if piece.day == day and not piece.item.locked and _stays_put(piece, pieces):
                first = min(first, elapsed_minute(date_, piece.item.starts, given.zone))
                last = max(last, elapsed_minute(date_, piece.item.ends, given.zone))
        hours[day] = first, last
    return hours


def _stays_put(piece: Piece, pieces: Pieces) -> bool:
    """Tell whether something is as early or late as it was, on a day that changes."""
    labels = pieces.labels.get(piece.day, ())
    same_hours = _OTHER_HOURS.isdisjoint(labels)
    return piece.item.locked or (same_hours and piece.keep and piece.role != "fixed")


def _way(ways: Ways, bed: Coordinates, item: ItineraryItem) -> int:
    leg = None if item.coordinates is None else ways.leg(bed, item.coordinates)
    return 0 if leg is None else on_grid(leg.minutes)


def _refuse_what_cannot_be(attempt: Attempt) -> None:
    locked = next((p for p in attempt.lost if p.item.locked or p.insisted), None)
    if locked is not None:
        how = "locked" if locked.item.locked else "wanted"
        error = InvalidRequestError(
            "changes",
            f"leave no time for item {locked.item.item_id}, which is {how} at "
            f"{locked.item.starts:%H:%M} on {locked.item.starts:%Y-%m-%d}",
        )
        error.hint = "Unlock or drop what is in the way in the same call, before the other changes."
        raise error


def _whys_of_new(pieces: Pieces, after: Itinerary) -> dict[str, str]:
    """Return why what has no id of its own before the plan is made is in it."""
    whys = {p.key: p.why for p in pieces.pieces if p.new and p.why is not None}
    items = (item for day in after.days for item in day.items)
    return {i.item_id: whys[i.place_id] for i in items if i.place_id in whys}


def _no_room(piece: Piece, pieces: Pieces) -> str:
    own = "" if piece.why is None or piece.new else f"{piece.why}: "
    labels = pieces.labels.get(piece.day, ())
    after = f" after: {', '.join(labels)}" if labels and not own else ""
    return f"{own}no room was found{after}"


def _put_together(pieces: Pieces, solving: Attempts, attempt: Attempt) -> Itinerary:
    """Write the plan down, every item that was there before with its own id and words."""
    before = pieces.itinerary
    setting = solving.setting
    told = explained(attempt.problem, attempt.plan)
    slack = {(placed.day, placed.key): placed.slack for placed in told.placed}
    days = days_of(attempt.plan, setting.given, solving.found, setting.ways, None)
    old = {p.key: p.item for p in pieces.pieces if p.role == "place"}
    pauses = {p.kept_as: p.item for p in pieces.pieces if p.role == "anywhere"}
    spots = {i.name for day in before.days for i in day.items} | {"the stay"}
    made: list[ItineraryDay] = []
    for number, (day, was) in enumerate(zip(days, before.days, strict=True)):
        items: list[ItineraryItem] = []
        for item in day.items:
            known = old.get(item.place_id or "") or pauses.get(f"{item.kind}@{number}")
            same = item if known is None or item.locked else as_it_was(known, item, spots)
            if known is None and item.place_id in solving.found:
                why = why_in(solving.found[item.place_id or ""], before.interests)
                same = replace(same, why=why)
            key = (number, item.place_id or item.kind)
            items.append(replace(same, slack_minutes=slack.get(key, same.slack_minutes)))
        ids = {item.item_id for item in items}
        spared = tuple(x for x in was.rain_alternatives if x.item_id in ids)
        made.append(replace(day, items=tuple(items), weather=was.weather, rain_alternatives=spared))
    return with_old_legs(with_ids(replace(before, days=tuple(made))), before)
