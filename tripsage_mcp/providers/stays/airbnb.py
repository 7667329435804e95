"""Airbnb, through the two tools of @openbnb/mcp-server-airbnb 0.3.0 in a supervised child process.

https://github.com/openbnb-org/mcp-server-airbnb. It checks no argument and passes an id on as part
of a path, so everything is checked before it gets there.
"""

import shutil
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.stay import StayDetails, StaySearch, StaysFound
from tripsage_mcp.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env, environment
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.mcp_client import Command, SupervisedMCPClient, ToolShape
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER, RawFailure, explain
from tripsage_mcp.providers.stays.airbnb_wire import (
    DETAILS,
    LISTING_ID,
    SEARCH,
    Sections,
    listing_url,
)

KEY_VARIABLE = "TRIPSAGE_AIRBNB_SERVER"
NODE_VARIABLE = "TRIPSAGE_AIRBNB_NODE"

_SEARCH_TOOL = "airbnb_search"
_DETAILS_TOOL = "airbnb_listing_details"
_PARTY = dict.fromkeys(("adults", "children", "infants", "pets"), "number")
_DATES = dict.fromkeys(("checkin", "checkout"), "string")
TOOLS = {
    _SEARCH_TOOL: ToolShape(
        {
            "location": "string",
            **_DATES,
            **_PARTY,
            **dict.fromkeys(("minPrice", "maxPrice"), "number"),
            **dict.fromkeys(("propertyType", "cursor"), "string"),
            "ignoreRobotsText": "boolean",
        },
        frozenset({"location", "checkin", "checkout"}),
    ),
    _DETAILS_TOOL: ToolShape(
        {"id": "string", **_DATES, **_PARTY, "ignoreRobotsText": "boolean"}, frozenset({"id"})
    ),
}

# Without this a child whose request hangs would outlive us by half a minute.
_END_WITH_STDIN = "data:text/javascript,process.stdin.once('end',()=>process.exit(0))"
_HANDED_ON = (
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "NODE_USE_ENV_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
)
# Never told by one listing's page, as this server reads it.
_ALWAYS_UNKNOWN = ("price", "availability", "cancellation", "reviews", "photos")

_FAILURE = TypeAdapter(RawFailure)


class AirbnbConfig(Section):
    """Settings for Airbnb.

    Attributes:
        server: Path of `dist/index.js` of @openbnb/mcp-server-airbnb 0.3.0; without it there are
            no live stays.
        node: Path of Node 18.18 or newer; by default the `node` on PATH.
        ignore_robots: Ask even where Airbnb's robots.txt does not allow it: the operator's choice,
            never a model's. This server takes any robots.txt to forbid everything.
        timeout_s: For one call; the server gives up on Airbnb after 30 s, on a geocoder after 5 s.
    """

    model_config = env("TRIPSAGE_AIRBNB_")

    server: Path | None = None
    node: Path | None = None
    ignore_robots: bool = False
    timeout_s: Seconds = 45.0


