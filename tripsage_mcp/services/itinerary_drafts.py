"""An itinerary as somebody wrote it: read, completed with facts fetched anew, and checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Finding,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    Pace,
    at_wall_minute,
)
from tripsage_mcp.domain.place import MINUTES_PER_DAY, OpeningHours, Place, TravelMode
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.check import Facts, check
from tripsage_mcp.providers.ports import PlaceProvider
from tripsage_mcp.services.itinerary_request import (
    MAX_DAYS,
    AirportLookup,
    airport_named,
    clock_minutes,
    point,
)
from tripsage_mcp.services.itinerary_travel import Ways

MAX_ITEMS_PER_DAY = 20
_CONCURRENT = 8
_LEG = re.compile(r"(\d{1,3}) min (walk|transit|drive|bicycle)(, estimated)?")
_MODES: dict[str, TravelMode] = {
    "walk": "walk",
    "transit": "transit",
    "drive": "drive",
    "bicycle": "bicycle",
}


@dataclass(frozen=True, slots=True)
class DraftItem:
    """One item; `time` is `HH:MM-HH:MM`, an end before the start means the next day."""

    time: str
    kind: ItemKind
    name: str
    place_id: str | None = None
    airport: str | None = None
    travel: str | None = None
    domestic: bool = False


@dataclass(frozen=True, slots=True)
class DraftDay:
    """One day as written."""

    date: date
    items: tuple[DraftItem, ...]
    back: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole itinerary as written; `time_zone` may be left to the places to say."""

    destination: str
    days: tuple[DraftDay, ...]
    time_zone: str | None = None
    pace: Pace = "balanced"
    stay_latitude: float | None = None
    stay_longitude: float | None = None
    must_see: tuple[str, ...] = ()


@dataclass(slots=True)
class Named:
    """What the names of one itinerary were found to mean.

    Attributes:
        places: By place id.
        why_not: By name as written.
        zone: The destination's.
        failed: What could not be asked.
    """

    places: dict[str, Place] = field(default_factory=dict[str, Place])
    why_not: dict[str, str] = field(default_factory=dict[str, str])
    findings: list[Finding] = field(default_factory=list[Finding])
    provenance: list[Provenance] = field(default_factory=list[Provenance])
    zone: str | None = None
    failed: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Known:
    """Places fetched anew, and why some were not."""

    places: dict[str, Place]
    why_not: dict[str, str]
    provenance: list[Provenance]
    failed: bool = False


async def check_draft(
    draft: Draft, places: PlaceProvider, airports: AirportLookup, named: Named
) -> tuple[Itinerary, tuple[Finding, ...], tuple[str, ...]]:
    """Return the itinerary as understood, the findings, and what could not be asked.

    Args:
        draft: Must be `readable`.
        places: Asked for what is not in `named`.
        airports: Where they are.
        named: What is known of items written by name alone.

    Raises:
        InvalidRequestError: nothing says the time zone.
    """
    known = await _places(draft, places, named)
    zone = _zone(draft, known, airports, named.zone)
    stay = point("stay_latitude", "stay_longitude", draft.stay_latitude, draft.stay_longitude)
    itinerary = Itinerary(
        destination=draft.destination,
        time_zone=zone.key,
        days=tuple(_day(day, zone, stay, known, airports) for day in draft.days),
        pace=draft.pace,
        stay=stay,
        must_see=draft.must_see,
    )
    ways = Ways(places)
    await ways.route(_groups(itinerary))
    facts = Facts(
        hours=_hours(known.places),
        hours_unknown=known.why_not | named.why_not,
        closed_for_good=frozenset(k for k, p in known.places.items() if p.permanently_closed),
        travel={
            pair: leg
            for group in _groups(itinerary)
            for pair in ((a, b) for a in group for b in group if a != b)
            if (leg := ways.leg(*pair)) is not None
        },
    )
    failed = [
        *named.failed,
        *(["some places"] if known.failed else []),
        *(["travel times"] if ways.failed else []),
    ]
    itinerary = replace(itinerary, provenance=(*known.provenance, *ways.provenance))
    return itinerary, (*named.findings, *check(itinerary, facts)), tuple(dict.fromkeys(failed))


