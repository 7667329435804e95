"""The same question twice asks upstream once; how old an answer is, it says itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import override

import pytest

from tests.fakes_places import FAKE, LISBON, FakeWeather
from tests.fakes_rates import FakeRates
from tripsage_mcp.domain.destination import AdvisoryFound
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.place import LocalitiesFound, Surroundings
from tripsage_mcp.domain.weather import Weather
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.cached import (
    CachedAdvisories,
    CachedGeocoding,
    CachedRates,
    CachedWeather,
)

pytestmark = pytest.mark.anyio

AT = Coordinates(38.7108, -9.1390)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW.date() + timedelta(days=2)


class Clock:
    """Stands still until it is moved; the memory of the cache follows it."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()


class OutOfReach(MemoryKeyValue):
    """A shared store that does not answer."""

    degraded = True

    @override
    async def get(self, key: str) -> bytes | None:
        return None

    @override
    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        pass


@dataclass
class Names:
    """Knows Lisbon, and counts."""

    asked: list[str] = field(default_factory=list[str])

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        self.asked.append(name)
        return LocalitiesFound((LISBON,)[:limit], FAKE)

    async def reverse(self, at: Coordinates) -> Surroundings:
        self.asked.append(f"{at.latitude},{at.longitude}")
        return Surroundings(LISBON, FAKE)


@dataclass
class Advice:
    """Advises nothing of any country, and counts."""

    asked: list[str] = field(default_factory=list[str])

    async def on(self, country_code: str) -> AdvisoryFound:
        self.asked.append(country_code)
        return AdvisoryFound("a ministry", (), "https://a.example", FAKE)


@dataclass
class Rates:
    """Knows what `FakeRates` knows, and counts."""

    inner: FakeRates = field(default_factory=FakeRates)
    asked: int = 0

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        self.asked += 1
        return await self.inner.rate(base, quote)


@dataclass
class Fickle(FakeWeather):
    """Fails while `down`."""

    down: bool = False

    @override
    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        found = await super().daily(at, first, last)
        if self.down:
            raise ProviderUnavailableError("fake", "HTTP 503")
        return found


@dataclass
class Scene:
    clock: Clock
    cache: Cache
    inner: Fickle
    weather: CachedWeather

    async def settled(self) -> None:
        async with asyncio.timeout(5):
            while vars(self.cache)["_refreshes"]:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)


@asynccontextmanager
async def scene() -> AsyncGenerator[Scene]:
    clock = Clock()
    cache = Cache(MemoryKeyValue(monotonic=clock.seconds), "weather", now=clock)
    inner = Fickle()
    yield Scene(clock, cache, inner, CachedWeather(inner, cache, clock))
    await cache.close()


async def test_the_same_name_is_looked_up_once_however_it_is_written() -> None:
    inner = Names()
    geocoding = CachedGeocoding(inner, Cache(MemoryKeyValue(), "names"))
    first = await geocoding.localities("Lisbon")
    assert await geocoding.localities("  lisbon ") == first
    assert inner.asked == ["Lisbon"]
    await geocoding.localities("Lisbon", limit=1)
    assert len(inner.asked) == 2


async def test_the_same_corner_of_a_town_is_looked_up_once() -> None:
    inner = Names()
    geocoding = CachedGeocoding(inner, Cache(MemoryKeyValue(), "names"))
    first = await geocoding.reverse(AT)
    assert await geocoding.reverse(replace(AT, latitude=AT.latitude + 0.0001)) == first
    await geocoding.reverse(replace(AT, latitude=AT.latitude + 0.01))
    assert len(inner.asked) == 2


async def test_weather_is_read_back_as_it_was() -> None:
    async with scene() as s:
        first = await s.weather.daily(AT, SOON, SOON)
        assert await s.weather.daily(AT, SOON, SOON) == first
        assert len(s.inner.asked) == 1
        await s.weather.daily(AT, SOON, SOON + timedelta(days=1))
        assert len(s.inner.asked) == 2
        assert isinstance(first.days[0].day, date)


async def test_a_forecast_past_its_time_says_so_while_a_new_one_is_fetched() -> None:
    async with scene() as s:
        first = await s.weather.daily(AT, SOON, SOON)
        s.clock.time += timedelta(minutes=21)
        second = await s.weather.daily(AT, SOON, SOON)
        assert second == replace(first, provenance=replace(first.provenance, stale=True))
        assert second.provenance.fetched_at == first.provenance.fetched_at
        await s.settled()
        assert not (await s.weather.daily(AT, SOON, SOON)).provenance.stale
        assert len(s.inner.asked) == 2


async def test_a_forecast_is_shown_through_an_outage_for_an_hour_and_no_longer() -> None:
    async with scene() as s:
        await s.weather.daily(AT, SOON, SOON)
        s.inner.down = True
        s.clock.time += timedelta(minutes=59)
        assert (await s.weather.daily(AT, SOON, SOON)).provenance.stale
        await s.settled()
        s.clock.time += timedelta(minutes=2)
        with pytest.raises(ProviderUnavailableError):
            await s.weather.daily(AT, SOON, SOON)


async def test_averages_are_kept_for_a_month() -> None:
    async with scene() as s:
        far = NOW.date() + timedelta(days=200)
        await s.weather.daily(AT, far, far)
        s.clock.time += timedelta(days=29)
        await s.weather.daily(AT, far, far)
        assert len(s.inner.asked) == 1
        s.clock.time += timedelta(days=2)
        assert not (await s.weather.daily(AT, far, far)).provenance.stale
        assert len(s.inner.asked) == 2


async def test_averages_give_way_once_there_is_a_forecast() -> None:
    async with scene() as s:
        day = NOW.date() + timedelta(days=20)
        await s.weather.daily(AT, day, day)
        s.clock.time = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=16)
        await s.weather.daily(AT, day, day)
        assert len(s.inner.asked) == 2


async def test_advice_is_asked_for_once_in_six_hours_and_shown_for_a_day() -> None:
    clock, inner = Clock(), Advice()
    cache = Cache(MemoryKeyValue(monotonic=clock.seconds), "advice", now=clock)
    advice = CachedAdvisories(inner, cache)
    await advice.on("PT")
    assert not (await advice.on("pt")).provenance.stale
    clock.time += timedelta(hours=7)
    assert (await advice.on("PT")).provenance.stale
    await cache.close()
    await advice.on("ES")
    assert inner.asked == ["PT", "ES"]


async def test_a_rate_and_the_lack_of_one_are_asked_for_once() -> None:
    inner = Rates()
    rates = CachedRates(inner, Cache(MemoryKeyValue(), "rates"))
    first = await rates.rate("EUR", "USD")
    assert first is not None
    assert await rates.rate("EUR", "USD") == first
    assert await rates.rate("EUR", "XXX") is None
    assert await rates.rate("EUR", "XXX") is None
    assert inner.asked == 2


async def test_without_the_shared_cache_every_answer_is_new_and_says_degraded() -> None:
    inner, names = FakeWeather(), Names()
    weather = CachedWeather(inner, Cache(OutOfReach(), "weather"))
    geocoding = CachedGeocoding(names, Cache(OutOfReach(), "names"))
    for _ in range(2):
        assert (await weather.daily(AT, SOON, SOON)).provenance == replace(FAKE, degraded=True)
        assert (await geocoding.localities("Lisbon")).provenance.degraded
        assert (await geocoding.reverse(AT)).provenance.degraded
    assert (len(inner.asked), len(names.asked)) == (2, 4)
