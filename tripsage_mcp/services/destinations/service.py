"""What a traveller should know about a destination for the days of a stay, gathered at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.country import Country
from tripsage_mcp.domain.destination import (
    AdvisoryFound,
    ClockChange,
    HolidaysFound,
    TimeDifference,
    clock_changes,
    time_difference,
)
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.sun import Daylight, daylight
from tripsage_mcp.domain.weather import HourlyWeather, Weather
from tripsage_mcp.errors import NotFoundError, ProviderError, TripSageError
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import both, in_parallel
from tripsage_mcp.providers.ports import (
    AdvisoryProvider,
    ExchangeRates,
    GeocodingProvider,
    HolidayCalendar,
    WeatherProvider,
)
from tripsage_mcp.services.destinations.request import (
    HOURLY_DAYS,
    TOPICS,
    DestinationAsked,
    DestinationQuery,
    Topic,
    checked,
)
from tripsage_mcp.services.destinations.spot import HomeFacts, Spot, resolve_home, resolve_spot

type Work = Callable[[], Awaitable[None]]

_HOUR = timedelta(hours=1)
# What most travellers reckon in, where home is not known.
_WELL_KNOWN = ("EUR", "USD")


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of the answer that could not be had; the others stand.

    Attributes:
        source: Whose fault it is; None where it is nobody's.
        code: As in `errors.py`.
    """

    topic: Topic
    source: str | None
    code: str
    message: str
    retryable: bool
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """The currency, and what others are worth in it.

    Attributes:
        rates: Each from another currency to this one; empty where nobody quotes it.
        home_currency: The traveller's own, where home is known.
        also_used: What else is taken there.
    """

    currency: str
    rates: tuple[ExchangeRate, ...]
    home_currency: str | None = None
    also_used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationFound:
    """Facts by topic; a topic that was not asked for, or has failed, is None.

    Attributes:
        practical: The country, whose facts are of the table named by `table`.
        clocks: Compared with those at home, where home is known.
        clock_changes: Days of the stay on which the local clocks are changed.
        failures: In the order of the topics.
    """

    spot: Spot
    weather: Weather | None = None
    hourly: HourlyWeather | None = None
    holidays: HolidaysFound | None = None
    money: MoneyFacts | None = None
    advice: tuple[AdvisoryFound, ...] | None = None
    practical: Country | None = None
    clocks: TimeDifference | None = None
    clock_changes: tuple[ClockChange, ...] = ()
    sun: tuple[Daylight, ...] | None = None
    failures: tuple[Failure, ...] = ()
    table: str = countries.SOURCE


@dataclass(frozen=True, slots=True)
class DestinationSources:
    """Whom to ask.

    Attributes:
        rates: Today's.
        older_rates: Used where those fail, or do not quote a currency.
        advisories: Each issuer is asked.
    """

    weather: WeatherProvider
    geocoding: GeocodingProvider
    holidays: HolidayCalendar
    rates: ExchangeRates
    older_rates: ExchangeRates
    advisories: tuple[AdvisoryProvider, ...]


@dataclass(slots=True)
class _Told:
    weather: Weather | None = None
    hourly: HourlyWeather | None = None
    holidays: HolidaysFound | None = None
    money: MoneyFacts | None = None
    advice: dict[int, AdvisoryFound] = field(default_factory=dict[int, AdvisoryFound])
    practical: Country | None = None
    failures: list[Failure] = field(default_factory=list[Failure])

    async def attempt(self, topic: Topic, work: Work) -> None:
        """Do one part; its failure is written down, and is no failure of the others."""
        try:
            await work()
        except (ProviderError, NotFoundError) as error:
            self.failures.append(_failure(topic, error))


