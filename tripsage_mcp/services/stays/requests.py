"""What a caller asks of stays, checked before anything is sent."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args

from tripsage_mcp.domain.stay import (
    BEST_RATING,
    Amenity,
    PropertyType,
    StaySearch,
    StaySort,
)
from tripsage_mcp.domain.stay_cost import Budget
from tripsage_mcp.domain.stay_filter import StayWishes
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import between, one_of
from tripsage_mcp.services.places.where import Asked, asked, coordinates
from tripsage_mcp.services.stays.cursor import fingerprint

MOST_STAYS = 18
MOST_NIGHTS = 90
FURTHEST_DAYS = 730
MOST_GUESTS = 16
MOST_CHILDREN = 10
OLDEST_CHILD = 17
MOST_PETS = 5
MOST_ROOMS = 8
LONGEST_WALK = 120
PROPERTY_TYPES: tuple[PropertyType, ...] = get_args(PropertyType.__value__)
SORTS: tuple[StaySort, ...] = get_args(StaySort.__value__)
AMENITIES: tuple[Amenity, ...] = get_args(Amenity.__value__)

# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)
_EXAMPLE_IN_DAYS = 30
_TEEN_FROM = 13
_INFANT_BELOW = 2
_LARGEST_AMOUNT = Decimal(10_000_000)
_POINT = re.compile(r"(-?\d{1,3}(?:\.\d{1,12})?) ?, ?(-?\d{1,3}(?:\.\d{1,12})?)", re.ASCII)
_AMOUNT = r"\d{1,9}(?:\.\d{1,3})?"
_BUDGET = re.compile(
    rf"(?:(?P<least>{_AMOUNT}) ?- ?)?(?P<most>{_AMOUNT}) ?(?P<currency>[A-Z]{{3}})"
    r"(?P<nightly> (?:a|per) night| ?/ ?night)?",
    re.ASCII | re.IGNORECASE,
)
_BUDGET_EXAMPLE = '"900 EUR" or "120 EUR a night"'


@dataclass(frozen=True, slots=True)
class StayQuery:
    """A search as the caller wrote it.

    Attributes:
        location: A town or region, or `latitude,longitude`.
        children_ages: Of everybody under 18.
        rooms: Of a hotel; of a home, bedrooms.
        budget: `900 EUR` for the whole stay, `120 EUR a night`, or a range, `500-900 EUR`.
        amenities: Each must be there.
        near: What the stay should be near to: a place in words, or `latitude,longitude`.
        max_walk_minutes: To `near`.
        sources: Whom to ask; empty for all that are configured.
        limit: 1 to 18 stays.
        cursor: Of an earlier page of the same search.
    """

    location: str
    check_in: date
    check_out: date
    adults: int = 2
    children_ages: tuple[int, ...] = ()
    pets: int = 0
    rooms: int = 1
    budget: str | None = None
    property_type: str | None = None
    min_rating: float | None = None
    amenities: tuple[str, ...] = ()
    free_cancellation: bool = False
    near: str | None = None
    max_walk_minutes: int | None = None
    sort: str = "relevance"
    sources: tuple[str, ...] = ()
    limit: int = 10
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedStays:
    """A search that may be sent.

    Attributes:
        place: Where, not looked up yet.
        near: Likewise.
        search: All but the place.
        sources: Whom to ask, each once; empty for all that are configured.
        mark: Stands for every argument that shapes the pages.
    """

    place: Asked
    near: Asked | None
    search: StaySearch
    wishes: StayWishes
    sort: StaySort
    sources: tuple[str, ...]
    limit: int
    mark: int


def check(query: StayQuery, now: datetime, known: Sequence[str]) -> CheckedStays:
    """Check every argument.

    Args:
        query: As the caller wrote it.
        now: Decides what is past.
        known: The names of all sources.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    place = _place(query.location, "location")
    near = None if query.near is None else _place(query.near, "near")
    if query.max_walk_minutes is not None:
        between("max_walk_minutes", query.max_walk_minutes, 1, LONGEST_WALK, example="15")
        if near is None:
            raise InvalidRequestError(
                "near", "must be given with max_walk_minutes", example='"Prado Museum"'
            )
    check_dates(query.check_in, query.check_out, now)
    _check_party(query)
    between("limit", query.limit, 1, MOST_STAYS, example="10")
    kind = _kind(query.property_type)
    sort: StaySort = one_of("sort", query.sort, SORTS)
    wishes = _wishes(query, kind)
    sources = tuple(dict.fromkeys(_each_of("sources", query.sources, tuple(known))))
    minors = tuple(sorted(query.children_ages))
    teens = sum(age >= _TEEN_FROM for age in minors)
    infants = sum(age < _INFANT_BELOW for age in minors)
    search = StaySearch(
        location=place.name or "",
        check_in=query.check_in,
        check_out=query.check_out,
        adults=query.adults + teens,
        children=len(minors) - teens - infants,
        infants=infants,
        minor_ages=minors,
        pets=query.pets,
        rooms=query.rooms,
        property_type=kind,
        free_cancellation=query.free_cancellation,
    )
    place_and_near = [asdict(where) for where in (place, near) if where is not None]
    mark = fingerprint(asdict(search), place_and_near, asdict(wishes), sort, sources)
    return CheckedStays(place, near, search, wishes, sort, sources, query.limit, mark)


