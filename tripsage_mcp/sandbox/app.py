"""The whole sandbox world as one ASGI application, each provider's twin below a path of its own.

Below the base address, for example `http://127.0.0.1:8790`, a client of

- api.duffel.com uses `/duffel`,
- places.googleapis.com, routes.googleapis.com and maps.googleapis.com uses `/google`,
- api.open-meteo.com uses `/open-meteo/forecast`,
- archive-api.open-meteo.com uses `/open-meteo/archive`,
- geocoding-api.open-meteo.com uses `/open-meteo/geocoding`,
- api.openweathermap.org uses `/open-weather`,
- api.frankfurter.dev uses `/frankfurter`,
- cadataapi.state.gov uses `/us-advisories`,
- www.gov.uk uses `/uk-advice`,

each followed by the real path: `/google/v1/places:searchText`. The Airbnb stand-in speaks MCP and
is apart, in `tripsage_mcp.sandbox.airbnb`.

The twin of Duffel fails when asked to, by the header `x-sandbox-fault`: see
`tripsage_mcp.sandbox.duffel.faults`.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox import advisories, frankfurter, google, open_meteo, open_weather
from tripsage_mcp.sandbox.duffel.app import build_app as build_duffel
from tripsage_mcp.sandbox.duffel.ledger import Ledger
from tripsage_mcp.sandbox.paths import BASE_PATHS


def build_app(seed: int = 0, now: Clock = utc_now, *, ledger: Ledger | None = None) -> Starlette:
    """Return the world; the same seed and clock give the same answers.

    It holds nothing that is bound to an event loop and needs no lifespan.

    Args:
        seed: Which invented world: fares, seats, weather. Places and towns are the real ones.
        now: Decides what is past, what is open and what has expired.
        ledger: Remembers orders; by default in memory, for as long as the application lives.
    """
    twins = {
        "duffel": build_duffel(seed, now, ledger=ledger),
        "google": google.build_app(now),
        "open_meteo_forecast": open_meteo.build_forecast(seed, now),
        "open_meteo_archive": open_meteo.build_archive(seed, now),
        "open_meteo_geocoding": open_meteo.build_geocoding(),
        "open_weather": open_weather.build_app(seed, now),
        "frankfurter": frankfurter.build_app(seed, now),
        "us_advisories": advisories.build_us(seed, now),
        "uk_advice": advisories.build_uk(seed, now),
    }

    async def index(_request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "name": "TripSage sandbox",
                "data": "sandbox",
                "description": "Invented travel data in the providers' own formats. Not for sale.",
                "seed": seed,
                "base_paths": dict(BASE_PATHS),
            }
        )

    return Starlette(
        routes=[
            Route("/", index),
            *(Mount(BASE_PATHS[name], app=twin) for name, twin in twins.items()),
        ]
    )