@dataclass(frozen=True, slots=True)
class DestinationService:
    """Asks every source of what was asked for at once, and tells what each of them said."""

    sources: DestinationSources
    now: Clock = utc_now

    async def describe(self, request: DestinationAsked) -> DestinationFound:
        """Return the facts for the days of a stay.

        Raises:
            InvalidRequestError: an argument breaks its rule, or a name may mean several places.
            NotFoundError: nothing has the name of the place, or of home.
            ProviderError: the place could not be resolved.
        """
        now, geocoding = self.now(), self.sources.geocoding
        query = checked(request, now)
        spot, home = await both(
            lambda: resolve_spot(geocoding, query, now), lambda: resolve_home(geocoding, query.home)
        )
        told = _Told()
        works: list[tuple[Topic, Work]] = [
            ("weather", lambda: self._weather(told, spot)),
            ("holidays", lambda: self._holidays(told, spot)),
            ("money", lambda: self._money(told, spot, home)),
            ("practical", lambda: self._practical(told, spot)),
        ]
        works.extend(
            ("advice", partial(self._advice, told, spot, issuer))
            for issuer in range(len(self.sources.advisories))
        )
        if query.hourly:
            works.append(("weather", lambda: self._hourly(told, spot)))
        calls = [
            partial(told.attempt, topic, work) for topic, work in works if topic in query.topics
        ]
        await in_parallel(calls, at_most=len(works))
        return _found(query, spot, home, told)

    async def _weather(self, told: _Told, spot: Spot) -> None:
        told.weather = await self.sources.weather.daily(spot.at, spot.first, spot.last)

    async def _hourly(self, told: _Told, spot: Spot) -> None:
        last = min(spot.last, spot.first + timedelta(days=HOURLY_DAYS - 1))
        found = await self.sources.weather.hourly(spot.at, spot.first, last)
        earliest = self.now() - _HOUR
        hours = tuple(hour for hour in found.hours if hour.at > earliest)
        told.hourly = HourlyWeather(found.time_zone, hours, found.provenance)

    async def _holidays(self, told: _Told, spot: Spot) -> None:
        code = spot.known_country().code
        found = await self.sources.holidays.between(code, spot.region, spot.first, spot.last)
        if found is None:
            raise NotFoundError("there is no holiday calendar of this country")
        told.holidays = found

    async def _money(self, told: _Told, spot: Spot, home: HomeFacts | None) -> None:
        country = spot.known_country()
        currency = country.currency
        if currency is None:
            raise NotFoundError("the currency of this country is not known")
        own = None if home is None else home.currency
        bases = _WELL_KNOWN if own is None else (own,)
        failed: list[ProviderError] = []
        calls = [partial(self._rate, base, currency, failed) for base in bases if base != currency]
        rates = await in_parallel(calls, at_most=len(bases))
        known = tuple(rate for rate in rates if rate is not None)
        told.money = MoneyFacts(currency, known, own, country.also_used)
        if failed:
            raise failed[0]

    async def _rate(
        self, base: str, quote: str, failed: list[ProviderError]
    ) -> ExchangeRate | None:
        """Return today's rate, else an older one, which says of when it is."""
        try:
            rate = await self.sources.rates.rate(base, quote)
        except ProviderError as error:
            failed.append(error)
            rate = None
        return rate or await self.sources.older_rates.rate(base, quote)

    async def _advice(self, told: _Told, spot: Spot, issuer: int) -> None:
        code = spot.known_country().code
        told.advice[issuer] = await self.sources.advisories[issuer].on(code)

    async def _practical(self, told: _Told, spot: Spot) -> None:
        told.practical = spot.known_country()


def _found(
    query: DestinationQuery, spot: Spot, home: HomeFacts | None, told: _Told
) -> DestinationFound:
    clocks, changes = None, ()
    if "practical" in query.topics:
        changes = clock_changes(spot.zone, spot.first, spot.last)
        if home is not None:
            clocks = time_difference(spot.zone, home.zone, spot.first, spot.last)
    failures = dict.fromkeys(told.failures)
    return DestinationFound(
        spot=spot,
        weather=told.weather,
        hourly=told.hourly,
        holidays=told.holidays,
        money=told.money,
        advice=tuple(advice for _, advice in sorted(told.advice.items())) or None,
        practical=told.practical,
        clocks=clocks,
        clock_changes=changes,
        sun=_sun(spot) if "sun" in query.topics else None,
        failures=tuple(sorted(failures, key=lambda f: (TOPICS.index(f.topic), f.source or ""))),
    )


def _sun(spot: Spot) -> tuple[Daylight, ...]:
    zone = ZoneInfo(spot.zone)
    days = (spot.last - spot.first).days + 1
    return tuple(daylight(spot.at, spot.first + timedelta(days=n), zone) for n in range(days))


def _failure(topic: Topic, error: TripSageError) -> Failure:
    return Failure(
        topic=topic,
        source=error.provider if isinstance(error, ProviderError) else None,
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
    )
