"""What may be asked about a destination, checked before anyone is asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.local_days import check_days
from tripsage_mcp.services.places.where import Asked, asked

type Topic = Literal["weather", "holidays", "money", "advice", "practical", "sun"]
TOPICS: tuple[Topic, ...] = get_args(Topic.__value__)
USUAL_DAYS = 5
# By the hour it is only of use for the days at hand, and two of them fill half an answer.
HOURLY_DAYS = 2


@dataclass(frozen=True, slots=True)
class DestinationAsked:
    """A place by name or by coordinates, the days of a stay, and what about them.

    Attributes:
        start_date: By default today at the place.
        end_date: Included; by default four days later.
        home: Where the traveller lives: a town, or an IANA time zone.
        include: Some of `TOPICS`; none means all.
        hourly: Weather by the hour, for the first days that the forecast reaches.
    """

    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    start_date: date | None = None
    end_date: date | None = None
    home: str | None = None
    include: Collection[str] = ()
    hourly: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """Where a traveller lives, as written: a time zone, or a place to be resolved."""

    zone: str | None = None
    place: Asked | None = None


@dataclass(frozen=True, slots=True)
class DestinationQuery:
    """The same, checked.

    Attributes:
        first: None for today, which depends on where.
        days: Of the stay.
        home: None where nothing was said, or nothing asked for depends on it.
    """

    place: Asked
    first: date | None
    days: int
    home: Home | None
    topics: frozenset[Topic]
    hourly: bool


def checked(request: DestinationAsked, now: datetime) -> DestinationQuery:
    """Check everything that needs no network.

    Raises:
        InvalidRequestError: an argument breaks its rule.
    """
    place = asked(request.place, request.latitude, request.longitude, argument="place")
    if place is None:
        raise InvalidRequestError(
            "place", "is required, or else latitude and longitude", example='"Lisbon"'
        )
    topics = _topics(request.include)
    if request.hourly and "weather" not in topics:
        raise InvalidRequestError("hourly", "needs weather in include", example="false")
    days = _days(request, now)
    home = None if request.home is None else _home(request.home)
    needed = topics & {"money", "practical"}
    return DestinationQuery(
        place, request.start_date, days, home if needed else None, topics, request.hourly
    )


def _topics(include: Collection[str]) -> frozenset[Topic]:
    wanted = frozenset(include)
    if not wanted <= frozenset(TOPICS):
        raise InvalidRequestError(
            "include", f"must be some of {', '.join(TOPICS)}", example='["weather", "sun"]'
        )
    return cast("frozenset[Topic]", wanted) or frozenset(TOPICS)


def _days(request: DestinationAsked, now: datetime) -> int:
    first, last = request.start_date, request.end_date
    if last is None:
        if first is not None:
            check_days(first, first, now)
        return USUAL_DAYS
    if first is None:
        raise InvalidRequestError(
            "start_date", "is required with end_date", example=f'"{last.isoformat()}"'
        )
    check_days(first, last, now)
    return (last - first).days + 1


def _home(text: str) -> Home:
    text = text.strip()
    # No town has a stroke in its name; every zone of a place has one.
    if "/" not in text:
        return Home(place=asked(text, None, None, argument="home"))
    try:
        return Home(zone=ZoneInfo(text).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequestError(
            "home", "must be a town, or an IANA time zone", example='"Europe/Paris"'
        ) from None


def last_day(first: date, days: int, now: datetime) -> date:
    """Return the last day of a stay; one whose end was not asked for ends within a year."""
    furthest = now.astimezone(UTC).date() + timedelta(days=366)
    return max(first, min(first + timedelta(days=days - 1), furthest))
