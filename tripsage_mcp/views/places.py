"""How places, the ways between them, and what names resolve to look in an answer."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.opening_hours import Interval
from tripsage_mcp.domain.place import (
    MINUTES_PER_DAY,
    Accessibility,
    MinuteWindow,
    OpeningHours,
    Place,
    PriceRange,
)
from tripsage_mcp.services.places.service import OpenOn, PlacesNear
from tripsage_mcp.services.places.where import Where, described
from tripsage_mcp.views.base import Answer, Opt, Part, Source

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# Some ten centimetres; the sources know no more.
_DECIMALS = 5
_HOURS_IN_TEXT = 5


class Resolved(Part):
    """What a name, or a pair of coordinates, was taken to mean."""

    latitude: float
    longitude: float
    name: Opt[str] = None
    time_zone: Opt[str] = None
    approximate: Annotated[Opt[bool], Field(description="True: only the nearest town known")] = None
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
            name=None if found is None else found.full_name,
            time_zone=None if found is None else found.time_zone,
            approximate=where.approximate or None,
            alternatives=[described(other) for other in where.alternatives] or None,
        )

    def words(self) -> str:
        """Name the place, or else the point."""
        return self.name or point_text(Coordinates(self.latitude, self.longitude))


class PlaceRow(Part):
    """One place: enough to choose from a list, everything where it was asked for by its id."""

    place_id: str
    name: str
    kind: Opt[str] = None
    status: Annotated[Opt[str], Field(description="Absent when it is in business")] = None
    opens_on: Annotated[Opt[str], Field(description="When a future place opens")] = None
    rating: Opt[float] = None
    ratings: Annotated[Opt[int], Field(description="How many people rated it")] = None
    price_level: Opt[str] = None
    price_range: Annotated[Opt[str], Field(description="For one person")] = None
    hours: Annotated[
        Opt[str], Field(description="Usual week, local; absent when unknown, which is not open")
    ] = None
    special_days: Annotated[
        Opt[list[str]], Field(description="Dates of the coming week whose hours differ")
    ] = None
    open: Annotated[
        Opt[list[str]],
        Field(description="When on the date asked about; empty is closed, absent is unknown"),
    ] = None
    step_free: Annotated[Opt[bool], Field(description="Whether the entrance is")] = None
    at: Annotated[str, Field(description="latitude,longitude")]
    distance_m: Annotated[Opt[int], Field(description="From the middle of the search")] = None
    wheelchair: Opt[str] = None
    address: Opt[str] = None
    time_zone: Opt[str] = None
    summary: Opt[str] = None
    website: Opt[str] = None
    phone: Opt[str] = None
    map: Opt[str] = None
    credits: Annotated[Opt[list[str]], Field(description="To be shown beside it")] = None

    @classmethod
    def of(
        cls, place: Place, center: Coordinates | None, opens: OpenOn | None = None
    ) -> "PlaceRow":
        """Project a place of a list, seen from `center`."""
        at, access, hours = place.coordinates, place.accessibility, place.opening_hours
        in_business = place.status == "operational"
        return cls(
            place_id=place.place_id,
            name=place.name,
            kind=next(iter(place.types), None),
            status=None if in_business else place.status,
            opens_on=None if place.opens_on is None else place.opens_on.isoformat(),
            rating=place.rating,
            ratings=place.rating_count,
            price_level=place.price_level,
            hours=weekly(hours) if hours is not None and in_business else None,
            special_days=None if hours is None else special_days(hours) or None,
            open=None if opens is None else _intervals(opens.intervals),
            step_free=None if access is None else access.entrance,
            at=point_text(at),
            distance_m=None if center is None else round(great_circle_km(center, at) * 1000),
            credits=list(place.credits) or None,
        )

    @classmethod
    def in_full(cls, place: Place, opens: OpenOn | None = None) -> "PlaceRow":
        """Project everything that is known of a place."""
        access, prices = place.accessibility, place.price_range
        return cls.of(place, None, opens).model_copy(
            update={
                "price_range": None if prices is None else _price_range(prices),
                "step_free": None,
                "wheelchair": None if access is None else _wheelchair(access),
                "address": place.address,
                "time_zone": place.time_zone,
                "summary": place.summary,
                "website": place.website,
                "phone": place.phone,
                "map": place.url,
            }
        )

    def words(self, *, with_hours: bool) -> str:
        """One line about it."""
        kind = None if self.kind is None else self.kind.replace("_", " ")
        rating = None if self.rating is None else f"{self.rating:g}"
        status = None if self.status is None else self.status.replace("_", " ")
        hours = self.hours if with_hours else None
        return ", ".join(fact for fact in (self.name, status, kind, rating, hours) if fact)


class MissingPlace(Part):
    """A place that was asked for and cannot be described."""

    place_id: str
    code: Annotated[str, Field(description="not_found, or why its provider did not answer")]


class PlacesAnswer(Answer):
    """Places in the order asked for."""

    places: list[PlaceRow]
    near: Opt[Resolved] = None
    open_on: Annotated[Opt[str], Field(description="The date that open is about")] = None
    usual_hours: Annotated[
        Opt[bool], Field(description="True: too far ahead to know of special hours that day")
    ] = None
    missing: Opt[list[MissingPlace]] = None
    next_cursor: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, found: PlacesNear) -> "PlacesAnswer":
        """Project what was found."""
        where, day = found.where, found.open_on
        center = None if where is None else where.coordinates
        opens = found.opens or (None,) * len(found.places)
        known = [each for each in found.opens if each.intervals is not None]
        return cls(
            places=[
                PlaceRow.in_full(place, at) if found.detailed else PlaceRow.of(place, center, at)
                for place, at in zip(found.places, opens, strict=True)
            ],
            near=None if where is None else Resolved.of(where),
            open_on=None if day is None else day.isoformat(),
            usual_hours=any(not each.dated for each in known) or None,
            missing=[MissingPlace(place_id=m.place_id, code=m.code) for m in found.missing] or None,
            next_cursor=found.next_cursor,
            source=Source.of(found.provenance),
        )

    @override
    def text(self) -> str:
        """List the places, one a line."""
        around = "" if self.near is None else f" near {self.near.words()}"
        count = f"{len(self.places)} place{'' if len(self.places) == 1 else 's'}"
        credit = self.source.attribution or self.source.source
        head = f"{count}{around} ({self.source.data} data, {credit})"
        with_hours = len(self.places) <= _HOURS_IN_TEXT
        return "\n".join(
            [head, *(f"- {place.words(with_hours=with_hours)}" for place in self.places)]
        )


def point_text(at: Coordinates) -> str:
    """Write a point the way tools take it: `38.71670,-9.13330`."""
    return f"{at.latitude:.{_DECIMALS}f},{at.longitude:.{_DECIMALS}f}"


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


def special_days(hours: OpeningHours) -> list[str]:
    """Write the dates whose hours differ: `2026-12-25 to 2026-12-27 closed`."""
    lines: list[str] = []
    # Days in a row that are alike keep their distance from their place in the list.
    rows = enumerate(sorted(hours.exceptions))
    for (_, text), run in groupby(
        rows, key=lambda row: (row[1][0].toordinal() - row[0], _windows(row[1][1]))
    ):
        days = [day.isoformat() for _, (day, _) in run]
        lines.append(f"{' to '.join(dict.fromkeys((days[0], days[-1])))} {text}")
    return lines


def _intervals(intervals: Sequence[Interval] | None) -> list[str] | None:
    """Write ISO 8601 intervals; of the end only what differs from the start."""
    if intervals is None:
        return None
    return [f"{_minute(opens)}/{_end(opens, closes)}" for opens, closes in intervals]


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _end(opens: datetime, closes: datetime) -> str:
    same_day = opens.date() == closes.date() and opens.utcoffset() == closes.utcoffset()
    return f"{closes:%H:%M}" if same_day else _minute(closes)


def _price_range(prices: PriceRange) -> str:
    start, end = prices.start, prices.end
    if end is None:
        return f"from {start.amount:f} {start.currency}"
    return f"{start.amount:f}-{end.amount:f} {start.currency}"


def _wheelchair(access: Accessibility) -> str:
    """Write what a wheelchair can use and what not: `entrance, restroom; not parking`."""
    facts = {
        "entrance": access.entrance,
        "parking": access.parking,
        "restroom": access.restroom,
        "seating": access.seating,
    }
    usable = ", ".join(name for name, fits in facts.items() if fits)
    unusable = ", ".join(name for name, fits in facts.items() if fits is False)
    return "; ".join(part for part in (usable, unusable and f"not {unusable}") if part)
