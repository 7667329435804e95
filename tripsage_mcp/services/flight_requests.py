"""What a flight search asks for, checked before anybody is asked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.domain.flight_request import CabinClass, OfferRequest, SliceRequest
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure import airports

MAX_PASSENGERS = 9
MAX_CONNECTIONS = 2
MAX_LIMIT = 25
DAYS_AHEAD = 330
_ADULT_AGE = 18
_INFANT_AGE = 2
_CANDIDATES = 5
_ONE_MONTH = timedelta(days=30)

CABINS: tuple[CabinClass, ...] = ("economy", "premium_economy", "business", "first")
SORTS: tuple[FlightSort, ...] = ("best", "price", "duration", "departure")
DETAILS = ("concise", "full")


@dataclass(frozen=True, slots=True)
class FlightSearch:
    """A search as the caller wrote it; see `search_flights` for the meaning of each field."""

    origin: str
    destination: str
    departure_date: date
    return_date: date | None = None
    adults: int = 1
    children_ages: tuple[int, ...] = ()
    cabin: str | None = None
    max_connections: int = 1
    sort: str = "best"
    limit: int = 10
    cursor: str | None = None
    detail: str = "concise"


@dataclass(frozen=True, slots=True)
class CheckedSearch:
    """A search that makes sense.

    Attributes:
        resolved: What a name was taken to mean, by argument; codes are not listed.
    """

    request: OfferRequest
    resolved: dict[str, IATAPlace]
    sort: FlightSort
    limit: int
    full: bool


def check(search: FlightSearch, now: datetime) -> CheckedSearch:
    """Check every argument against the others and against today.

    Raises:
        InvalidRequestError: naming the argument, the rule and a valid example.
    """
    cabin = _cabin(search.cabin)
    sort: FlightSort = _one_of("sort", search.sort, SORTS)
    full = _one_of("detail", search.detail, DETAILS) == "full"
    _between("limit", search.limit, 1, MAX_LIMIT, example="10")
    _between("max_connections", search.max_connections, 0, MAX_CONNECTIONS, example="1")
    _check_passengers(search.adults, search.children_ages)
    origin = _resolve("origin", search.origin)
    destination = _resolve("destination", search.destination)
    if set(origin.airports) <= set(destination.airports) or (
        set(destination.airports) <= set(origin.airports)
    ):
        raise InvalidRequestError(
            "destination",
            "must be another place than the origin",
            example='"LIS"' if "LIS" not in origin.airports else '"JFK"',
        )
    _check_dates(search.departure_date, search.return_date, _today(now, origin))
    return CheckedSearch(
        request=OfferRequest(
            slices=_slices(origin.code, destination.code, search),
            adults=search.adults,
            children_ages=tuple(search.children_ages),
            cabin=cabin,
            max_connections=search.max_connections,
        ),
        resolved={
            argument: place
            for argument, given, place in (
                ("origin", search.origin, origin),
                ("destination", search.destination, destination),
            )
            if given.strip().upper() != place.code
        },
        sort=sort,
        limit=search.limit,
        full=full,
    )


def _slices(origin: str, destination: str, search: FlightSearch) -> tuple[SliceRequest, ...]:
    outbound = SliceRequest(origin, destination, search.departure_date)
    if search.return_date is None:
        return (outbound,)
    return (outbound, SliceRequest(destination, origin, search.return_date))


def _cabin(given: str | None) -> CabinClass | None:
    if given is None:
        return None
    word = given.strip().lower().replace(" ", "_").replace("-", "_")
    cabin: CabinClass = _one_of("cabin", word, CABINS)
    return cabin


def _one_of[T: str](argument: str, given: str, allowed: tuple[T, ...]) -> T:
    for word in allowed:
        if word == given:
            return word
    rule = f"must be one of {', '.join(allowed)}"
    raise InvalidRequestError(argument, rule, example=f'"{allowed[0]}"')


def _between(argument: str, given: int, low: int, high: int, *, example: str) -> None:
    if not low <= given <= high:
        raise InvalidRequestError(argument, f"must be {low} to {high}", example=example)


def _check_passengers(adults: int, children_ages: tuple[int, ...]) -> None:
    _between("adults", adults, 1, MAX_PASSENGERS, example="2")
    if not all(0 <= age < _ADULT_AGE for age in children_ages):
        raise InvalidRequestError(
            "children_ages",
            "are whole years, 0 to 17, on the day of the last flight; from 18 on they are adults",
            example="[4, 11]",
        )
    if adults + len(children_ages) > MAX_PASSENGERS:
        raise InvalidRequestError(
            "adults",
            f"and children_ages together may be at most {MAX_PASSENGERS} passengers",
            example="2",
        )
    if sum(age < _INFANT_AGE for age in children_ages) > adults:
        raise InvalidRequestError(
            "children_ages",
            "may hold at most one infant under 2 for each adult, who carries it",
            example="[1]",
        )


def _resolve(argument: str, given: str) -> IATAPlace:
    found = airports.look_up(given)
    if len(found) == 1:
        return found[0]
    if found:
        meanings = "; ".join(str(place) for place in found[:_CANDIDATES])
        raise InvalidRequestError(
            argument,
            f"may mean several places, use the code of one: {meanings}",
            example=f'"{found[0].code}"',
        )
    rule = "must be a known IATA airport or city code, or the name of a city with an airport"
    alike = airports.similar(given, _CANDIDATES)
    if alike:
        rule += f"; perhaps {'; '.join(str(place) for place in alike)}"
    raise InvalidRequestError(argument, rule, example=f'"{alike[0].code if alike else "LIS"}"')


def _today(now: datetime, origin: IATAPlace) -> date:
    return now.astimezone(ZoneInfo(origin.time_zone)).date()


def _check_dates(departure: date, back: date | None, today: date) -> None:
    last = today + timedelta(days=DAYS_AHEAD)
    example = f'"{today + _ONE_MONTH}"'
    if departure < today:
        raise InvalidRequestError(
            "departure_date", f"must be {today} (today at the origin) or later", example=example
        )
    if departure > last:
        raise InvalidRequestError(
            "departure_date",
            f"must be {last} or earlier: airlines sell at most {DAYS_AHEAD} days ahead",
            example=example,
        )
    if back is None:
        return
    if back < departure:
        raise InvalidRequestError(
            "return_date",
            "must be on or after departure_date",
            example=f'"{min(departure + timedelta(days=7), last)}"',
        )
    if back > last:
        raise InvalidRequestError(
            "return_date",
            f"must be {last} or earlier: airlines sell at most {DAYS_AHEAD} days ahead",
            example=f'"{min(departure + timedelta(days=7), last)}"',
        )
