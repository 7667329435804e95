import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes_places import NOW
from tests.providers.places.google_server import LISBON, SCHEMAS, Handler, provider, replies
from tests.providers.places.routes_server import RoutesServer, number
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceRef, TravelEnd, TravelMode
from tripsage_mcp.errors import (
    NotFoundError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.providers.places.google_routes import (
    FIELD_MASK,
    Block,
    Trip,
    blocks,
    ordinary_departure,
    whole_minutes,
    within_timetables,
)

pytestmark = pytest.mark.anyio

BELEM = Coordinates(38.6916, -9.2160)


MODES = st.sampled_from(["walk", "transit", "drive", "bicycle"])
IDS = st.lists(st.booleans(), max_size=60)


def ends(by_id: list[bool]) -> tuple[TravelEnd, ...]:
    """Number the ends from 1, each by a place id or by its position."""
    made: list[TravelEnd] = []
    for n, named in enumerate(by_id, start=1):
        at = Coordinates(n / 1000, 0.0)
        made.append(PlaceRef(f"id{n}", at) if named else at)
    return tuple(made)


@settings(max_examples=50)
@given(IDS, IDS, MODES)
async def test_a_matrix_asked_for_in_pieces_is_the_one_that_one_big_request_would_give(
    rows: list[bool], columns: list[bool], mode: TravelMode
) -> None:
    origins, destinations = ends(rows), ends(columns)
    limited, unlimited = RoutesServer(), RoutesServer(limited=False)

    times = await provider(limited).travel_times(origins, destinations, mode)
    if not (rows and columns):
        assert limited.asked == []
        assert times.minutes == tuple(() for _ in rows)
        return
    trip = Trip(origins, destinations, mode, times.departs)
    body = trip.body(Block(range(len(rows)), range(len(columns))))
    whole = httpx.Client(transport=httpx.MockTransport(unlimited)).post("http://x", json=body)

    by_pair = {(e["originIndex"], e["destinationIndex"]): e for e in whole.json()}
    for i, row in enumerate(times.minutes):
        for j, minutes in enumerate(row):
            element = by_pair.pop((i, j))
            assert minutes == whole_minutes(element["duration"])
            assert times.distance_m[i][j] == element.get("distanceMeters", 0)
    assert by_pair == {}
    assert times.gaps == ()
    assert not times.estimated


@given(st.integers(1, 40), st.integers(1, 40), MODES)
async def test_no_more_requests_are_made_than_twice_the_fewest(
    rows: int, columns: int, mode: TravelMode
) -> None:
    server = RoutesServer()
    await provider(server).travel_times(ends([False] * rows), ends([False] * columns), mode)
    fewest = math.ceil(rows * columns / (100 if mode == "transit" else 625))
    assert fewest <= len(server.asked) <= 2 * fewest


async def test_fifty_ids_are_one_request_and_one_more_are_two() -> None:
    for count, requests in ((25, 1), (26, 2)):
        server = RoutesServer()
        await provider(server).travel_times(ends([True] * 25), ends([True] * count), "walk")
        assert len(server.asked) == requests


def starts_at(first: int) -> Callable[[dict[str, Any]], bool]:
    return lambda body: number(body["origins"][0]["waypoint"]) == first


async def test_a_piece_that_fails_is_a_gap_and_the_others_stand() -> None:
    origins, destinations = ends([False] * 20), ends([False] * 10)
    server = RoutesServer(fails=starts_at(11))
    times = await provider(server).travel_times(origins, destinations, "transit")
    [gap] = times.gaps
    assert (gap.code, gap.retryable) == ("provider_unavailable", True)
    assert gap.cells == tuple((i, j) for i in range(10, 20) for j in range(10))
    assert all(times.minutes[i][j] is None for i, j in gap.cells)
    assert all(minutes is not None for row in times.minutes[:10] for minutes in row)


async def test_when_every_piece_fails_so_does_the_matrix() -> None:
    server = RoutesServer(fails=lambda _body: True)
    with pytest.raises(ProviderUnavailableError):
        await provider(server).travel_times(ends([False] * 20), ends([False] * 10), "transit")


async def test_one_element_that_failed_is_a_gap_of_one() -> None:
    body = [element(), element(destinationIndex=1, status={"code": 8})]
    times = await provider(replies(200, json=body)).travel_times((LISBON,), (LISBON, BELEM), "walk")
    assert times.minutes == ((2, None),)
    [gap] = times.gaps
    assert (gap.cells, gap.code) == (((0, 1),), "provider_rate_limited")
    assert (gap.retryable, gap.retry_after_s) == (True, 60.0)


async def test_a_place_nobody_knows_is_not_found_rather_than_a_gap() -> None:
    error = {"code": 404, "status": "NOT_FOUND", "message": "gone"}
    handler = replies(404, json=[{"error": error}])
    with pytest.raises(NotFoundError):
        await provider(handler).travel_times(ends([True]), ends([True]), "walk")


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


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.floats(-180, 180))
def test_timetables_are_asked_for_a_morning_to_come(now: datetime, longitude: float) -> None:
    departure = ordinary_departure(now, longitude)
    assert 0 < (departure - now).total_seconds() <= 9 * 86400
    by_the_sun = departure.timestamp() + round(longitude / 15) * 3600
    local = datetime.fromtimestamp(by_the_sun, UTC)
    assert (local.strftime("%a"), local.hour) == ("Wed", 10)


