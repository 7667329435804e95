"""Outbound HTTP: one way to send a request and one way for it to fail.

Nothing else in the project imports httpx, so that moving to its successor is a change to this file.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, TypeAdapter, ValidationError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

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
from tripsage_mcp.infrastructure.clock import Clock, utc_now

type HTTPClient = httpx.AsyncClient
type ASGIApp = Callable[..., Awaitable[None]]
type Sleep = Callable[[float], Awaitable[None]]

_BREAKER_THRESHOLD = 5
_BREAKER_OPEN_FOR = timedelta(seconds=30)
_LONGEST_HONOURED_WAIT_S = 10.0
_MOST_BYTES = 32 * 1024 * 1024
# One attempt may take this many times the client's timeout, which limits each read only.
_ATTEMPT_FACTOR = 3
# Beyond this a number of seconds is a moment since 1970, as some rate limiters write it.
_EPOCH_FROM_S = 1_000_000_000
# Ids go into paths: none may lead out of its place, or start a query.
_PATH = re.compile(r"(?!.*/(\.|%2e){1,2}(/|$))/[\w.~!$&'()*+,;=:@%/-]*", re.ASCII | re.IGNORECASE)
_FIELD = re.compile(r"[\w-]{1,40}", re.ASCII)


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

    def failed(self, now: datetime, code: str, *, down: bool = True) -> None:
        """Record a failure; enough of them in a row open the breaker.

        Args:
            now: When it failed.
            code: The error's code.
            down: Whether asking less would help; a strange answer to one request opens nothing.
        """
        self.last_failure, self.last_error = now, code
        self.failures_in_a_row += 1
        opens = down and self.failures_in_a_row >= _BREAKER_THRESHOLD
        self.open_until = now + _BREAKER_OPEN_FOR if opens else None


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


def retry_after_seconds(
    headers: Mapping[str, str],
    now: datetime,
    *,
    names: tuple[str, ...] = ("retry-after", "ratelimit-reset"),
) -> float | None:
    """Return the wait that the first readable of these headers asks for.

    Written as seconds, as seconds since 1970 or as an HTTP date; never negative, NaN or infinite.
    """
    for name in names:
        value = headers.get(name)
        seconds = None if value is None else _seconds(value.strip(), now)
        if seconds is not None:
            return max(0.0, seconds)
    return None


def _seconds(value: str, now: datetime) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        try:
            return (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    if not math.isfinite(seconds):
        return None
    return seconds - now.timestamp() if seconds >= _EPOCH_FROM_S else seconds


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
    """

    provider: str
    client: httpx.AsyncClient
    explain: Callable[[Reply], TripSageError | None] = lambda _reply: None
    attempts: int = 3
    now: Clock = utc_now
    sleep: Sleep = asyncio.sleep
    health: Health = field(default_factory=Health)
    most_bytes: int = _MOST_BYTES

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
            ProviderRateLimitedError: HTTP 429.
            ProviderRejectedError: any other 4xx, a redirect, or the request cannot be written.
            ProviderUnavailableError: 5xx, timeout, connection failure, or the breaker is open.
            ProviderProtocolError: a 2xx whose body is too long or does not match `returns`.
        """
        if idempotent is None:
            idempotent = method in {"GET", "HEAD"}
        request = self._written(method, path, json, params, headers)
        retrying = AsyncRetrying(
            retry=retry_if_exception(_worth_retrying),
            stop=stop_after_attempt(self.attempts if idempotent else 1),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._attempt(request, returns)
        raise AssertionError("unreachable")  # pragma: no cover

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

    async def _attempt[T](self, request: httpx.Request, returns: TypeAdapter[T]) -> T:
        probing = self._check_breaker()
        try:
            return await self._ask(request, returns)
        except TripSageError:
            raise
        except BaseException:
            # Cancelled, or a bug of ours: no verdict, so the next request may probe again.
            if probing:
                self.health.open_until = self.now()
            raise

    async def _ask[T](self, request: httpx.Request, returns: TypeAdapter[T]) -> T:
        try:
            response, body = await self._exchange(request)
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            self.health.failed(self.now(), ProviderRejectedError.code, down=False)
            raise self._unwritable() from None
        except httpx.DecodingError:
            raise self._strange("the body could not be unpacked") from None
        except (httpx.TransportError, TimeoutError) as exc:
            error = ProviderUnavailableError(self.provider, _words(exc))
            self.health.failed(self.now(), error.code)
            raise error from exc
        if not response.is_success:
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

    async def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Send once; the body is cut off just beyond `most_bytes`."""
        each_read_s = self.client.timeout.read
        async with asyncio.timeout(None if each_read_s is None else each_read_s * _ATTEMPT_FACTOR):
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

    def _check_breaker(self) -> bool:
        """Return whether this request probes a provider that was failing; raise if it must wait."""
        opened = self.health.open_until
        now = self.now()
        if opened is None:
            return False
        if now < opened:
            error = ProviderUnavailableError(
                self.provider, "failing repeatedly; not asked again for now"
            )
            error.retry_after_s = (opened - now).total_seconds()
            raise error
        # Half open: this one request decides; the others wait for its verdict.
        self.health.open_until = now + _BREAKER_OPEN_FOR
        return True

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
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            after = retry_after_seconds(response.headers, self.now())
            return ProviderRateLimitedError(self.provider, 1.0 if after is None else after)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error = ProviderUnavailableError(self.provider, f"HTTP {status}")
            # Not `ratelimit-reset`: it comes with every answer and is no word on this failure.
            error.retry_after_s = retry_after_seconds(
                response.headers, self.now(), names=("retry-after",)
            )
            return error
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


def _worth_retrying(exc: BaseException) -> bool:
    if not isinstance(exc, TripSageError) or not exc.retryable:
        return False
    return exc.retry_after_s is None or exc.retry_after_s <= _LONGEST_HONOURED_WAIT_S


_backoff = wait_random_exponential(multiplier=0.3, max=4)


def _wait(state: RetryCallState) -> float:
    assert state.outcome is not None
    exc = state.outcome.exception()
    # "Now" would mean all attempts in one instant.
    if isinstance(exc, TripSageError) and exc.retry_after_s:
        return exc.retry_after_s
    return _backoff(state)
