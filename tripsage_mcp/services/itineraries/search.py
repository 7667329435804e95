"""Finding out about a destination: where it is, what is there, how the weather will be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Finding
from tripsage_mcp.domain.place import Locality, Place, PlaceSearch
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.errors import NotFoundError, ProviderError, TripSageError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider, WeatherProvider
from tripsage_mcp.services.itineraries.candidates import (
    Found,
    alike,
    bare_name,
    same_name,
    settled,
    surely_alike,
)
from tripsage_mcp.services.itineraries.promises import Promise
from tripsage_mcp.services.places.where import Asked, locate

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
DIET_WORDS = {
    "vegetarian": "vegetarian restaurants",
    "vegan": "vegan restaurants",
    "pescatarian": "seafood restaurants",
    "halal": "halal restaurants",
    "kosher": "kosher restaurants",
    "gluten_free": "gluten free restaurants",
}
"""What can be looked for; of other diets only the restaurants know."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to look for besides what everybody wants to see.

    Attributes:
        must_not: Names of places, or kinds of them.
        centers: Where else than in the middle of the destination, such as around a second stay.
        promises: Whose places to find.
    """

    interests: Sequence[str] = ()
    must_see: Sequence[str] = ()
    must_not: Sequence[str] = ()
    diet: Sequence[str] = ()
    centers: Sequence[Coordinates] = ()
    promises: Sequence[Promise] = ()


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
    """Everything found out, the failures included; `spots` are the places of the promises."""

    found: dict[str, Found] = field(default_factory=dict[str, Found])
    weather: dict[date, WeatherDay] = field(default_factory=dict[date, WeatherDay])
    weather_zone: str | None = None
    provenance: list[Provenance] = field(default_factory=list[Provenance])
    findings: list[Finding] = field(default_factory=list[Finding])
    unavailable: list[str] = field(default_factory=list[str])
    spots: list[Place | None] = field(default_factory=list[Place | None])

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
    wishes: Wishes,
    into: Searched,
) -> None:
    """Ask everything at once; a part that fails is named in `unavailable`.

    Args:
        places: Where to look for places.
        weather: Where to look for the weather.
        at: The destination.
        dates: The days of the trip.
        wishes: What else is wanted.
        into: Is filled.

    Raises:
        ProviderError: not one search for places succeeded.
    """
    errors: list[ProviderError] = []

    async def look(query: PlaceSearch, *, anywhere: bool = False) -> tuple[Place, ...]:
        try:
            answer = await places.search(query)
        except ProviderError as exc:
            errors.append(exc)
            return ()
        into.provenance.append(answer.provenance)
        centers = (at.coordinates, *wishes.centers)
        return tuple(
            settled(place)
            for place in answer.places
            if anywhere
            or any(great_circle_km(c, place.coordinates) <= _DAY_TRIP_KM for c in centers)
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

    spots: dict[int, Place] = {}

    async def keep(number: int, promise: Promise) -> tuple[Place, ...]:
        place = await _promised(places, promise, at, into)
        if place is not None:
            spots[number] = place
        return ()

    asked = _Asked.of(wishes, at)
    queries = [*asked.general, *asked.diet, *asked.wished, *asked.must_see]
    far = len(queries) - len(asked.must_see)
    answers = await in_parallel(
        [
            *(
                # What must be seen is looked for everywhere, to be able to say that it is too far.
                (lambda q=q, n=n: look(q, anywhere=n >= far))
                for n, q in enumerate(queries)
            ),
            *(lambda n=n, p=p: keep(n, p) for n, p in enumerate(wishes.promises)),
            forecast,
        ],
        at_most=_CONCURRENT,
    )
    if errors:
        if len(errors) == len(queries):
            raise errors[0]
        into.unavailable.append("some place searches")
    into.spots = [spots.get(number) for number in range(len(wishes.promises))]
    _sort_in(into, answers[: len(queries)], asked, wishes, at.name)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The searches, in the order their answers come in."""

    general: tuple[PlaceSearch, ...]
    diet: tuple[PlaceSearch, ...]
    wished: tuple[PlaceSearch, ...]
    must_see: tuple[PlaceSearch, ...]

    @classmethod
    def of(cls, wishes: Wishes, at: Destination) -> "_Asked":
        """Return the searches that wishes make."""
        middles = (at.coordinates, *wishes.centers)
        return cls(
            general=tuple(
                _query(words, middle, _PER_SEARCH, included_type=kind)
                for middle in middles
                for words, kind in _SEARCHES
            ),
            diet=tuple(
                _query(words, middle, _PER_SEARCH, included_type="restaurant")
                for words in dict.fromkeys(DIET_WORDS.get(diet) for diet in wishes.diet)
                if words is not None
                for middle in middles
            ),
            wished=tuple(
                _query(words, at.coordinates, _PER_INTEREST) for words in wishes.interests
            ),
            must_see=tuple(
                _query(words, at.coordinates, 3, radius_m=_MUST_SEE_M) for words in wishes.must_see
            ),
        )


def _sort_in(
    into: Searched,
    answers: Sequence[Sequence[Place]],
    asked: _Asked,
    wishes: Wishes,
    where: str,
) -> None:
    """Merge the answers, which come in the order of the queries."""
    general = len(asked.general)
    fed = general + len(asked.diet)
    wished = fed + len(asked.wished)
    for answer in answers[:general]:
        _merge(into, answer)
    for answer in answers[general:fed]:
        for found in _merge(into, answer):
            found.suits_diet = True
    for number, answer in enumerate(answers[fed:wished]):
        for found in _merge(into, answer):
            found.interests.add(number)
    into.found = {
        key: found
        for key, found in into.found.items()
        if not any(_is_unwanted(words, found.place) for words in wishes.must_not)
    }
    for number, answer in enumerate(answers[wished:]):
        _must_see(into, number, wishes.must_see[number], answer, where)


def _is_unwanted(words: str, place: Place) -> bool:
    """Tell whether a place is what must not be: it has that name, or is of that kind."""
    kind = words.strip().casefold().replace(" ", "_")
    kinds = {kind, kind.removesuffix("s"), kind.removesuffix("es")}
    return (
        same_name(words, place.name)
        or surely_alike(words, place.name)
        or not kinds.isdisjoint(place.types)
    )


async def _promised(
    places: PlaceProvider, promise: Promise, at: Destination, into: Searched
) -> Place | None:
    """Find where something booked takes place; not to know is no failure."""
    asked = promise.asked
    if promise.coordinates is not None and asked.place_id is None:
        return None
    try:
        if asked.place_id is not None:
            details = await places.get(asked.place_id)
            into.provenance.append(details.provenance)
            return settled(details.place)
        words = bare_name(asked.name)
        answer = await places.search(_query(words, at.coordinates, 3, radius_m=_MUST_SEE_M))
    except (NotFoundError, ProviderError):
        return None
    into.provenance.append(answer.provenance)
    return next(
        (
            settled(place)
            for place in answer.places
            if surely_alike(words, place.name)
            and great_circle_km(at.coordinates, place.coordinates) <= _DAY_TRIP_KM
        ),
        None,
    )


def _query(
    words: str,
    middle: Coordinates,
    limit: int,
    *,
    radius_m: float = _NEAR_M,
    included_type: str | None = None,
) -> PlaceSearch:
    return PlaceSearch(words.strip(), middle, radius_m, included_type=included_type, limit=limit)


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
