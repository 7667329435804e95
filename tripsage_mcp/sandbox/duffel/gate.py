"""What stands before every handler: version, token, rate limit, and the error envelope."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count

from starlette.requests import Request
from starlette.responses import Response

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.errors import Problem, RefusedError, invalid, rate_limited
from tripsage_mcp.sandbox.duffel.places import Json

type Handler = Callable[[Request], Awaitable[tuple[int, object]]]
"""Returns a status and a body; bytes are a body that is JSON already."""
type Endpoint = Callable[[Request], Awaitable[Response]]

_WINDOW = timedelta(seconds=60)
_MOST_PER_PAGE = 200
_CURSOR = "g"


@dataclass(slots=True)
class Quota:
    """Counts requests in windows of a minute, as Duffel does."""

    limit: int
    until: datetime | None = None
    used: int = 0

    def spend(self, now: datetime) -> dict[str, str]:
        """Count one request and return the rate-limit headers."""
        if self.until is None or now >= self.until:
            self.until, self.used = now.replace(microsecond=0) + _WINDOW, 0
        self.used += 1
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - self.used)),
            "ratelimit-reset": format_datetime(self.until, usegmt=True),
        }


@dataclass(slots=True)
class Gate:
    """Lets a request through to its handler, or refuses it."""

    now: Clock
    token: str
    quota: Quota
    _serial: "count[int]" = field(default_factory=count)

    def guard(self, handle: Handler) -> Endpoint:
        """Wrap a handler in the preconditions, the headers and the error envelope."""

        async def endpoint(request: Request) -> Response:
            now = self.now()
            request_id = "F" + ids.derived("x", now, next(self._serial))[-19:]
            headers = {"x-request-id": request_id} | self.quota.spend(now)
            try:
                self._check(request)
                status, body = await handle(request)
            except RefusedError as refused:
                status, body = refused.status, refused.body(request_id)
            return _reply(body, status, headers)

        return endpoint

    def _check(self, request: Request) -> None:
        _check_version(request)
        _check_token(request, self.token)
        _check_accept(request)
        if self.quota.used > self.quota.limit:
            raise rate_limited()


def encoded(body: object) -> bytes:
    """Return JSON as Duffel writes it, without white space."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _reply(body: object, status: int, headers: dict[str, str]) -> Response:
    content = body if isinstance(body, bytes) else encoded(body)
    return Response(content, status, headers, media_type="application/json")


def _check_version(request: Request) -> None:
    version = request.headers.get("duffel-version", "").strip()
    if not version:
        message = "The 'Duffel-Version' header needs to be set to a valid API version."
        code, title = "missing_version_header", "Missing version header"
    elif version != "v2":
        message = "The version set in the 'Duffel-Version' header is not supported."
        code, title = "unsupported_version", "Unsupported version"
    else:
        return
    raise RefusedError(400, Problem("invalid_request_error", code, title, message))


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        message = "The 'Authorization' header needs to be set and contain a valid API token."
        code, title = "missing_authorization_header", "Missing authorization header"
    elif given.strip() != token:
        message = "The access token you have used is not a valid API access token"
        code, title = "access_token_not_found", "Access token not found"
    else:
        return
    raise RefusedError(401, Problem("authentication_error", code, title, message))


def _check_accept(request: Request) -> None:
    accept = request.headers.get("accept", "*/*").lower()
    if not any(kind in accept for kind in ("application/json", "application/*", "*/*")):
        title = "Not acceptable"
        message = "The 'Accept' header needs to allow 'application/json'."
        raise RefusedError(406, Problem("invalid_request_error", "not_acceptable", title, message))


async def json_of(request: Request) -> object:
    """Return the body of a request.

    Raises:
        RefusedError: 400, it is not JSON.
    """
    try:
        return json.loads(await request.body())
    except ValueError as exc:
        problem = Problem(
            "invalid_request_error", "bad_request", "Bad request", "The body is not valid JSON."
        )
        raise RefusedError(400, problem) from exc


def flag(request: Request, name: str, *, default: bool) -> bool:
    """Return a parameter that is `true` or `false`."""
    return request.query_params.get(name, str(default)).lower() == "true"


def page(request: Request, rows: Sequence[Json]) -> Json:
    """Return one page; the cursor is opaque and names the first row of the next."""
    raw = request.query_params.get("limit", "50")
    if not raw.isdecimal() or not 1 <= int(raw) <= _MOST_PER_PAGE:
        raise RefusedError(422, invalid("limit", "/limit", "must be between 1 and 200"))
    limit = int(raw)
    start = _offset(request.query_params.get("after"), "after")
    before = request.query_params.get("before")
    if before:
        start = max(0, _offset(before, "before") - limit)
    meta: Json = {
        "limit": limit,
        "before": _cursor(start) if start else None,
        "after": _cursor(start + limit) if start + limit < len(rows) else None,
    }
    return {"data": list(rows[start : start + limit]), "meta": meta}


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"{_CURSOR}:{start}".encode()).decode()


def _offset(cursor: str | None, name: str) -> int:
    if not cursor:
        return 0
    try:
        mark, _, start = base64.urlsafe_b64decode(cursor).decode().partition(":")
        if mark == _CURSOR:
            return max(0, int(start))
    except (ValueError, binascii.Error):
        pass
    raise RefusedError(422, invalid(name, f"/{name}", "is not a cursor"))
