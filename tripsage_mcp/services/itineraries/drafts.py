"""An itinerary as somebody wrote it, and how it is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Booking,
    Commitment,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    Need,
    Pace,
    RainAlternative,
    at_wall_minute,
    with_ids,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import MINUTES_PER_DAY, Place, TravelMode
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.arguments import (
    MAX_DAYS,
    AirportLookup,
    airport_named,
    as_coordinates,
    clock_minutes,
    point,
)
from tripsage_mcp.services.itineraries.candidates import indoor_of

MAX_ITEMS_PER_DAY = 20
_YEARS = (1970, 2199)
_MAX_NAMES, _MAX_COMMITMENTS, _MAX_REST = 40, 40, 720
_LEG = re.compile(r"(\d{1,3}) min (walk|transit|drive|bicycle)(?:, (\d{1,7}) m)?(, estimated)?")
_MONEY = re.compile(r"(\d{1,9}(?:\.\d{1,4})?) ?([A-Z]{3})")
_DAY_END = re.compile(r"(2[4-9]):([0-5]\d)")
_MODES: dict[str, TravelMode] = {
    "walk": "walk",
    "transit": "transit",
    "drive": "drive",
    "bicycle": "bicycle",
}


@dataclass(frozen=True, slots=True)
class DraftItem:
    """One item; `time` is `HH:MM-HH:MM`, an end before the start means the next day.

    Attributes:
        second: From which end on the time is the second of two that the clocks show.
    """

    time: str
    kind: ItemKind
    name: str
    place_id: str | None = None
    airport: str | None = None
    travel: str | None = None
    domestic: bool = False
    item_id: str = ""
    locked: bool = False
    cost: str | None = None
    indoor: bool | None = None
    booking: Booking | None = None
    why: str | None = None
    slack_minutes: int | None = None
    at: str | None = None
    second: Literal["start", "end"] | None = None


@dataclass(frozen=True, slots=True)
class DraftCommitment:
    """What must be kept; `date` and `time` as of an item."""

    date: date
    time: str
    name: str
    kind: ItemKind = "commitment"
    place_id: str | None = None


@dataclass(frozen=True, slots=True)
class DraftDay:
    """One day as written."""

    date: date
    items: tuple[DraftItem, ...]
    back: str | None = None
    weather: str | None = None
    rain_alternatives: tuple[RainAlternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole itinerary as written; `time_zone` may be left to the places to say."""

    destination: str
    days: tuple[DraftDay, ...]
    time_zone: str | None = None
    pace: Pace = "balanced"
    stay_latitude: float | None = None
    stay_longitude: float | None = None
    stay_assumed: bool = False
    must_see: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    budget: str | None = None
    day_start: str | None = None
    day_end: str | None = None
    commitments: tuple[DraftCommitment, ...] = ()
    rest_minutes: int = 0


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
        zone_named(draft.time_zone)
    for number, day in enumerate(draft.days):
        _readable_date(day.date, f"itinerary.days[{number}].date")
        _readable_day(day, f"itinerary.days[{number}].items", airports)
    _readable_wishes(draft)


def _readable_date(day: date, argument: str) -> None:
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise InvalidRequestError(
            argument, f"must be in the years {_YEARS[0]} to {_YEARS[1]}", example='"2027-05-10"'
        )


def _readable_day(day: DraftDay, at: str, airports: AirportLookup) -> None:
    if len(day.items) > MAX_ITEMS_PER_DAY:
        raise InvalidRequestError(at, f"must be at most {MAX_ITEMS_PER_DAY}")
    for position, item in enumerate(day.items):
        _times(item.time, f"{at}[{position}].time")
        read_money(item.cost, f"{at}[{position}].cost")
        as_coordinates(item.at or "", f"{at}[{position}].at")
        if item.airport is not None:
            airport_named(f"{at}[{position}].airport", item.airport, airports)


def _readable_wishes(draft: Draft) -> None:
    read_money(draft.budget, "itinerary.budget")
    _day_minute(draft.day_start, "itinerary.day_start")
    _day_minute(draft.day_end, "itinerary.day_end")
    lists: tuple[tuple[str, Sequence[object], int], ...] = (
        ("must_see", draft.must_see, _MAX_NAMES),
        ("must_not", draft.must_not, _MAX_NAMES),
        ("interests", draft.interests, _MAX_NAMES),
        ("commitments", draft.commitments, _MAX_COMMITMENTS),
    )
    for name, given, most in lists:
        if len(given) > most:
            raise InvalidRequestError(f"itinerary.{name}", f"must be at most {most}")
    for number, commitment in enumerate(draft.commitments):
        _readable_date(commitment.date, f"itinerary.commitments[{number}].date")
        _times(commitment.time, f"itinerary.commitments[{number}].time")
    if not 0 <= draft.rest_minutes <= _MAX_REST:
        raise InvalidRequestError("itinerary.rest_minutes", f"must be 0 to {_MAX_REST}")


