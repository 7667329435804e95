from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import anyio
import pytest

from tests.fakes_destinations import (
    FailingRates,
    FakeAdvisories,
    FakeHolidays,
    service,
    sources,
)
from tests.fakes_places import LISBON, NOW, FakeGeocoding, FakeWeather, locality
from tests.fakes_rates import AS_OF, FakeRates
from tripsage_mcp.domain.destination import AdvisoryFound
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.place import LocalitiesFound, Surroundings
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderChallengedError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
)
from tripsage_mcp.services.destinations.request import TOPICS, DestinationAsked
from tripsage_mcp.services.destinations.service import DestinationFound, DestinationService

pytestmark = pytest.mark.anyio

TODAY = NOW.date()
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 5)
STAY = DestinationAsked("Lisbon", start_date=FIRST, end_date=LAST)
BOSTON = locality(
    "Boston",
    country="United States",
    country_code="US",
    coordinates=Coordinates(42.36, -71.06),
    time_zone="America/New_York",
)
TOKYO = locality(
    "Tokyo",
    country="Japan",
    country_code="JP",
    coordinates=Coordinates(35.68, 139.77),
    time_zone="Asia/Tokyo",
)
DOWN = ProviderUnavailableError("frankfurter", "HTTP 503")


def known() -> FakeGeocoding:
    return FakeGeocoding([LISBON, BOSTON, TOKYO])


def told(found: DestinationFound) -> list[tuple[str, str | None, str]]:
    return [(failure.topic, failure.source, failure.code) for failure in found.failures]


async def test_everything_is_told_by_default() -> None:
    found = await service().describe(STAY)
    assert found.failures == ()
    assert found.spot.where.locality == LISBON
    assert (found.spot.zone, found.spot.country_by_zone) == ("Europe/Lisbon", False)
    assert found.spot.country is not None
    assert found.spot.country.code == "PT"
    assert found.weather is not None
    assert [day.day for day in found.weather.days] == [FIRST + timedelta(days=n) for n in range(5)]
    assert found.holidays is not None
    assert [holiday.day for holiday in found.holidays.holidays] == [FIRST, date(2026, 12, 3)]
    assert found.money is not None
    assert [(rate.base, rate.quote) for rate in found.money.rates] == [("USD", "EUR")]
    assert found.advice is not None
    assert found.advice[0].advisories[0].statements == ("Mind the trams",)
    assert found.practical == found.spot.country
    assert found.sun is not None
    assert len(found.sun) == 5
    assert (found.hourly, found.clocks) == (None, None)


@pytest.mark.parametrize("topic", TOPICS)
async def test_only_what_is_asked_for_is_asked_for(topic: str) -> None:
    weather, holidays, issuer = FakeWeather(), FakeHolidays(), FakeAdvisories()
    asked = replace(STAY, include=(topic,), home="Europe/London")
    found = await service(weather=weather, holidays=holidays, advisories=(issuer,)).describe(asked)
    facts = {each: getattr(found, each) is not None for each in TOPICS}
    assert facts == {each: each == topic for each in TOPICS}
    assert (found.clocks is not None) == (topic == "practical")
    assert bool(weather.asked) == (topic == "weather")
    assert bool(holidays.asked) == (topic == "holidays")
    assert bool(issuer.asked) == (topic == "advice")


async def test_a_region_that_is_known_narrows_the_holidays() -> None:
    holidays = FakeHolidays()
    await service(holidays=holidays).describe(STAY)
    assert holidays.asked == [("PT", "Lisbon District")]


async def test_without_dates_it_is_about_today_and_four_more_days_there() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    japan = DestinationService(sources(geocoding=known()), lambda: late)
    found = await japan.describe(DestinationAsked("Tokyo", include=("sun",)))
    assert (found.spot.first, found.spot.last) == (date(2026, 11, 23), date(2026, 11, 27))
    found = await japan.describe(DestinationAsked("Boston", include=("sun",)))
    assert found.spot.first == date(2026, 11, 22)
    found = await japan.describe(DestinationAsked("Tokyo", start_date=FIRST, include=("sun",)))
    assert (found.spot.first, found.spot.last) == (FIRST, LAST)


async def test_home_as_a_town_decides_on_clocks_and_money() -> None:
    found = await service(geocoding=known()).describe(replace(STAY, home="Boston"))
    assert found.clocks is not None
    assert (found.clocks.zone, found.clocks.home_zone) == ("Europe/Lisbon", "America/New_York")
    assert found.clocks.minutes == 300
    assert found.money is not None
    assert [(rate.base, rate.quote) for rate in found.money.rates] == [("USD", "EUR")]
    assert found.money.home_currency == "USD"


