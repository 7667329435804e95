"""Outbound HTTP: one way to send a request and one way for it to fail.

Nothing else in the project imports httpx, so that moving to its successor is a change to this file.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, TypeAdapter, ValidationError

from tripsage_mcp.errors import (
    ConfigurationError,
    NotFoundError,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.infrastructure.retry_after import retry_after_seconds
from tripsage_mcp.infrastructure.retrying import retrying

type HTTPClient = httpx.AsyncClient
type ASGIApp = Callable[..., Awaitable[None]]
type Sleep = Callable[[float], Awaitable[None]]

_LONGEST_PAUSE_S = 120.0
_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
_MOST_BYTES = 32 * 1024 * 1024
# One attempt may take this many times the client's timeout, which limits each read only.
_ATTEMPT_FACTOR = 3
# Ids go into paths: none may lead out of its place, or start a query.
_PATH = re.compile(r"(?!.*/(\.|%2e){1,2}(/|$))/[\w.~!$&'()*+,;=:@%/-]*", re.ASCII | re.IGNORECASE)
_FIELD = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that was not a success, for `JSONClient.explain` to look at."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_client(
    base_url: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 20.0,
    app: ASGIApp | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return a client for one upstream; the caller closes it.

    Args:
        base_url: Scheme and host; every path is below it.
        headers: Sent with each request.
        timeout_s: Seconds for connecting and for each read.
        app: Answer from this ASGI application in-process instead of the network.
        transport: Answer from this transport (tests).

    Raises:
        ConfigurationError: `base_url` is not an http or https address.
    """
    try:
        web_address(base_url)
    except ValueError as exc:
        raise ConfigurationError(f"a provider's base URL {exc}") from None
    if app is not None:
        transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(
        base_url=base_url,
        headers=dict(headers or {}),
        timeout=httpx.Timeout(timeout_s),
        transport=transport,
        follow_redirects=False,
    )


async def fetch(client: httpx.AsyncClient, provider: str, path: str, *, most_bytes: int) -> Reply:
    """GET a document once, whatever its type and status; redirects are followed.

    Args:
        client: Its read timeout limits the whole.
        provider: Name put in the error.
        path: Path below the client's base URL.
        most_bytes: The body is cut off there.

    Raises:
        ProviderUnavailableError: there was no answer.
    """
    body = bytearray()
    try:
        async with (
            asyncio.timeout(client.timeout.read),
            client.stream("GET", path, follow_redirects=True) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) >= most_bytes:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
        raise ProviderUnavailableError(provider, _words(exc)) from exc
    return Reply(response.status_code, response.headers, bytes(body[:most_bytes]))


