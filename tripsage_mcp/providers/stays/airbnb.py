"""Airbnb, through the two tools of @openbnb/mcp-server-airbnb 0.3.0 in a supervised child process.

https://github.com/openbnb-org/mcp-server-airbnb. It checks no argument and passes an id on as part
of a path, so everything is checked before it gets there. It finds the town it is given on the map
by itself (Photon, else Nominatim): without a box on the map Airbnb takes many a town for its
namesake, and there is no other way to hand it one. Where it searched is read off its answer.
"""

from datetime import date
from functools import partial
from pathlib import Path

from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.stay import StaySearch, StaysFound, StayWish
from tripsage_mcp.domain.stay_details import StayDetails
from tripsage_mcp.errors import InvalidRequestError, ProviderChangedError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.infrastructure.mcp_client import Deferred, SupervisedMCPClient
from tripsage_mcp.infrastructure.robots import Robots
from tripsage_mcp.providers.stays.airbnb_calls import DETAILS_TOOL, SEARCH_TOOL, AirbnbCalls
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER
from tripsage_mcp.providers.stays.airbnb_robots import USER_AGENT
from tripsage_mcp.providers.stays.airbnb_server import AirbnbConfig, launch
from tripsage_mcp.providers.stays.airbnb_wire import (
    DETAILS,
    LISTING_ID,
    SEARCH,
    Sections,
    listing_url,
)

_ROBOTS_WITHIN_S = 10.0

# Never told by one listing's page, as this server reads it.
_ALWAYS_UNKNOWN = ("price", "availability", "cancellation", "reviews", "photos")


class AirbnbStays:
    """Stays at Airbnb.

    Args:
        client: Of the server; None where there is none, which every call then says.
        data: What the answers are labelled.
        now: The clock.
        robots: Airbnb's rules for robots; None where they are not to be heeded.
        limit: The queue each call waits in.
    """

    def __init__(
        self,
        client: SupervisedMCPClient | None,
        *,
        data: DataKind,
        now: Clock = utc_now,
        robots: Robots | None = None,
        limit: OutboundLimit | None = None,
    ) -> None:
        self._calls = AirbnbCalls(client, now, robots=robots, limit=limit)
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._calls.health,)

    async def search(self, search: StaySearch) -> StaysFound:
        """Ask for one page of listings."""
        _check_party(search)
        # It becomes part of a path, in which `..` would lead elsewhere.
        if not any(character.isalnum() for character in search.location):
            raise InvalidRequestError("location", "must name a place", example='"Lisbon"')
        arguments: dict[str, object] = {
            "location": search.location,
            **_party_and_dates(search),
            "propertyType": search.property_type,
            "cursor": search.cursor,
        }
        found = await self._calls.ask(SEARCH_TOOL, arguments, SEARCH)
        stays, skipped = found.stays(search)
        if skipped and not stays:
            raise self._calls.failed(
                ProviderChangedError(PROVIDER, "none of the listings can be read")
            )
        area = found.area()
        return StaysFound(
            stays=stays,
            provenance=self._provenance(),
            next_cursor=found.next_cursor(search.cursor),
            resolved_area=area,
            location_resolved=area is not None,
            skipped_rows=skipped,
            applied=_applied(search),
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Ask for one listing's page."""
        if not LISTING_ID.fullmatch(listing_id):
            raise InvalidRequestError(
                "stay_id",
                "must have 1 to 20 digits after the colon, for a home",
                example=f'"{PROVIDER}:53842931"',
            )
        arguments: dict[str, object] = {"id": listing_id}
        if search is not None:
            _check_party(search)
            arguments |= _party_and_dates(search)
        told = (await self._calls.ask(DETAILS_TOOL, arguments, DETAILS)).sections()
        unknown = _unknown(told)
        if set(unknown) >= {"amenities", "description", "location"}:
            what = "the listing's page has none of its sections"
            raise self._calls.failed(ProviderChangedError(PROVIDER, what))
        return StayDetails(
            source=PROVIDER,
            listing_id=listing_id,
            url=listing_url(listing_id, search),
            provenance=self._provenance(),
            area=told.area,
            coordinates=told.coordinates,
            description=told.description,
            highlights=told.highlights,
            house_rules=told.house_rules,
            amenities=told.amenities or {},
            missing=told.missing,
            unknown=unknown,
        )

    async def aclose(self) -> None:
        """Stop the child process."""
        await self._calls.aclose()

    def _provenance(self) -> Provenance:
        return Provenance(PROVIDER, self._data, self._now())


def build(
    config: AirbnbConfig,
    server: Path | None,
    rules: Cache,
    *,
    now: Clock = utc_now,
    limit: OutboundLimit | None = None,
) -> AirbnbStays:
    """Wire the live provider; its server starts with the first call.

    Args:
        config: The settings.
        server: The script of its server; without it every call says what to do.
        rules: Keeps Airbnb's robots.txt.
        now: The clock.
        limit: The queue each call waits in.
    """
    if server is None:
        return AirbnbStays(None, data="live", now=now)
    client = SupervisedMCPClient(
        PROVIDER, Deferred(partial(launch, config, server)), call_timeout_s=config.timeout_s
    )
    robots = None
    if not config.ignore_robots:
        site = open_client(
            config.site_url, headers={"user-agent": USER_AGENT}, timeout_s=_ROBOTS_WITHIN_S
        )
        robots = Robots(site, USER_AGENT, rules)
    return AirbnbStays(client, data="live", now=now, robots=robots, limit=limit)


def _party_and_dates(search: StaySearch) -> dict[str, object]:
    return {
        "checkin": search.check_in.isoformat(),
        "checkout": search.check_out.isoformat(),
        "adults": search.adults,
        "children": search.children,
        "infants": search.infants,
        "pets": search.pets,
    }


def _applied(search: StaySearch) -> frozenset[StayWish]:
    """Return what Airbnb has filtered by, when asked to."""
    asked: dict[StayWish, bool] = {
        "property_type": search.property_type is not None,
        "pets": search.pets > 0,
    }
    return frozenset(wish for wish, was_asked in asked.items() if was_asked)


def _check_party(search: StaySearch) -> None:
    """Catch what their server would drop in silence or pass on as it is."""
    if search.check_out <= search.check_in:
        after = date.fromordinal(search.check_in.toordinal() + 1)
        raise InvalidRequestError("check_out", "must be after check_in", example=f'"{after}"')
    if search.adults < 1 or min(search.children, search.infants, search.pets) < 0:
        raise InvalidRequestError("adults", "must be 1 or more, and no other number negative")


def _unknown(told: Sections) -> tuple[str, ...]:
    parts = {
        "location": told.coordinates,
        "description": told.description,
        "house_rules": told.house_rules,
        "amenities": told.amenities,
    }
    return (*_ALWAYS_UNKNOWN, *(name for name, part in parts.items() if not part))
