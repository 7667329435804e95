from datetime import UTC, date, datetime, timedelta

import pytest

from tests.fakes_places import FakeGeocoding, FakeWeather
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.keyvalue import Cache, MemoryKeyValue
from tripsage_mcp.providers.cached import CachedGeocoding, CachedWeather

pytestmark = pytest.mark.anyio
LISBON = Coordinates(38.7108, -9.1390)
DAY = datetime.now(UTC).date() + timedelta(days=2)


async def test_the_same_name_is_looked_up_once_however_it_is_written() -> None:
    inner = FakeGeocoding()
    geocoding = CachedGeocoding(inner, Cache(MemoryKeyValue(), "names"))
    first = await geocoding.localities("Lisbon")
    assert await geocoding.localities("  lisbon ") == first
    assert len(inner.asked) == 1
    await geocoding.localities("Lisbon", limit=1)
    assert len(inner.asked) == 2


async def test_weather_is_read_back_as_it_was() -> None:
    inner = FakeWeather()
    weather = CachedWeather(inner, Cache(MemoryKeyValue(), "weather"))
    first = await weather.daily(LISBON, DAY, DAY)
    assert await weather.daily(LISBON, DAY, DAY) == first
    assert len(inner.asked) == 1
    await weather.daily(LISBON, DAY, DAY + timedelta(days=1))
    assert len(inner.asked) == 2
    assert isinstance(first.days[0].day, date)
