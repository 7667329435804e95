"""Calls of Airbnb's server: what robots.txt allows, not too often, and each failure by name."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager

from pydantic import TypeAdapter, ValidationError

from tripsage_mcp.errors import (
    ProviderBlockedError,
    ProviderChallengedError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.infrastructure.mcp_client import SupervisedMCPClient, ToolReply, ToolShape
from tripsage_mcp.infrastructure.robots import Robots
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER, RATE_WINDOW_S, RawFailure, explain
from tripsage_mcp.providers.stays.airbnb_robots import check_robots, listing_urls, search_urls
from tripsage_mcp.providers.stays.airbnb_server import KEY_VARIABLE, REMEDY

# At a time: the server has one thread, and Airbnb is no friend of haste.
MOST_AT_ONCE = 2
_LONGEST_WAIT_S = 30.0
_ONE_CALL_S = 5.0
# A deadline counts as over this long before: timers are not exact.
_ABOUT_NOW_S = 0.05

SEARCH_TOOL = "airbnb_search"
DETAILS_TOOL = "airbnb_listing_details"
_PARTY = dict.fromkeys(("adults", "children", "infants", "pets"), "number")
_DATES = dict.fromkeys(("checkin", "checkout"), "string")
TOOLS = {
    SEARCH_TOOL: ToolShape(
        {
            "location": "string",
            **_DATES,
            **_PARTY,
            **dict.fromkeys(("minPrice", "maxPrice"), "number"),
            **dict.fromkeys(("propertyType", "cursor"), "string"),
        },
        frozenset({"location", "checkin", "checkout"}),
    ),
    DETAILS_TOOL: ToolShape({"id": "string", **_DATES, **_PARTY}, frozenset({"id"})),
}


_URLS: Mapping[str, Callable[[Mapping[str, object]], tuple[str, ...]]] = {
    SEARCH_TOOL: search_urls,
    DETAILS_TOOL: listing_urls,
}
_FAILURE = TypeAdapter(RawFailure)


class AirbnbCalls:
    """The way to Airbnb's server.

    Args:
        client: Of the server; None where there is none, which every call then says.
        now: The clock.
        robots: Airbnb's rules for robots; None where they are not to be heeded.
        limit: The queue each call waits in.

    Attributes:
        health: What happened lately, and the breaker.
    """

    def __init__(
        self,
        client: SupervisedMCPClient | None,
        now: Clock,
        *,
        robots: Robots | None = None,
        limit: OutboundLimit | None = None,
    ) -> None:
        self._client = client
        self._now = now
        self._robots = robots
        self._limit = limit
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self.health = Health()
        if client is not None:
            client.expect(TOOLS)

    async def aclose(self) -> None:
        """Stop the child process."""
        if self._client is not None:
            await self._client.aclose()
        if self._robots is not None:
            await self._robots.aclose()

    async def ask[T](
        self, tool: str, arguments: Mapping[str, object], returns: TypeAdapter[T]
    ) -> T:
        """Call a tool and read its text; an argument that is None is left out.

        Raises:
            NotFoundError: there is no such listing.
            ProviderError: what went wrong; see its subclasses.
        """
        if self._client is None:
            raise ProviderNotConfiguredError(
                PROVIDER, KEY_VARIABLE, missing="its server is not installed", remedy=REMEDY
            )
        given = {name: value for name, value in arguments.items() if value is not None}
        # Nobody queues for what would not be asked.
        self.health.refuse_while_open(PROVIDER, self._now())
        await self._check_robots(_URLS[tool](given))
        async with self._turn():
            probing = self.health.admit(PROVIDER, self._now())
            try:
                answer = _read(await self._client.call(tool, given), tool, returns)
            except BaseException as exc:
                if isinstance(exc, TripSageError) and not _cut_short(exc):
                    await self._note(exc)
                elif probing:
                    # No verdict, so the next call may probe.
                    self.health.undecided()
                raise
        self.health.succeeded(self._now())
        return answer

    async def _check_robots(self, urls: tuple[str, ...]) -> None:
        if self._robots is None:
            return
        try:
            await check_robots(self._robots, urls)
        except (ProviderBlockedError, ProviderUnavailableError) as error:
            raise error if _cut_short(error) else self.failed(error) from None

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Hold one of the slots, no sooner than the queue allows.

        Raises:
            ProviderRateLimitedError: that would take too long.
        """
        try:
            async with asyncio.timeout(min(_LONGEST_WAIT_S, deadline.left_s())):
                await self._slots.acquire()
        except TimeoutError:
            raise ProviderRateLimitedError(PROVIDER, _ONE_CALL_S) from None
        try:
            if self._limit is not None:
                await self._limit.enter(PROVIDER)
            yield
        finally:
            self._slots.release()

    async def _note(self, error: TripSageError) -> None:
        """Count a failure, or that the provider is up although it said no."""
        if not isinstance(error, ProviderError) or isinstance(error, ProviderRejectedError):
            self.health.succeeded(self._now())
            return
        self.failed(error)
        if isinstance(error, ProviderRateLimitedError) and self._limit is not None:
            await self._limit.pause(RATE_WINDOW_S)

    def failed(self, error: ProviderError) -> ProviderError:
        """Count a failure and hand it back."""
        # Asking less is also what a challenge asks for.
        down = error.retryable or isinstance(error, ProviderChallengedError)
        self.health.failed(self._now(), error.code, down=down)
        return error


def _cut_short(error: TripSageError) -> bool:
    """Whether a call was given up only because whoever it was for waited no longer."""
    return deadline.left_s() < _ABOUT_NOW_S and type(error) is ProviderUnavailableError


def _read[T](reply: ToolReply, tool: str, returns: TypeAdapter[T]) -> T:
    """Return what a tool answered, or raise what it says went wrong."""
    if reply.is_error:
        try:
            failure = _FAILURE.validate_json(reply.text)
        except ValidationError:
            raise ProviderProtocolError(PROVIDER, "its server failed without saying how") from None
        raise explain(failure, listing=tool == DETAILS_TOOL)
    try:
        # Not read by the adapter itself: half a character, left where a name was cut within one,
        # would cost the whole page.
        return returns.validate_python(json.loads(reply.text))
    except (json.JSONDecodeError, RecursionError):
        raise ProviderProtocolError(PROVIDER, "its server's answer is not JSON") from None
    except ValidationError as exc:
        where = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"])
        raise ProviderProtocolError(PROVIDER, f"unexpected body at {where!r}") from None
