"""What services may ask of the outside world. Implementations live beside this file."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.destination import AdvisoryFound, HolidaysFound
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.order import Cancellation, Order, OrderPayment, OrderRequest
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    NearbySearch,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    Surroundings,
    TravelEnd,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.domain.stay import StaySearch, StaysFound
from tripsage_mcp.domain.stay_details import StayDetails, StayQuote
from tripsage_mcp.domain.weather import HourlyWeather, Weather

type SearchProgress = Callable[[int, int, int], Awaitable[None]]
"""Told batches answered, batches in all, and offers so far."""


class FlightProvider(Protocol):
    """A source of bookable flight offers."""

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        """Return every offer for `request`, in the provider's own order.

        With `progress` the provider is asked in a way that streams, where it has one: suppliers
        that fail or stay silent leave the answer partial, which its `unanswered` says.

        Raises:
            ProviderError: the provider failed, and there is no offer at all; see its subclasses.
        """
        ...

    async def reopen(self, search_id: str) -> OffersFound:
        """Return the offers of an earlier search, for its next page.

        Raises:
            NotFoundError: the provider has forgotten the search.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def get(self, offer_id: str) -> Offer:
        """Return one offer, freshly priced, with its ancillaries.

        Raises:
            NotFoundError: no such offer, or the provider has forgotten it.
            OfferExpiredError: the offer existed but can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        """Return one map for each segment whose airline shares one, in flight order.

        Raises:
            NotFoundError: no such offer, or the provider has forgotten it.
            OfferExpiredError: the offer existed but can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class FlightOrders(Protocol):
    """Buys offers and looks after what was bought. Nothing here is ever sent twice by itself."""

    async def create(self, request: OrderRequest) -> Order:
        """Buy an offer, or hold it.

        Raises:
            OutcomeUnknownError: it may or may not have been bought; look with `find`.
            OfferExpiredError: the offer can no longer be booked; nothing was bought.
            OfferUnavailableError: the airline no longer sells it; nothing was bought.
            PriceChangedError: it costs something else now; nothing was bought.
            PaymentRefusedError: the balance does not cover it; nothing was bought.
            InvalidRequestError: a passenger's details were refused; nothing was bought.
            ProviderError: the provider failed; nothing was bought.
        """
        ...

    async def get(self, order_id: str) -> Order:
        """Return an order as it is now.

        Raises:
            NotFoundError: no such order.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def find(self, offer_id: str) -> Order | None:
        """Return the order made from an offer, or None when there is none (yet).

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def pay(self, order_id: str, amount: Money) -> OrderPayment:
        """Pay a held order.

        Raises:
            OutcomeUnknownError: it may or may not have been paid; look with `get`.
            PriceChangedError: it costs something else now; nothing was paid.
            PaymentRefusedError: the balance does not cover it; nothing was paid.
            ConflictError: it is paid, cancelled or lapsed already.
            NotFoundError: no such order.
            ProviderError: the provider failed; nothing was paid.
        """
        ...

    async def quote_cancellation(self, order_id: str) -> Cancellation:
        """Ask what cancelling would give back; changes nothing but makes older quotes stale.

        Raises:
            ConflictError: it is cancelled already, or cannot be cancelled this way.
            NotFoundError: no such order.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def confirm_cancellation(self, cancellation_id: str) -> Cancellation:
        """Cancel on the terms of the latest quote.

        Raises:
            OutcomeUnknownError: it may or may not be cancelled; look with `get`.
            ConflictError: the quote is stale or expired, or the order is cancelled already.
            NotFoundError: no such quote.
            ProviderError: the provider failed; nothing was cancelled.
        """
        ...


@dataclass(frozen=True, slots=True)
class FlightSource:
    """One provider of flights: what it offers, and the orders made with it."""

    offers: FlightProvider
    orders: FlightOrders


class ExchangeRates(Protocol):
    """A source of what one currency is worth in another."""

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        """Return the latest rate, or None when the source does not quote one of the two.

        Args:
            base: ISO 4217.
            quote: ISO 4217; may be the same.
        """
        ...


class StayProvider(Protocol):
    """A source of places to sleep."""

    async def search(self, search: StaySearch) -> StaysFound:
        """Return one page of listings, in the provider's own order.

        Raises:
            ProviderBlockedError: robots.txt forbids it.
            ProviderChallengedError: it wants proof of a person, or sends us elsewhere.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Return one listing; `search` carries dates and guests, where known.

        Raises:
            NotFoundError: no such listing.
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class StayQuotes(Protocol):
    """A source of stays that says on what terms one can be booked."""

    async def quote(self, rate_id: str) -> StayQuote:
        """Ask again for one rate: whether it can be had, and for how much; books nothing.

        Raises:
            NotFoundError: no such rate, or the source has forgotten it.
            OfferExpiredError: the rate can no longer be booked.
            OfferUnavailableError: the room is gone.
            ProviderError: the provider failed; see its subclasses.
        """
        ...


