"""Watching prices: begin, look, stop."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.watch import PricePoint, PriceWatch, WatchEnd, observe, seen_in
from tripsage_mcp.domain.watch_times import next_check
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ProviderProtocolError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.arguments import identifier
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.watches.requests import (
    Watched,
    WatchRequest,
    check_alert,
    check_end,
    check_offer_alone,
    check_route,
    request_of,
)

type WatchAction = Literal["create", "list", "get", "stop"]

MOST_ACTIVE = 20
INTERVAL_S = 6 * 3600.0
_MOST_LISTED = MOST_ACTIVE
_OF = "watch_price"
_A_LITTLE_LESS = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class WatchSeen:
    """A watch, and everything that was seen of it where that was asked for."""

    watch: PriceWatch
    points: tuple[PricePoint, ...] | None = None


@dataclass(frozen=True, slots=True)
class WatchesShown:
    """Some watches.

    Attributes:
        created: Whether this call made the watch; None where it could not.
    """

    watches: tuple[WatchSeen, ...]
    provenance: Provenance
    created: bool | None = None


@dataclass(frozen=True, slots=True)
class WatchService:
    """What a traveller can do with watches; the worker does the watching.

    Attributes:
        interval_s: Between two checks, usually.
    """

    storage: Storage
    provider: FlightProvider
    offers: FlightOfferService
    events: EventService
    now: Clock
    new_id: NewId = uuid7
    interval_s: float = INTERVAL_S

    async def manage(
        self, account: Account, action: WatchAction, watch_id: str | None, request: WatchRequest
    ) -> WatchesShown:
        """Do one of the four things; only one of `watch_id` and `request` is read.

        Raises:
            InvalidRequestError: the id is missing, or see the others.
        """
        if action == "list":
            return await self.list(account)
        if action == "create":
            return await self.create(account, request)
        if watch_id is None:
            raise InvalidRequestError("watch_id", f"is required for {action}; list has the ids")
        return await (self.get if action == "get" else self.stop)(account, watch_id)

    async def create(self, account: Account, request: WatchRequest) -> WatchesShown:
        """Look once and keep looking; the same watch a second time is the first one.

        Raises:
            InvalidRequestError: an argument is not valid.
            ConflictError: the account has as many active watches as it may.
            NotFoundError: the offer is unknown or forgotten.
            OfferExpiredError: the offer can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the first look failed; nothing is watched.
            StorageError: the database is out of reach.
        """
        wanted = await self._wanted(request)
        async with self.storage.begin(account) as unit:
            earlier = await self._earlier(unit, wanted)
        if earlier is not None:
            return earlier
        watch, point = await self._first_look(wanted)
        async with self.storage.begin(account) as unit:
            await unit.watches.lock()
            earlier = await self._earlier(unit, wanted)
            if earlier is not None:
                return earlier
            await unit.watches.add(watch, wanted.fingerprint)
            await unit.watches.add_point(watch.watch_id, watch.checks, point)
            at = next_check(watch, point.seen_at, timedelta(seconds=self.interval_s))
            await unit.watches.schedule(watch.watch_id, at)
        return self._shown(WatchSeen(watch, (point,)), created=True)

    async def list(self, account: Account) -> WatchesShown:
        """Return the active watches, then as many of the last ended as an answer holds.

        Raises:
            StorageError: the database is out of reach.
        """
        async with self.storage.begin(account) as unit:
            found = await unit.watches.newest(_MOST_LISTED)
        return self._shown(*(WatchSeen(watch) for watch in found))

    async def get(self, account: Account, watch_id: str) -> WatchesShown:
        """Return a watch with everything that was seen of it.

        Raises:
            InvalidRequestError: the id is malformed.
            NotFoundError: the account has no watch with this id.
            StorageError: the database is out of reach.
        """
        wanted = identifier(watch_id, "watch_id", of=_OF)
        async with self.storage.begin(account) as unit:
            seen = await _seen(unit, wanted)
        return self._shown(seen)

    async def stop(self, account: Account, watch_id: str) -> WatchesShown:
        """End a watch; one that has ended stays as it is.

        Raises:
            InvalidRequestError: the id is malformed.
            NotFoundError: the account has no watch with this id.
            StorageError: the database is out of reach.
        """
        wanted = identifier(watch_id, "watch_id", of=_OF)
        async with self.storage.begin(account) as unit:
            watch = await unit.watches.get_to_change(wanted)
            if watch is not None and watch.active:
                await end(unit, watch, "stopped", self.now())
            seen = await _seen(unit, wanted)
        if watch is not None and watch.active:
            await self.events.announce(account)
        return self._shown(seen)

    async def _wanted(self, request: WatchRequest) -> Watched:
        alert, now = check_alert(request), self.now()
        if request.offer_id is None:
            route = check_route(request, now)
            ends_at, ends_for = check_end(route, None, request.until, now)
            return Watched(route, alert, ends_at, ends_for)
        check_offer_alone(request)
        offer = (await self.offers.get(request.offer_id)).offer
        again, flights = request_of(offer)
        ends_at, ends_for = check_end(again, offer.slices[0].departs_at, request.until, now)
        return Watched(again, alert, ends_at, ends_for, flights)

    async def _earlier(self, unit: UnitOfWork, wanted: Watched) -> WatchesShown | None:
        """Return the same watch where there is one; else make sure that there is room for it."""
        same = await unit.watches.same(wanted.fingerprint)
        if same is not None:
            points = await unit.watches.points(same.watch_id)
            return self._shown(WatchSeen(same, points), created=False)
        if await unit.watches.count_active() >= MOST_ACTIVE:
            raise ConflictError(
                f"There are {MOST_ACTIVE} active watches already, which is as many as can be",
                hint="Stop one with watch_price, action=stop.",
            )
        return None

    async def _first_look(self, wanted: Watched) -> tuple[PriceWatch, PricePoint]:
        found = await self.provider.search(wanted.request)
        now = self.now()
        watch = PriceWatch(
            watch_id=self.new_id(),
            request=wanted.request,
            flights=wanted.flights,
            alert=wanted.alert,
            created_at=now,
            ends_at=wanted.ends_at,
            ends_for=wanted.ends_for,
        )
        point = seen_in(found, watch, now)
        if point.failure == ProviderProtocolError.code:
            raise ProviderProtocolError(found.provenance.source, "no offer could be read")
        if point.failure is not None:
            raise ProviderUnavailableError(found.provenance.source, "no supplier answered in time")
        _check_currency(wanted.alert.target, point.price)
        return observe(watch, point)[0], point

    def _shown(self, *watches: WatchSeen, created: bool | None = None) -> WatchesShown:
        invented = any(each.watch.data == "sandbox" for each in watches)
        source = Provenance("tripsage", "sandbox" if invented else "live", self.now())
        return WatchesShown(watches, source, created)


async def end(unit: UnitOfWork, watch: PriceWatch, reason: WatchEnd, now: datetime) -> None:
    """End an active watch and say so in an event."""
    ended = replace(watch, ended=reason, ended_at=now)
    await unit.watches.replace(ended)
    await unit.watches.unschedule(watch.watch_id)
    data = {"route": watch.route, "reason": reason}
    if watch.best is not None and watch.data is not None:
        data |= {"lowest": str(watch.best), "data": watch.data}
    await unit.events.add("price_watch.ended", watch.watch_id, data, now)


async def _seen(unit: UnitOfWork, watch_id: UUID) -> WatchSeen:
    watch = await unit.watches.get(watch_id)
    if watch is None:
        raise NotFoundError("There is no such watch", hint="watch_price, action=list, has the ids.")
    return WatchSeen(watch, await unit.watches.points(watch_id))


def _check_currency(target: Money | None, price: Money | None) -> None:
    """Refuse a target that no price of this search could ever be compared with."""
    if target is None or price is None or target.currency == price.currency:
        return
    raise InvalidRequestError(
        "target",
        f"must be in {price.currency}, in which these fares are priced",
        example=f'"{price * _A_LITTLE_LESS}"',
    )
