import json
import math
import random
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.providers.places.google_server import LISBON, SCHEMAS, Handler, provider, replies
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.providers.places.google_routes import (
    FIELD_MASK,
    blocks,
    ordinary_departure,
    whole_minutes,
)

pytestmark = pytest.mark.anyio


def seconds_between(origin: dict[str, float], destination: dict[str, float]) -> int:
    """Any function of the two ends that tells every pair apart."""
    return round(origin["latitude"] * 100_000 + destination["latitude"] * 1_000)


def routes_server(seen: list[dict[str, Any]]) -> Handler:
    """Answers like the real one: any order, zero distance left out, limits enforced."""

    def handler(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        seen.append(body)
        ends = [
            [w["waypoint"]["location"]["latLng"] for w in body[side]]
            for side in ("origins", "destinations")
        ]
        most = 100 if body["travelMode"] == "TRANSIT" else 625
        assert len(ends[0]) * len(ends[1]) <= most
        elements: list[dict[str, Any]] = []
        for i, origin in enumerate(ends[0]):
            for j, destination in enumerate(ends[1]):
                seconds = seconds_between(origin, destination)
                element: dict[str, Any] = {
                    "originIndex": i,
                    "destinationIndex": j,
                    "status": {},
                    "condition": "ROUTE_EXISTS",
                    "duration": f"{seconds}s",
                }
                elements.append(element | ({"distanceMeters": seconds} if seconds else {}))
        random.Random(7).shuffle(elements)  # noqa: S311 - any order will do
        return httpx.Response(200, json=elements)

    return handler


def points(count: int) -> tuple[Coordinates, ...]:
    return tuple(Coordinates(n / 10, 0.0) for n in range(count))


@given(
    st.integers(0, 40), st.integers(0, 40), st.sampled_from(["walk", "transit", "drive", "bicycle"])
)
async def test_a_matrix_asked_for_in_pieces_is_the_matrix(
    rows: int, columns: int, mode: TravelMode
) -> None:
    seen: list[dict[str, Any]] = []
    origins, destinations = points(rows), points(columns)

    times = await provider(routes_server(seen)).travel_times(origins, destinations, mode)

    expected = [
        [seconds_between({"latitude": a.latitude}, {"latitude": b.latitude}) for b in destinations]
        for a in origins
    ]
    assert [list(row) for row in times.distance_m] == expected
    assert [list(row) for row in times.minutes] == [[-(-s // 60) for s in row] for row in expected]
    assert not times.estimated
    most = 100 if mode == "transit" else 625
    fewest = math.ceil(rows * columns / most)
    assert fewest <= len(seen) <= 2 * fewest


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 700))
def test_every_element_is_in_exactly_one_block(rows: int, columns: int, most: int) -> None:
    cut = list(blocks(rows, columns, most))
    cells = [(i, j) for block in cut for i in block.origins for j in block.destinations]
    assert sorted(cells) == [(i, j) for i in range(rows) for j in range(columns)]
    assert all(len(block.origins) * len(block.destinations) <= most for block in cut)


def element(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "originIndex": 0,
        "destinationIndex": 0,
        "status": {},
        "condition": "ROUTE_EXISTS",
        "duration": "61s",
        "distanceMeters": 80,
    }
    return usual | changes


async def one_way(handler: Handler) -> tuple[int | None, int | None]:
    times = await provider(handler).travel_times((LISBON,), (LISBON,), "walk")
    return times.minutes[0][0], times.distance_m[0][0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (2, 80)),
        ({"condition": "ROUTE_NOT_FOUND"}, (None, None)),
        ({"status": {"code": 5, "message": "no such point"}}, (None, None)),
        ({"duration": "0s", "distanceMeters": 0}, (0, 0)),
    ],
)
async def test_an_element_is_a_way_or_no_way(
    changes: dict[str, Any], expected: tuple[int | None, int | None]
) -> None:
    assert await one_way(replies(200, json=[element(**changes)])) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([element(status={"code": 14})], ProviderUnavailableError),
        ([element(status={"code": 8})], ProviderRateLimitedError),
        ([element(duration=None)], ProviderProtocolError),
        ([element(duration="1h")], ProviderProtocolError),
        ([element(originIndex=1)], ProviderProtocolError),
        ([element(), element()], ProviderProtocolError),
        ([], ProviderProtocolError),
        ({}, ProviderProtocolError),
    ],
)
async def test_an_element_that_failed_is_not_taken_for_no_way(
    body: object, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected):
        await one_way(replies(200, json=body))


async def test_the_matrix_wraps_its_refusals_in_an_array() -> None:
    body: list[dict[str, Any]]
    body = [{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "x", "details": []}}]
    with pytest.raises(ProviderRejectedError):
        await one_way(replies(400, json=body))
    body[0]["error"]["details"] = [{"reason": "API_KEY_INVALID"}]
    with pytest.raises(ProviderRejectedError) as caught:
        await one_way(replies(400, json=body))
    assert caught.value.hint == "Check TRIPSAGE_GOOGLE_API_KEY."


@given(st.integers(0, 10**6), st.sampled_from(["", ".0", ".5", ".000000001"]))
def test_durations_are_rounded_up_to_whole_minutes(seconds: int, fraction: str) -> None:
    minutes = whole_minutes(f"{seconds}{fraction}s")
    exact = seconds + float(fraction or 0)
    assert (minutes - 1) * 60 < exact <= minutes * 60 or (exact == 0 and minutes == 0)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.floats(-180, 180),
)
def test_timetables_are_asked_for_a_morning_to_come(now: datetime, longitude: float) -> None:
    departure = datetime.fromisoformat(ordinary_departure(now, longitude))
    assert 0 < (departure - now).total_seconds() <= 9 * 86400
    by_the_sun = departure.timestamp() + round(longitude / 15) * 3600
    local = datetime.fromtimestamp(by_the_sun, UTC)
    assert (local.strftime("%a"), local.hour) == ("Wed", 10)


def test_a_morning_that_is_over_by_the_date_line_is_next_weeks() -> None:
    tuesday_night = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert ordinary_departure(tuesday_night, 179.0) == "2026-12-01T22:00:00Z"


async def test_transit_is_asked_for_a_time_and_walking_is_not() -> None:
    seen: list[dict[str, Any]] = []
    asked = provider(routes_server(seen))
    await asked.travel_times((LISBON,), (LISBON,), "transit")
    await asked.travel_times((LISBON,), (LISBON,), "walk")
    assert [body.get("departureTime") for body in seen] == ["2026-11-25T11:00:00Z", None]


def test_every_matrix_field_asked_for_exists() -> None:
    file = SCHEMAS / "routes_v2_fields.txt"
    if not file.exists():
        pytest.skip("the list of Routes fields is not beside this checkout")
    section = file.read_text(encoding="utf-8").split("## RouteMatrixElement")[1].split("\n## ")[0]
    fields = {line.split(":")[0] for line in section.splitlines() if line[:1].isalpha()}
    assert set(FIELD_MASK.split(",")) <= fields
