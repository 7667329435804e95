"""Working stand-ins for advice and holidays; tests/contracts keeps them honest."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.fakes_places import FAKE, FakeGeocoding, FakeWeather, at_now
from tests.fakes_rates import FakeRates
from tripsage_mcp.domain.destination import (
    Advisory,
    AdvisoryFound,
    Holiday,
    HolidaysFound,
)
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.services.destinations.service import DestinationService, DestinationSources

ISSUER = "Ministry of Somewhere"
HOME = "https://somewhere.example"


@dataclass
class FakeAdvisories:
    """Says a word about Portugal, and publishes nothing about any other country."""

    fails: TripSageError | None = None
    asked: list[str] = field(default_factory=list[str])

    async def on(self, country_code: str) -> AdvisoryFound:
        self.asked.append(country_code)
        if self.fails is not None:
            raise self.fails
        portugal = Advisory(
            ISSUER,
            "Portugal travel advice",
            ("Mind the trams",),
            date(2026, 11, 1),
            "https://somewhere.example/portugal",
        )
        return AdvisoryFound(ISSUER, (portugal,) if country_code == "PT" else (), HOME, FAKE)


@dataclass
class FakeHolidays:
    """In Portugal the first of each December is a holiday, and the third in the District."""

    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])

    async def between(
        self, country_code: str, region: str | None, first: date, last: date
    ) -> HolidaysFound | None:
        self.asked.append((country_code, region))
        if country_code != "PT":
            return None
        kept = [Holiday(date(y, 12, 1), "Restoration") for y in range(first.year, last.year + 1)]
        if region is not None:
            kept.append(Holiday(date(first.year, 12, 3), "Tram Day", "Dia do Eléctrico"))
        return HolidaysFound(
            tuple(h for h in kept if first <= h.day <= last),
            "fake calendar",
            None if region is None else "11",
            regional=True,
        )


@dataclass
class FailingRates:
    """Raises."""

    error: TripSageError

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        raise self.error


def sources(**changes: Any) -> DestinationSources:
    """Return every source as a fake, with the named ones in place of theirs."""
    usual: dict[str, Any] = {
        "weather": FakeWeather(),
        "geocoding": FakeGeocoding(),
        "holidays": FakeHolidays(),
        "rates": FakeRates(),
        "older_rates": FakeRates(),
        "advisories": (FakeAdvisories(),),
    }
    return DestinationSources(**usual | changes)


def service(**changes: Any) -> DestinationService:
    return DestinationService(sources(**changes), at_now)
