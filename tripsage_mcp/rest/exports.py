"""Trips as files: below a trip for whoever is logged in, and by a signed link for anybody.

A link is what an assistant hands to the traveller: it needs no login, and ends soon.
"""

import hashlib
from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import NotFoundError, TripSageError
from tripsage_mcp.exports.file_names import disposition
from tripsage_mcp.exports.journey import Exported
from tripsage_mcp.exports.page import policy
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.rest.errors import RefusedRequestError, on_bug
from tripsage_mcp.rest.guard import HostGuard
from tripsage_mcp.rest.requests import Body, reader
from tripsage_mcp.services.exports.service import ExportService
from tripsage_mcp.services.time_budgets import PLAN_S

PATH = "/exports"
_SAFE = {
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "referrer-policy": "no-referrer",
}
_GONE = "This link is not complete or has expired. Ask your assistant for another.\n"
_FAILED = "This file cannot be made now. Try again in a minute.\n"


class ExportWanted(Body):
    """A trip as which file."""

    trip_id: str
    format: str


def export_route(exports: ExportService, account: Callable[[Request], Account]) -> Route:
    """Return `GET /trips/{trip_id}/export?format=`, below the API's path."""
    read = reader(ExportWanted)

    async def answer(request: Request) -> Response:
        try:
            wanted = await read(request)
            with time_budget(PLAN_S):
                file = await exports.trip(account(request), wanted.trip_id, wanted.format)
        except (TripSageError, RefusedRequestError):
            raise
        except Exception as exc:  # noqa: BLE001 - the boundary; Starlette would raise it again
            return await on_bug(request, exc)
        return file_response(file, request.headers.get("if-none-match"))

    return Route("/trips/{trip_id}/export", answer, methods=["GET"])


def export_links(exports: ExportService, allowed_hosts: Sequence[str]) -> Mount:
    """Return the route of signed links.

    Args:
        exports: Makes the files.
        allowed_hosts: Host names it answers to, without port.
    """

    async def fetch(request: Request) -> Response:
        try:
            with time_budget(PLAN_S):
                file = await exports.linked(request.path_params["word"])
        except NotFoundError:
            return PlainTextResponse(_GONE, HTTPStatus.NOT_FOUND, headers=_SAFE)
        except TripSageError:
            return PlainTextResponse(_FAILED, HTTPStatus.SERVICE_UNAVAILABLE, headers=_SAFE)
        return file_response(file)

    return Mount(
        PATH,
        routes=[Route("/{word}", fetch, methods=["GET"])],
        middleware=[Middleware(HostGuard, allowed_hosts)],
    )


def file_response(file: Exported, known: str | None = None) -> Response:
    """Return a file to keep, or that it is the one already `known` by its ETag."""
    etag = f'"{hashlib.sha256(file.content).hexdigest()[:32]}"'
    # Personal: kept by the reader alone, and asked for again each time.
    headers = {**_SAFE, "etag": etag, "cache-control": "private, no-cache"}
    if known is not None and etag in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["content-disposition"] = disposition(file.name, file.title)
    if file.media_type.startswith("text/html"):
        headers["content-security-policy"] = f"{policy()}; frame-ancestors 'none'; sandbox"
    return Response(file.content, headers=headers, media_type=file.media_type)
