"""The page an invitation's link leads to: the trip, to be read by whoever has the link.

It needs no login and changes nothing: to take part, whoever is invited gives the link to their own
assistant. With `Accept: application/json` it is the same answer as everywhere.
"""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from tripsage_mcp.errors import NotFoundError, TripSageError
from tripsage_mcp.exports.page import policy
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.rest.guard import HostGuard
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.time_budgets import PLAN_S
from tripsage_mcp.views.trips import TripsAnswer

PATH = "/share"
_JSON = "application/json"
_SAFE = {
    # A link that was revoked shows nothing any more, nor does it lead anybody else here.
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "vary": "accept",
}
_GONE = "This link is not complete, was used up or revoked, or has expired. Ask for another.\n"
_FAILED = "This trip cannot be shown now. Try again in a minute.\n"


def share_pages(services: Services, allowed_hosts: Sequence[str]) -> Mount:
    """Return the route of invitations' links.

    Args:
        services: Reads the trip, and writes its page.
        allowed_hosts: Host names it answers to, without port.
    """

    async def show(request: Request) -> Response:
        try:
            with time_budget(PLAN_S):
                return await _shown(services, request)
        except NotFoundError:
            return PlainTextResponse(_GONE, HTTPStatus.NOT_FOUND, headers=_SAFE)
        except TripSageError:
            return PlainTextResponse(_FAILED, HTTPStatus.SERVICE_UNAVAILABLE, headers=_SAFE)

    return Mount(
        PATH,
        routes=[Route("/{token}", show, methods=["GET"])],
        middleware=[Middleware(HostGuard, allowed_hosts)],
    )


async def _shown(services: Services, request: Request) -> Response:
    read = await services.trips.as_guest(request.path_params["token"])
    if _JSON in request.headers.get("accept", ""):
        body = TripsAnswer.of_one(read, however_long=True).model_dump_json(exclude_none=True)
        return Response(body, headers=_SAFE, media_type=_JSON)
    file = await services.exports.export(read.whole, "html")
    headers = {
        **_SAFE,
        "content-security-policy": f"{policy()}; frame-ancestors 'none'; sandbox",
    }
    return Response(file.content, headers=headers, media_type=file.media_type)