def test_a_morning_that_is_over_by_the_date_line_is_next_weeks() -> None:
    tuesday_night = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert ordinary_departure(tuesday_night, 179.0) == datetime(2026, 12, 1, 22, tzinfo=UTC)


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=366)))
def test_a_departure_beyond_the_timetables_is_the_last_like_it(
    now: datetime, ahead: timedelta
) -> None:
    asked = (now + ahead).astimezone(ZoneInfo("Europe/Lisbon"))
    answered = within_timetables(asked, now)
    assert now < answered <= now + timedelta(days=100)
    if ahead <= timedelta(days=99):
        assert answered == asked
    else:
        assert answered > now + timedelta(days=91)
        assert f"{answered:%a %H:%M:%S}" == f"{asked:%a %H:%M:%S}"


@pytest.mark.parametrize(
    ("mode", "departs", "sent"),
    [
        ("transit", None, {"departureTime": "2026-11-25T11:00:00Z"}),
        ("transit", 5, {"departureTime": "2026-11-27T12:00:00Z"}),
        (
            "drive",
            5,
            {"departureTime": "2026-11-27T12:00:00Z", "routingPreference": "TRAFFIC_AWARE"},
        ),
        ("drive", None, {}),
        ("walk", 5, {}),
        ("bicycle", 5, {}),
    ],
)
async def test_the_hour_is_sent_where_it_matters(
    mode: TravelMode, departs: int | None, sent: dict[str, str]
) -> None:
    server = RoutesServer()
    moment = None if departs is None else NOW + timedelta(days=departs)
    times = await provider(server).travel_times((LISBON,), (BELEM,), mode, departs=moment)
    [body] = server.asked
    told = {name: body[name] for name in ("departureTime", "routingPreference") if name in body}
    assert told == sent
    assert (times.departs is not None) == ("departureTime" in sent)


def test_every_matrix_field_asked_for_exists() -> None:
    file = SCHEMAS / "routes_v2_fields.txt"
    if not file.exists():
        pytest.skip("the list of Routes fields is not beside this checkout")
    section = file.read_text(encoding="utf-8").split("## RouteMatrixElement")[1].split("\n## ")[0]
    fields = {line.split(":")[0] for line in section.splitlines() if line[:1].isalpha()}
    assert set(FIELD_MASK.split(",")) <= fields
