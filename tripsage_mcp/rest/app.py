"""The one ASGI application: MCP, REST and health."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.rest.confirm import confirm_pages
from tripsage_mcp.rest.endpoint import Endpoint
from tripsage_mcp.rest.endpoints import ENDPOINTS
from tripsage_mcp.rest.errors import HANDLERS, RefusedRequestError, on_bug
from tripsage_mcp.rest.events import EventStreams
from tripsage_mcp.rest.exports import export_links, export_route
from tripsage_mcp.rest.guard import LOOPBACK, HostGuard
from tripsage_mcp.rest.requests import reader
from tripsage_mcp.rest.share import share_pages
from tripsage_mcp.services.runtime import Services

API = "/api/v1"
# Answers are personal, and the type they have is the type they are.
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

type _Answering = Callable[[Request], Awaitable[Response]]


def account(_request: Request) -> Account:
    """Return whom this request is for: the one local person, until a login exists."""
    return LOCAL_ACCOUNT


def build_rest(
    services: Services, mcp: Starlette, *, allowed_hosts: Sequence[str] = LOOPBACK
) -> Starlette:
    """Return the application of the API, the pages beside it, health and the MCP paths.

    Args:
        services: What the endpoints call.
        mcp: Serves its own paths, and guards them itself; its lifespan becomes the whole's.
        allowed_hosts: Host names `/api/v1` answers to, without port. Health has no such rule: a
            probe calls a container by its address.
    """
    return Starlette(
        routes=[
            *_health(services),
            Mount(API, routes=_api(services), middleware=[Middleware(HostGuard, allowed_hosts)]),
            confirm_pages(services.consents, allowed_hosts),
            export_links(services.exports, allowed_hosts),
            share_pages(services, allowed_hosts),
            # By path, not as a mount at `/`: what nobody serves is then answered by us.
            *(Route(route.path, mcp) for route in mcp.routes if isinstance(route, Route)),
        ],
        exception_handlers=HANDLERS,
        lifespan=mcp.router.lifespan_context,
    )


def _health(services: Services) -> list[BaseRoute]:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(_request: Request) -> Response:
        status = await services.status.status()
        # The details, e.g. a folder, are told by the API, which is guarded. A provider that fails
        # does not make the server less ready: another replica would do no better.
        stores = [{"name": store.name, "state": store.state} for store in status.storage]
        providers = [
            {"capability": one.capability, "provider": one.provider, "state": one.state}
            for one in status.providers
        ]
        ready = "ready" if status.ready else "not_ready"
        return JSONResponse(
            {"status": ready, "storage": stores, "providers": providers},
            HTTPStatus.OK if status.ready else HTTPStatus.SERVICE_UNAVAILABLE,
            headers=_HEADERS,
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _api(services: Services) -> list[Route]:
    """Return one route a path, so that a wrong method is told all the right ones.

    The stream of events and the files are the answers that are no JSON object.
    """
    paths: defaultdict[str, dict[str, _Answering]] = defaultdict(dict)
    for endpoint in ENDPOINTS:
        paths[endpoint.path][endpoint.method] = _answering(endpoint, services)
    return [
        *(Route(path, _by_method(each), methods=list(each)) for path, each in paths.items()),
        EventStreams(services.events, account).route,
        export_route(services.exports, account),
    ]


def _by_method(methods: Mapping[str, _Answering]) -> _Answering:
    async def answer(request: Request) -> Response:
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return answer


def _answering(endpoint: Endpoint[Any], services: Services) -> _Answering:
    read = reader(endpoint.request)

    async def answer(request: Request) -> Response:
        try:
            given = await read(request)
            with time_budget(endpoint.budget_s):
                found = await endpoint.handle(services, account(request), given)
        except (TripSageError, RefusedRequestError):
            raise
        except Exception as exc:  # noqa: BLE001 - the boundary; Starlette would raise it again
            return await on_bug(request, exc)
        return Response(
            found.model_dump_json(exclude_none=True),
            endpoint.status,
            headers=_HEADERS if found.etag is None else {**_HEADERS, "etag": found.etag},
            media_type="application/json",
        )

    return answer
