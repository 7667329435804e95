"""What services may ask of the outside world. Implementations live beside this file."""

from datetime import date
from typing import Protocol

from tripsage_mcp.domain.flight import Offer, OfferRequest, OffersFound
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.stay import StayDetails, StaySearch, StaysFound
from tripsage_mcp.domain.weather import Weather


class FlightProvider(Protocol):
    """A source of bookable flight offers."""

    async def search(self, request: OfferRequest) -> OffersFound:
        """Return every offer for `request`, in the provider's own order.

        Raises:
            ProviderError: the provider failed; see its subclasses.
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
        """Return one offer, freshly priced.

        Raises:
            NotFoundError: no such offer, or the provider has forgotten it.
            OfferExpiredError: the offer existed but can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class StayProvider(Protocol):
    """A source of places to sleep."""

    async def search(self, search: StaySearch) -> StaysFound:
        """Return one page of listings, in the provider's own order.

        Raises:
            ProviderBlockedError: robots.txt or a challenge page forbids it.
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


class PlaceProvider(Protocol):
    """A source of places and of travel times between points."""

    async def search(self, search: PlaceSearch) -> PlacesFound:
        """Return up to `search.limit` places, most relevant first; none is not an error.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def get(self, place_id: str) -> PlaceDetails:
        """Return one place with its opening hours.

        Raises:
            NotFoundError: no such place.
            ProviderError: the provider failed; see its subclasses.
        """
        ...

    async def travel_times(
        self,
        origins: tuple[Coordinates, ...],
        destinations: tuple[Coordinates, ...],
        mode: TravelMode,
    ) -> TravelTimes:
        """Return the full matrix; the provider's own limits are split and merged here.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class GeocodingProvider(Protocol):
    """Turns a name into places on the map."""

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Return towns and regions called `name`, best match first.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...


class WeatherProvider(Protocol):
    """A source of daily weather."""

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return every day from `first` to `last`, both included, forecast or climatology.

        Raises:
            ProviderError: the provider failed; see its subclasses.
        """
        ...
