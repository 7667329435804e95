"""Outbound HTTP: one way to send a request and one way for it to fail.

Nothing else in the project imports httpx, so that moving to its successor is a change to this file.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from tripsage_mcp.errors import (
    NotFoundError,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now

type HTTPClient = httpx.AsyncClient
type ASGIApp = Callable[..., Awaitable[None]]
type Sleep = Callable[[float], Awaitable[None]]

_BREAKER_THRESHOLD = 5
_BREAKER_OPEN_FOR = timedelta(seconds=30)
_LONGEST_HONOURED_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that was not a success, for `JSONClient.explain` to look at."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Health:
    """What a provider did lately, shown by `get_status` and used by the circuit breaker."""

    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    failures_in_a_row: int = 0
    open_until: datetime | None = None

    def succeeded(self, now: datetime) -> None:
        """Record an answer and close the breaker."""
        self.last_success, self.failures_in_a_row, self.open_until = now, 0, None

    def failed(self, now: datetime, code: str) -> None:
        """Record a failure; enough of them in a row open the breaker."""
        self.last_failure, self.last_error = now, code
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= _BREAKER_THRESHOLD:
            self.open_until = now + _BREAKER_OPEN_FOR


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
    """
    if app is not None:
        transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(
        base_url=base_url,
        headers=dict(headers or {}),
        timeout=httpx.Timeout(timeout_s),
        transport=transport,
        follow_redirects=False,
    )


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `retry-after` or `ratelimit-reset`, as seconds or as an HTTP date."""
    for name in ("retry-after", "ratelimit-reset"):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
        except (ValueError, TypeError):
            continue
    return None


@dataclass(slots=True)
class JSONClient:
    """Sends JSON requests to one provider and raises only `TripSageError`s.

    Args:
        provider: Name put in errors, logs and metrics.
        client: Owned by the caller; carries base URL, auth header and timeout.
        explain: Turns a non-2xx reply into a more exact error, or None for the default.
        attempts: Tries for an idempotent request, the first included.
        sleep: Waits between tries (tests pass a recorder).
    """

    provider: str
    client: httpx.AsyncClient
    explain: Callable[[Reply], TripSageError | None] = lambda _reply: None
    attempts: int = 3
    now: Clock = utc_now
    sleep: Sleep = asyncio.sleep
    health: Health = field(default_factory=Health)

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
            NotFoundError: HTTP 404.
            ProviderRateLimitedError: HTTP 429.
            ProviderRejectedError: any other 4xx.
            ProviderUnavailableError: 5xx, timeout, connection failure, or the breaker is open.
            ProviderProtocolError: a 2xx whose body does not match `returns`.
        """
        if idempotent is None:
            idempotent = method in {"GET", "HEAD"}
        query = {k: v for k, v in (params or {}).items() if v is not None}
        retrying = AsyncRetrying(
            retry=retry_if_exception(_worth_retrying),
            stop=stop_after_attempt(self.attempts if idempotent else 1),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._once(method, path, returns, json, query, headers)
        raise AssertionError("unreachable")  # pragma: no cover

    async def _once[T](
        self,
        method: str,
        path: str,
        returns: TypeAdapter[T],
        json: object,
        query: Mapping[str, Any],
        headers: Mapping[str, str] | None,
    ) -> T:
        self._check_breaker()
        try:
            response = await self.client.request(
                method, path, json=json, params=query, headers=dict(headers or {})
            )
        except httpx.TransportError as exc:
            error = ProviderUnavailableError(self.provider, _words(exc))
            self.health.failed(self.now(), error.code)
            raise error from exc
        if not response.is_success:
            failure = self._failure(response, path)
            if isinstance(failure, ProviderError) and failure.retryable:
                self.health.failed(self.now(), failure.code)
            else:
                # The provider is up: it said no to this request, which opens no breaker.
                self.health.succeeded(self.now())
            raise failure
        try:
            body = returns.validate_json(response.content)
        except ValidationError as exc:
            wrong = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"])
            self.health.failed(self.now(), ProviderProtocolError.code)
            raise ProviderProtocolError(self.provider, f"unexpected body at {wrong!r}") from exc
        self.health.succeeded(self.now())
        return body

    def _check_breaker(self) -> None:
        opened = self.health.open_until
        now = self.now()
        if opened is None:
            return
        if now < opened:
            error = ProviderUnavailableError(
                self.provider, "failing repeatedly; not asked again for now"
            )
            error.retry_after_s = (opened - now).total_seconds()
            raise error
        # Half open: this one request decides; the others wait for its verdict.
        self.health.open_until = now + _BREAKER_OPEN_FOR

    def _failure(self, response: httpx.Response, path: str) -> TripSageError:
        status = response.status_code
        reply = Reply(status, response.headers, response.content)
        known = self.explain(reply)
        if known is not None:
            return known
        if status == HTTPStatus.NOT_FOUND:
            return NotFoundError(f"{self.provider} has nothing at {path.split('?')[0]}")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            after = retry_after_seconds(response.headers, self.now())
            return ProviderRateLimitedError(self.provider, 1.0 if after is None else after)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ProviderUnavailableError(self.provider, f"HTTP {status}")
        return ProviderRejectedError(self.provider, f"HTTP {status}")


def _words(exc: httpx.TransportError) -> str:
    if isinstance(exc, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(exc, httpx.ConnectError):
        return "cannot connect"
    return "the connection broke"


def _worth_retrying(exc: BaseException) -> bool:
    if not isinstance(exc, TripSageError) or not exc.retryable:
        return False
    return exc.retry_after_s is None or exc.retry_after_s <= _LONGEST_HONOURED_WAIT_S


_backoff = wait_random_exponential(multiplier=0.3, max=4)


def _wait(state: RetryCallState) -> float:
    assert state.outcome is not None
    exc = state.outcome.exception()
    if isinstance(exc, TripSageError) and exc.retry_after_s is not None:
        return exc.retry_after_s
    return _backoff(state)
