"""What a caller may ask to write into a trip, and the checks that need no stored trip."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import cast, get_args
from uuid import UUID

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import SELF, TripStatus
from tripsage_mcp.domain.trip_budget import BudgetCategory, BudgetLine
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import (
    identifier,
    json_object,
    json_objects,
    line,
    money,
    text,
)
from tripsage_mcp.services.trips.part_requests import (
    DocumentChange,
    ItemChange,
    PackingChange,
    PartChanges,
    StopChange,
    TravellerChange,
    checked_parts,
)

LARGEST_ITINERARY_BYTES = 256 * 1024
LARGEST_LIST_BYTES = 64 * 1024
MOST_CHOICES = 40
MOST_TRAVELLERS = 20
LONGEST_TITLE = 120
LONGEST_NOTES = 10_000
LONGEST_REASON = 200
STATUSES: tuple[TripStatus, ...] = get_args(TripStatus.__value__)
CATEGORIES: tuple[BudgetCategory, ...] = get_args(BudgetCategory.__value__)
OF_TRIPS = "save_trip or get_trips"
# A span that is longer is a slip in a year.
_LONGEST_TRIP_DAYS = 366
_YEARS = range(1970, 2101)
_KEY = re.compile(r"[\x21-\x7e]{8,100}")
_CURRENCY = re.compile(r"[A-Z]{3}")
# `2 adults`, or just `2`.
_COUNT = re.compile(r"\d+\b")
_REQUIRED = (
    ("destination", '"Rome, Italy"'),
    ("start_date", '"2027-05-10"'),
    ("end_date", '"2027-05-14"'),
)


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """A trip to store, or changes to one and to what is in it: all of them are made, or none.

    Attributes:
        trip_id: The trip to change; None makes a new one.
        expected_version: Refuse the change if the trip has moved on from this version.
        idempotency_key: Sending the same request again with the same key changes nothing.
        budget: Like `1500 EUR`.
        budget_lines: What is set aside by category, like `food 400 EUR`; together they take the
            place of those there are.
        itinerary: Becomes the next version of the trip's itinerary.
        itinerary_version: Make this earlier version the next one instead.
        reason: Why, in a few words; kept with the version and in the log.
        home_currency: What sums are shown in; empty for the budget's.
        stops: The trip's places one by one, in order; together they take the place of those.
        companions: More about some of `travellers`.
        items: New ones, and changes to those whose id is given; `packing` and `documents` alike.
        remove: Ids of items, packing entries and documents.

    Every other field that is None is left as it is; an empty one is cleared.
    """

    trip_id: str | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None
    title: str | None = None
    destination: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    travellers: Sequence[str] | None = None
    status: TripStatus | None = None
    budget: str | None = None
    budget_lines: Sequence[str] | None = None
    itinerary: Mapping[str, object] | None = None
    itinerary_version: int | None = None
    reason: str | None = None
    flights: Sequence[Mapping[str, object]] | None = None
    stays: Sequence[Mapping[str, object]] | None = None
    notes: str | None = None
    home_currency: str | None = None
    display_order: int | None = None
    stops: Sequence[StopChange] | None = None
    companions: Sequence[TravellerChange] = ()
    items: Sequence[ItemChange] = ()
    packing: Sequence[PackingChange] = ()
    documents: Sequence[DocumentChange] = ()
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A request, valid as far as it can be told without the stored trip.

    Attributes:
        fields: What the trip says of itself, by the names of `Trip`.
        itinerary: A new version; the one of that number; an empty one for none any more.
        budget_lines: None to leave them.
    """

    trip_id: UUID | None
    expected_version: int | None
    key: str | None
    fields: Mapping[str, object]
    itinerary: Mapping[str, object] | int | None
    reason: str | None
    budget_lines: tuple[BudgetLine, ...] | None
    parts: PartChanges
    fingerprint: bytes


