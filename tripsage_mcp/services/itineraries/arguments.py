"""Reading the arguments of the planner: clocks, points, airports, names."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.errors import InvalidRequestError

MAX_DAYS = 14
MAX_WORDS = 100
_COORDINATES = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_IATA = re.compile(r"[A-Z]{3}")


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


def words(argument: str, given: Sequence[str], limit: int, example: str) -> None:
    """Refuse too many, empty and very long entries."""
    if len(given) > limit:
        raise InvalidRequestError(argument, f"must have at most {limit} entries", example=example)
    if any(not each.strip() or len(each) > MAX_WORDS for each in given):
        raise InvalidRequestError(
            argument, f"each entry must be 1 to {MAX_WORDS} characters", example=example
        )


def one_of(argument: str, given: Sequence[str], allowed: Sequence[str]) -> None:
    """Refuse what is not among the words there are."""
    if any(each not in allowed for each in given):
        raise InvalidRequestError(
            argument, f"must be of {', '.join(allowed)}", example=f'["{allowed[0]}"]'
        )


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
