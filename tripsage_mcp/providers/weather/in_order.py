"""Several sources of weather behind one port: the first that can answer does."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.weather import HourlyWeather, Weather
from tripsage_mcp.errors import ProviderError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.providers.ports import WeatherProvider

log = logging.getLogger("tripsage")


@dataclass(frozen=True, slots=True)
class WeatherInOrder:
    """Asks the next source where one fails or does not reach; each answer names its own source.

    Of the time there is each has its share, so that one that hangs leaves some to the next.

    Attributes:
        sources: At least one. When all fail, the caller is told what the first one said that may
            answer when asked again, or else the first of all.
    """

    sources: tuple[WeatherProvider, ...]

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return every day, from one source."""
        return await self._first(lambda source: source.daily(at, first, last), lambda _: True)

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        """Return the hours, from one source; one that reaches none of them is the last resort."""
        return await self._first(
            lambda source: source.hourly(at, first, last), lambda found: bool(found.hours)
        )

    async def _first[R](
        self, ask: Callable[[WeatherProvider], Awaitable[R]], will_do: Callable[[R], bool]
    ) -> R:
        failures: list[ProviderError] = []
        answers: list[R] = []
        for number, source in enumerate(self.sources):
            share_s = deadline.left_s() / (len(self.sources) - number)
            try:
                with deadline.time_budget(share_s):
                    answers.append(await ask(source))
            except ProviderError as error:
                log.info("weather_source_passed_over %s %s", error.provider, error.code)
                failures.append(error)
                continue
            if will_do(answers[-1]):
                return answers[-1]
        if answers:
            return answers[0]
        # "It does not reach so far" must not hide that another does, and was only busy.
        raise next((error for error in failures if error.retryable), failures[0])