def checked(request: SaveRequest) -> Checked:
    """Check a request.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    trip_id = (
        None if request.trip_id is None else identifier(request.trip_id, "trip_id", of=OF_TRIPS)
    )
    fields = _fields(request) | _choices(request)
    itinerary = _itinerary(request)
    lines = None if request.budget_lines is None else _budget_lines(request.budget_lines)
    parts = checked_parts(
        stops=request.stops,
        companions=request.companions,
        items=request.items,
        packing=request.packing,
        documents=request.documents,
        remove=request.remove,
    )
    _check_addressing(request, fields)
    if trip_id is not None and not (fields or parts or lines is not None or itinerary is not None):
        raise InvalidRequestError("trip_id", "needs something to change beside it")
    return Checked(
        trip_id,
        request.expected_version,
        checked_key(request.idempotency_key),
        fields,
        itinerary,
        None if request.reason is None else line(request.reason, "reason", longest=LONGEST_REASON),
        lines,
        parts,
        fingerprint("save", asdict(request)),
    )


def checked_key(key: str | None) -> str | None:
    """Return an idempotency key.

    Raises:
        InvalidRequestError: it has another shape.
    """
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequestError(
            "idempotency_key",
            "must be 8 to 100 printable ASCII characters without spaces",
            example='"save-rome-2027-05-10"',
        )
    return key


def checked_version(version: int | None) -> int | None:
    """Return the version a change is made to.

    Raises:
        InvalidRequestError: no trip has it.
    """
    if version is not None and version < 1:
        raise InvalidRequestError("expected_version", "must be 1 or more", example="1")
    return version


def check_span(start: date, end: date) -> None:
    """Check that a trip does not end before it begins, nor years later.

    Raises:
        InvalidRequestError: it does.
    """
    example = f'"{start + timedelta(days=4)}"'
    if end < start:
        raise InvalidRequestError("end_date", "must not be before start_date", example=example)
    if (end - start).days >= _LONGEST_TRIP_DAYS:
        raise InvalidRequestError(
            "end_date", f"must be within {_LONGEST_TRIP_DAYS} days", example=example
        )


def fingerprint(what: str, asked: object) -> bytes:
    """Return the digest of a request; of another request it is another."""
    whole = json.dumps([what, asked], sort_keys=True, default=str)
    # A lone surrogate is refused by whoever checks the text, not by its digest.
    return hashlib.sha256(whole.encode(errors="surrogatepass")).digest()


def _fields(request: SaveRequest) -> dict[str, object]:
    """Return what the trip is to say of itself, valid each by itself."""
    fields: dict[str, object] = {}
    if request.title is not None:
        fields["title"] = line(
            request.title, "title", longest=LONGEST_TITLE, example='"Rome in May"'
        )
    if request.destination is not None:
        fields["destination"] = line(
            request.destination, "destination", longest=200, example='"Rome, Italy"'
        )
    for argument, day in (("start_date", request.start_date), ("end_date", request.end_date)):
        if day is not None:
            if day.year not in _YEARS:
                raise InvalidRequestError(
                    argument, "must be a year from 1970 to 2100", example='"2027-05-10"'
                )
            fields[argument] = day
    if request.travellers is not None:
        fields["travellers"] = _travellers(request.travellers)
    if request.status is not None:
        if request.status not in STATUSES:
            raise InvalidRequestError(
                "status", f"must be one of {', '.join(STATUSES)}", example='"planned"'
            )
        fields["status"] = request.status
    return fields


def _choices(request: SaveRequest) -> dict[str, object]:
    fields: dict[str, object] = {}
    if request.budget is not None:
        fields["budget"] = money(request.budget, "budget") if request.budget.strip() else None
    for argument, chosen in (("flights", request.flights), ("stays", request.stays)):
        if chosen is not None:
            fields[argument] = json_objects(
                chosen, argument, most=MOST_CHOICES, most_bytes=LARGEST_LIST_BYTES
            )
    if request.notes is not None:
        fields["notes"] = (
            text(request.notes, "notes", longest=LONGEST_NOTES) if request.notes.strip() else None
        )
    if request.home_currency is not None:
        code = request.home_currency.strip()
        if code and not _CURRENCY.fullmatch(code):
            raise InvalidRequestError("home_currency", "must be an ISO 4217 code", example='"EUR"')
        fields["home_currency"] = code or None
    if request.display_order is not None:
        if abs(request.display_order) > 1_000_000:  # noqa: PLR2004 - any bound would do
            raise InvalidRequestError("display_order", "must be within a million", example="1")
        fields["display_order"] = request.display_order
    return fields


def _itinerary(request: SaveRequest) -> Mapping[str, object] | int | None:
    if request.itinerary_version is not None:
        if request.itinerary is not None:
            raise InvalidRequestError("itinerary_version", "cannot go with an itinerary")
        if request.trip_id is None:
            raise InvalidRequestError("itinerary_version", "needs a trip_id beside it")
        if request.itinerary_version < 1:
            raise InvalidRequestError("itinerary_version", "must be 1 or more", example="1")
        return request.itinerary_version
    if request.itinerary is None:
        return None
    return json_object(request.itinerary, "itinerary", most_bytes=LARGEST_ITINERARY_BYTES)


def _budget_lines(given: Sequence[str]) -> tuple[BudgetLine, ...]:
    example = '["food 400 EUR", "stays 900 EUR"]'
    lines: list[BudgetLine] = []
    for each in given[: len(CATEGORIES) + 1]:
        word, _, rest = each.strip().partition(" ")
        category = next((one for one in CATEGORIES if one == word.strip(":").lower()), None)
        if category is None:
            raise InvalidRequestError(
                "budget_lines", f"must begin with one of {', '.join(CATEGORIES)}", example=example
            )
        lines.append(BudgetLine(cast("BudgetCategory", category), _planned(rest, example)))
    if len({each.category for each in lines}) < len(given):
        raise InvalidRequestError(
            "budget_lines", "must name each category once at most", example=example
        )
    return tuple(lines)


def _planned(amount: str, example: str) -> Money:
    try:
        return money(amount, "budget_lines")
    except InvalidRequestError as error:
        raise InvalidRequestError("budget_lines", error.rule, example=example) from None


def _travellers(given: Sequence[str]) -> tuple[str, ...]:
    example = '["self", "Ines"]'
    if not 1 <= len(given) <= MOST_TRAVELLERS:
        raise InvalidRequestError(
            "travellers", f"must be 1 to {MOST_TRAVELLERS} names", example=example
        )
    names = [line(name, "travellers", longest=80, example=example) for name in given]
    if any(_COUNT.match(name) for name in names):
        raise InvalidRequestError(
            "travellers", "must be a name each, not how many there are", example=example
        )
    names = [SELF if name.casefold() == SELF else name for name in names]
    if len({name.casefold() for name in names}) < len(names):
        raise InvalidRequestError("travellers", "must not name anyone twice", example=example)
    return tuple(names)


def _check_addressing(request: SaveRequest, fields: Mapping[str, object]) -> None:
    """Check what no argument says by itself: which trip, which version, enough to store."""
    if request.expected_version is not None and request.trip_id is None:
        raise InvalidRequestError("expected_version", "needs a trip_id beside it")
    checked_version(request.expected_version)
    if request.trip_id is None:
        for argument, example in _REQUIRED:
            if argument not in fields:
                raise InvalidRequestError(argument, "is required for a new trip", example=example)
    if request.start_date is not None and request.end_date is not None:
        check_span(request.start_date, request.end_date)
