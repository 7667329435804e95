"""The table of countries that ships with the package, and the country of a time zone.

The table is ours, written from general knowledge: what is not certain is left out.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import tzfpy
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tripsage_mcp.domain.country import Country, Electricity, Service, Side
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure import resources

SOURCE = "TripSage country table 2026-11"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    iso3: str
    currency: str | None = None
    also_used: tuple[str, ...] = ()
    plugs: str | None = None
    volts: str | None = None
    hertz: str | None = None
    drives: Side | None = None
    emergency: dict[Service, str] = {}
    uk_slug: str | None = None
    part_of: str | None = None

    def to_domain(self, code: str) -> Country:
        electricity = None
        if self.plugs and self.volts and self.hertz:
            electricity = Electricity(tuple(self.plugs), self.volts, self.hertz)
        return Country(
            code=code,
            code3=self.iso3,
            name=self.name,
            currency=self.currency,
            also_used=self.also_used,
            electricity=electricity,
            emergency=tuple(self.emergency.items()),
            drives_on=self.drives,
            uk_slug=self.uk_slug,
            part_of=self.part_of,
        )


_ROWS = TypeAdapter(dict[str, _Row])


def find(code: str) -> Country | None:
    """Return the country with an ISO 3166-1 alpha-2 code."""
    return every().get(code.upper())


@cache
def every() -> Mapping[str, Country]:
    """Return every country by its code, read on the first call."""
    rows = _ROWS.validate_json(resources.text("countries.json"))
    return {code: row.to_domain(code) for code, row in rows.items()}


def zone_at(at: Coordinates) -> str:
    """Return the IANA time zone of a point; at sea a nautical one, such as `Etc/GMT+2`."""
    return tzfpy.get_tz(at.longitude, at.latitude) or "UTC"


def country_of_zone(zone: str) -> str | None:
    """Return the code of the country whose zone this is; None for zones that are no country's.

    Borders in dispute lie where the zone database draws them.
    """
    return _zones().get(zone)


@cache
def _zones() -> Mapping[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