@dataclass(frozen=True, slots=True)
class StaySource:
    """One provider of stays: what it lists, and its quotes.

    Attributes:
        data: What its answers are; None where it is not configured, and every call says so.
        quotes: None where it has no rates to quote.
    """

    stays: StayProvider
    data: DataKind | None
    quotes: StayQuotes | None = None


class PlaceProvider(Protocol):
    """A source of places and of travel times between points."""

    async def search(self, search: PlaceSearch) -> PlacesFound:
        """Return up to `search.limit` places, most relevant first; none is not an error.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def nearby(self, search: NearbySearch) -> PlacesFound:
        """Return up to `search.limit` places of a kind within a circle; none is not an error.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        """Return one place with all that is known of it.

        Args:
            place_id: Of a place found earlier.
            brief: Its name and position will do, which cost less.

        Raises:
            NotFoundError: no such place.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def travel_times(
        self,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        *,
        departs: datetime | None = None,
    ) -> TravelTimes:
        """Return the full matrix; the provider's own limits are split and merged here.

        Args:
            origins: The rows.
            destinations: The columns.
            mode: How to travel.
            departs: In the future, with its zone; decides on timetables and traffic, and means
                nothing on foot or by bicycle. None asks for a morning on a working day by
                transit, and for roads without traffic.

        Raises:
            NotFoundError: a place is unknown.
            ProviderError: nothing was answered; a part that failed is one of the `gaps`.
        """
        ...


class GeocodingProvider(Protocol):
    """Turns a name into places on the map, and a point into the town it is in."""

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Return towns and regions called `name`, best match first.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def reverse(self, at: Coordinates) -> Surroundings:
        """Return the town a point is in, else its region or country; with the time zone there.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class WeatherProvider(Protocol):
    """A source of weather, by day and by the hour."""

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return every day from `first` to `last`, both included, forecast or climatology.

        Raises:
            ProviderRejectedError: the source does not reach all of the days.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        """Return the hours of those of the days that the forecast reaches; it may be none.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class AdvisoryProvider(Protocol):
    """A government that advises its citizens about travel."""

    async def on(self, country_code: str) -> AdvisoryFound:
        """Return what it publishes about a country (ISO 3166-1 alpha-2); nothing is an answer.

        Raises:
            ProviderChallengedError: it wants proof of a person.
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class HolidayCalendar(Protocol):
    """A source of public holidays."""

    async def between(
        self, country_code: str, region: str | None, first: date, last: date
    ) -> HolidaysFound | None:
        """Return the holidays from `first` to `last`, both included, in date order.

        Args:
            country_code: ISO 3166-1 alpha-2.
            region: A first-level division by any of its names; ignored where not recognised.
            first: Local date.
            last: Local date.

        Returns:
            None where the source has no calendar of the country.
        """
        ...
