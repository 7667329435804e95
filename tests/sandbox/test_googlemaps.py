"""Google's own client library, pointed at the twin over a real socket."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any, cast

import googlemaps
import pytest
from googlemaps import exceptions

from tests.loopback import served
from tests.sandbox.google_client import KEY, NOW
from tripsage_mcp.sandbox.google import build_app

pytestmark = pytest.mark.anyio

type Ask = Callable[..., Any]


@asynccontextmanager
async def library(key: str = KEY) -> AsyncGenerator[Ask]:
    """Yield what calls a method of the library by its name, in a thread."""
    async with served(build_app(lambda: NOW)) as url:
        client = cast("Any", googlemaps).Client(key=key, base_url=url, retry_timeout=1)

        async def ask(method: str, *args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(getattr(client, method), *args, **kwargs)

        yield ask
        client.session.close()


def town(match: dict[str, Any]) -> str:
    return match["address_components"][0]["long_name"]


async def test_it_geocodes_names_and_place_ids() -> None:
    async with library() as ask:
        [lisbon] = await ask("geocode", "Lisbon, Portugal", language="en")
        [again] = await ask("geocode", place_id=lisbon["place_id"])
        french = await ask("geocode", "Paris", components={"country": "FR"})
        nothing = await ask("geocode", "qxzvw")
    assert town(lisbon) == "Lisbon"
    assert again == lisbon
    assert town(french[0]) == "Paris"
    assert nothing == []


async def test_it_geocodes_points_and_keeps_to_the_types_it_was_asked_for() -> None:
    async with library() as ask:
        everything = await ask("reverse_geocode", (38.712, -9.13))
        towns = await ask("reverse_geocode", (38.712, -9.13), result_type=["locality", "country"])
        at_sea = await ask("reverse_geocode", (0.5, -30.0))
    assert [town(match) for match in everything] == ["Alfama", "Lisbon"]
    assert [town(match) for match in towns] == ["Lisbon"]
    assert at_sea == []


async def test_it_asks_for_the_time_zone() -> None:
    async with library() as ask:
        zone = await ask("timezone", (38.712, -9.13), NOW)
    assert (zone["timeZoneId"], zone["rawOffset"], zone["dstOffset"]) == ("Europe/Lisbon", 0, 0)


async def test_it_asks_for_elevations_of_points_and_along_a_path() -> None:
    here, there = (38.712, -9.13), (38.6916, -9.216)
    many = [(38.7 + n / 1000, -9.1 - n / 1000) for n in range(40)]
    async with library() as ask:
        [one] = await ask("elevation", here)
        # So many that it sends them as an encoded line.
        forty = await ask("elevation", many)
        path = await ask("elevation_along_path", [here, there], 5)
        line = await ask("elevation_along_path", "_p~iF~ps|U_ulLnnqC_mqNvxq`@", 3)
    assert one["location"] == {"lat": 38.712, "lng": -9.13}
    assert 0 <= one["elevation"] < 200
    assert one["resolution"] > 0
    assert [(r["location"]["lat"], r["location"]["lng"]) for r in forty] == [
        pytest.approx(point, abs=1e-5) for point in many
    ]
    assert len(path) == 5
    ends = path[0]["location"], path[-1]["location"]
    assert [(end["lat"], end["lng"]) for end in ends] == [here, there]
    latitudes = [result["location"]["lat"] for result in path]
    steps = [a - b for a, b in pairwise(latitudes)]
    assert steps == [pytest.approx(steps[0], rel=0.01)] * 4
    # The line of their documentation begins and ends there.
    assert line[0]["location"] == {"lat": 38.5, "lng": -120.2}
    assert line[-1]["location"] == {"lat": 43.252, "lng": -126.453}


@pytest.mark.parametrize(
    ("method", "arguments", "status"),
    [
        ("elevation_along_path", ([(1, 1), (2, 2)], 1), "INVALID_REQUEST"),
        ("elevation_along_path", ([(1, 1)], 3), "INVALID_REQUEST"),
        ("elevation", ([(1, 1)] * 513,), "INVALID_REQUEST"),
    ],
)
async def test_what_is_refused_is_an_error_of_the_library(
    method: str, arguments: tuple[object, ...], status: str
) -> None:
    async with library() as ask:
        with pytest.raises((exceptions.ApiError, exceptions.HTTPError)) as caught:
            await ask(method, *arguments)
    told = cast("Any", caught.value)
    assert status in str(getattr(told, "status", status))


async def test_a_key_that_cannot_be_one_is_denied() -> None:
    async with library("AIza?") as ask:
        with pytest.raises(exceptions.ApiError) as caught:
            await ask("elevation", (1, 1))
    assert cast("Any", caught.value).status == "REQUEST_DENIED"
