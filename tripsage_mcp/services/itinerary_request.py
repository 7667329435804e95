"""What a caller asks of the planner, and the rules it is held to before any network call."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Pace
from tripsage_mcp.errors import InvalidRequestError

MAX_DAYS = 14
_MAX_INTERESTS, _MAX_MUST_SEE, _MAX_WORDS = 8, 10, 100
_SHORTEST_DAY_MINUTES = 120
_COORDINATES = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_IATA = re.compile(r"[A-Z]{3}")
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)


class AirportFacts(Protocol):
    """What the planner needs to know about an airport."""

    @property
    def code(self) -> str:
        """IATA code."""
        ...

    @property
    def name(self) -> str:
        """The airport's own name."""
        ...

    @property
    def time_zone(self) -> str:
        """IANA name."""
        ...

    @property
    def coordinates(self) -> Coordinates | None:
        """Where it is, where known."""
        ...


type AirportLookup = Callable[[str], AirportFacts | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """A trip to plan, as the caller wrote it.

    Attributes:
        destination: A name, or `latitude,longitude`.
        arrival_time: Landing; local to the airport when it has no offset.
        departure_time: Take-off; likewise.
        day_start: `HH:MM`, when to leave the stay.
        day_end: `HH:MM`, when to be back.
    """

    destination: str
    start_date: date
    end_date: date
    arrival_airport: str | None = None
    arrival_time: datetime | None = None
    departure_airport: str | None = None
    departure_time: datetime | None = None
    stay_latitude: float | None = None
    stay_longitude: float | None = None
    interests: tuple[str, ...] = ()
    must_see: tuple[str, ...] = ()
    pace: Pace = "balanced"
    day_start: str = "09:00"
    day_end: str = "21:30"


@dataclass(frozen=True, slots=True)
class FlightTime:
    """A landing or a take-off."""

    airport: str
    name: str
    coordinates: Coordinates
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that keeps the rules, parsed.

    Attributes:
        place: The destination, where it was given as coordinates.
        day_start: Wall-clock minutes after midnight.
        day_end: Likewise.
    """

    request: BuildRequest
    dates: tuple[date, ...]
    place: Coordinates | None
    stay: Coordinates | None
    arrival: FlightTime | None
    departure: FlightTime | None
    day_start: int
    day_end: int


def accept(request: BuildRequest, airports: AirportLookup, now: datetime) -> Accepted:
    """Parse a request.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    if not request.destination.strip() or len(request.destination) > _MAX_WORDS:
        raise InvalidRequestError("destination", "must be 1 to 100 characters", example='"Lisbon"')
    dates = _dates(request, now)
    _words("interests", request.interests, _MAX_INTERESTS, '["street art"]')
    _words("must_see", request.must_see, _MAX_MUST_SEE, '["Belem Tower"]')
    arrival = _flight("arrival", request.arrival_airport, request.arrival_time, airports, dates)
    departure = _flight(
        "departure", request.departure_airport, request.departure_time, airports, dates
    )
    # Through UTC: two times of one zone would be compared by their clocks.
    moments = [f.at.astimezone(UTC) for f in (arrival, departure) if f is not None]
    if moments != sorted(set(moments)):
        raise InvalidRequestError(
            "departure_time",
            "must be after arrival_time",
            example=f'"{dates[-1].isoformat()}T18:40"',
        )
    day_start = clock_minutes("day_start", request.day_start)
    day_end = clock_minutes("day_end", request.day_end)
    if day_end - day_start < _SHORTEST_DAY_MINUTES:
        raise InvalidRequestError(
            "day_end", "must be at least 2 hours after day_start", example='"21:30"'
        )
    return Accepted(
        request=request,
        dates=dates,
        place=as_coordinates(request.destination),
        stay=point(
            "stay_latitude", "stay_longitude", request.stay_latitude, request.stay_longitude
        ),
        arrival=arrival,
        departure=departure,
        day_start=day_start,
        day_end=day_end,
    )


def past(now: datetime) -> InvalidRequestError:
    """Refuse a trip that has begun long ago."""
    soon = (now + timedelta(days=30)).date()
    return InvalidRequestError("start_date", "must not be in the past", example=f'"{soon}"')


def clock_minutes(argument: str, text: str) -> int:
    """Parse `HH:MM` into minutes after midnight."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise InvalidRequestError(argument, "must be HH:MM, 00:00 to 23:59", example='"09:00"')
    return int(match[1]) * 60 + int(match[2])


def point(
    first: str, second: str, latitude: float | None, longitude: float | None
) -> Coordinates | None:
    """Return both halves of a point, or None when neither is given."""
    if (latitude is None) != (longitude is None):
        missing = first if latitude is None else second
        example = "38.7108" if missing == first else "-9.1390"
        raise InvalidRequestError(missing, f"{first} and {second} go together", example=example)
    if latitude is None or longitude is None:
        return None
    try:
        return Coordinates(latitude, longitude)
    except ValueError as exc:
        raise InvalidRequestError(first, str(exc), example="38.7108") from exc


def _dates(request: BuildRequest, now: datetime) -> tuple[date, ...]:
    if request.start_date < (now - _LATEST_ZONE).date():
        raise past(now)
    days = (request.end_date - request.start_date).days + 1
    if days < 1:
        raise InvalidRequestError(
            "end_date",
            "must not be before start_date",
            example=f'"{request.start_date + timedelta(days=3)}"',
        )
    if days > MAX_DAYS:
        raise InvalidRequestError(
            "end_date",
            f"must be at most {MAX_DAYS - 1} days after start_date: {MAX_DAYS} days in all",
            example=f'"{request.start_date + timedelta(days=3)}"',
        )
    return tuple(request.start_date + timedelta(days=n) for n in range(days))


def _words(argument: str, given: tuple[str, ...], limit: int, example: str) -> None:
    if len(given) > limit:
        raise InvalidRequestError(argument, f"must have at most {limit} entries", example=example)
    if any(not words.strip() or len(words) > _MAX_WORDS for words in given):
        raise InvalidRequestError(
            argument, f"each entry must be 1 to {_MAX_WORDS} characters", example=example
        )


def _flight(
    end: str,
    code: str | None,
    at: datetime | None,
    airports: AirportLookup,
    dates: tuple[date, ...],
) -> FlightTime | None:
    if code is None and at is None:
        return None
    if code is None:
        raise InvalidRequestError(f"{end}_airport", f"is needed with {end}_time", example='"LIS"')
    if at is None:
        raise InvalidRequestError(
            f"{end}_time", f"is needed with {end}_airport", example='"2027-05-10T10:35"'
        )
    facts, where = airport_named(f"{end}_airport", code, airports)
    zone = ZoneInfo(facts.time_zone)
    # Through UTC, so that a time the clocks skip becomes one that exists.
    local = (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC).astimezone(zone)
    if not dates[0] <= local.date() <= dates[-1]:
        raise InvalidRequestError(
            f"{end}_time",
            "must be on a day from start_date to end_date, in the airport's own time",
            example=f'"{(dates[0] if end == "arrival" else dates[-1]).isoformat()}T10:35"',
        )
    return FlightTime(facts.code, facts.name, where, local)


def airport_named(
    argument: str, code: str, airports: AirportLookup
) -> tuple[AirportFacts, Coordinates]:
    """Return a known airport and where it is."""
    code = code.strip().upper()
    facts = airports(code) if _IATA.fullmatch(code) else None
    if facts is None or facts.coordinates is None:
        raise InvalidRequestError(
            argument, "must be the IATA code of an airport (not of a city)", example='"LIS"'
        )
    return facts, facts.coordinates


def as_coordinates(text: str, argument: str = "destination") -> Coordinates | None:
    """Read `latitude,longitude`; None when it is a name."""
    match = _COORDINATES.fullmatch(text)
    if match is None:
        return None
    try:
        return Coordinates(float(match[1]), float(match[2]))
    except ValueError as exc:
        raise InvalidRequestError(argument, str(exc), example='"38.7108,-9.1390"') from exc