async def test_home_as_a_zone_does_as_well_and_asks_nobody() -> None:
    geocoding = known()
    asked = DestinationAsked("Tokyo", start_date=FIRST, end_date=LAST, home="Europe/London")
    found = await service(geocoding=geocoding).describe(asked)
    assert found.clocks is not None
    assert found.clocks.minutes == 540
    assert found.money is not None
    assert [(rate.base, rate.quote) for rate in found.money.rates] == [("GBP", "JPY")]
    assert geocoding.asked == ["Tokyo"]


async def test_the_money_of_home_needs_no_rate() -> None:
    found = await service().describe(replace(STAY, home="Europe/Madrid"))
    assert found.money is not None
    assert (found.money.currency, found.money.home_currency, found.money.rates) == (
        "EUR",
        "EUR",
        (),
    )


async def test_home_that_makes_no_difference_is_not_looked_up() -> None:
    geocoding = known()
    await service(geocoding=geocoding).describe(replace(STAY, home="Boston", include=("sun",)))
    assert geocoding.asked == ["Lisbon"]


async def test_an_older_rate_stands_in_and_what_failed_is_said() -> None:
    rates = FailingRates(DOWN)
    found = await service(rates=rates).describe(replace(STAY, include=("money",)))
    assert found.money is not None
    [rate] = found.money.rates
    assert (rate.source, rate.as_of) == ("fake bank", AS_OF)
    assert told(found) == [("money", "frankfurter", "provider_unavailable")]


async def test_a_currency_that_only_the_older_source_quotes_is_no_failure() -> None:
    class Nothing(FakeRates):
        async def rate(self, base: str, quote: str) -> None:
            return None

    found = await service(rates=Nothing()).describe(replace(STAY, include=("money",)))
    assert found.money is not None
    assert len(found.money.rates) == 1
    found = await service(rates=Nothing(), older_rates=Nothing()).describe(
        replace(STAY, include=("money",))
    )
    assert found.money is not None
    assert (found.money.rates, found.failures) == ((), ())


async def test_a_topic_that_fails_is_named_beside_the_others() -> None:
    class NoWeather(FakeWeather):
        async def daily(self, at: Coordinates, first: date, last: date) -> Any:
            raise ProviderRateLimitedError("open-meteo", 60.0)

    american = FakeAdvisories(ProviderChallengedError("travel.state.gov", "a puzzle"))
    found = await service(weather=NoWeather(), advisories=(american, FakeAdvisories())).describe(
        STAY
    )
    assert found.weather is None
    assert found.advice is not None
    assert len(found.advice) == 1
    assert told(found) == [
        ("weather", "open-meteo", "provider_rate_limited"),
        ("advice", "travel.state.gov", "provider_challenged"),
    ]
    assert found.failures[0].retry_after_s == 60
    assert (found.failures[0].retryable, found.failures[1].retryable) == (True, False)
    assert found.holidays is not None


@pytest.mark.parametrize(
    ("said", "zone"), [("Europe/Madrid", "Europe/Madrid"), ("Mars/Olympus", "Europe/Lisbon")]
)
async def test_a_town_keeps_the_zone_it_is_said_to_keep(said: str, zone: str) -> None:
    town = replace(LISBON, time_zone=said)
    found = await service(geocoding=FakeGeocoding([town])).describe(replace(STAY, include=("sun",)))
    assert found.spot.zone == zone


async def test_every_source_is_asked_at_once() -> None:
    everyone, waiting = anyio.Event(), 0

    async def meet() -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 3:
            everyone.set()
        with anyio.fail_after(5):
            await everyone.wait()

    class Issuer(FakeAdvisories):
        async def on(self, country_code: str) -> AdvisoryFound:
            await meet()
            return await FakeAdvisories().on(country_code)

    class Rates(FakeRates):
        async def rate(self, base: str, quote: str) -> ExchangeRate | None:
            await meet()
            return await FakeRates().rate(base, quote)

    issuers = (Issuer(), Issuer())
    found = await service(advisories=issuers, rates=Rates()).describe(STAY)
    assert found.failures == ()


async def test_issuers_are_told_in_their_order() -> None:
    class Slow(FakeAdvisories):
        async def on(self, country_code: str) -> Any:
            found = await FakeAdvisories().on(country_code)
            return replace(found, issuer="Slow")

    found = await service(advisories=(Slow(), FakeAdvisories())).describe(STAY)
    assert found.advice is not None
    assert [each.issuer for each in found.advice] == ["Slow", "Ministry of Somewhere"]


async def test_hours_are_of_the_first_two_days_and_not_past() -> None:
    asked = DestinationAsked("Lisbon", include=("weather",), hourly=True)
    found = await service().describe(asked)
    assert found.hourly is not None
    # It is noon: the hour under way, the rest of today, and tomorrow.
    assert [hour.at.hour for hour in found.hourly.hours][:2] == [12, 13]
    assert len(found.hourly.hours) == 12 + 24
    later = replace(asked, start_date=TODAY + timedelta(days=30))
    found = await service().describe(later)
    assert found.hourly is not None
    assert found.hourly.hours == ()


