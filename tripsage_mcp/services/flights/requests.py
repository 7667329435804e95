"""What a flight search asks for, checked before anybody is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.domain.flight_filter import Airline, Wishes
from tripsage_mcp.domain.flight_request import (
    ADULT_FROM,
    INFANT_BELOW,
    MAX_SLICES,
    CabinClass,
    OfferRequest,
)
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import between, one_of
from tripsage_mcp.services.flights.places import Resolution
from tripsage_mcp.services.flights.slices import NamedSlice, SliceAsked, check_slices

MAX_PASSENGERS = 9
MAX_CONNECTIONS = 2
MAX_LIMIT = 25
MAX_AIRLINES = 10
CABINS: tuple[CabinClass, ...] = ("economy", "premium_economy", "business", "first")
SORTS: tuple[FlightSort, ...] = ("best", "price", "duration", "departure")
DETAILS = ("concise", "full")

_LONGEST_AIRLINE = 40
_ONE_MONTH = timedelta(days=30)
_CURRENCY = re.compile(r"[A-Z]{3}")
_NAMED_ENDS = (
    "origin", "destination", "departure_date", "return_date", "departure_time", "arrival_time",
    "return_departure_time", "return_arrival_time",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlightSearch:
    """A search as the caller wrote it; see `search_flights` for the meaning of each field.

    Attributes:
        departure_time: `HH:MM-HH:MM`, as are the other three; the first slice's, and then the
            return's.
        slices: In place of everything before it.
    """

    origin: str | None = None
    destination: str | None = None
    departure_date: date | None = None
    return_date: date | None = None
    departure_time: str | None = None
    arrival_time: str | None = None
    return_departure_time: str | None = None
    return_arrival_time: str | None = None
    slices: tuple[SliceAsked, ...] = ()
    adults: int = 1
    children_ages: tuple[int, ...] = ()
    infants_in_seat: int = 0
    cabin: str | None = None
    max_connections: int = 1
    airlines_only: tuple[str, ...] = ()
    airlines_exclude: tuple[str, ...] = ()
    checked_bag: bool = False
    refundable: bool = False
    changeable: bool = False
    currency: str | None = None
    sort: str = "best"
    limit: int = 10
    cursor: str | None = None
    detail: str = "concise"


@dataclass(frozen=True, slots=True)
class CheckedSearch:
    """A search that makes sense.

    Attributes:
        resolved: What each name was taken to mean, by argument; codes are not listed.
        currency: To show prices in beside what is charged.
    """

    request: OfferRequest
    resolved: Mapping[str, Resolution] = field(default_factory=dict[str, Resolution])
    wishes: Wishes = field(default_factory=Wishes)
    currency: str | None = None
    sort: FlightSort = "best"
    limit: int = 10
    full: bool = False

    @property
    def question(self) -> str:
        """A digest of everything that decides which itineraries there are, and their order."""
        asked = repr((self.request, self.wishes, self.currency))
        return sha256(asked.encode()).hexdigest()[:10]


def check(search: FlightSearch, now: datetime) -> CheckedSearch:
    """Check every argument against the others and against today.

    Raises:
        InvalidRequestError: naming the argument, the rule and a valid example.
    """
    cabin = check_cabin(search.cabin)
    sort: FlightSort = one_of("sort", search.sort, SORTS)
    full = one_of("detail", search.detail, DETAILS) == "full"
    between("limit", search.limit, 1, MAX_LIMIT, example="10")
    between("max_connections", search.max_connections, 0, MAX_CONNECTIONS, example="1")
    check_passengers(search.adults, search.children_ages, search.infants_in_seat)
    wishes = _wishes(search)
    currency = _currency(search.currency)
    slices, resolved = check_slices(_slices_asked(search, now), now)
    return CheckedSearch(
        request=OfferRequest(
            slices=slices,
            adults=search.adults,
            children_ages=tuple(search.children_ages),
            infants_in_seat=search.infants_in_seat,
            cabin=cabin,
            max_connections=search.max_connections,
        ),
        resolved=resolved,
        wishes=wishes,
        currency=currency,
        sort=sort,
        limit=search.limit,
        full=full,
    )


def _slices_asked(search: FlightSearch, now: datetime) -> tuple[NamedSlice, ...]:
    """Read the two forms of a trip: named ends with an optional return, or a list of slices."""
    if search.slices:
        return _listed(search)
    origin = _required("origin", search.origin, '"LIS"')
    destination = _required("destination", search.destination, '"NYC"')
    soon = f'"{(now + _ONE_MONTH).date()}"'
    departure = _required("departure_date", search.departure_date, soon)
    outbound = NamedSlice(
        SliceAsked(origin, destination, departure, search.departure_time, search.arrival_time)
    )
    if search.return_date is None:
        for name in ("return_departure_time", "return_arrival_time"):
            if getattr(search, name) is not None:
                raise InvalidRequestError(
                    "return_date", f"must be given with {name}", example=f'"{departure}"'
                )
        return (outbound,)
    back = SliceAsked(
        destination,
        origin,
        search.return_date,
        search.return_departure_time,
        search.return_arrival_time,
    )
    names = {
        "origin": "destination",
        "destination": "origin",
        "departure_date": "return_date",
        "departure_time": "return_departure_time",
        "arrival_time": "return_arrival_time",
    }
    return (outbound, NamedSlice(back, names, mirrored=True))


def _listed(search: FlightSearch) -> tuple[NamedSlice, ...]:
    for name in _NAMED_ENDS:
        if getattr(search, name) is not None:
            raise InvalidRequestError(name, "must be left out where slices says it all")
    if len(search.slices) > MAX_SLICES:
        raise InvalidRequestError("slices", f"must have 1 to {MAX_SLICES} entries")
    fields = ("origin", "destination", "departure_date", "departure_time", "arrival_time")
    return tuple(
        NamedSlice(
            asked,
            names={field: f"slices.{n}.{field}" for field in fields},
            follows=f"slices.{n - 1}.departure_date",
        )
        for n, asked in enumerate(search.slices)
    )


def _required[T](argument: str, given: T | None, example: str) -> T:
    if given is None:
        raise InvalidRequestError(
            argument, "is required, unless slices lists the whole trip", example=example
        )
    return given


def _wishes(search: FlightSearch) -> Wishes:
    only = _airlines("airlines_only", search.airlines_only)
    never = _airlines("airlines_exclude", search.airlines_exclude)
    if set(only) & set(never):
        raise InvalidRequestError(
            "airlines_exclude", "must not name an airline of airlines_only", example='["FR"]'
        )
    return Wishes(only, never, search.checked_bag, search.refundable, search.changeable)


def _airlines(argument: str, given: tuple[str, ...]) -> tuple[Airline, ...]:
    if len(given) > MAX_AIRLINES:
        raise InvalidRequestError(
            argument, f"must have at most {MAX_AIRLINES} entries", example='["TP", "Lufthansa"]'
        )
    airlines = {Airline.of(words) for words in given}
    if any(not 1 < len(airline.words) <= _LONGEST_AIRLINE for airline in airlines):
        raise InvalidRequestError(
            argument, "must be IATA codes or names of airlines", example='["TP", "Lufthansa"]'
        )
    return tuple(sorted(airlines, key=lambda airline: airline.words))


def _currency(given: str | None) -> str | None:
    if given is None:
        return None
    code = given.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise InvalidRequestError("currency", "must be an ISO 4217 code", example='"EUR"')
    return code


def check_cabin(given: str | None) -> CabinClass | None:
    """Read a cabin, however it is spelt; None stays None.

    Raises:
        InvalidRequestError: there is no such cabin.
    """
    if given is None:
        return None
    word = given.strip().lower().replace(" ", "_").replace("-", "_")
    cabin: CabinClass = one_of("cabin", word, CABINS)
    return cabin


def check_passengers(adults: int, children_ages: tuple[int, ...], infants_in_seat: int = 0) -> None:
    """Refuse a party that airlines do not sell to.

    Raises:
        InvalidRequestError: naming the argument at fault.
    """
    between("adults", adults, 1, MAX_PASSENGERS, example="2")
    between("infants_in_seat", infants_in_seat, 0, MAX_PASSENGERS - 1, example="1")
    if not all(0 <= age < ADULT_FROM for age in children_ages):
        raise InvalidRequestError(
            "children_ages",
            "are whole years, 0 to 17, on the day of the last flight; from 18 on they are adults",
            example="[4, 11]",
        )
    if adults + len(children_ages) + infants_in_seat > MAX_PASSENGERS:
        raise InvalidRequestError(
            "adults",
            f"and children and infants together may be at most {MAX_PASSENGERS} passengers",
            example="2",
        )
    if sum(age < INFANT_BELOW for age in children_ages) > adults:
        raise InvalidRequestError(
            "children_ages",
            "may hold at most one infant under 2 for each adult, who carries it; one with a seat"
            " belongs into infants_in_seat",
            example="[1]",
        )
