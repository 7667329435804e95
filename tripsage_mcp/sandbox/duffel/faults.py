"""Failures on demand, for tests and for people who try the sandbox over HTTP.

A request with the header `x-sandbox-fault` fails as the header says, one or more of these joined by
commas:

- `latency=1.5`: wait that many seconds, at most 120, then go on
- `status=503`: answer with this status and an error in Duffel's format; nothing is done
- `html`: answer 502 with the page of a proxy; nothing is done
- `rate-limit=7`: answer 429, with the wait of 7 seconds in `retry-after` as seconds and in
  `ratelimit-reset` as a date; `rate-limit-date=7` writes both as dates, `rate-limit-reset=7` has
  `ratelimit-reset` alone, and `rate-limit-seconds=7` has that alone and as seconds
- `malformed`: do what was asked, then answer with a body that is not JSON
- `cut`: do what was asked, then end the connection in the middle of the body (over HTTP; within the
  process the body just ends there)
- `lost`: do what was asked, then answer 504

Nothing ever fails unasked.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from itertools import count

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel.errors import ErrorType, Problem, RefusedError, rate_limited
from tripsage_mcp.sandbox.duffel.gate import encoded

HEADER = "x-sandbox-fault"
_LONGEST_S = 120.0
_REQUEST_ID = "FsSandboxFault000000"
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
_NOTHING_DONE: dict[int, tuple[ErrorType, str, str]] = {
    400: ("invalid_request_error", "bad_request", "Bad request"),
    401: ("authentication_error", "expired_access_token", "Expired access token"),
    403: ("authentication_error", "insufficient_permissions", "Insufficient permissions"),
    404: ("invalid_request_error", "not_found", "Not found"),
    422: ("invalid_state_error", "invalid_state", "Invalid state"),
    500: ("api_error", "internal_server_error", "Internal server error"),
    502: ("api_error", "bad_gateway", "Bad gateway"),
    503: ("api_error", "service_unavailable", "Service unavailable"),
    504: ("airline_error", "supplier_timeout", "Airline timeout"),
}
_RATES = ("rate-limit", "rate-limit-date", "rate-limit-reset", "rate-limit-seconds")
_AFTERWARDS = ("malformed", "cut", "lost")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    value: float = 0.0


def read_faults(text: str) -> tuple[Fault, ...]:
    """Return the faults named in a header.

    Raises:
        ValueError: it names something else.
    """
    return tuple(_fault(part.strip()) for part in text.split(",") if part.strip())


def _fault(text: str) -> Fault:
    kind, given, raw = text.partition("=")
    if kind in {"html", *_AFTERWARDS} and not given:
        return Fault(kind)
    value = float(raw)
    known = kind in {"latency", *_RATES} or (kind == "status" and value in _NOTHING_DONE)
    if not known or not math.isfinite(value) or value < 0:
        raise ValueError(kind)
    return Fault(kind, value)


class Faults:
    """Middleware that lets requests fail.

    Args:
        app: What answers otherwise.
        now: The clock, for dates in headers.
        plan: Faults of requests without the header, by the request's number, counted from 1, or by
            method and path, e.g. `POST /air/orders`.
    """

    def __init__(
        self, app: ASGIApp, now: Clock, plan: Mapping[int | str, str] | None = None
    ) -> None:
        self._app = app
        self._now = now
        self._plan = plan or {}
        self._serial = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            faults = read_faults(self._wanted(scope))
        except ValueError:
            message = f"The '{HEADER}' header names no fault that is known."
            problem = Problem("invalid_request_error", "unknown_fault", "Unknown fault", message)
            await _refusal(RefusedError(400, problem), {})(scope, receive, send)
            return
        for fault in faults:
            if fault.kind == "latency":
                await anyio.sleep(min(fault.value, _LONGEST_S))
            elif fault.kind in _AFTERWARDS:
                await self._spoil(fault.kind, scope, receive, send)
                return
            else:
                await self._answer(fault)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _wanted(self, scope: Scope) -> str:
        number = next(self._serial)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        planned = self._plan.get(number) or self._plan.get(f"{scope['method']} {path}", "")
        return Headers(scope=scope).get(HEADER, planned)

    def _answer(self, fault: Fault) -> Response:
        if fault.kind == "html":
            return Response(_PAGE, 502, media_type="text/html")
        if fault.kind in _RATES:
            return _refusal(rate_limited(), self._wait(fault))
        return _refusal(_failure(int(fault.value)), {})

    def _wait(self, fault: Fault) -> dict[str, str]:
        date = format_datetime(self._now() + timedelta(seconds=fault.value), usegmt=True)
        seconds = f"{fault.value:g}"
        both = {"ratelimit-limit": "60", "ratelimit-remaining": "0"}
        return (
            both
            | {
                "rate-limit": {"retry-after": seconds, "ratelimit-reset": date},
                "rate-limit-date": {"retry-after": date, "ratelimit-reset": date},
                "rate-limit-reset": {"ratelimit-reset": date},
                "rate-limit-seconds": {"ratelimit-reset": seconds},
            }[fault.kind]
        )

    async def _spoil(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be answered, and keep the answer from its caller."""
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self._app(scope, receive, gather)
        if kind == "lost":
            await _refusal(_failure(504), {})(scope, receive, send)
            return
        if kind == "malformed":
            spoilt = b'{"data": ' + bytes(body)
            headers = {"content-type": "application/json"}
            await Response(spoilt, start["status"], headers)(scope, receive, send)
            return
        # The length promised is that of the whole body: the server sees the lie and hangs up.
        await send(start)
        await send({"type": "http.response.body", "body": bytes(body[: len(body) // 2])})


def _failure(status: int) -> RefusedError:
    kind, code, title = _NOTHING_DONE[status]
    return RefusedError(status, Problem(kind, code, title, "The sandbox was asked to fail."))


def _refusal(refused: RefusedError, headers: Mapping[str, str]) -> Response:
    return Response(
        encoded(refused.body(_REQUEST_ID)),
        refused.status,
        {"x-request-id": _REQUEST_ID, **headers},
        media_type="application/json",
    )
