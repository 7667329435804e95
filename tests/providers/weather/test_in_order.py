from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from tests.fakes_places import FAKE, LISBON_CENTRE, NOW, FakeWeather
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.weather import HourlyWeather, Weather
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.providers.weather.in_order import WeatherInOrder

pytestmark = pytest.mark.anyio
TODAY = NOW.date()


@dataclass
class Source:
    """Answers as the fake does, under a name; or fails; or knows no hours."""

    name: str
    error: TripSageError | None = None
    without_hours: bool = False
    asked: int = 0
    left_s: float = 0.0

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        self.asked += 1
        self.left_s = deadline.left_s()
        if self.error is not None:
            raise self.error
        found = await FakeWeather().daily(at, first, last)
        return replace(found, provenance=replace(FAKE, source=self.name))

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        self.asked += 1
        if self.error is not None:
            raise self.error
        found = await FakeWeather().hourly(at, first, last)
        hours = () if self.without_hours else found.hours
        return replace(found, hours=hours, provenance=replace(FAKE, source=self.name))


DOWN = ProviderUnavailableError("a", "HTTP 503")
SHORT = ProviderRejectedError("b", "the forecast reaches 8 days")


async def source_of(*sources: Source) -> str:
    found = await WeatherInOrder(sources).daily(LISBON_CENTRE, TODAY, TODAY + timedelta(days=1))
    return found.provenance.source


async def test_the_first_that_answers_is_the_only_one_asked_and_is_named() -> None:
    first, second = Source("a"), Source("b")
    assert await source_of(first, second) == "a"
    assert (first.asked, second.asked) == (1, 0)


@pytest.mark.parametrize("error", [DOWN, SHORT, ProviderProtocolError("a", "odd")])
async def test_one_that_fails_or_does_not_reach_is_passed_over(error: TripSageError) -> None:
    assert await source_of(Source("a", error), Source("b")) == "b"


async def test_when_all_fail_the_first_word_counts() -> None:
    with pytest.raises(ProviderUnavailableError) as caught:
        await source_of(Source("a", DOWN), Source("b", ProviderUnavailableError("b", "HTTP 502")))
    assert caught.value is DOWN
    with pytest.raises(ProviderRejectedError):
        await source_of(Source("b", SHORT), Source("a", ProviderProtocolError("a", "odd")))


async def test_one_that_does_not_reach_does_not_hide_that_another_is_busy() -> None:
    for sources in (
        (Source("a", DOWN), Source("b", SHORT)),
        (Source("b", SHORT), Source("a", DOWN)),
    ):
        with pytest.raises(ProviderUnavailableError):
            await source_of(*sources)


async def test_a_source_that_reaches_no_hour_is_passed_over_too() -> None:
    async def hours(*sources: Source) -> HourlyWeather:
        return await WeatherInOrder(sources).hourly(LISBON_CENTRE, TODAY, TODAY)

    found = await hours(Source("a", without_hours=True), Source("b"))
    assert (found.provenance.source, len(found.hours)) == ("b", 24)
    found = await hours(Source("a", without_hours=True), Source("b", without_hours=True))
    assert (found.provenance.source, found.hours) == ("a", ())
    found = await hours(Source("a", DOWN), Source("b", without_hours=True))
    assert (found.provenance.source, found.hours) == ("b", ())
    with pytest.raises(ProviderUnavailableError):
        await hours(Source("a", DOWN), Source("b", SHORT))


async def test_each_has_its_share_of_the_time_and_the_last_all_that_is_left() -> None:
    sources = Source("a", DOWN), Source("b", DOWN), Source("c")
    with deadline.time_budget(24, monotonic=lambda: 1000.0):
        await source_of(*sources)
    # No time goes by: who fails at once leaves all of its share.
    assert [source.left_s for source in sources] == [8, 12, 24]
    with deadline.time_budget(None):
        assert await source_of(*sources) == "c"
    assert sources[0].left_s == float("inf")
