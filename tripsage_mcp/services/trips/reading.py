"""Reading trips: one with everything in it, a page of them, and what happened to one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import TripSummary
from tripsage_mcp.domain.trip_item import TripItem
from tripsage_mcp.domain.trip_sharing import token_hash
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.repositories.trip_ports import TripPosition, TripQuery
from tripsage_mcp.services.arguments import identifier
from tripsage_mcp.services.cursors import seal, seal_place, unseal, unseal_place
from tripsage_mcp.services.trips import plain as trip_plain
from tripsage_mcp.services.trips.budgets import sums
from tripsage_mcp.services.trips.requests import OF_TRIPS
from tripsage_mcp.services.trips.results import (
    TOPICS,
    ActivityListed,
    Topic,
    TripRead,
    TripsListed,
    VersionsListed,
)
from tripsage_mcp.services.trips.writes import no_such_trip

MOST_TRIPS = 50
MOST_ENTRIES = 50
MOST_ITEMS_SHOWN = 100
type Detail = Literal["concise", "full"]
# Characters of a page of items, some 2,500 tokens in short; what is longer goes on with the next.
_LONGEST_PAGE: dict[Detail, int] = {"concise": 8_000, "full": 30_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_PLACE = 140


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One trip to read.

    Attributes:
        include: What of it, beside what it says of itself.
        detail: `full` for all that is kept of what is asked for; where nothing is named, for
            everything, with the itinerary.
        itinerary_version: This version of its itinerary instead of the last.
        cursor: `next_cursor` of the page of items before.
        limit: Items a page.
    """

    trip_id: str
    include: Sequence[Topic] = ()
    detail: Detail = "concise"
    itinerary_version: int | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TripReader:
    """Reads the trips that the account a call is made for takes part in.

    Args:
        rates: None where sums can only be shown in the currencies they are in.
    """

    storage: Storage
    now: Clock = utc_now
    rates: ExchangeRates | None = None

    async def get(self, account: Account, trip_id: str) -> TripRead:
        """Return a trip with everything in it.

        Raises:
            InvalidRequestError: the id is malformed.
            NotFoundError: the account has no such trip.
            StorageError: the database is out of reach.
        """
        wanted = identifier(trip_id, "trip_id", of=OF_TRIPS)
        async with self.storage.begin(account) as unit:
            whole = await unit.trips.whole(wanted)
        if whole is None:
            raise no_such_trip()
        return TripRead(whole, self.provenance(), whole.items)

    async def read(self, account: Account, request: ReadRequest) -> TripRead:
        """Return a trip with what is asked for, its items in pages.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no such trip, or that no such version.
            StorageError: the database is out of reach.
        """
        wanted = identifier(request.trip_id, "trip_id", of=OF_TRIPS)
        full = _check_read(request)
        number = request.itinerary_version
        async with self.storage.begin(account) as unit:
            whole = await unit.trips.whole(wanted)
            if whole is None:
                raise no_such_trip()
            entries = (
                await unit.activity.page(wanted, before=None, limit=20)
                if "activity" in request.include
                else None
            )
            everything = full and not request.include
            itinerary = whole.trip.itinerary if everything else None
            if number is not None:
                itinerary = await unit.trip_parts.itinerary(wanted, number)
                if itinerary is None:
                    raise no_such_version()
        items: tuple[TripItem, ...] = ()
        next_cursor: str | None = None
        if everything or "items" in request.include:
            items, next_cursor = _page(whole.items, request, full=full)
        return TripRead(
            whole,
            self.provenance(),
            items,
            next_cursor,
            include=frozenset(TOPICS if everything else request.include),
            full=full,
            sums=await sums(whole, self.rates)
            if everything or "budget" in request.include
            else None,
            activity=entries,
            itinerary=itinerary,
        )

    async def as_guest(self, token: str) -> TripRead:
        """Return the trip that an open invitation is to, for whoever has its token.

        Raises:
            NotFoundError: the invitation is unknown, used up, expired or revoked.
            StorageError: the database is out of reach.
        """
        async with self.storage.begin_as_guest(token_hash(token)) as unit:
            found = await unit.trips.find(TripQuery(1))
            whole = await unit.trips.whole(found[0].trip_id) if found else None
        if whole is None:
            raise no_such_trip()
        shown: frozenset[Topic] = frozenset({"items", "packing", "documents"})
        itinerary = whole.trip.itinerary
        return TripRead(whole, self.provenance(), whole.items, include=shown, itinerary=itinerary)

    async def list(
        self,
        account: Account,
        *,
        upcoming: bool = False,
        deleted: bool = False,
        cursor: str | None = None,
        limit: int = 10,
    ) -> TripsListed:
        """Return a page of trips, the last created first within what is put first.

        Args:
            account: Whose, and which others share with it.
            upcoming: Only trips that have not ended yet (UTC).
            deleted: The account's own deleted trips instead.
            cursor: `next_cursor` of the page before.
            limit: 1 to 50.

        Raises:
            InvalidRequestError: the cursor or the limit is not valid.
            StorageError: the database is out of reach.
        """
        _check_limit(limit, MOST_TRIPS)
        after = None if cursor is None else _position(cursor)
        today = self.now().astimezone(UTC).date() if upcoming else None
        query = TripQuery(limit + 1, after, today, deleted)
        async with self.storage.begin(account) as unit:
            found = await unit.trips.find(query)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        return TripsListed(page, None if last is None else _sealed(last), self.provenance())

    async def versions(
        self, account: Account, trip_id: str, *, cursor: str | None = None, limit: int = 20
    ) -> VersionsListed:
        """Return a page of the versions of a trip's itinerary.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no such trip.
            StorageError: the database is out of reach.
        """
        wanted = identifier(trip_id, "trip_id", of=OF_TRIPS)
        _check_limit(limit, MOST_ENTRIES)
        before = None
        if cursor is not None:
            match unseal(cursor, longest=_LONGEST_PLACE):
                case [int(number)] if 1 <= number < 1 << 31:
                    before = number
                case _:
                    raise _no_cursor()
        async with self.storage.begin(account) as unit:
            if await unit.shares.role(wanted) is None:
                raise no_such_trip()
            found = await unit.trip_parts.itineraries(wanted, before=before, limit=limit + 1)
        page = found[:limit]
        cursor = seal([page[-1].number]) if len(found) > limit else None
        return VersionsListed(wanted, page, cursor, self.provenance())

    async def activity(
        self, account: Account, trip_id: str, *, cursor: str | None = None, limit: int = 20
    ) -> ActivityListed:
        """Return a page of a trip's log.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no such trip.
            StorageError: the database is out of reach.
        """
        wanted = identifier(trip_id, "trip_id", of=OF_TRIPS)
        _check_limit(limit, MOST_ENTRIES)
        before = None
        if cursor is not None:
            before = unseal_place(cursor)
            if before is None:
                raise _no_cursor()
        async with self.storage.begin(account) as unit:
            if await unit.shares.role(wanted) is None:
                raise no_such_trip()
            found = await unit.activity.page(wanted, before=before, limit=limit + 1)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        next_cursor = None if last is None else seal_place(last.created_at, last.activity_id)
        return ActivityListed(wanted, page, next_cursor, self.provenance())

    def provenance(self) -> Provenance:
        """Return the origin of what is read here: it is ours."""
        return Provenance("tripsage", "live", self.now())


