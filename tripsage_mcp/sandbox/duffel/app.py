"""The ASGI application: Duffel's paths, preconditions and paging.

Answers the part of the Duffel API v2 that searching needs. Nothing is ever booked here.
"""

import base64
import binascii
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import NoReturn

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox.duffel import ids, places, reference, wire
from tripsage_mcp.sandbox.duffel.answers import Answer, Answers
from tripsage_mcp.sandbox.duffel.errors import (
    Problem,
    RefusedError,
    expired,
    invalid,
    no_longer_available,
    not_found,
    required,
    timed_out,
)
from tripsage_mcp.sandbox.duffel.magic import magic_of
from tripsage_mcp.sandbox.duffel.request import lasts, parse

type Json = dict[str, object]
type Handler = Callable[[Request], Awaitable[Response]]

SANDBOX_TOKEN = "duffel_test_sandbox"  # noqa: S105 - opens an invented world only
_WINDOW = timedelta(seconds=60)
_SORTS = ("total_amount", "-total_amount", "total_duration", "-total_duration")
_MOST_PER_PAGE = 200
_CURSOR = "g"
_CIRCLE = ("lat", "lng", "rad")


@dataclass(slots=True)
class _Quota:
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
class _Twin:
    answers: Answers
    now: Clock
    token: str
    quota: _Quota
    serial: "count[int]" = field(default_factory=count)

    def request_id(self) -> str:
        """Return a fresh `x-request-id`."""
        return "F" + ids.derived("x", self.now(), next(self.serial))[-19:]


def _reply(body: object, status: int, headers: dict[str, str]) -> Response:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
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


def _check_quota(quota: _Quota) -> None:
    if quota.used > quota.limit:
        message = (
            "Too many requests in a short time. Please retry your request after the time "
            "specified in the `ratelimit-reset` header."
        )
        title = "Rate limit exceeded"
        raise RefusedError(429, Problem("rate_limit_error", "rate_limit_exceeded", title, message))


def _guarded(twin: _Twin, handle: Callable[[Request], Awaitable[tuple[int, object]]]) -> Handler:
    """Wrap a handler in the preconditions, the headers and the error envelope."""

    async def endpoint(request: Request) -> Response:
        request_id = twin.request_id()
        headers = {"x-request-id": request_id} | twin.quota.spend(twin.now())
        try:
            _check_version(request)
            _check_token(request, twin.token)
            _check_accept(request)
            _check_quota(twin.quota)
            status, body = await handle(request)
            if isinstance(body, bytes):
                return Response(body, status, headers, media_type="application/json")
        except RefusedError as refused:
            status = refused.status
            errors = [problem.body() for problem in refused.problems]
            body = {"errors": errors, "meta": {"request_id": request_id, "status": status}}
        return _reply(body, status, headers)

    return endpoint


async def _nowhere(_request: Request) -> NoReturn:
    raise not_found()


def _flag(request: Request, name: str, *, default: bool) -> bool:
    return request.query_params.get(name, str(default)).lower() == "true"


def _page(request: Request, rows: Sequence[Json]) -> Json:
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


async def _body(request: Request) -> object:
    try:
        return json.loads(await request.body())
    except ValueError as exc:
        problem = Problem(
            "invalid_request_error", "bad_request", "Bad request", "The body is not valid JSON."
        )
        raise RefusedError(400, problem) from exc


class _Air:
    """The handlers, each returning a status and a body."""

    def __init__(self, twin: _Twin) -> None:
        self._answers = twin.answers
        self._now = twin.now

    async def create(self, request: Request) -> tuple[int, object]:
        body = await _body(request)
        with_offers = _flag(request, "return_offers", default=True)

        def work() -> bytes:
            wanted = parse(body, self._now())
            if magic_of(wanted).times_out:
                raise timed_out()
            return _encoded(self._answers.create(wanted), with_offers=with_offers)

        return 201, await anyio.to_thread.run_sync(work)

    async def request(self, request: Request) -> tuple[int, object]:
        def work() -> bytes:
            return _encoded(self._answers.of_request(request.path_params["id"]), with_offers=True)

        return 200, await anyio.to_thread.run_sync(work)

    async def offers(self, request: Request) -> tuple[int, object]:
        request_id = request.query_params.get("offer_request_id")
        if not request_id:
            raise RefusedError(422, required("offer_request_id", "/offer_request_id"))
        answer = await anyio.to_thread.run_sync(self._answers.of_request, request_id)
        order = _order(request, answer)
        return 200, _page(request, [wire.offer_json(answer, n) for n in order])

    async def offer(self, request: Request) -> tuple[int, object]:
        services = _flag(request, "return_available_services", default=False)
        offer_id = request.path_params["id"]
        answer, index = await anyio.to_thread.run_sync(self._answers.of_offer, offer_id)
        if answer.magic.withdrawn:
            raise no_longer_available(answer.fares[index].owner.name)
        if self._now() >= lasts(answer.request):
            raise expired()
        return 200, {"data": wire.offer_json(answer, index, alone=True, services=services)}

    async def suggestions(self, request: Request) -> tuple[int, object]:
        query = request.query_params
        text = query.get("query") or query.get("name")
        if text:
            found = await anyio.to_thread.run_sync(places.suggest_by_name, text)
        else:
            center, radius_m = _circle(request)
            found = await anyio.to_thread.run_sync(places.suggest_nearby, center, radius_m)
        return 200, {"data": found}


