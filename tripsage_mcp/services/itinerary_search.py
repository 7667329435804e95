"""Finding out about a destination: where it is, what is there, how the weather will be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Finding
from tripsage_mcp.domain.place import Locality, Place, PlaceSearch
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.errors import ProviderError, TripSageError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider, WeatherProvider
from tripsage_mcp.services.itinerary_candidates import Found, alike
from tripsage_mcp.services.where import Asked, locate

_SEARCHES = (
    ("top sights", None),
    ("museums", None),
    ("parks", None),
    ("restaurants", "restaurant"),
    ("local food", "restaurant"),
    ("cafes for lunch", "cafe"),
)
_PER_SEARCH, _PER_INTEREST = 20, 10
_NEAR_M, _MUST_SEE_M = 12_000, 50_000
_DAY_TRIP_KM = 60
"""A search only prefers what is near; a namesake on another continent is no suggestion."""
_CONCURRENT = 8


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the trip goes, as it was understood.

    Attributes:
        time_zone: None until a source says, for a destination given as coordinates.
        alternatives: Namesakes it might have meant instead.
    """

    name: str
    coordinates: Coordinates
    time_zone: str | None
    alternatives: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()


@dataclass(slots=True)
class Searched:
    """Everything found out, the failures included."""

    found: dict[str, Found] = field(default_factory=dict[str, Found])
    weather: dict[date, WeatherDay] = field(default_factory=dict[date, WeatherDay])
    weather_zone: str | None = None
    provenance: list[Provenance] = field(default_factory=list[Provenance])
    findings: list[Finding] = field(default_factory=list[Finding])
    unavailable: list[str] = field(default_factory=list[str])

    def zone_name(self) -> str | None:
        """Return the zone most places are in, or the weather's."""
        zones = [f.place.time_zone for f in self.found.values() if f.place.time_zone]
        return max(sorted(set(zones)), key=zones.count) if zones else self.weather_zone


async def resolve(
    geocoding: GeocodingProvider, name: str, coordinates: Coordinates | None
) -> Destination:
    """Find the destination.

    Raises:
        NotFoundError: no place is called that.
        ProviderError: the provider failed.
    """
    asked = Asked(None if coordinates else " ".join(name.split()), coordinates, "destination")
    where = await locate(geocoding, asked)
    if where.locality is None:
        at = f"{where.coordinates.latitude:.4f}, {where.coordinates.longitude:.4f}"
        return Destination(at, where.coordinates, None)
    return Destination(
        name=_full_name(where.locality),
        coordinates=where.coordinates,
        time_zone=where.locality.time_zone,
        alternatives=tuple(_full_name(other) for other in where.alternatives),
        provenance=() if where.provenance is None else (where.provenance,),
    )


async def search(
    places: PlaceProvider,
    weather: WeatherProvider,
    at: Destination,
    dates: Sequence[date],
    wishes: tuple[Sequence[str], Sequence[str]],
    into: Searched,
) -> None:
    """Ask everything at once; a part that fails is named in `unavailable`.

    Args:
        places: Where to look for places.
        weather: Where to look for the weather.
        at: The destination.
        dates: The days of the trip.
        wishes: Interests, then must-sees.
        into: Is filled.

    Raises:
        ProviderError: not one search for places succeeded.
    """
    interests, must_see = wishes
    errors: list[ProviderError] = []

    async def look(query: PlaceSearch, *, anywhere: bool = False) -> tuple[Place, ...]:
        try:
            answer = await places.search(query)
        except ProviderError as exc:
            errors.append(exc)
            return ()
        into.provenance.append(answer.provenance)
        return tuple(
            place
            for place in answer.places
            if anywhere or great_circle_km(at.coordinates, place.coordinates) <= _DAY_TRIP_KM
        )

    async def forecast() -> tuple[Place, ...]:
        try:
            answer = await weather.daily(at.coordinates, dates[0], dates[-1])
        except TripSageError:
            # A trip can be planned without; the answer says that it was.
            into.unavailable.append("weather")
            return ()
        into.weather = {day.day: day for day in answer.days}
        into.weather_zone = answer.time_zone
        into.provenance.append(answer.provenance)
        return ()

    queries = [
        *(_query(words, at, _PER_SEARCH, included_type=kind) for words, kind in _SEARCHES),
        *(_query(words, at, _PER_INTEREST) for words in interests),
        *(_query(words, at, 3, radius_m=_MUST_SEE_M) for words in must_see),
    ]
    *answers, _ = await in_parallel(
        [
            *(
                # What must be seen is looked for everywhere, to be able to say that it is too far.
                (lambda q=q, n=n: look(q, anywhere=n >= len(queries) - len(must_see)))
                for n, q in enumerate(queries)
            ),
            forecast,
        ],
        at_most=_CONCURRENT,
    )
    if errors:
        if len(errors) == len(queries):
            raise errors[0]
        into.unavailable.append("some place searches")
    _sort_in(into, answers, wishes, at.name)


def _sort_in(
    into: Searched,
    answers: Sequence[Sequence[Place]],
    wishes: tuple[Sequence[str], Sequence[str]],
    where: str,
) -> None:
    """Merge the answers, which come in the order of the queries."""
    interests, must_see = wishes
    general, wished = len(_SEARCHES), len(_SEARCHES) + len(interests)
    for answer in answers[:general]:
        _merge(into, answer)
    for number, answer in enumerate(answers[general:wished]):
        for found in _merge(into, answer):
            found.interests.add(number)
    for number, answer in enumerate(answers[wished:]):
        _must_see(into, number, must_see[number], answer, where)


def _query(
    words: str,
    at: Destination,
    limit: int,
    *,
    radius_m: float = _NEAR_M,
    included_type: str | None = None,
) -> PlaceSearch:
    return PlaceSearch(
        words.strip(), at.coordinates, radius_m, included_type=included_type, limit=limit
    )


def _merge(result: Searched, places: Sequence[Place]) -> list[Found]:
    return [result.found.setdefault(place.place_id, Found(place)) for place in places]


def _must_see(
    result: Searched, number: int, asked: str, answer: Sequence[Place], where: str
) -> None:
    """Mark the best match, and say so when it is no obvious one."""
    known = [f for f in result.found.values() if f.place.name.casefold() == asked.casefold()]
    found = known or _merge(result, answer)
    close = next((f for f in found if alike(asked, f.place.name)), None)
    chosen = close or (found[0] if found else None)
    if chosen is None:
        result.findings.append(
            Finding(
                "must_see_not_found",
                "warning",
                f"Entry {number + 1} of must_see was not found near {where}.",
                suggestion="Use the place's own name, as search_places shows it.",
            )
        )
        return
    chosen.must_see = True
    if close is None:
        result.findings.append(
            Finding(
                "must_see_guessed",
                "warning",
                f"Entry {number + 1} of must_see was taken to mean {chosen.place.name}.",
                items=(chosen.place.name,),
                suggestion="Use the place's own name if another one was meant.",
            )
        )


def _full_name(locality: Locality) -> str:
    parts = (locality.name, locality.region, locality.country)
    return ", ".join(dict.fromkeys(part for part in parts if part))
