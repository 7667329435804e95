"""The whole REST facade over working fakes, spoken to as HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests import build_bookings, build_flights, fakes_destinations, fakes_itinerary
from tests.build_stays import stay_service
from tests.fakes import FakeFlights
from tests.fakes_exports import export_service
from tests.fakes_places import FakeGeocoding, FakePlaces, FakeWeather, at_now, place
from tests.fakes_storage import FakeStorage
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.rest.app import build_rest
from tripsage_mcp.services.destinations.weather import WeatherService
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.flights.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.services.itineraries.service import ItineraryService
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.places.service import PlaceService
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.status import StatusService
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.services.trips.sharing import ShareService
from tripsage_mcp.services.watches.service import WatchService

BASE = "http://127.0.0.1:8000"


async def database_up() -> str:
    return "a database in /home/ines/tripsage"


def services(**changes: Any) -> Services:
    """Return every service over fakes, with the named ones in place of theirs."""
    geocoding, storage = FakeGeocoding(), FakeStorage()
    offer = build_flights.offer(1, expires_at=build_flights.NOW + timedelta(minutes=30))
    flights = FakeFlights(build_flights.found(offer))
    offers = FlightOfferService(flights, lambda: build_flights.NOW)
    events = EventService(storage, MemoryBus())
    desk = build_bookings.desk(storage)
    usual: dict[str, Any] = {
        "flights": FlightService(flights, lambda: build_flights.NOW),
        "flight_offers": offers,
        "cheapest_dates": CheapestDatesService(flights, lambda: build_flights.NOW),
        "bookings": desk.bookings,
        "consents": desk.consents,
        "watches": WatchService(storage, flights, offers, events, lambda: build_flights.NOW),
        "events": events,
        "stays": stay_service(geocoding=geocoding),
        "places": PlaceService(FakePlaces([place(rating=4.5)]), geocoding, at_now),
        "weather": WeatherService(FakeWeather(), geocoding, at_now),
        "destinations": fakes_destinations.service(geocoding=geocoding),
        "itineraries": ItineraryService(
            fakes_itinerary.FakePlaces(),
            fakes_itinerary.FakeGeocoding(),
            fakes_itinerary.FakeWeather(),
            fakes_itinerary.airports,
            lambda: fakes_itinerary.NOW,
            budget_s=30,
            iterations=10,
        ),
        "trips": TripService(storage, at_now, announce=events.announce),
        "shares": ShareService(storage, desk.consents, at_now, announce=events.announce),
        "exports": export_service(storage),
        "memories": MemoryService(storage, at_now),
        "status": StatusService(
            mode="demo", version="1.2.3", providers=lambda: (), storage={"database": database_up}
        ),
    }
    return Services(**usual | changes)


async def _echo(request: Request) -> Response:
    return PlainTextResponse(f"mcp {request.method} {request.url.path}")


def quiet_mcp() -> Starlette:
    """Return something in the place of the MCP application."""
    return Starlette(routes=[Route("/mcp", _echo, methods=["GET", "POST"])])


@asynccontextmanager
async def client(mcp: Starlette | None = None, **changes: Any) -> AsyncGenerator[httpx.AsyncClient]:
    app = build_rest(services(**changes), mcp or quiet_mcp(), allowed_hosts=("127.0.0.1",))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE) as http,
    ):
        yield http


def refused(response: httpx.Response) -> dict[str, Any]:
    """Return the error of a response, having checked that its envelope is the one there is."""
    body = response.json()
    assert set(body) == {"error", "message", "code", "details"}
    assert body["error"] is True
    assert set(body["details"]) == {"field_errors", "context"}
    assert body["details"]["context"]["request_id"] == response.headers["x-request-id"]
    return body


def fields(response: httpx.Response) -> list[str]:
    return [each["field"] for each in refused(response)["details"]["field_errors"]]
