"""Handlers of searching: offer requests, batches, offers, seat maps, places."""

import math

import anyio.to_thread
from starlette.requests import Request

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import places, wire
from tripsage_mcp.sandbox.duffel.answers import Answer, Answers
from tripsage_mcp.sandbox.duffel.batches import Batches
from tripsage_mcp.sandbox.duffel.errors import RefusedError, invalid, required, timed_out
from tripsage_mcp.sandbox.duffel.gate import encoded, flag, json_of, page
from tripsage_mcp.sandbox.duffel.magic import magic_of
from tripsage_mcp.sandbox.duffel.request import parse

_SORTS = ("total_amount", "-total_amount", "total_duration", "-total_duration")
_CIRCLE = ("lat", "lng", "rad")


class Searching:
    """Each handler returns a status and a body."""

    def __init__(self, answers: Answers, batches: Batches, now: Clock) -> None:
        self._answers = answers
        self._batches = batches
        self._now = now

    async def create(self, request: Request) -> tuple[int, object]:
        """POST /air/offer_requests."""
        body = await json_of(request)
        with_offers = flag(request, "return_offers", default=True)

        def work() -> bytes:
            wanted = parse(body, self._now())
            if magic_of(wanted).times_out:
                raise timed_out()
            return _encoded(self._answers.create(wanted), with_offers=with_offers)

        return 201, await anyio.to_thread.run_sync(work)

    async def request(self, request: Request) -> tuple[int, object]:
        """GET /air/offer_requests/{id}."""

        def work() -> bytes:
            return _encoded(self._answers.of_request(request.path_params["id"]), with_offers=True)

        return 200, await anyio.to_thread.run_sync(work)

    async def create_batch(self, request: Request) -> tuple[int, object]:
        """POST /air/batch_offer_requests."""
        body = await json_of(request)

        def work() -> object:
            return {"data": self._batches.create(parse(body, self._now()))}

        return 201, await anyio.to_thread.run_sync(work)

    async def batch(self, request: Request) -> tuple[int, object]:
        """GET /air/batch_offer_requests/{id}."""

        def work() -> bytes:
            return encoded({"data": self._batches.poll(request.path_params["id"])})

        return 200, await anyio.to_thread.run_sync(work)

    async def offers(self, request: Request) -> tuple[int, object]:
        """GET /air/offers."""
        request_id = request.query_params.get("offer_request_id")
        if not request_id:
            raise RefusedError(422, required("offer_request_id", "/offer_request_id"))
        answer = await anyio.to_thread.run_sync(self._answers.of_request, request_id)
        order = _order(request, answer)
        return 200, page(request, [wire.offer_json(answer, n) for n in order])

    async def offer(self, request: Request) -> tuple[int, object]:
        """GET /air/offers/{id}."""
        services = flag(request, "return_available_services", default=False)

        def work() -> object:
            offered = self._answers.on_sale(request.path_params["id"], self._now())
            return {"data": wire.single_offer_json(offered, services=services)}

        return 200, await anyio.to_thread.run_sync(work)

    async def suggestions(self, request: Request) -> tuple[int, object]:
        """GET /places/suggestions."""
        query = request.query_params
        text = query.get("query") or query.get("name")
        if text:
            found = await anyio.to_thread.run_sync(places.suggest_by_name, text)
        else:
            center, radius_m = _circle(request)
            found = await anyio.to_thread.run_sync(places.suggest_nearby, center, radius_m)
        return 200, {"data": found}


def _encoded(answer: Answer, *, with_offers: bool) -> bytes:
    return encoded({"data": wire.request_json(answer, with_offers=with_offers)})


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
