"""Providers as a server opens them: asked once for many, and what is told of their state."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import override

import pytest
from pydantic import SecretStr

from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceSearch
from tripsage_mcp.domain.stay import StaySearch
from tripsage_mcp.errors import ProviderNotConfiguredError
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.keyvalue import KeyValue, MemoryKeyValue, RedisKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter, Place, Rate
from tripsage_mcp.infrastructure.redis_link import RedisLink
from tripsage_mcp.wiring import Ports, Providers, open_providers

pytestmark = pytest.mark.anyio

LISBON, BELEM = Coordinates(38.7108, -9.1390), Coordinates(38.6976, -9.2061)
SOON = utc_now().date() + timedelta(days=3)

type Ask = Callable[[Ports], Awaitable[object]]

MUSEUMS = PlaceSearch("museum", center=LISBON, limit=5)
HOMES = StaySearch("Lisbon, Portugal", SOON, SOON + timedelta(days=2))
FLIGHT = OfferRequest(slices=(SliceRequest("LHR", "JFK", SOON),))
SEARCHES: list[tuple[str, Ask]] = [
    ("duffel-sandbox", lambda ports: ports.flights.search(FLIGHT)),
    ("open-meteo-sandbox", lambda ports: ports.geocoding.localities("Lisbon")),
    ("open-meteo-sandbox", lambda ports: ports.weather.daily(LISBON, SOON, SOON)),
    ("open-meteo-sandbox", lambda ports: ports.weather.hourly(LISBON, SOON, SOON)),
    ("airbnb-sandbox", lambda ports: ports.stays["airbnb"].stays.search(HOMES)),
    ("google-places-sandbox", lambda ports: ports.places.search(MUSEUMS)),
    (
        "google-routes-sandbox",
        lambda ports: ports.places.travel_times((LISBON,), (BELEM,), "walk"),
    ),
]


class CountingLimiter(MemoryLimiter):
    """Counts the requests that go upstream, by queue; time stands still for those that wait."""

    def __init__(self) -> None:
        super().__init__(monotonic=lambda: 0.0)
        self.sent = Counter[str]()

    @override
    async def reserve(self, name: str, rate: Rate, *, longest_wait_s: float) -> Place:
        place = await super().reserve(name, rate, longest_wait_s=longest_wait_s)
        self.sent[name] += place.taken
        return place


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "TRIPSAGE_GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def opened(
    folder: Path, limiter: MemoryLimiter, store: KeyValue | None = None
) -> AsyncGenerator[Providers]:
    store = store or MemoryKeyValue()
    providers = open_providers("demo", 0, utc_now, limiter, store, folder)
    async with AsyncExitStack() as stack:
        for close in (store.close, *providers.closers):
            stack.push_async_callback(close)
        yield providers


@pytest.mark.parametrize(("queue", "ask"), SEARCHES)
async def test_a_hundred_who_ask_the_same_at_once_make_one_request(
    tmp_path: Path, queue: str, ask: Ask
) -> None:
    limiter = CountingLimiter()
    async with opened(tmp_path, limiter) as providers:
        answers = await asyncio.gather(*(ask(providers.ports) for _ in range(100)))
    assert limiter.sent == {queue: 1}
    assert len({repr(answer) for answer in answers}) == 1


async def test_what_was_asked_a_moment_before_is_answered_without_a_request(
    tmp_path: Path,
) -> None:
    limiter = CountingLimiter()
    async with opened(tmp_path, limiter) as providers:
        for _ in range(3):
            await providers.ports.geocoding.localities("Lisbon")
            await providers.ports.weather.daily(LISBON, SOON, SOON)
            await providers.ports.places.search(MUSEUMS)
    assert limiter.sent == {"open-meteo-sandbox": 2, "google-places-sandbox": 1}


async def test_without_its_redis_the_server_goes_on_and_answers_say_degraded(
    tmp_path: Path,
) -> None:
    nobody = RedisKeyValue(RedisLink(SecretStr("redis://127.0.0.1:1/0")))
    limiter = CountingLimiter()
    async with opened(tmp_path, limiter, nobody) as providers:
        for _ in range(2):
            names = await providers.ports.geocoding.localities("Lisbon")
            weather = await providers.ports.weather.daily(LISBON, SOON, SOON)
            assert names.localities
            assert weather.days
            assert names.provenance.degraded
            assert weather.provenance.degraded
        museums = await providers.ports.places.search(MUSEUMS)
        assert not museums.provenance.degraded, "nothing of it would have been kept"
    assert limiter.sent["open-meteo-sandbox"] == 4


async def test_a_provider_that_is_left_alone_is_shown_as_open(tmp_path: Path) -> None:
    async with opened(tmp_path, MemoryLimiter()) as providers:
        health = providers.opened["weather"].health()[0]
        health.succeeded(utc_now() - timedelta(hours=1))
        health.failed(utc_now(), "provider_unavailable")
        shown = {one.capability: one for one in providers.status()}
        assert shown["weather"].state == "failing"
        assert shown["flights"].state == "ready"
        for _ in range(4):
            health.failed(utc_now(), "provider_unavailable")
        (weather,) = (one for one in providers.status() if one.capability == "weather")
    assert weather.state == "open"
    assert weather.open_until == health.open_until
    assert weather.last_error == "provider_unavailable"
    assert weather.last_success is not None
    assert weather.last_failure is not None
    assert weather.last_success < weather.last_failure


async def test_while_one_request_probes_a_provider_is_still_shown_as_open(tmp_path: Path) -> None:
    async with opened(tmp_path, MemoryLimiter()) as providers:
        health = providers.opened["flights"].health()[0]
        for _ in range(5):
            health.failed(utc_now(), "provider_unavailable")
        assert health.open_until is not None
        later = replace(providers, now=lambda: utc_now() + timedelta(seconds=31))
        for state, then in (("failing", "admit"), ("open", "undecided"), ("failing", "")):
            (flights,) = (one for one in later.status() if one.capability == "flights")
            assert flights.state == state
            assert (flights.open_until is not None) is (state == "open")
            if then == "admit":
                assert health.admit("duffel", later.now())
            elif then == "undecided":
                health.undecided()


async def test_a_queue_is_shown_with_its_wait_and_looking_takes_no_place(tmp_path: Path) -> None:
    limiter = MemoryLimiter(monotonic=lambda: 0.0)
    async with opened(tmp_path, limiter) as providers:
        (limit,) = providers.opened["flights"].limits
        for _ in range(limit.rate.burst + 2):
            await limit.reserve()
        for _ in range(3):
            assert await providers.queue_wait_s("flights") == pytest.approx(
                3 * limit.rate.interval_s
            )
        assert await providers.queue_wait_s("weather") == 0


async def test_airbnb_itself_is_asked_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "index.js"
    script.touch()
    monkeypatch.setenv("TRIPSAGE_AIRBNB_SERVER", str(script))
    monkeypatch.setenv("TRIPSAGE_AIRBNB_IGNORE_ROBOTS", "true")
    monkeypatch.setenv("TRIPSAGE_AIRBNB_NODE", sys.executable)  # no Node, so nothing starts
    limiter = CountingLimiter()
    async with opened(tmp_path, limiter) as providers:
        with pytest.raises(ProviderNotConfiguredError):
            await providers.ports.stays["airbnb"].stays.search(HOMES)
        assert limiter.sent == {"airbnb": 1}
        assert await providers.queue_wait_s("stays") == 1


def test_every_provider_has_a_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "duffel_test_x")
    monkeypatch.setenv("TRIPSAGE_GOOGLE_API_KEY", "AIza" + "x" * 35)
    providers = open_providers("live", 0, utc_now, MemoryLimiter(), MemoryKeyValue(), tmp_path)
    assert [name for name, one in providers.opened.items() if one.data and not one.limits] == []