def web_address(address: str) -> str:
    """Return an absolute http or https URL as it is; raise ValueError for anything else."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("must start with https:// or http:// and name a host")
    return address


# The type of a setting that is given to `open_client`.
WebAddress = Annotated[str, AfterValidator(web_address)]


@dataclass(slots=True)
class JSONClient:
    """Sends JSON requests to one provider and raises only `TripSageError`s.

    Args:
        provider: Name put in errors, logs and metrics.
        client: Owned by the caller; carries base URL, auth header and timeout.
        explain: Turns a non-2xx reply into a more exact error, or None for the default.
        attempts: Tries for an idempotent request, the first included.
        sleep: Waits between tries (tests pass a recorder).
        most_bytes: The longest body that is read, unpacked.
        limit: The queue each attempt waits in; clients of one upstream share it.
        fair_chance_s: Silence for this long counts against the provider, though only the caller's
            time ran out.
    """

    provider: str
    client: httpx.AsyncClient
    explain: Callable[[Reply], TripSageError | None] = lambda _reply: None
    attempts: int = 3
    now: Clock = utc_now
    sleep: Sleep = asyncio.sleep
    health: Health = field(default_factory=Health)
    most_bytes: int = _MOST_BYTES
    limit: OutboundLimit | None = None
    fair_chance_s: float = 10.0

    async def request[T](
        self,
        method: str,
        path: str,
        returns: TypeAdapter[T],
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
    ) -> T:
        """Send one request and return its body, validated.

        Args:
            method: HTTP method.
            path: Path below the client's base URL.
            returns: Adapter for the documented response; build it once, at module level.
            json: Request body, if any.
            params: Query; None values are left out.
            headers: For this request only.
            idempotent: Whether it may be sent again; by default GET and HEAD only.

        Raises:
            NotFoundError: HTTP 404, or an id in `path` holds what no id has.
            ProviderRateLimitedError: HTTP 429, or the queue is too long; nothing was sent then.
            ProviderRejectedError: any other 4xx, a redirect, or the request cannot be written.
            ProviderUnavailableError: 5xx, timeout, connection failure, the breaker is open, or the
                caller's deadline leaves no time.
            ProviderProtocolError: a 2xx whose body is too long or does not match `returns`.
        """
        if idempotent is None:
            idempotent = method in {"GET", "HEAD"}
        request = self._written(method, path, json, params, headers)
        async for attempt in retrying(self.attempts if idempotent else 1, self.sleep):
            with attempt:
                return await self._attempt(request, returns)
        raise AssertionError("unreachable")  # pragma: no cover

    async def send_once[T](
        self,
        path: str,
        returns: TypeAdapter[T],
        *,
        json: object,
        headers: Mapping[str, str] | None = None,
        expected: HTTPStatus = HTTPStatus.CREATED,
    ) -> T:
        """POST what must not happen twice: one attempt, and one status that means it happened.

        Once sent, it is waited for whatever the caller's deadline.

        Args:
            path: Path below the client's base URL.
            returns: Adapter for the documented response.
            json: Request body.
            headers: For this request only.
            expected: The one success; another 2xx goes to `explain` like a failure.

        Raises:
            TripSageError: as `request`; of a `ProviderUnavailableError`, `may_have_acted` says
                whether the request may have had its effect all the same.
        """
        request = self._written("POST", path, json, None, headers)
        return await self._attempt(request, returns, expected)

    def _written(
        self,
        method: str,
        path: str,
        json: object,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        if not _PATH.fullmatch(path):
            raise NotFoundError(f"{self.provider} has nothing there")
        query = {k: v for k, v in (params or {}).items() if v is not None}
        try:
            return self.client.build_request(
                method, path, json=json, params=query or None, headers=dict(headers or {})
            )
        except (httpx.InvalidURL, UnicodeError):
            raise self._unwritable() from None

    def _unwritable(self) -> ProviderRejectedError:
        # The library's own words hold the header, and with it the key.
        return ProviderRejectedError(
            self.provider,
            "the request could not be written",
            hint="Check the key and the address for stray characters.",
        )

    async def _attempt[T](
        self, request: httpx.Request, returns: TypeAdapter[T], expected: HTTPStatus | None = None
    ) -> T:
        await self._wait_for_turn()
        if deadline.left_s() <= 0:
            raise deadline.out_of_time(self.provider)
        probing = self.health.admit(self.provider, self.now())
        try:
            return await self._ask(request, returns, expected)
        except TripSageError:
            raise
        except BaseException as exc:
            # Cancelled, cut short, or a bug of ours: no verdict, so the next request may probe.
            if probing:
                self.health.undecided()
            if isinstance(exc, TimeoutError):
                raise deadline.out_of_time(self.provider, may_have_acted=True) from None
            raise

    async def _wait_for_turn(self) -> None:
        if self.limit is None:
            return
        # Nobody queues for a provider that would not be asked.
        self.health.refuse_while_open(self.provider, self.now())
        await self.limit.enter(self.provider, sleep=self.sleep)

    async def _ask[T](
        self, request: httpx.Request, returns: TypeAdapter[T], expected: HTTPStatus | None
    ) -> T:
        own_s = self._longest_attempt_s()
        # What must not happen twice is waited for: giving up early would only make it unknown.
        given_s = own_s if expected is not None else min(own_s, deadline.left_s())
        try:
            response, body = await self._exchange(request, given_s)
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            self.health.failed(self.now(), ProviderRejectedError.code, down=False)
            raise self._unwritable() from None
        except httpx.DecodingError:
            raise self._strange("the body could not be unpacked") from None
        except (httpx.TransportError, TimeoutError) as exc:
            if isinstance(exc, TimeoutError) and given_s < min(own_s, self.fair_chance_s):
                raise
            raise self._unreachable(exc) from exc
        await self._heed(response)
        if not response.is_success or expected not in {None, response.status_code}:
            failure = self._failure(response, body[: self.most_bytes])
            if isinstance(failure, ProviderError) and failure.retryable:
                self.health.failed(self.now(), failure.code)
            else:
                # The provider is up: it said no to this request, which opens no breaker.
                self.health.succeeded(self.now())
            raise failure
        if len(body) > self.most_bytes:
            raise self._strange(f"the body is longer than {self.most_bytes} bytes")
        try:
            parsed = returns.validate_json(body)
        except ValidationError as exc:
            # Not chained: the cause quotes the body, and may end up in a log.
            raise self._strange(_unlike(exc)) from None
        self.health.succeeded(self.now())
        return parsed

    def _unreachable(self, exc: Exception) -> ProviderUnavailableError:
        # Without a connection nothing was sent; of anything else nobody knows.
        unsent = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        error = ProviderUnavailableError(self.provider, _words(exc), may_have_acted=not unsent)
        self.health.failed(self.now(), error.code)
        return error

    async def _heed(self, response: httpx.Response) -> None:
        """Hold the queue back when the provider says that its own limit is used up."""
        headers = response.headers
        spent = headers.get("ratelimit-remaining", "").strip() == "0"
        if self.limit is None or not (spent or response.status_code == _TOO_MANY):
            return
        seconds = retry_after_seconds(headers, self.now())
        if seconds:
            await self.limit.pause(min(seconds, _LONGEST_PAUSE_S))

    def _longest_attempt_s(self) -> float:
        each_read_s = self.client.timeout.read
        return math.inf if each_read_s is None else each_read_s * _ATTEMPT_FACTOR

    async def _exchange(
        self, request: httpx.Request, within_s: float
    ) -> tuple[httpx.Response, bytes]:
        """Send once; the body is cut off just beyond `most_bytes`."""
        async with asyncio.timeout(deadline.finite(within_s)):
            response = await self.client.send(request, stream=True)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self.most_bytes:
                        break
            finally:
                await response.aclose()
        return response, bytes(body[: self.most_bytes + 1])

    def _strange(self, what: str) -> ProviderProtocolError:
        error = ProviderProtocolError(self.provider, what)
        self.health.failed(self.now(), error.code, down=False)
        return error

    def _failure(self, response: httpx.Response, body: bytes) -> TripSageError:
        status = response.status_code
        known = self.explain(Reply(status, response.headers, body))
        if known is not None:
            return known
        if status == HTTPStatus.NOT_FOUND:
            return NotFoundError(f"{self.provider} has nothing there")
        if status == _TOO_MANY:
            after = retry_after_seconds(response.headers, self.now())
            return ProviderRateLimitedError(self.provider, 1.0 if after is None else after)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error = ProviderUnavailableError(self.provider, f"HTTP {status}")
            # Not `ratelimit-reset`: it comes with every answer and is no word on this failure.
            error.retry_after_s = retry_after_seconds(
                response.headers, self.now(), names=("retry-after",)
            )
            return error
        if response.is_success:
            return ProviderProtocolError(self.provider, f"unexpected success HTTP {status}")
        return ProviderRejectedError(self.provider, f"HTTP {status}")


def _unlike(exc: ValidationError) -> str:
    """Say where the body differs; keys are upstream's text unless they look like field names."""
    first = exc.errors(include_input=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return "the body is not JSON"
    parts = [str(part) for part in first["loc"]]
    where = ".".join(part if _FIELD.fullmatch(part) else "?" for part in parts)
    return f"unexpected body at {where!r}"


def _words(exc: Exception) -> str:
    if isinstance(exc, httpx.TimeoutException | TimeoutError):
        return "no answer in time"
    if isinstance(exc, httpx.ConnectError):
        return "cannot connect"
    return "the connection broke"
