"""Through the real `googlemaps` library, answered by an application in this process."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes_places import NOW, at_now
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.errors import (
    ConfigurationError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.limits import MemoryLimiter, OutboundLimit, Rate
from tripsage_mcp.providers.geocoding import google
from tripsage_mcp.providers.geocoding.google import GoogleGeocoding, GoogleGeocodingConfig

pytestmark = pytest.mark.anyio

LISBON: dict[str, Any] = {
    "place_id": "ChIJlisbon",
    "types": ["locality", "political"],
    "formatted_address": "Lisbon, Portugal",
    "geometry": {"location": {"lat": 38.7167, "lng": -9.1333}, "location_type": "APPROXIMATE"},
    "address_components": [
        {"long_name": "Lisbon", "short_name": "Lisbon", "types": ["locality", "political"]},
        {
            "long_name": "Lisbon District",
            "short_name": "Lisbon District",
            "types": ["administrative_area_level_1", "political"],
        },
        {"long_name": "Portugal", "short_name": "PT", "types": ["country", "political"]},
    ],
}
ZONE = {"dstOffset": 0, "rawOffset": 0, "status": "OK", "timeZoneId": "Europe/Lisbon"}

type Answer = Callable[[], Response]


def ok(*matches: dict[str, Any]) -> Answer:
    return lambda: JSONResponse({"results": list(matches), "status": "OK"})


def status(name: str) -> Answer:
    return lambda: JSONResponse({"results": [], "status": name, "error_message": "SECRET"})


def provider(
    geocode: Answer,
    zone: Answer | None = None,
    seen: list[dict[str, str]] | None = None,
    limit: OutboundLimit | None = None,
) -> GoogleGeocoding:
    asked = [] if seen is None else seen

    async def geocoded(request: Request) -> Response:
        asked.append(dict(request.query_params))
        return geocode()

    async def zoned(request: Request) -> Response:
        asked.append(dict(request.query_params))
        return JSONResponse(ZONE) if zone is None else zone()

    app = Starlette(
        routes=[
            Route("/maps/maps/api/geocode/json", geocoded),
            Route("/maps/maps/api/timezone/json", zoned),
        ]
    )
    config = GoogleGeocodingConfig(
        api_key=SecretStr("AIzaTest"), maps_url="http://world/maps/", retry_timeout_s=0.01
    )
    return google.build(config, data="sandbox", now=at_now, app=app, limit=limit)


async def test_a_town_is_geocoded_and_its_zone_asked_for() -> None:
    seen: list[dict[str, str]] = []
    subject = provider(ok(LISBON), seen=seen)
    with anyio.fail_after(20):
        found = await subject.localities("Lisboa")
    await subject.aclose()

    assert seen == [
        {"address": "Lisboa", "language": "en", "key": "AIzaTest"},
        {
            "location": "38.7167,-9.1333",
            "timestamp": str(int(NOW.timestamp())),
            "key": "AIzaTest",
        },
    ]
    assert found.localities == (
        Locality(
            name="Lisbon",
            country="Portugal",
            country_code="PT",
            coordinates=Coordinates(38.7167, -9.1333),
            time_zone="Europe/Lisbon",
            region="Lisbon District",
        ),
    )
    assert (found.provenance.data, found.provenance.attribution) == ("sandbox", "Google Maps")
    assert subject.health[0].last_success == NOW


async def test_nothing_found_is_empty_and_an_address_is_no_town() -> None:
    assert (await provider(status("ZERO_RESULTS")).localities("Nowherium")).localities == ()
    street = LISBON | {"types": ["street_address"]}
    assert (await provider(ok(street)).localities("Rua 1")).localities == ()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Lisbon", 1),
        ("lisbn", 1),
        ("Lisboon, Portugal", 1),
        ("Nowherium, Portugal", 0),
        ("Atlantis", 0),
    ],
)
async def test_a_partial_match_is_taken_for_a_slip_but_not_for_what_is_merely_around_it(
    asked: str, found: int
) -> None:
    match = LISBON | {"partial_match": True}
    assert len((await provider(ok(match)).localities(asked)).localities) == found


async def test_matches_come_once_in_order_and_no_more_zones_are_asked_for_than_needed() -> None:
    rows = [LISBON | {"place_id": place_id} for place_id in ("a", "a", "b", "c")]
    seen: list[dict[str, str]] = []
    found = await provider(ok(*rows), seen=seen).localities("Lisbon", limit=2)
    assert len(found.localities) == 2
    assert len(seen) == 3


async def test_a_match_in_the_middle_of_an_ocean_has_no_zone_and_is_left_out() -> None:
    found = await provider(ok(LISBON), lambda: JSONResponse({"status": "ZERO_RESULTS"})).localities(
        "Atlantis"
    )
    assert found.localities == ()


def area(kind: str, name: str) -> dict[str, Any]:
    """A match of a reverse lookup; its own name is that of the first component."""
    types = [kind, "political"]
    own = {"long_name": name, "short_name": name, "types": types}
    rest = [c for c in LISBON["address_components"] if kind not in c["types"]][1:]
    return LISBON | {"types": types, "place_id": name, "address_components": [own, *rest]}


async def test_a_point_is_in_the_narrowest_settlement_and_its_zone_is_the_points() -> None:
    seen: list[dict[str, str]] = []
    matches = [area("administrative_area_level_2", "County"), area("locality", "Sintra")]
    subject = provider(ok(*matches), seen=seen)
    found = await subject.reverse(Coordinates(38.8, -9.39))
    await subject.aclose()

    assert found.locality is not None
    assert (found.locality.name, found.locality.country_code) == ("Sintra", "PT")
    assert found.locality.time_zone == "Europe/Lisbon"
    assert not found.approximate
    assert seen[0]["latlng"] == "38.8,-9.39"
    assert seen[0]["result_type"].startswith("locality|postal_town|")
    assert seen[1]["location"] == "38.8,-9.39"


async def test_a_point_out_at_sea_is_in_nothing() -> None:
    assert (await provider(status("ZERO_RESULTS")).reverse(Coordinates(0, -30))).locality is None


async def test_after_failing_again_and_again_it_is_left_alone_for_a_while() -> None:
    seen: list[dict[str, str]] = []
    subject = provider(status("UNKNOWN_ERROR"), seen=seen)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError):
            await subject.localities("Lisbon")
    asked = len(seen)
    with pytest.raises(ProviderUnavailableError) as caught:
        await subject.reverse(Coordinates(38.7, -9.1))
    assert caught.value.retry_after_s == 30
    assert len(seen) == asked


async def test_a_lookup_takes_its_turn_in_the_queue() -> None:
    limit = OutboundLimit(MemoryLimiter(monotonic=lambda: 0.0), "google", Rate(1, 60), 5.0)
    subject = provider(ok(LISBON), limit=limit)
    await subject.localities("Lisbon")
    with pytest.raises(ProviderRateLimitedError) as caught:
        await subject.localities("Lisbon")
    assert caught.value.retry_after_s == 60


def http(code: int) -> Answer:
    return lambda: PlainTextResponse("SECRET", code)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status("OVER_QUERY_LIMIT"), ProviderRateLimitedError),
        (status("OVER_DAILY_LIMIT"), ProviderRejectedError),
        (status("REQUEST_DENIED"), ProviderRejectedError),
        (status("INVALID_REQUEST"), ProviderRejectedError),
        (status("UNKNOWN_ERROR"), ProviderUnavailableError),
        (http(403), ProviderRejectedError),
        (http(429), ProviderRateLimitedError),
        (http(502), ProviderUnavailableError),
        (http(503), ProviderUnavailableError),
        (http(200), ProviderProtocolError),
        (lambda: JSONResponse({}), ProviderProtocolError),
        (ok({"place_id": "x"}), ProviderProtocolError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    answer: Answer, expected: type[TripSageError]
) -> None:
    subject = provider(answer)
    with pytest.raises(expected) as caught:
        await subject.localities("Lisbon")
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)
    assert subject.health[0].last_error == expected.code


async def test_an_application_that_breaks_is_out_of_reach() -> None:
    def broken() -> Response:
        raise RuntimeError("a bug")

    with pytest.raises(ProviderUnavailableError):
        await provider(broken).localities("Lisbon")


async def test_calls_at_the_same_time_take_turns() -> None:
    inside = 0
    most = 0

    def answer() -> Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        inside -= 1
        return JSONResponse({"results": [LISBON], "status": "OK"})

    subject = provider(answer)
    found: list[int] = []

    async def ask() -> None:
        found.append(len((await subject.localities("Lisbon")).localities))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask)
    assert found == [1] * 5
    assert most == 1


async def test_without_a_key_the_error_names_the_variable() -> None:
    subject = google.build(GoogleGeocodingConfig(api_key=None))
    with pytest.raises(ProviderNotConfiguredError) as caught:
        await subject.localities("Lisbon")
    assert caught.value.variable == "TRIPSAGE_GOOGLE_API_KEY"


def test_a_key_the_library_would_refuse_is_refused_at_start_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        google.build(GoogleGeocodingConfig(api_key=SecretStr("AQ.hunter2")))
    assert "TRIPSAGE_GOOGLE_API_KEY" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_once_nobody_waits_the_thread_is_left_to_the_next_in_line() -> None:
    seconds, seen = [1000.0], list[dict[str, str]]()

    def slowly() -> Response:
        seconds[0] += 30
        return ok(*(LISBON | {"place_id": f"ChIJ{n}"} for n in range(5)))()

    subject = provider(slowly, seen=seen)
    with (
        anyio.fail_after(20),
        time_budget(25, monotonic=lambda: seconds[0]),
        pytest.raises(ProviderUnavailableError, match="within the time"),
    ):
        await subject.localities("Lisboa")
    assert len(seen) == 1, "no zone is asked for"
    assert subject.health == (Health(),)
    with anyio.fail_after(20):
        assert (await subject.localities("Lisboa")).localities
    await subject.aclose()
