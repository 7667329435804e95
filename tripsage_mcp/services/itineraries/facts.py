"""The facts an itinerary is checked against, fetched anew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Finding, Itinerary, ItineraryDay, Leg, beds
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.place import Place, TravelMode
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError, TripSageError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.check import check
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.providers.ports import ExchangeRates, PlaceProvider, WeatherProvider
from tripsage_mcp.services.itineraries.arguments import AirportLookup, airport_named
from tripsage_mcp.services.itineraries.candidates import settled
from tripsage_mcp.services.itineraries.drafts import Draft, read, read_leg, zone_named
from tripsage_mcp.services.itineraries.travel import USUAL_MODES, Pair, Ways

_CONCURRENT = 8
_OFTEN = 3


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


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask for facts.

    Attributes:
        rates: None where nobody quotes rates; amounts in other currencies are then unchecked.
    """

    places: PlaceProvider
    weather: WeatherProvider
    airports: AirportLookup
    rates: ExchangeRates | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """An itinerary as it was understood, and what is known of its places.

    Attributes:
        failed: What could not be asked.
    """

    itinerary: Itinerary
    places: Mapping[str, Place]
    unknown: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    failed: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()


async def understand(draft: Draft, ask: Asked, named: Named) -> Understood:
    """Read a draft with its places fetched anew.

    Args:
        draft: Must be `readable`.
        ask: Asked for what is not in `named`.
        named: What is known of items written by name alone.

    Raises:
        InvalidRequestError: nothing says the time zone.
    """
    known = await _places(draft, ask.places, named)
    zone = _zone(draft, known, ask.airports, named.zone)
    return Understood(
        read(draft, zone, known.places, ask.airports),
        known.places,
        known.why_not | named.why_not,
        tuple(named.findings),
        (*named.failed, *(["some places"] if known.failed else [])),
        tuple(known.provenance),
    )


async def judge(
    given: Understood, ask: Asked, ways: Ways
) -> tuple[Itinerary, tuple[Finding, ...], tuple[str, ...]]:
    """Return the itinerary with its sources, the findings, and what could not be asked."""
    itinerary = given.itinerary
    skies, money = _Skies(), dict[str, ExchangeRate]()
    await in_parallel(
        (
            lambda: _routed(itinerary, ways),
            lambda: _forecast(itinerary, ask.weather, skies),
            lambda: _rates(itinerary, ask.rates, money),
        ),
        at_most=3,
    )
    facts = Facts(
        places=given.places,
        unknown=given.unknown,
        travel=travel(itinerary, ways),
        weather=skies.days,
        rates=money,
    )
    failed = [
        *given.failed,
        *(["travel times"] if ways.failed else []),
        *(["weather"] if skies.failed else []),
    ]
    itinerary = replace(
        itinerary, provenance=(*given.provenance, *ways.provenance, *skies.provenance)
    )
    return itinerary, (*given.findings, *check(itinerary, facts)), tuple(dict.fromkeys(failed))


def modes_of(draft: Draft) -> tuple[TravelMode, ...]:
    """Return how the writer gets about: on foot and by public transport, and as is often said.

    One or two ways by car may be those from and to an airport.
    """
    said = [leg.mode for day in draft.days for i in day.items if (leg := read_leg(i.travel))]
    others: tuple[TravelMode, ...] = ("drive", "bicycle")
    return (*USUAL_MODES, *(mode for mode in others if said.count(mode) >= _OFTEN))


async def _routed(itinerary: Itinerary, ways: Ways) -> None:
    """Ask for the ways of each day, and for those that only the itinerary would go as it does."""
    await ways.route(groups(itinerary))
    if not ways.failed:
        await ways.route_as_said((pair, leg.mode) for pair, leg in _said(itinerary))


def groups(itinerary: Itinerary) -> list[tuple[Coordinates, ...]]:
    """Return the points of each day between which the traveller may move, the beds included."""
    return [
        tuple(
            dict.fromkeys(
                at for at in (before, *(i.coordinates for i in day.items), after) if at is not None
            )
        )
        for day, before, after in _days(itinerary)
        if day.items
    ]


def _days(
    itinerary: Itinerary,
) -> Iterator[tuple[ItineraryDay, Coordinates | None, Coordinates | None]]:
    """Yield each day with where it begins and ends: after a late landing at the airport."""
    landed: Coordinates | None = None
    for day, (before, after) in zip(itinerary.days, beds(itinerary), strict=True):
        yield day, landed or before, after
        late = bool(day.items) and day.items[-1].kind == "arrival"
        landed = day.items[-1].coordinates if late else None


def travel(itinerary: Itinerary, ways: Ways) -> dict[tuple[Coordinates, Coordinates], Leg]:
    """Return every way within a day, as far as it is known or can be estimated.

    Where the itinerary says how somebody gets from one thing to the next, it is that way.
    """
    found = {
        (start, end): leg
        for group in groups(itinerary)
        for start in group
        for end in group
        if start != end and (leg := ways.leg(start, end)) is not None
    }
    for pair, said in _said(itinerary):
        leg = ways.leg(*pair, said.mode)
        if leg is not None:
            found[pair] = leg
    return found


def _said(itinerary: Itinerary) -> Iterator[tuple[Pair, Leg]]:
    """Yield every way of which the itinerary says how somebody goes it."""
    for day, before, after in _days(itinerary):
        at = before
        for item in (*day.items, None):
            end, leg = (after, day.back) if item is None else (item.coordinates, item.leg)
            if at is not None and end is not None and at != end and leg is not None:
                yield (at, end), leg
            at = end or at


@dataclass(slots=True)
class _Skies:
    """The weather, where it was asked for."""

    days: dict[date, WeatherDay] | None = None
    provenance: list[Provenance] = field(default_factory=list[Provenance])
    failed: bool = False


async def _forecast(itinerary: Itinerary, weather: WeatherProvider, into: _Skies) -> None:
    """Ask for the weather, if anything is planned under the sky."""
    outdoors = [i for day in itinerary.days for i in day.items if i.indoor is False]
    spots = [itinerary.stay, *(item.coordinates for item in outdoors)]
    where = next((spot for spot in spots if spot is not None), None)
    if not outdoors or where is None:
        return
    dates = [day.date for day in itinerary.days]
    try:
        told = await weather.daily(where, min(dates), max(dates))
    except TripSageError:
        # A plan can be checked without; the findings and the answer say that it was.
        into.failed = True
        return
    into.days = {day.day: day for day in told.days}
    into.provenance.append(told.provenance)


async def _rates(
    itinerary: Itinerary, rates: ExchangeRates | None, into: dict[str, ExchangeRate]
) -> None:
    """Ask what foreign costs are worth in the currency of the budget; none is no failure."""
    if rates is None or itinerary.budget is None:
        return
    quote = itinerary.budget.currency
    costs = {i.cost.currency for day in itinerary.days for i in day.items if i.cost is not None}
    for base in sorted(costs - {quote}):
        try:
            rate = await rates.rate(base, quote)
        except TripSageError:
            continue
        if rate is not None:
            into[base] = rate


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
            known.places[place_id] = settled(details.place)
            known.provenance.append(details.provenance)

    await in_parallel([lambda key=key: fetch(key) for key in ids], at_most=_CONCURRENT)
    return known


def _zone(
    draft: Draft, known: _Known, airports: AirportLookup, destination: str | None
) -> ZoneInfo:
    if draft.time_zone is not None:
        return zone_named(draft.time_zone)
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
