from datetime import UTC, date, datetime, timedelta

import pytest

from tests.fakes_places import LISBON, NOW, FakeGeocoding, FakeWeather, at_now, locality
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.services.destinations.weather import WeatherAsked, WeatherService

pytestmark = pytest.mark.anyio
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


async def test_a_name_is_resolved_and_what_it_was_taken_for_is_said() -> None:
    namesakes = [
        locality("Lisbon", region=str(n), coordinates=Coordinates(10.0 * n, 100.0))
        for n in range(5)
    ]
    service = WeatherService(FakeWeather(), FakeGeocoding([LISBON, *namesakes]), at_now)

    found = await service.daily(WeatherAsked(TODAY, TOMORROW, place=" Lisbon "))

    assert found.where.locality == LISBON
    assert found.where.alternatives == tuple(namesakes[:3])
    assert [day.day for day in found.weather.days] == [TODAY, TOMORROW]


async def test_coordinates_are_taken_as_they_are() -> None:
    weather, geocoding = FakeWeather(), FakeGeocoding()
    await WeatherService(weather, geocoding, at_now).daily(
        WeatherAsked(TODAY, TODAY, latitude=1.5, longitude=2.5)
    )
    assert weather.asked == [(Coordinates(1.5, 2.5), TODAY, TODAY)]
    assert geocoding.asked == []


async def test_a_name_nothing_has_is_not_found() -> None:
    service = WeatherService(FakeWeather(), FakeGeocoding(), at_now)
    with pytest.raises(NotFoundError) as caught:
        await service.daily(WeatherAsked(TODAY, TODAY, place="Nowherium"))
    assert "Nowherium" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        (WeatherAsked(TODAY, TODAY), "place"),
        (WeatherAsked(TODAY, TODAY, place="x"), "place"),
        (WeatherAsked(TODAY, TODAY, place="  "), "place"),
        (WeatherAsked(TODAY, TODAY, place="x" * 201), "place"),
        (WeatherAsked(TODAY, TODAY, place="Lisbon", latitude=1.0, longitude=1.0), "place"),
        (WeatherAsked(TODAY, TODAY, latitude=1.0), "longitude"),
        (WeatherAsked(TODAY, TODAY, longitude=1.0), "latitude"),
        (WeatherAsked(TODAY, TODAY, latitude=91.0, longitude=1.0), "latitude"),
        (WeatherAsked(TODAY, TODAY, latitude=1.0, longitude=float("nan")), "longitude"),
        (WeatherAsked(TODAY - timedelta(days=1), TODAY, place="Lisbon"), "start_date"),
        (WeatherAsked(TOMORROW, TODAY, place="Lisbon"), "end_date"),
        (WeatherAsked(TODAY, TODAY + timedelta(days=31), place="Lisbon"), "end_date"),
        (
            WeatherAsked(TODAY + timedelta(days=360), TODAY + timedelta(days=367), place="Lisbon"),
            "end_date",
        ),
    ],
)
async def test_what_is_wrong_is_named_before_anyone_is_asked(
    asked: WeatherAsked, argument: str
) -> None:
    weather, geocoding = FakeWeather(), FakeGeocoding()
    with pytest.raises(InvalidRequestError) as caught:
        await WeatherService(weather, geocoding, at_now).daily(asked)
    assert caught.value.argument == argument
    assert caught.value.example is not None
    assert (weather.asked, geocoding.asked) == ([], [])


async def test_31_days_and_a_year_ahead_are_within_the_limits() -> None:
    service = WeatherService(FakeWeather(), FakeGeocoding(), at_now)
    last = TODAY + timedelta(days=366)
    found = await service.daily(WeatherAsked(last - timedelta(days=30), last, place="Lisbon"))
    assert len(found.weather.days) == 31


async def test_today_is_the_day_at_the_place() -> None:
    # 23:30 UTC on the 22nd: the 23rd in Auckland, still the 22nd in Honolulu.
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    cities = [
        locality("Auckland", time_zone="Pacific/Auckland"),
        locality("Honolulu", time_zone="Pacific/Honolulu"),
    ]
    service = WeatherService(FakeWeather(), FakeGeocoding(cities), lambda: late)
    day = date(2026, 11, 22)
    assert (await service.daily(WeatherAsked(day, day, place="Honolulu"))).weather.days
    with pytest.raises(InvalidRequestError) as caught:
        await service.daily(WeatherAsked(day, day, place="Auckland"))
    assert caught.value.argument == "start_date"


async def test_a_zone_nobody_knows_refuses_no_day() -> None:
    cities = [locality("Olympus", time_zone="Mars/Olympus")]
    service = WeatherService(FakeWeather(), FakeGeocoding(cities), at_now)
    found = await service.daily(WeatherAsked(TODAY, TODAY, place="Olympus"))
    assert len(found.weather.days) == 1
