"""Public holidays from the `holidays` package: computed, so no request is made.

https://holidays.readthedocs.io - its islamic holidays are estimates and say so in their names.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Protocol, cast

from tripsage_mcp.domain.destination import Holiday, HolidaysFound
from tripsage_mcp.domain.plain_text import bare

_ENGLISH = "en_US"
# Geocoders name regions in English; the package knows them as they name themselves.
_EXONYMS = {
    "AT": {
        "carinthia": "2", "lower austria": "3", "upper austria": "4", "styria": "6",
        "tyrol": "7", "vienna": "9",
    },
    "BE": {"flanders": "VLG", "wallonia": "WAL", "brussels": "BRU"},
    "CH": {
        "geneva": "GE", "grisons": "GR", "lucerne": "LU", "saint gallen": "SG",
        "st gallen": "SG", "basel city": "BS",
    },
    "DE": {
        "baden wurttemberg": "BW", "bavaria": "BY", "hesse": "HE", "lower saxony": "NI",
        "mecklenburg western pomerania": "MV", "north rhine westphalia": "NW",
        "rhineland palatinate": "RP", "saxony": "SN", "saxony anhalt": "ST", "thuringia": "TH",
    },
    "ES": {
        "andalusia": "AN", "balearic islands": "IB", "basque country": "PV",
        "canary islands": "CN", "castile and leon": "CL", "castile la mancha": "CM",
        "catalonia": "CT", "navarre": "NC", "valencia": "VC", "valencian community": "VC",
    },
    "PT": {"azores": "20", "lisbon": "11", "madeira": "30"},
}  # fmt: skip
_NOT_THE_NAME = re.compile(
    r"^(autonomous |foral )?(community|region|principality|state|province|canton|free state) of "
    r"|^(comunidad|comunitat|region|canton) (de |d )?|^the "
    r"| (autonomous )?(district|province|region|state|county|prefecture|community)$"
)


class _Calendar(Protocol):
    """What we use of a calendar of the package."""

    subdivisions: tuple[str, ...]
    subdivisions_aliases: dict[str, str]
    supported_languages: tuple[str, ...]
    default_language: str | None

    def items(self) -> Iterable[tuple[date, str]]: ...


@dataclass(frozen=True, slots=True)
class OfflineHolidays:
    """Computes holidays in a thread: a country's calendar loads when first asked for."""

    async def between(
        self, country_code: str, region: str | None, first: date, last: date
    ) -> HolidaysFound | None:
        """Return the holidays of the country and, where its name is recognised, of the region."""
        return await asyncio.to_thread(_between, country_code, region, first, last)


def _between(country: str, region: str | None, first: date, last: date) -> HolidaysFound | None:
    years = range(first.year, last.year + 1)
    plain = _calendar(country, None, (), None)
    if plain is None:
        return None
    subdivision = None if region is None else _subdivision(country, plain, region)
    english = _ENGLISH if _ENGLISH in plain.supported_languages else None
    named = _days(country, subdivision, years, english, first, last)
    local = named
    if not (plain.default_language or "en").startswith("en"):
        local = _days(country, subdivision, years, None, first, last)
    return HolidaysFound(
        tuple(
            Holiday(day, name, None if local.get(day, name) == name else local[day])
            for day, name in sorted(named.items())
        ),
        source=_source(),
        subdivision=subdivision,
        regional=bool(plain.subdivisions),
    )


def _days(
    country: str,
    subdivision: str | None,
    years: Iterable[int],
    language: str | None,
    first: date,
    last: date,
) -> dict[date, str]:
    calendar = _calendar(country, subdivision, years, language)
    assert calendar is not None
    return {day: name for day, name in calendar.items() if first <= day <= last}


def _calendar(
    country: str, subdivision: str | None, years: Iterable[int], language: str | None
) -> _Calendar | None:
    import holidays as package  # noqa: PLC0415 - only a destination needs it

    try:
        found = package.country_holidays(
            country, subdiv=subdivision, years=list(years), expand=False, language=language
        )
    except NotImplementedError:
        return None
    return cast("_Calendar", found)


def _subdivision(country: str, calendar: _Calendar, region: str) -> str | None:
    """Return the code of a region by its name; None when it is not recognised for certain."""
    words = _words(region)
    known = {_words(name): code for name, code in calendar.subdivisions_aliases.items()}
    code = _EXONYMS.get(country, {}).get(words) or known.get(words)
    return code if code in calendar.subdivisions else None


def _words(name: str) -> str:
    words = bare(name)
    # What is left of "Region" would name any region.
    return _NOT_THE_NAME.sub("", words) or words


def _source() -> str:
    return f"holidays {version('holidays')}, offline"