async def test_a_point_is_in_the_country_of_its_town() -> None:
    found = await service().describe(
        DestinationAsked(latitude=38.72, longitude=-9.14, include=("practical",))
    )
    assert found.spot.where.locality == LISBON
    assert found.practical is not None
    assert (found.practical.code, found.spot.country_by_zone) == ("PT", False)


@pytest.mark.parametrize("why", ["unknown", "approximate", "failing"])
async def test_where_no_town_is_sure_the_zone_tells_the_country(why: str) -> None:
    class Unsure(FakeGeocoding):
        async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
            raise NotImplementedError

        async def reverse(self, at: Coordinates) -> Surroundings:
            if why == "failing":
                raise ProviderUnavailableError("geocoder", "down")
            nearest = locality("Tui", country_code="ES", region="Galicia")
            found = await FakeGeocoding().reverse(at)
            return replace(
                found, locality=nearest if why == "approximate" else None, approximate=True
            )

    holidays = FakeHolidays()
    found = await service(geocoding=Unsure(), holidays=holidays).describe(
        DestinationAsked(latitude=41.9, longitude=-8.3, start_date=FIRST, end_date=LAST)
    )
    assert found.spot.country is not None
    assert (found.spot.country.code, found.spot.country_by_zone) == ("PT", True)
    assert found.spot.zone == "Europe/Lisbon"
    # A region of another country is no region of this one.
    assert holidays.asked == [("PT", None)]


async def test_in_no_country_what_needs_none_is_told_all_the_same() -> None:
    asked = DestinationAsked(latitude=0.0, longitude=-30.0, start_date=FIRST, end_date=LAST)
    found = await service(geocoding=FakeGeocoding([])).describe(asked)
    assert found.spot.country is None
    assert found.weather is not None
    assert found.sun is not None
    assert told(found) == [
        (topic, None, "not_found") for topic in ("holidays", "money", "advice", "practical")
    ]


async def test_a_country_without_calendar_or_currency_is_said_to_be_so() -> None:
    pole = locality("Troll", country_code="AQ", time_zone="Antarctica/Troll")
    found = await service(geocoding=FakeGeocoding([pole])).describe(
        DestinationAsked("Troll", include=("holidays", "money", "practical"))
    )
    assert told(found) == [("holidays", None, "not_found"), ("money", None, "not_found")]
    assert found.practical is not None


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"place": None}, "place"),
        ({"place": "x"}, "place"),
        ({"latitude": 1.0, "longitude": 1.0}, "place"),
        ({"place": None, "latitude": 91.0, "longitude": 1.0}, "latitude"),
        ({"start_date": TODAY - timedelta(days=2)}, "start_date"),
        ({"start_date": None}, "start_date"),
        ({"end_date": FIRST - timedelta(days=1)}, "end_date"),
        ({"end_date": FIRST + timedelta(days=31)}, "end_date"),
        ({"start_date": TODAY + timedelta(days=367), "end_date": None}, "end_date"),
        ({"home": "x"}, "home"),
        ({"home": "Mars/Olympus"}, "home"),
        ({"home": "../../etc/passwd"}, "home"),
        ({"include": ("weather", "gossip")}, "include"),
        ({"include": ("sun",), "hourly": True}, "hourly"),
    ],
)
async def test_what_is_wrong_is_named_before_anyone_is_asked(
    changes: dict[str, Any], argument: str
) -> None:
    weather, geocoding, issuer = FakeWeather(), known(), FakeAdvisories()
    with pytest.raises(InvalidRequestError) as caught:
        await service(weather=weather, geocoding=geocoding, advisories=(issuer,)).describe(
            replace(STAY, **changes)
        )
    assert caught.value.argument == argument
    assert caught.value.example is not None
    assert (weather.asked, geocoding.asked, issuer.asked) == ([], [], [])


async def test_a_day_that_is_over_there_is_past() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    japan = DestinationService(sources(geocoding=known()), lambda: late)
    with pytest.raises(InvalidRequestError) as caught:
        await japan.describe(DestinationAsked("Tokyo", start_date=date(2026, 11, 22)))
    assert caught.value.argument == "start_date"


@pytest.mark.parametrize("changes", [{"place": "Nowherium"}, {"home": "Nowherium"}])
async def test_a_name_nothing_has_is_not_found(changes: dict[str, Any]) -> None:
    with pytest.raises(NotFoundError) as caught:
        await service().describe(replace(STAY, **changes))
    assert next(iter(changes)) in caught.value.message
    assert "Nowherium" not in caught.value.message


async def test_a_stay_that_begins_within_the_year_may_end_on_its_last_day() -> None:
    furthest = TODAY + timedelta(days=366)
    found = await service().describe(
        DestinationAsked("Lisbon", start_date=furthest, include=("sun",))
    )
    assert (found.spot.first, found.spot.last) == (furthest, furthest)