def no_such_version() -> NotFoundError:
    """Return the error for a version of an itinerary that is not there."""
    return NotFoundError(
        "The trip's itinerary has no such version",
        hint='get_trips with include=["versions"] gives those there are.',
    )


def _check_read(request: ReadRequest) -> bool:
    """Check a request; tell whether it is for everything."""
    if not set(request.include) <= set(TOPICS):
        raise InvalidRequestError(
            "include", f"must be among {', '.join(TOPICS)}", example='["items"]'
        )
    if request.detail not in {"concise", "full"}:
        raise InvalidRequestError("detail", "must be concise or full", example='"concise"')
    if request.itinerary_version is not None and request.itinerary_version < 1:
        raise InvalidRequestError("itinerary_version", "must be 1 or more", example="1")
    _check_limit(request.limit, MOST_ITEMS_SHOWN)
    return request.detail == "full"


def _page(
    items: Sequence[TripItem], request: ReadRequest, *, full: bool
) -> tuple[tuple[TripItem, ...], str | None]:
    """Return a page of items, as many as fit, and the cursor of the next; at least one of them."""
    begin = 0
    if request.cursor is not None:
        match unseal(request.cursor, longest=_LONGEST_PLACE):
            case ["items", int(number)] if number >= 0:
                begin = number
            case _:
                raise _no_cursor()
    room, end = _LONGEST_PAGE[request.detail], begin
    for item in items[begin : begin + request.limit]:
        room -= len(str(trip_plain.item_fields(item, full=full)))
        if room < 0 and end > begin:
            break
        end += 1
    return tuple(items[begin:end]), seal(["items", end]) if end < len(items) else None


def _check_limit(limit: int, most: int) -> None:
    if not 1 <= limit <= most:
        raise InvalidRequestError("limit", f"must be 1 to {most}", example="10")


def _sealed(last: TripSummary) -> str:
    microseconds = (last.created_at - _EPOCH) // _MICROSECOND
    return seal((last.display_order, microseconds, str(last.trip_id)))


def _position(cursor: str) -> TripPosition:
    match unseal(cursor, longest=_LONGEST_PLACE):
        case [int(order), int(microseconds), str(trip_id)] if abs(order) < 1 << 31:
            with suppress(ValueError, OverflowError):
                return order, _EPOCH + microseconds * _MICROSECOND, UUID(trip_id)
        case _:
            pass
    raise _no_cursor()


def _no_cursor() -> InvalidRequestError:
    return InvalidRequestError(
        "cursor", "must be a next_cursor of the page before, unchanged; leave it out to begin"
    )