class AirbnbStays:
    """Stays at Airbnb."""

    def __init__(
        self,
        client: SupervisedMCPClient,
        *,
        data: DataKind,
        now: Clock = utc_now,
        configured: bool = True,
        ignore_robots: bool = False,
    ) -> None:
        self._client = client
        self._data: DataKind = data
        self._now = now
        self._configured = configured
        self._ignore_robots = ignore_robots
        self._health = Health()
        client.expect(TOOLS)

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._health,)

    async def search(self, search: StaySearch) -> StaysFound:
        """Ask for one page of listings."""
        _check_party(search)
        if not search.location.strip():
            raise InvalidRequestError("location", "must not be empty", example='"Lisbon"')
        arguments: dict[str, object] = {
            "location": search.location,
            **_party_and_dates(search),
            "minPrice": search.min_price,
            "maxPrice": search.max_price,
            "propertyType": search.property_type,
            "cursor": search.cursor,
        }
        found = await self._ask(_SEARCH_TOOL, arguments, SEARCH)
        stays, skipped = found.stays(search)
        if skipped and not stays:
            raise self._failed(
                ProviderProtocolError(PROVIDER, "none of the listings could be read")
            )
        area = found.area()
        return StaysFound(
            stays=stays,
            provenance=self._provenance(),
            next_cursor=found.next_cursor(search.cursor),
            resolved_area=area,
            location_resolved=area is not None,
            skipped_rows=skipped,
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Ask for one listing's page."""
        if not LISTING_ID.fullmatch(listing_id):
            raise InvalidRequestError("listing_id", "must be 1 to 20 digits", example='"53842931"')
        arguments: dict[str, object] = {"id": listing_id}
        if search is not None:
            _check_party(search)
            arguments |= _party_and_dates(search)
        told = (await self._ask(_DETAILS_TOOL, arguments, DETAILS)).sections()
        unknown = _unknown(told)
        if set(unknown) >= {"amenities", "description", "location"}:
            raise self._failed(
                ProviderProtocolError(PROVIDER, "the listing's page had none of its sections")
            )
        return StayDetails(
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
        await self._client.aclose()

    async def _ask[T](self, tool: str, arguments: dict[str, object], returns: TypeAdapter[T]) -> T:
        """Call a tool and read its text, or raise what went wrong."""
        if not self._configured:
            raise ProviderNotConfiguredError(PROVIDER, KEY_VARIABLE)
        self._check_breaker()
        given = {name: value for name, value in arguments.items() if value is not None}
        if self._ignore_robots:
            given["ignoreRobotsText"] = True
        try:
            reply = await self._client.call(tool, given)
        except ProviderError as error:
            raise self._failed(error) from error.__cause__
        if not reply.is_error:
            try:
                body = returns.validate_json(reply.text)
            except ValidationError as exc:
                wrong = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"])
                problem = ProviderProtocolError(PROVIDER, f"unexpected body at {wrong!r}")
                raise self._failed(problem) from exc
            self._health.succeeded(self._now())
            return body
        try:
            failure = _FAILURE.validate_json(reply.text)
        except ValidationError as exc:
            problem = ProviderProtocolError(PROVIDER, "its server failed without saying how")
            raise self._failed(problem) from exc
        error = explain(failure, listing=tool == _DETAILS_TOOL)
        if isinstance(error, NotFoundError):
            self._health.succeeded(self._now())
            raise error
        assert isinstance(error, ProviderError)
        raise self._failed(error)

    def _failed(self, error: ProviderError) -> ProviderError:
        self._health.failed(self._now(), error.code)
        return error

    def _check_breaker(self) -> None:
        opened, now = self._health.open_until, self._now()
        if opened is None or now >= opened:
            return
        error = ProviderUnavailableError(
            PROVIDER, f"failing repeatedly ({self._health.last_error}); not asked again for now"
        )
        error.retry_after_s = (opened - now).total_seconds()
        raise error

    def _provenance(self) -> Provenance:
        return Provenance(PROVIDER, self._data, self._now())


def launch(config: AirbnbConfig) -> Command:
    """Return how the server is to be run.

    Raises:
        ConfigurationError: a path that was set leads nowhere, or there is no Node.
    """
    if config.server is None:
        return Command("node")  # never run: every call says what to set
    if not config.server.is_file():
        raise ConfigurationError(
            f"{KEY_VARIABLE}: there is no such file; it must be dist/index.js of the npm package"
            " @openbnb/mcp-server-airbnb 0.3.0"
        )
    node = shutil.which(config.node or "node")
    if node is None:
        raise ConfigurationError(
            f"{NODE_VARIABLE}: no Node was found there or on PATH; Airbnb needs 18.18 or newer"
        )
    args = ["--import", _END_WITH_STDIN, str(config.server.absolute())]
    if config.ignore_robots:
        args.append("--ignore-robots-txt")  # spares it fetching the file before it starts
    ours = environment()
    return Command(node, tuple(args), {name: ours[name] for name in _HANDED_ON if name in ours})


def build(
    config: AirbnbConfig,
    client: SupervisedMCPClient,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
) -> AirbnbStays:
    """Wire the provider from its settings and a client, which `aclose` of either closes.

    Args:
        config: Without a server, every live call raises `ProviderNotConfiguredError`.
        client: Of `launch(config)`, or of a server in this process.
        data: What the answers are labelled.
        now: The clock.
    """
    return AirbnbStays(
        client,
        data=data,
        now=now,
        configured=data == "sandbox" or config.server is not None,
        ignore_robots=config.ignore_robots,
    )


def _party_and_dates(search: StaySearch) -> dict[str, object]:
    return {
        "checkin": search.check_in.isoformat(),
        "checkout": search.check_out.isoformat(),
        "adults": search.adults,
        "children": search.children,
        "infants": search.infants,
        "pets": search.pets,
    }


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