def check_dates(check_in: date, check_out: date, now: datetime) -> None:
    """Check a period.

    Raises:
        InvalidRequestError: it is past, too long, too far off, or ends before it begins.
    """
    today = now.astimezone(UTC)
    if check_in < (today - _LATEST_ZONE).date():
        raise past(now)
    after = f'"{check_in + timedelta(days=min(3, (date.max - check_in).days))}"'
    if check_out <= check_in:
        raise InvalidRequestError("check_out", "must be after check_in", example=after)
    if (check_out - check_in).days > MOST_NIGHTS:
        raise InvalidRequestError(
            "check_out", f"must be at most {MOST_NIGHTS} nights after check_in", example=after
        )
    if check_out > today.date() + timedelta(days=FURTHEST_DAYS):
        raise InvalidRequestError(
            "check_out", "must be at most two years ahead", example=_soon(now, days=3)
        )


def check_adults(adults: int) -> None:
    """Check how many adults there are.

    Raises:
        InvalidRequestError: too few or too many.
    """
    between("adults", adults, 1, MOST_GUESTS, example="2")


def past(now: datetime) -> InvalidRequestError:
    """Return the error for a stay that would have begun before today."""
    return InvalidRequestError("check_in", "must not be in the past", example=_soon(now))


def one_date_missing(check_in: date | None, now: datetime) -> InvalidRequestError:
    """Return the error for a period of which only one end is given."""
    missing = "check_in" if check_in is None else "check_out"
    return InvalidRequestError(
        missing, "must be given together with the other date", example=_soon(now)
    )


def budget(text: str) -> Budget:
    """Read a budget.

    Raises:
        InvalidRequestError: it is written otherwise, or its ends are the wrong way round.
    """
    found = _BUDGET.fullmatch(" ".join(text.split()))
    if found is None:
        raise InvalidRequestError(
            "budget",
            "must be an amount or a range with an ISO 4217 code, for all nights or a night",
            example=_BUDGET_EXAMPLE,
        )
    most = Decimal(found["most"])
    least = None if found["least"] is None else Decimal(found["least"])
    if not 0 < most <= _LARGEST_AMOUNT:
        raise InvalidRequestError(
            "budget", f"must be above 0 and at most {_LARGEST_AMOUNT}", example=_BUDGET_EXAMPLE
        )
    if least is not None and least > most:
        raise InvalidRequestError(
            "budget", "must begin with the lower amount", example='"500-900 EUR"'
        )
    return Budget(found["currency"].upper(), most, least, nightly=found["nightly"] is not None)


def _place(text: str, argument: str) -> Asked:
    """Read a name or a point."""
    point = _POINT.fullmatch(text.strip())
    if point is not None:
        at = coordinates(float(point[1]), float(point[2]), argument=argument)
        return Asked(None, at, argument)
    place = asked(text, None, None, argument=argument)
    assert place is not None
    return place


def _check_party(query: StayQuery) -> None:
    check_adults(query.adults)
    ages = query.children_ages
    if len(ages) > MOST_CHILDREN or not all(0 <= age <= OLDEST_CHILD for age in ages):
        raise InvalidRequestError(
            "children_ages",
            f"must be at most {MOST_CHILDREN} ages from 0 to {OLDEST_CHILD}",
            example="[4, 11]",
        )
    if query.adults + sum(age >= _INFANT_BELOW for age in ages) > MOST_GUESTS:
        raise InvalidRequestError(
            "children_ages",
            f"and adults together may be at most {MOST_GUESTS} guests",
            example="[4, 11]",
        )
    between("pets", query.pets, 0, MOST_PETS, example="1")
    between("rooms", query.rooms, 1, MOST_ROOMS, example="1")
    if query.rooms > query.adults + len(ages):
        raise InvalidRequestError("rooms", "must be at most one for each guest", example="1")


def _wishes(query: StayQuery, kind: PropertyType | None) -> StayWishes:
    rating = query.min_rating
    if rating is not None and not 0 <= rating <= BEST_RATING:
        raise InvalidRequestError("min_rating", f"must be 0 to {BEST_RATING}", example="4.5")
    return StayWishes(
        budget=None if query.budget is None else budget(query.budget),
        property_type=kind,
        # Nothing at all is no wish, which would leave out what nobody has rated yet.
        min_rating=rating or None,
        amenities=frozenset(_each_of("amenities", query.amenities, AMENITIES)),
        free_cancellation=query.free_cancellation,
        pets=query.pets > 0,
        rooms=query.rooms,
        max_walk_minutes=query.max_walk_minutes,
    )


def _kind(given: str | None) -> PropertyType | None:
    if given is None:
        return None
    kind: PropertyType = one_of("property_type", given, PROPERTY_TYPES)
    return kind


def _each_of[T: str](argument: str, given: Sequence[str], allowed: tuple[T, ...]) -> list[T]:
    known = [word for each in given for word in allowed if word == each]
    if len(known) < len(given):
        raise InvalidRequestError(
            argument, f"must each be one of {', '.join(allowed)}", example=f'["{allowed[0]}"]'
        )
    return known


def _soon(now: datetime, *, days: int = 0) -> str:
    return f'"{now.astimezone(UTC).date() + timedelta(days=_EXAMPLE_IN_DAYS + days)}"'
