"""What a caller asks of the planner, and the rules it is held to before any network call."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Need, Pace
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import money
from tripsage_mcp.services.itineraries.arguments import (
    MAX_DAYS,
    MAX_WORDS,
    AirportLookup,
    airport_named,
    as_coordinates,
    clock_minutes,
    one_of,
    past,
    point,
    words,
)
from tripsage_mcp.services.itineraries.promises import (
    CommitmentAsked,
    Promise,
    Sleep,
    StayAsked,
    promises,
    sleeps,
)

type Detail = Literal["concise", "full"]

DAY_START, DAY_END = "09:00", "21:30"
DIETS = (
    "vegetarian", "vegan", "pescatarian", "halal", "kosher", "gluten_free", "lactose_free",
    "nut_free",
)  # fmt: skip
MIN_EFFORT_S, MAX_EFFORT_S = 0.2, 30
_MAX_INTERESTS, _MAX_MUST_SEE = 8, 10
_MAX_TRAVELLERS, _MAX_REST = 20, 240
_SHORTEST_DAY_MINUTES = 120
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """A trip to plan, as the caller wrote it; what is None comes from the trip or the memory.

    Attributes:
        destination: A name, or `latitude,longitude`.
        trip_id: A saved trip, which says whatever is not said here.
        arrival_time: Landing; local to the airport when it has no offset.
        departure_time: Take-off; likewise.
        stays: Where the nights are spent, if in several places.
        day_start: `HH:MM`, when to leave the stay.
        day_end: `HH:MM`, when to be back.
        budget: For sights and meals of all travellers together, like `300 EUR`.
        travellers: How many pay.
        diet: Of `DIETS`.
        modes: How to get about.
        rest_minutes: How much rest every whole day should hold.
        effort: Seconds the search may take.
        use_memory: Whether what the traveller told us before counts.
        save: Store the plan as the trip's next version.
        detail: How much of it the answer shows.
    """

    destination: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    trip_id: str | None = None
    arrival_airport: str | None = None
    arrival_time: datetime | None = None
    departure_airport: str | None = None
    departure_time: datetime | None = None
    stay_latitude: float | None = None
    stay_longitude: float | None = None
    stays: tuple[StayAsked, ...] = ()
    interests: tuple[str, ...] = ()
    must_see: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    pace: Pace | None = None
    day_start: str | None = None
    day_end: str | None = None
    budget: str | None = None
    travellers: int | None = None
    needs: tuple[Need, ...] = ()
    diet: tuple[str, ...] = ()
    commitments: tuple[CommitmentAsked, ...] = ()
    modes: tuple[TravelMode, ...] = ()
    rest_minutes: int = 0
    effort: float = 1.0
    use_memory: bool = True
    save: bool = False
    detail: Detail = "concise"


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
        sleeps: In time order, without overlaps; empty when no stay was given.
        day_start: Wall-clock minutes after midnight.
        day_end: Likewise.
        easy_first_day: Whoever crossed many time zones takes it easy first.
    """

    request: BuildRequest
    destination: str
    dates: tuple[date, ...]
    place: Coordinates | None
    sleeps: tuple[Sleep, ...]
    arrival: FlightTime | None
    departure: FlightTime | None
    day_start: int
    day_end: int
    pace: Pace
    budget: Money | None
    travellers: int
    promises: tuple[Promise, ...] = ()
    easy_first_day: bool = False

    @property
    def stay(self) -> Coordinates | None:
        """The first place to sleep."""
        return self.sleeps[0].coordinates if self.sleeps else None


def accept(request: BuildRequest, airports: AirportLookup, now: datetime) -> Accepted:
    """Parse a request.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    destination = request.destination or ""
    if not destination.strip() or len(destination) > MAX_WORDS:
        raise InvalidRequestError("destination", "must be 1 to 100 characters", example='"Lisbon"')
    dates = _dates(request, now)
    _wishes(request)
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
    day_start = clock_minutes("day_start", request.day_start or DAY_START)
    day_end = clock_minutes("day_end", request.day_end or DAY_END)
    if day_end - day_start < _SHORTEST_DAY_MINUTES:
        raise InvalidRequestError(
            "day_end", "must be at least 2 hours after day_start", example='"21:30"'
        )
    return Accepted(
        request=request,
        destination=destination,
        dates=dates,
        place=as_coordinates(destination),
        sleeps=sleeps(
            request.stays,
            point("stay_latitude", "stay_longitude", request.stay_latitude, request.stay_longitude),
            dates,
        ),
        arrival=arrival,
        departure=departure,
        day_start=day_start,
        day_end=day_end,
        pace=request.pace or "balanced",
        budget=None if request.budget is None else money(request.budget, "budget"),
        travellers=request.travellers or 1,
        promises=promises(request.commitments, dates),
    )


def _wishes(request: BuildRequest) -> None:
    """Check what is said by each argument alone."""
    words("interests", request.interests, _MAX_INTERESTS, '["street art"]')
    words("must_see", request.must_see, _MAX_MUST_SEE, '["Belem Tower"]')
    words("must_not", request.must_not, _MAX_MUST_SEE, '["Zoo"]')
    wanted = {each.strip().casefold() for each in request.must_see}
    if any(each.strip().casefold() in wanted for each in request.must_not):
        raise InvalidRequestError("must_not", "must not hold what must_see holds")
    one_of("diet", request.diet, DIETS)
    one_of("needs", request.needs, get_args(Need.__value__))
    one_of("modes", request.modes, get_args(TravelMode.__value__))
    if request.travellers is not None and not 1 <= request.travellers <= _MAX_TRAVELLERS:
        raise InvalidRequestError("travellers", f"must be 1 to {_MAX_TRAVELLERS}", example="2")
    if not 0 <= request.rest_minutes <= _MAX_REST:
        raise InvalidRequestError("rest_minutes", f"must be 0 to {_MAX_REST}", example="60")
    if not MIN_EFFORT_S <= request.effort <= MAX_EFFORT_S:
        raise InvalidRequestError(
            "effort", f"must be {MIN_EFFORT_S} to {MAX_EFFORT_S} seconds", example="5"
        )
    if request.save and request.trip_id is None:
        raise InvalidRequestError("save", "needs a trip_id beside it", example="false")


def _dates(request: BuildRequest, now: datetime) -> tuple[date, ...]:
    example = f'"{(now + timedelta(days=30)).date()}"'
    if request.start_date is None:
        raise InvalidRequestError("start_date", "is needed without a trip_id", example=example)
    if request.end_date is None:
        raise InvalidRequestError("end_date", "is needed without a trip_id", example=example)
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
