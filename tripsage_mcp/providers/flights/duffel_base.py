"""What repeats in every answer about flights, made once: airports, airlines and times."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tripsage_mcp.domain.airports import Airport
from tripsage_mcp.domain.flight import Carrier
from tripsage_mcp.domain.local_time import at_zones
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.providers.duffel.wire import Raw


class RawCarrier(Raw):
    """An airline."""

    name: str
    iata_code: str | None = None


class RawPlace(Raw):
    """An airport or a city."""

    iata_code: str
    name: str = ""
    time_zone: str | None = None
    city_name: str | None = None
    iata_city_code: str | None = None
    iata_country_code: str | None = None


type _Times = tuple[datetime, datetime]
type _Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Airports, airlines and times of one answer, which repeats each of them in every offer."""

    _airports: dict[_Key, Airport] = field(default_factory=dict[_Key, Airport])
    _carriers: dict[_Key, Carrier] = field(default_factory=dict[_Key, Carrier])
    _times: dict[_Key, _Times] = field(default_factory=dict[_Key, _Times])

    def airport(self, raw: RawPlace) -> Airport:
        """Translate; a missing time zone is looked up, an unknown airport's stays empty."""
        key = (raw.iata_code, raw.name, raw.time_zone)
        known = self._airports.get(key)
        if known is None:
            known = self._airports[key] = _airport(raw)
        return known

    def carrier(self, raw: RawCarrier) -> Carrier:
        """Translate."""
        key = (raw.name, raw.iata_code)
        known = self._carriers.get(key)
        if known is None:
            known = self._carriers[key] = Carrier(*key)
        return known

    def times(
        self,
        departs: tuple[datetime, str],
        arrives: tuple[datetime, str],
        duration: timedelta | None,
    ) -> _Times:
        """Make a departure and an arrival aware; raises ValueError for an unknown time zone."""
        key = (departs, arrives, duration)
        known = self._times.get(key)
        if known is None:
            known = self._times[key] = at_zones(departs, arrives, duration)
        return known


def _airport(raw: RawPlace) -> Airport:
    zone = raw.time_zone
    if zone is None:
        known = airports.find_airport(raw.iata_code)
        zone = "" if known is None else known.time_zone
    return Airport(
        code=raw.iata_code,
        name=raw.name or raw.iata_code,
        time_zone=zone,
        city=raw.city_name,
        city_code=raw.iata_city_code,
        country_code=raw.iata_country_code,
    )