def _encoded(answer: Answer, *, with_offers: bool) -> bytes:
    body = {"data": wire.request_json(answer, with_offers=with_offers)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _order(request: Request, answer: Answer) -> list[int]:
    order = list(range(len(answer.fares)))
    sort = request.query_params.get("sort")
    if sort is not None and sort not in _SORTS:
        raise RefusedError(422, invalid("sort", "/sort", f"must be one of {', '.join(_SORTS)}"))
    most = request.query_params.get("max_connections")
    if most is not None:
        if not most.isdecimal():
            rule = "must be a whole number"
            raise RefusedError(422, invalid("max_connections", "/max_connections", rule))
        order = [n for n in order if _connections(answer, n) <= int(most)]
    if sort:
        by_amount = sort.endswith("amount")
        order.sort(
            key=lambda n: answer.fares[n].total if by_amount else answer.fares[n].minutes,
            reverse=sort.startswith("-"),
        )
    return order


def _connections(answer: Answer, index: int) -> int:
    return max(len(i.flights) for i in answer.fares[index].itineraries) - 1


def _circle(request: Request) -> tuple[Coordinates, float]:
    query = request.query_params
    missing = [name for name in _CIRCLE if not query.get(name)]
    if len(missing) == len(_CIRCLE):
        raise RefusedError(422, required("query", "/query"))
    if missing:
        raise RefusedError(422, *(required(name, f"/{name}") for name in missing))
    try:
        latitude, longitude, radius_m = (float(query[name]) for name in _CIRCLE)
        if math.isfinite(radius_m) and radius_m >= 0:
            return Coordinates(latitude, longitude), radius_m
    except ValueError:
        pass
    raise RefusedError(422, invalid("lat", "/lat", "must be a point with a radius in metres"))


def build_app(
    seed: int = 0,
    now: Clock = utc_now,
    token: str = SANDBOX_TOKEN,
    *,
    requests_per_minute: int = 300,
) -> Starlette:
    """Return the twin as an ASGI application.

    Args:
        seed: Which invented world; the same seed and clock give the same flights and prices.
        now: Decides what is past, what an advance purchase costs, and when an offer expires.
        token: The one access token it accepts.
        requests_per_minute: More are answered with 429.
    """
    twin = _Twin(Answers(seed), now, token, _Quota(requests_per_minute))
    air = _Air(twin)

    def route(
        path: str, handle: Callable[[Request], Awaitable[tuple[int, object]]], method: str
    ) -> list[Route]:
        endpoint = _guarded(twin, handle)
        return [Route(p, endpoint, methods=[method]) for p in (path, f"{path}/")]

    routes = [
        *route("/air/offer_requests", air.create, "POST"),
        *route("/air/offer_requests/{id}", air.request, "GET"),
        *route("/air/offers", air.offers, "GET"),
        *route("/air/offers/{id}", air.offer, "GET"),
        *route("/places/suggestions", air.suggestions, "GET"),
    ]
    for name, catalogue in reference.CATALOGUES.items():
        routes += route(f"/air/{name}", _listing(catalogue), "GET")
        routes += route(f"/air/{name}/{{id}}", _lookup(catalogue), "GET")
    nowhere = _guarded(twin, _nowhere)
    return Starlette(
        routes=routes, exception_handlers={404: _as_handler(nowhere), 405: _as_handler(nowhere)}
    )


def _as_handler(endpoint: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, _exc: Exception) -> Response:
        return await endpoint(request)

    return handle


def _listing(catalogue: reference.Catalogue) -> Callable[[Request], Awaitable[tuple[int, object]]]:
    async def handle(request: Request) -> tuple[int, object]:
        rows = list(catalogue().values())
        for name in ("iata_code", "iata_country_code"):
            wanted = request.query_params.get(name)
            rows = [row for row in rows if wanted is None or row.get(name) == wanted]
        return 200, _page(request, rows)

    return handle


def _lookup(catalogue: reference.Catalogue) -> Callable[[Request], Awaitable[tuple[int, object]]]:
    async def handle(request: Request) -> tuple[int, object]:
        row = catalogue().get(request.path_params["id"])
        if row is None:
            raise not_found()
        return 200, {"data": row}

    return handle
