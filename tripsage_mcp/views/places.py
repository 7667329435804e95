"""How places, the ways between them, and what names resolve to look in an answer."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import MINUTES_PER_DAY, Locality, MinuteWindow, OpeningHours, Place
from tripsage_mcp.services.places import PlacesNear, Point, TravelFound
from tripsage_mcp.services.where import Where
from tripsage_mcp.views.base import Answer, Opt, Part, Source

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# Some ten centimetres; the sources know no more.
_DECIMALS = 5
_SUMMARY_LENGTH = 160
NO_WAY = -1
"""Written where there is no way: null would put a union into the schema."""

_MOST_LINES = 12


class Resolved(Part):
    """What a name, or a pair of coordinates, was taken to mean."""

    latitude: float
    longitude: float
    name: Opt[str] = None
    time_zone: Opt[str] = None
    alternatives: Annotated[
        Opt[list[str]], Field(description="Others of that name, if this is not the one meant")
    ] = None

    @classmethod
    def of(cls, where: Where) -> "Resolved":
        """Project a resolution."""
        found = where.locality
        return cls(
            latitude=round(where.coordinates.latitude, _DECIMALS),
            longitude=round(where.coordinates.longitude, _DECIMALS),
            name=None if found is None else full_name(found),
            time_zone=None if found is None else found.time_zone,
            alternatives=[full_name(other) for other in where.alternatives] or None,
        )

    def words(self) -> str:
        """Name the place, or else the point."""
        return self.name or f"{self.latitude:.5f},{self.longitude:.5f}"


class PlaceRow(Part):
    """One place, as an assistant needs it to choose."""

    place_id: str
    name: str
    kind: Opt[str] = None
    rating: Opt[float] = None
    ratings: Annotated[Opt[int], Field(description="How many people rated it")] = None
    price_level: Opt[str] = None
    hours: Annotated[
        Opt[str], Field(description="Weekly, local; absent when unknown, which is not open")
    ] = None
    closed_for_good: Opt[bool] = None
    address: Opt[str] = None
    latitude: float
    longitude: float
    distance_m: Annotated[Opt[int], Field(description="From the middle of the search")] = None
    summary: Opt[str] = None

    @classmethod
    def of(cls, place: Place, center: Coordinates | None) -> "PlaceRow":
        """Project a place, seen from `center`."""
        at = place.coordinates
        return cls(
            place_id=place.place_id,
            name=place.name,
            kind=next(iter(place.types), None),
            rating=place.rating,
            ratings=place.rating_count,
            price_level=place.price_level,
            hours=None if place.opening_hours is None else weekly(place.opening_hours),
            closed_for_good=place.permanently_closed or None,
            address=place.address,
            latitude=round(at.latitude, _DECIMALS),
            longitude=round(at.longitude, _DECIMALS),
            distance_m=None if center is None else round(great_circle_km(center, at) * 1000),
            summary=None if place.summary is None else place.summary[:_SUMMARY_LENGTH],
        )

    def words(self) -> str:
        """One line about it."""
        kind = None if self.kind is None else self.kind.replace("_", " ")
        rating = None if self.rating is None else f"{self.rating:g}"
        return ", ".join(fact for fact in (self.name, kind, rating, self.hours) if fact)


class PlacesAnswer(Answer):
    """Places, most relevant first."""

    places: list[PlaceRow]
    near: Opt[Resolved] = None
    source: Source

    @classmethod
    def of(cls, found: PlacesNear) -> "PlacesAnswer":
        """Project what was found."""
        where = found.where
        center = None if where is None else where.coordinates
        return cls(
            places=[PlaceRow.of(place, center) for place in found.places],
            near=None if where is None else Resolved.of(where),
            source=Source.of(found.provenance),
        )

    @override
    def text(self) -> str:
        """List the places, one a line."""
        around = "" if self.near is None else f" near {self.near.words()}"
        count = f"{len(self.places)} place{'' if len(self.places) == 1 else 's'}"
        credit = self.source.attribution or self.source.source
        head = f"{count}{around} ({self.source.data} data, {credit})"
        return "\n".join([head, *(f"- {place.words()}" for place in self.places)])


class TravelTimesAnswer(Answer):
    """A travel matrix: row i, column j is the way from origin i to destination j."""

    mode: str
    origins: list[str]
    destinations: Annotated[
        Opt[list[str]], Field(description="Absent when they are the origins")
    ] = None
    minutes: Annotated[
        list[list[int]], Field(description="Whole minutes, rounded up; -1 where there is no way")
    ]
    distance_m: Annotated[list[list[int]], Field(description="Metres; -1 where not known")]
    estimated: Annotated[
        Opt[bool], Field(description="True: every time is computed from distance, none routed")
    ] = None
    estimated_pairs: Annotated[
        Opt[list[list[int]]], Field(description="[row, column] of the times that are estimates")
    ] = None
    source: Source

    @classmethod
    def of(cls, found: TravelFound) -> "TravelTimesAnswer":
        """Project a matrix."""
        times = found.times
        same = found.origins == found.destinations
        some = bool(found.estimated) and not times.estimated
        return cls(
            mode=times.mode,
            origins=[_name(point) for point in found.origins],
            destinations=None if same else [_name(point) for point in found.destinations],
            minutes=_plain(times.minutes),
            distance_m=_plain(times.distance_m),
            estimated=times.estimated or None,
            estimated_pairs=[list(pair) for pair in found.estimated] if some else None,
            source=Source.of(times.provenance),
        )

    @override
    def text(self) -> str:
        """Say the first ways, one a line."""
        ends = self.destinations or self.origins
        lines = [
            f"- {origin} to {end}: {_words(self.minutes[i][j])}"
            for i, origin in enumerate(self.origins)
            for j, end in enumerate(ends)
            if self.destinations is not None or i != j
        ]
        marks = ", some estimated" if self.estimated_pairs else ""
        marks = ", estimated from distance" if self.estimated else marks
        credit = self.source.attribution or self.source.source
        head = f"Travel times, {self.mode} ({self.source.data} data, {credit}{marks})"
        more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
        return "\n".join([head, *lines[:_MOST_LINES], *more])


def full_name(locality: Locality) -> str:
    """Name a locality so that namesakes differ: `Paris, Ile-de-France, France`."""
    parts = dict.fromkeys(
        part for part in (locality.name, locality.region, locality.country) if part
    )
    return ", ".join(parts)


def weekly(hours: OpeningHours) -> str:
    """Write a week in a few words: `Mo closed; Tu-Su 09:30-18:00`."""
    if hours.always_open:
        return "open 24 hours"
    if not hours.periods:
        return "not open"
    days = [
        _windows([(p.opens, p.closes) for p in hours.periods if p.day == day]) for day in range(7)
    ]
    runs: list[str] = []
    for text, grouped in groupby(range(7), key=lambda day: days[day]):
        run = list(grouped)
        name = _DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}"
        runs.append(f"{name} {text}")
    return "; ".join(runs)


def _windows(windows: Sequence[MinuteWindow]) -> str:
    return ",".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in windows) or "closed"


def _clock(minutes: int) -> str:
    """Write minutes as a time; what is past midnight is the next day's."""
    within = minutes if minutes <= MINUTES_PER_DAY else minutes - MINUTES_PER_DAY
    return f"{within // 60:02}:{within % 60:02}"


def _name(point: Point) -> str:
    at = point.coordinates
    return point.name or f"{at.latitude:.5f},{at.longitude:.5f}"


def _plain(matrix: tuple[tuple[int | None, ...], ...]) -> list[list[int]]:
    return [[NO_WAY if cell is None else cell for cell in row] for row in matrix]


def _words(minutes: int) -> str:
    return "no way" if minutes == NO_WAY else f"{minutes} min"
