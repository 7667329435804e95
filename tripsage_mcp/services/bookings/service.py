"""Booking flights: order or hold an offer, pay a hold, cancel, read back. Nothing without a yes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import UNSETTLED, Act, Booking, BookingStatus, Itinerary
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Order, OrderRequest, PassengerDetails
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import (
    SEARCH_AGAIN,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    PermissionDeniedError,
    PriceChangedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.providers.ports import FlightSource
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.arguments import identifier
from tripsage_mcp.services.bookings import questions as booking_questions
from tripsage_mcp.services.bookings.cancellation_quotes import Quote
from tripsage_mcp.services.bookings.consents import Asker, ConsentService, Sought, too_late
from tripsage_mcp.services.bookings.ordering import Ordering, Seen, no_longer
from tripsage_mcp.services.bookings.passengers import fitted
from tripsage_mcp.services.bookings.requests import (
    BookRequest,
    CheckedBooking,
    Extra,
    check,
    check_kind,
    extras,
)
from tripsage_mcp.services.bookings.results import BookingResult
from tripsage_mcp.services.cursors import seal_place, unseal_place

MOST_LISTED = 20
VARIABLE = "TRIPSAGE_BOOKING"
_OF = "book_flight or manage_flight_order"
type Action = Literal["list", "get", "pay", "cancel"]

type Permission = Literal["on", "off", "test"]
"""Whether anything may be booked at all; `test` allows what costs no real money."""


@dataclass(frozen=True, slots=True)
class BookingService:
    """What the booking tools can do, for the account a call is made for."""

    flights: FlightSource
    storage: Storage
    consents: ConsentService
    ordering: Ordering
    now: Clock = utc_now
    new_id: NewId = uuid7
    permission: Permission = "test"

    async def book(self, account: Account, request: BookRequest, asker: Asker) -> BookingResult:
        """Order or hold an offer, once the traveller has said yes to exactly that.

        An offer is ordered once: a call for one that was ordered before answers what came of it.

        Raises:
            InvalidRequestError: an argument breaks a rule, or does not fit the offer.
            PermissionDeniedError: the operator does not allow it.
            NotFoundError: no such offer.
            OfferExpiredError: it can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            PriceChangedError: it costs something else than was said; nothing was bought.
            PaymentRefusedError: the balance does not cover it; nothing was bought.
            ConflictError: the traveller's answer came too late.
            ProviderError: the provider failed; nothing was bought.
            StorageError: the database is out of reach.
        """
        self._check_permission("sandbox")
        asked = check(request, self.now())
        earlier = await self._of_offer(account, asked.offer_id)
        if earlier is not None:
            return await self._again(account, earlier)
        offer = await self._offer(asked.offer_id)
        people, bought, total = await self._fitted(asked, offer)
        wanted = booking_questions.purchase(offer, asked.kind, people, bought, total)
        try:
            sought = await self.consents.seek(account, wanted, asker)
        except ConflictError:
            sought = None
        if sought is None or sought.answer != "yes":
            # Another call may have used the yes meanwhile.
            earlier = await self._of_offer(account, asked.offer_id)
            if earlier is not None:
                return await self._again(account, earlier)
            if sought is None:
                raise too_late()
            return self._unanswered(sought, offer.provenance)
        booking = self._new(asked, offer, total)
        order = OrderRequest(
            offer_id=offer.offer_id,
            kind=asked.kind,
            passengers=people,
            total=total,
            ancillaries=tuple(each.choice for each in bought),
            reference=str(booking.booking_id),
        )
        try:
            return await self.ordering.through(self._order(account, sought, booking, order))
        except PriceChangedError as error:
            raise await self._price_now(asked, error) from None

    async def manage(
        self,
        account: Account,
        action: Action,
        booking_id: str | None,
        asker: Asker,
        cursor: str | None = None,
    ) -> BookingResult:
        """Do one of the things there are to do with bookings.

        Raises:
            InvalidRequestError: the id or the cursor is missing, malformed or out of place.
            TripSageError: as the action says.
        """
        if action == "list":
            if booking_id is not None:
                raise InvalidRequestError("booking_id", "must be left out of a list")
            return await self.list(account, cursor)
        if cursor is not None:
            raise InvalidRequestError("cursor", "belongs to a list alone")
        if booking_id is None:
            raise InvalidRequestError("booking_id", f"is required, from {_OF}")
        match action:
            case "get":
                return await self.get(account, booking_id)
            case "pay":
                return await self.pay(account, booking_id, asker)
            case "cancel":
                return await self.cancel(account, booking_id, asker)

    async def list(self, account: Account, cursor: str | None = None) -> BookingResult:
        """Return a page of bookings as we know them, the last made first; asks no provider.

        Raises:
            InvalidRequestError: the cursor is not valid.
            StorageError: the database is out of reach.
        """
        after = None if cursor is None else unseal_place(cursor)
        if cursor is not None and after is None:
            raise InvalidRequestError(
                "cursor", "must be a next_cursor of a list, unchanged; leave it out to begin"
            )
        async with self.storage.begin(account) as unit:
            found = await unit.bookings.page(after=after, limit=MOST_LISTED + 1)
        last = found[MOST_LISTED - 1] if len(found) > MOST_LISTED else None
        shown = found[:MOST_LISTED]
        return BookingResult(
            None,
            tuple(Seen(booking) for booking in shown),
            self._ours(shown),
            next_cursor=None if last is None else seal_place(last.created_at, last.booking_id),
        )

    async def get(self, account: Account, booking_id: str) -> BookingResult:
        """Return a booking as the provider has it now.

        Raises:
            InvalidRequestError: the id is malformed.
            NotFoundError: the account has no such booking.
            ProviderError: the provider failed.
            StorageError: the database is out of reach.
        """
        return self._result(await self._look(account, booking_id))

    async def pay(self, account: Account, booking_id: str, asker: Asker) -> BookingResult:
        """Pay a held booking what it costs now, once the traveller has said yes to that.

        Raises:
            InvalidRequestError: the id is malformed.
            PermissionDeniedError: the operator does not allow it.
            NotFoundError: the account has no such booking.
            PriceChangedError: the price changed meanwhile; nothing was paid.
            PaymentRefusedError: the balance does not cover it; nothing was paid.
            ConflictError: it is not held any more, or the answer came too late.
            ProviderError: the provider failed; nothing was paid.
            StorageError: the database is out of reach.
        """
        self._check_permission("sandbox")
        seen = await self._look(account, booking_id)
        if seen.booking.status == "booked":
            return replace(self._result(seen), again=True)
        order = self._living(seen, ("held",), "pay")
        self._check_permission(_money_of(order))
        if order.pay_by is not None and order.pay_by <= self.now():
            raise ConflictError("The time to pay for this hold has passed", hint=SEARCH_AGAIN)
        wanted = booking_questions.payment(str(seen.booking.booking_id), order)
        sought = await self.consents.seek(account, wanted, asker)
        if sought.answer != "yes":
            return self._unanswered(sought, order.provenance, seen)
        return await self.ordering.through(self._pay(account, sought, seen.booking, order))

    async def cancel(self, account: Account, booking_id: str, asker: Asker) -> BookingResult:
        """Cancel a booking on the terms that the traveller was shown and said yes to.

        Raises:
            InvalidRequestError: the id is malformed.
            PermissionDeniedError: the operator does not allow it.
            NotFoundError: the account has no such booking.
            ConflictError: it cannot be cancelled, or the answer came too late.
            ProviderError: the provider failed; nothing was cancelled.
            StorageError: the database is out of reach.
        """
        self._check_permission("sandbox")
        seen = await self._look(account, booking_id)
        if seen.booking.status == "cancelled":
            return replace(self._result(seen), again=True)
        order = self._living(seen, ("booked", "held"), "cancel")
        self._check_permission(_money_of(order))
        subject = str(seen.booking.booking_id)
        quote = await self._quote_shown(account, subject, order)
        if quote is None:
            quote = Quote.of(await self.flights.orders.quote_cancellation(order.order_id))
        wanted = booking_questions.cancellation(subject, order, quote)
        sought = await self.consents.seek(account, wanted, asker)
        if sought.answer != "yes":
            return self._unanswered(sought, order.provenance, seen)
        return await self.ordering.through(
            self._cancel(account, sought, seen.booking, order, quote)
        )

    async def aclose(self) -> None:
        """Give orders under way a moment to come to their end."""
        await self.ordering.aclose()

    async def _of_offer(self, account: Account, offer_id: str) -> Booking | None:
        async with self.storage.begin(account) as unit:
            return await unit.bookings.of_offer(offer_id)

    async def _offer(self, offer_id: str) -> Offer:
        offer = await self.flights.offers.get(offer_id)
        if offer.expires_at <= self.now():
            raise OfferExpiredError("The offer has expired.", hint=SEARCH_AGAIN)
        live = offer.live_mode or offer.provenance.data == "live"
        self._check_permission("live" if live else "sandbox")
        return offer

    async def _fitted(
        self, asked: CheckedBooking, offer: Offer
    ) -> tuple[tuple[PassengerDetails, ...], tuple[Extra, ...], Money]:
        """Return who flies, what is bought beside, and what it all costs now."""
        check_kind(asked.kind, offer)
        people = fitted(asked.people, offer)
        maps = await self.flights.offers.seat_maps(offer.offer_id) if asked.seats else ()
        bought = extras(asked, offer, maps)
        total = sum((extra.price for extra in bought), offer.total).rounded()
        if total != asked.total:
            raise _changed(total)
        return people, bought, total

    async def _price_now(self, asked: CheckedBooking, error: PriceChangedError) -> TripSageError:
        """Return the error with the price that the offer has now, where that can be learned."""
        try:
            await self._fitted(asked, await self._offer(asked.offer_id))
        except TripSageError as now:
            if isinstance(now, PriceChangedError | OfferExpiredError):
                return now
        return error

    def _new(self, asked: CheckedBooking, offer: Offer, total: Money) -> Booking:
        now = self.now()
        return Booking(
            booking_id=self.new_id(),
            offer_id=offer.offer_id,
            kind=asked.kind,
            status="ordering",
            total=total,
            itinerary=Itinerary.of(offer.owner, offer.slices),
            data=offer.provenance.data,
            created_at=now,
            updated_at=now,
        )

    async def _order(
        self, account: Account, sought: Sought, booking: Booking, request: OrderRequest
    ) -> BookingResult:
        earlier = await self._recorded(account, sought, booking)
        if earlier is not None:
            return await self._again(account, earlier)
        return self._result(await self.ordering.order(account, booking, request))

    async def _pay(
        self, account: Account, sought: Sought, booking: Booking, order: Order
    ) -> BookingResult:
        begun = await self._begun(account, sought, booking, "pay")
        return self._result(await self.ordering.pay(account, begun, order))

    async def _cancel(
        self, account: Account, sought: Sought, booking: Booking, order: Order, quote: Quote
    ) -> BookingResult:
        begun = await self._begun(account, sought, booking, "cancel")
        done = await self.ordering.cancel(account, begun, order, quote.cancellation_id)
        terms = quote if done.cancellation is None else Quote.of(done.cancellation)
        result = self._result(done.seen)
        return replace(result, cancelled=terms if result.outcome == "cancelled" else None)

    async def _recorded(self, account: Account, sought: Sought, booking: Booking) -> Booking | None:
        """Use up the yes and store the booking it is for, or return the one the offer has.

        Both at once, so that of two calls with one yes the second finds the booking of the first.
        """
        async with self.storage.begin(account) as unit:
            earlier = await unit.bookings.of_offer(booking.offer_id)
            if earlier is not None:
                return earlier
            if await self.consents.use(unit, sought) and await unit.bookings.add(booking):
                return None
            earlier = await unit.bookings.of_offer(booking.offer_id)
        if earlier is None:
            raise too_late()
        return earlier

    async def _begun(self, account: Account, sought: Sought, booking: Booking, act: Act) -> Booking:
        """Use up the yes and store what it lets happen, so that nobody asks for it again."""
        begun = self.ordering.begun(booking, act)
        async with self.storage.begin(account) as unit:
            used = await self.consents.use(unit, sought)
            if not (used and await unit.bookings.settle(begun, was=(booking.status,))):
                raise too_late()
        return begun

    async def _look(self, account: Account, booking_id: str) -> Seen:
        wanted = identifier(booking_id, "booking_id", of=_OF)
        async with self.storage.begin(account) as unit:
            booking = await unit.bookings.get(wanted)
        if booking is None:
            raise NotFoundError(
                "There is no such booking",
                hint="manage_flight_order with action=list gives those there are.",
            )
        return await self.ordering.look(account, booking)

    async def _again(self, account: Account, earlier: Booking) -> BookingResult:
        seen = Seen(earlier)
        if earlier.status in UNSETTLED:
            seen = await self.ordering.look(account, earlier)
        return replace(self._result(seen), again=True)

    def _living(self, seen: Seen, states: tuple[BookingStatus, ...], action: str) -> Order:
        if seen.order is None or seen.booking.status not in states:
            raise no_longer(seen.booking.status, action)
        return seen.order

    async def _quote_shown(self, account: Account, subject: str, order: Order) -> Quote | None:
        """Return the quote the traveller is being shown, if it still stands.

        Another quote would make that one stale, and the traveller would agree to nothing.
        """
        consent = await self.consents.current(account, "cancel", subject)
        quote = None if consent is None else Quote.read(consent.context)
        if consent is None or quote is None:
            return None
        same = booking_questions.cancellation(subject, order, quote).bound() == consent.bound
        return quote if same else None

    def _check_permission(self, data: DataKind) -> None:
        if self.permission == "off" or (self.permission == "test" and data == "live"):
            raise PermissionDeniedError(
                "Booking is switched off on this server; nothing was bought",
                hint=f"Whoever runs the server can set {VARIABLE}=on.",
            )

    def _unanswered(self, sought: Sought, provenance: Provenance, *seen: Seen) -> BookingResult:
        if sought.answer == "no":
            return BookingResult("declined", seen, provenance)
        return BookingResult("awaiting_confirmation", seen, provenance, asked=sought)

    def _result(self, seen: Seen) -> BookingResult:
        provenance = self._ours((seen.booking,)) if seen.order is None else seen.order.provenance
        return BookingResult(seen.booking.status, (seen,), provenance)

    def _ours(self, bookings: Sequence[Booking]) -> Provenance:
        """Return the provenance of our record: of invented bookings it is not live either."""
        invented = bool(bookings) and all(booking.data == "sandbox" for booking in bookings)
        return Provenance("tripsage", "sandbox" if invented else "live", self.now())


def _money_of(order: Order) -> DataKind:
    return "live" if order.live_mode or order.provenance.data == "live" else "sandbox"


def _changed(total: Money) -> PriceChangedError:
    return PriceChangedError(
        f"The total is {total} now; nothing was bought.",
        hint=f'Tell the traveller, and call again with total="{total}".',
    )
