"""Where a destination is and whose it is, and where the traveller lives."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.domain.country import Country
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.errors import NotFoundError, ProviderError
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.providers.ports import GeocodingProvider
from tripsage_mcp.services.destinations.request import DestinationQuery, Home, last_day
from tripsage_mcp.services.local_days import check_not_past, today_at
from tripsage_mcp.services.places.where import Where, locate, whereabouts


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and when, resolved.

    Attributes:
        country: None where the point is in no country.
        country_by_zone: It was told by the time zone of a point, which near a border may err.
        zone: IANA name.
    """

    where: Where
    country: Country | None
    country_by_zone: bool
    zone: str
    first: date
    last: date

    @property
    def at(self) -> Coordinates:
        """Return the point."""
        return self.where.coordinates

    @property
    def region(self) -> str | None:
        """Return the name of the first-level division, where it is known."""
        found = self.where.locality
        return None if found is None or self.where.approximate else found.region

    def known_country(self) -> Country:
        """Return the country.

        Raises:
            NotFoundError: there is none, or none that we know.
        """
        if self.country is None:
            raise NotFoundError("the country of this place is not known")
        return self.country


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What of a home makes a difference elsewhere: the clock, and the money."""

    zone: str
    currency: str | None


async def resolve_spot(
    geocoding: GeocodingProvider, query: DestinationQuery, now: datetime
) -> Spot:
    """Find the place, its country and zone, and the days there.

    Raises:
        InvalidRequestError: the days are past there, or the name may mean several places.
        NotFoundError: nothing has this name.
        ProviderError: the geocoder failed.
    """
    where = await _where(geocoding, query)
    found = where.locality
    zone, code, by_zone = countries.zone_at(where.coordinates), None, False
    if found is not None and not where.approximate:
        zone, code = _known(found.time_zone) or zone, found.country_code
    if code is None:
        code, by_zone = countries.country_of_zone(zone), True
    country = None if code is None else countries.find(code)
    if query.first is not None:
        check_not_past(query.first, zone, now)
    first = query.first or today_at(zone, now)
    return Spot(where, country, by_zone, zone, first, last_day(first, query.days, now))


async def resolve_home(geocoding: GeocodingProvider, home: Home | None) -> HomeFacts | None:
    """Find where a traveller lives; None where nothing was said.

    Raises:
        InvalidRequestError: the name may mean several places.
        NotFoundError: nothing has this name.
        ProviderError: the geocoder failed.
    """
    if home is None:
        return None
    zone, code = home.zone, None
    if home.place is not None:
        found = (await locate(geocoding, home.place)).locality
        assert found is not None
        zone = _known(found.time_zone) or countries.zone_at(found.coordinates)
        code = found.country_code
    assert zone is not None
    country = countries.find(code or countries.country_of_zone(zone) or "")
    return HomeFacts(zone, None if country is None else country.currency)


async def _where(geocoding: GeocodingProvider, query: DestinationQuery) -> Where:
    where = await locate(geocoding, query.place)
    try:
        return await whereabouts(geocoding, where)
    except ProviderError:
        # The zone of a point tells its country well enough.
        return where


def _known(zone: str) -> str | None:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
