from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fakes_places import NOW, at_now
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import JSONClient, open_client
from tripsage_mcp.providers.geocoding import open_meteo
from tripsage_mcp.providers.geocoding.open_meteo import OpenMeteoGeocoding, explain

pytestmark = pytest.mark.anyio

type Handler = Callable[[httpx.Request], httpx.Response]

LISBON: dict[str, Any] = {
    "id": 2267057,
    "name": "Lisbon",
    "latitude": 38.71667,
    "longitude": -9.13333,
    "feature_code": "PPLC",
    "country_code": "PT",
    "country": "Portugal",
    "admin1": "Lisbon District",
    "timezone": "Europe/Lisbon",
    "population": 517802,
}


async def no_wait(_seconds: float) -> None:
    return


def provider(handler: Handler) -> OpenMeteoGeocoding:
    client = open_client("https://geocoding.test", transport=httpx.MockTransport(handler))
    http = JSONClient("open-meteo", client, explain=explain, now=at_now, sleep=no_wait)
    return OpenMeteoGeocoding(http, data="live", now=at_now)


def replies(status: int, **kwargs: Any) -> Handler:
    return lambda _request: httpx.Response(status, **kwargs)


async def test_a_town_is_found_with_its_country_region_and_zone() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"results": [LISBON], "generationtime_ms": 0.5})

    found = await provider(handler).localities("Lisbon, Portugal", limit=4)

    assert dict(seen[0].url.params) == {
        "name": "Lisbon, Portugal",
        "count": "14",
        "language": "en",
        "format": "json",
    }
    assert found.localities == (
        Locality(
            name="Lisbon",
            country="Portugal",
            country_code="PT",
            coordinates=Coordinates(38.71667, -9.13333),
            time_zone="Europe/Lisbon",
            region="Lisbon District",
            population=517802,
        ),
    )
    assert found.provenance.attribution == "Place names by GeoNames, via Open-Meteo.com"


async def test_an_answer_without_results_is_nothing_found() -> None:
    found = await provider(replies(200, json={"generationtime_ms": 0.5})).localities("Nowherium")
    assert found.localities == ()


async def test_airports_and_rows_nobody_can_plan_for_are_left_out() -> None:
    airport = LISBON | {"feature_code": "AIRP"}
    zoneless = {k: v for k, v in LISBON.items() if k != "timezone"}
    rows = [airport, zoneless, LISBON, LISBON | {"admin1": "Ohio", "country_code": "US"}, LISBON]
    found = await provider(replies(200, json={"results": rows})).localities("Lisbon")
    assert [(loc.region, loc.country_code) for loc in found.localities] == [
        ("Lisbon District", "PT"),
        ("Ohio", "US"),
    ]


async def test_no_more_than_asked_for_are_returned_in_their_order() -> None:
    rows = [LISBON | {"admin1": str(n)} for n in range(8)]
    found = await provider(replies(200, json={"results": rows})).localities("Lisbon", limit=3)
    assert [loc.region for loc in found.localities] == ["0", "1", "2"]


async def test_a_qualifier_that_they_do_not_know_is_looked_for_among_the_namesakes() -> None:
    seen: list[str] = []
    alabama = LISBON | {"admin1": "Alabama", "country_code": "US", "country": "United States"}

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params["name"])
        rows = [] if "," in seen[-1] else [alabama, LISBON]
        return httpx.Response(200, json={"results": rows} if rows else {})

    asked = provider(handler)
    for name, country_code in (
        ("Lisbon, Portugal", "PT"),
        ("Lisbon, Lisbon District, Portugal", "PT"),
        ("Lisbon, PRT", "PT"),
        ("Lisbon, USA", "US"),
        ("Lisbon, alabama, us", "US"),
        ("Lisbon, AL", "US"),
        ("Lisbon, TX", None),
        ("Lisbon, Mars", None),
        ("Lisbon, Alabama, Portugal", None),
    ):
        seen.clear()
        found = (await asked.localities(name)).localities
        assert [each.country_code for each in found] == ([country_code] if country_code else [])
        assert seen == [name, "Lisbon"]


async def test_a_population_of_nobody_is_unknown() -> None:
    rows = [LISBON | {"population": 0}]
    found = await provider(replies(200, json={"results": rows})).localities("Lisbon")
    assert found.localities[0].population is None


async def test_a_point_is_named_without_asking_anybody_and_only_approximately() -> None:
    def never(_request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    found = await provider(never).reverse(Coordinates(38.7, -9.14))
    assert found.locality is not None
    assert (found.locality.name, found.locality.time_zone) == ("Lisbon", "Europe/Lisbon")
    assert found.approximate
    assert found.provenance.source == "airport and time zone tables"

    at_sea = await provider(never).reverse(Coordinates(0, -30))
    assert (at_sea.locality, at_sea.approximate) == (None, False)


async def test_a_town_on_the_equator_has_no_latitude_in_their_json() -> None:
    row = {k: v for k, v in LISBON.items() if k != "latitude"}
    found = await provider(replies(200, json={"results": [row]})).localities("Macapá")
    assert found.localities[0].coordinates.latitude == 0.0


def refuses(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (replies(400, json={"error": True, "reason": "SECRET"}), ProviderRejectedError),
        (replies(404, text="x"), ProviderRejectedError),
        (replies(429, json={"error": True, "reason": "SECRET"}), ProviderRateLimitedError),
        (replies(503, text="<html>"), ProviderUnavailableError),
        (replies(200, text="<html>"), ProviderProtocolError),
        (replies(200, json={"results": [{"name": 1}]}), ProviderProtocolError),
        (refuses, ProviderUnavailableError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).localities("Lisbon")
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)


async def test_build_answers_from_an_application_in_process() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == "/sandbox/v1/search"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    config = open_meteo.OpenMeteoGeocodingConfig(geocoding_url="http://world/sandbox")
    built = open_meteo.build(config, data="sandbox", now=at_now, app=app)
    found = await built.localities("Lisbon")
    await built.aclose()
    assert (found.provenance.data, built.health[0].last_success) == ("sandbox", NOW)
