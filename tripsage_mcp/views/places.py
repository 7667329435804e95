"""How places and what names resolve to look in an answer."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import MINUTES_PER_DAY, Locality, MinuteWindow, OpeningHours, Place
from tripsage_mcp.services.where import Where
from tripsage_mcp.tools.results import Opt, Part

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# Some ten centimetres; the sources know no more.
_DECIMALS = 5
_SUMMARY_LENGTH = 160


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