def read(
    draft: Draft, zone: ZoneInfo, places: Mapping[str, Place], airports: AirportLookup
) -> Itinerary:
    """Return the itinerary a draft means; every item has an id.

    Args:
        draft: Must be `readable`.
        zone: Its times are in it.
        places: What is known, by place id.
        airports: Where they are.
    """
    stay = point("stay_latitude", "stay_longitude", draft.stay_latitude, draft.stay_longitude)
    return with_ids(
        Itinerary(
            destination=draft.destination,
            time_zone=zone.key,
            days=tuple(_day(day, zone, stay, places, airports) for day in draft.days),
            pace=draft.pace,
            stay=stay,
            stay_assumed=draft.stay_assumed,
            must_see=draft.must_see,
            must_not=draft.must_not,
            interests=draft.interests,
            needs=draft.needs,
            budget=read_money(draft.budget, "itinerary.budget"),
            day_start=_day_minute(draft.day_start, "itinerary.day_start"),
            day_end=_day_minute(draft.day_end, "itinerary.day_end"),
            commitments=tuple(_commitment(c, zone) for c in draft.commitments),
            rest_minutes=draft.rest_minutes,
        )
    )


def _times(text: str, argument: str = "itinerary.days.items.time") -> tuple[int, int]:
    starts, dash, ends = text.partition("-")
    if not dash:
        raise InvalidRequestError(argument, "must be HH:MM-HH:MM", example='"09:30-11:00"')
    first, last = clock_minutes(argument, starts), clock_minutes(argument, ends)
    return first, last if last >= first else last + MINUTES_PER_DAY


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of an IANA name."""
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
    places: Mapping[str, Place],
    airports: AirportLookup,
) -> ItineraryDay:
    items: list[ItineraryItem] = []
    for item in day.items:
        place = places.get(item.place_id or "")
        where = None if place is None else place.coordinates
        if item.airport is not None:
            where = airport_named("airport", item.airport, airports)[1]
        elif item.at is not None:
            where = as_coordinates(item.at, "itinerary.days.items.at") or where
        elif place is None and item.kind in {"stay", "check_in", "check_out"}:
            where = stay
        starts, ends = _moments(day.date, item.time, zone, items[-1].ends if items else None)
        starts = _second(starts) if item.second == "start" else starts
        ends = ends if item.second is None else _second_end(day.date, item.time, zone, starts)
        items.append(
            ItineraryItem(
                kind=item.kind,
                name=item.name,
                starts=starts,
                ends=ends,
                place_id=item.place_id,
                coordinates=where,
                airport=item.airport,
                leg=read_leg(item.travel),
                domestic=item.domestic,
                hours_unverified=place is None or place.opening_hours is None,
                item_id=item.item_id,
                locked=item.locked,
                cost=read_money(item.cost, "itinerary.days.items.cost"),
                indoor=_indoor(item, place),
                booking=item.booking,
                why=item.why,
                slack_minutes=item.slack_minutes,
            )
        )
    return ItineraryDay(
        day.date, tuple(items), read_leg(day.back), day.weather, day.rain_alternatives
    )


def _indoor(item: DraftItem, place: Place | None) -> bool | None:
    known = None if place is None else indoor_of(place)
    return item.indoor if known is None else known


def _moments(
    day: date, time: str, zone: ZoneInfo, after: datetime | None
) -> tuple[datetime, datetime]:
    """Return when an item begins and ends; a time the clocks show twice is the one that fits."""
    first, last = _times(time)
    starts, ends = at_wall_minute(day, first, zone), at_wall_minute(day, last, zone)
    if after is not None and starts.astimezone(UTC) < after.astimezone(UTC):
        starts = _second(starts)
    if ends.astimezone(UTC) <= starts.astimezone(UTC):
        ends = _second(ends)
    return starts, ends


def _second(moment: datetime) -> datetime:
    """Return the later of two moments of one wall time; any other time as it is."""
    later = moment.replace(fold=1)
    return max(moment, later, key=lambda each: each.astimezone(UTC))


def _second_end(day: date, time: str, zone: ZoneInfo, starts: datetime) -> datetime:
    """Return the end that is the second of two; it may read earlier than the start on its day."""
    last = _times(time)[1]
    same_day = _second(at_wall_minute(day, last % MINUTES_PER_DAY, zone))
    if same_day.astimezone(UTC) > starts.astimezone(UTC):
        return same_day
    return _second(at_wall_minute(day, last, zone))


def _commitment(given: DraftCommitment, zone: ZoneInfo) -> Commitment:
    starts, ends = _moments(given.date, given.time, zone, None)
    return Commitment(given.name, starts, ends, given.kind, given.place_id)


def _day_minute(text: str | None, argument: str) -> int | None:
    """Read `HH:MM`; from 24:00 on it is the next day's."""
    if text is None:
        return None
    late = _DAY_END.fullmatch(text.strip())
    if late is not None:
        return int(late[1]) * 60 + int(late[2])
    return clock_minutes(argument, text)


def read_money(text: str | None, argument: str) -> Money | None:
    """Read `12.50 EUR`."""
    if text is None:
        return None
    match = _MONEY.fullmatch(text.strip())
    if match is None:
        raise InvalidRequestError(
            argument, "must be an amount and an ISO 4217 currency", example='"25 EUR"'
        )
    return Money(Decimal(match[1]), match[2])


def read_leg(text: str | None) -> Leg | None:
    """Read `12 min walk`; anything else says nothing, for it is only what the writer believes."""
    match = None if text is None else _LEG.fullmatch(text.strip())
    if match is None:
        return None
    meters = None if match[3] is None else int(match[3])
    return Leg(_MODES[match[2]], int(match[1]), match[4] is not None, meters)