def readable(draft: Draft, airports: AirportLookup) -> None:
    """Refuse what cannot be read, before anything is fetched.

    Raises:
        InvalidRequestError: the itinerary cannot be read.
    """
    if not 1 <= len(draft.days) <= MAX_DAYS:
        raise InvalidRequestError(
            "itinerary.days",
            f"must be 1 to {MAX_DAYS} days",
            example='[{"date": "2027-05-10", "items": [{"time": "09:30-11:00", "name": "MAAT"}]}]',
        )
    point("stay_latitude", "stay_longitude", draft.stay_latitude, draft.stay_longitude)
    if draft.time_zone is not None:
        _zone_named(draft.time_zone)
    for number, day in enumerate(draft.days):
        at = f"itinerary.days[{number}].items"
        if len(day.items) > MAX_ITEMS_PER_DAY:
            raise InvalidRequestError(at, f"must be at most {MAX_ITEMS_PER_DAY}")
        for position, item in enumerate(day.items):
            _times(item.time, f"{at}[{position}].time")
            if item.airport is not None:
                airport_named(f"{at}[{position}].airport", item.airport, airports)


def _times(text: str, argument: str = "itinerary.days.items.time") -> tuple[int, int]:
    starts, dash, ends = text.partition("-")
    if not dash:
        raise InvalidRequestError(argument, "must be HH:MM-HH:MM", example='"09:30-11:00"')
    first, last = clock_minutes(argument, starts), clock_minutes(argument, ends)
    return first, last if last >= first else last + MINUTES_PER_DAY


async def _places(draft: Draft, places: PlaceProvider, named: Named) -> _Known:
    known = _Known(dict(named.places), {}, list(named.provenance))
    given = dict.fromkeys(i.place_id for day in draft.days for i in day.items if i.place_id)
    ids = [place_id for place_id in given if place_id not in known.places]

    async def fetch(place_id: str) -> None:
        try:
            details = await places.get(place_id)
        except NotFoundError:
            known.why_not[place_id] = "the places service does not know its place_id"
        except ProviderError:
            known.why_not[place_id] = "the places service did not answer"
            known.failed = True
        else:
            known.places[place_id] = details.place
            known.provenance.append(details.provenance)

    await in_parallel([lambda key=key: fetch(key) for key in ids], at_most=_CONCURRENT)
    return known


def _zone(
    draft: Draft, known: _Known, airports: AirportLookup, destination: str | None
) -> ZoneInfo:
    if draft.time_zone is not None:
        return _zone_named(draft.time_zone)
    codes = [i.airport for day in draft.days for i in day.items if i.airport]
    for name in (
        *(place.time_zone for place in known.places.values()),
        destination,
        *(airport_named("airport", code, airports)[0].time_zone for code in codes),
    ):
        if name is not None:
            return ZoneInfo(name)
    raise InvalidRequestError(
        "itinerary.time_zone", "is needed when no place says it", example='"Europe/Lisbon"'
    )


def _zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # A malformed key is a ValueError, an unknown one a KeyError, a folder an OSError.
    except (ValueError, KeyError, OSError) as exc:
        raise InvalidRequestError(
            "itinerary.time_zone", "must be an IANA time zone", example='"Europe/Lisbon"'
        ) from exc


def _day(
    day: DraftDay,
    zone: ZoneInfo,
    stay: Coordinates | None,
    known: _Known,
    airports: AirportLookup,
) -> ItineraryDay:
    items: list[ItineraryItem] = []
    for item in day.items:
        first, last = _times(item.time)
        place = known.places.get(item.place_id or "")
        where = None if place is None else place.coordinates
        if item.airport is not None:
            where = airport_named("airport", item.airport, airports)[1]
        elif item.kind == "stay":
            where = stay
        items.append(
            ItineraryItem(
                kind=item.kind,
                name=item.name,
                starts=at_wall_minute(day.date, first, zone),
                ends=at_wall_minute(day.date, last, zone),
                place_id=item.place_id,
                coordinates=where,
                airport=item.airport,
                leg=read_leg(item.travel),
                domestic=item.domestic,
                hours_unverified=place is None or place.opening_hours is None,
            )
        )
    return ItineraryDay(day.date, tuple(items), read_leg(day.back))


def read_leg(text: str | None) -> Leg | None:
    """Read `12 min walk`; anything else says nothing, for it is only what the writer believes."""
    match = None if text is None else _LEG.fullmatch(text.strip())
    if match is None:
        return None
    return Leg(_MODES[match[2]], int(match[1]), estimated=match[3] is not None)


def _hours(places: dict[str, Place]) -> dict[str, OpeningHours]:
    return {k: p.opening_hours for k, p in places.items() if p.opening_hours is not None}


def _groups(itinerary: Itinerary) -> Sequence[tuple[Coordinates, ...]]:
    """Return the points of each day that follow one another."""
    return [
        tuple(item.coordinates for item in day.items if item.coordinates is not None)
        for day in itinerary.days
    ]
