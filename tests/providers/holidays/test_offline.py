from datetime import date

import pytest

from tripsage_mcp.domain.destination import Holiday, HolidaysFound
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.providers.holidays.offline import OfflineHolidays

pytestmark = pytest.mark.anyio


async def between(code: str, region: str | None, first: date, last: date) -> HolidaysFound:
    found = await OfflineHolidays().between(code, region, first, last)
    assert found is not None
    return found


async def test_names_are_english_with_the_local_one_beside() -> None:
    found = await between("JP", "Tokyo", date(2027, 4, 28), date(2027, 5, 3))
    assert found.holidays == (
        Holiday(date(2027, 4, 29), "Showa Day", "昭和の日"),
        Holiday(date(2027, 5, 3), "Constitution Day", "憲法記念日"),
    )
    assert (found.regional, found.subdivision) == (False, None)
    assert found.source.startswith("holidays ")
    assert found.source.endswith(", offline")


async def test_where_english_is_spoken_there_is_one_name() -> None:
    found = await between("GB", "England", date(2026, 12, 24), date(2026, 12, 26))
    assert found.holidays == (
        Holiday(date(2026, 12, 25), "Christmas Day"),
        Holiday(date(2026, 12, 26), "Boxing Day"),
    )


async def test_a_stay_over_new_year_has_the_holidays_of_both_years() -> None:
    found = await between("FR", None, date(2026, 12, 25), date(2027, 1, 1))
    assert [holiday.day for holiday in found.holidays] == [date(2026, 12, 25), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("code", "region", "subdivision"),
    [
        ("DE", "Bavaria", "BY"),
        ("DE", "Bayern", "BY"),
        ("DE", "Free State of Bavaria", "BY"),
        ("AT", "Vienna", "9"),
        ("CH", "Geneva", "GE"),
        ("CH", "Canton of Geneva", "GE"),
        ("ES", "Catalonia", "CT"),
        ("ES", "Cataluña", "CT"),
        ("ES", "Comunidad de Madrid", "MD"),
        ("GB", "Scotland", "SCT"),
        ("US", "California", "CA"),
        ("CA", "Quebec", "QC"),
        ("CA", "Québec", "QC"),
        ("PT", "Lisbon District", "11"),
        ("AU", "New South Wales", "NSW"),
        # Not recognised for certain.
        ("DE", "Region", None),
        ("DE", "Somewhere", None),
        ("FR", "Ile-de-France", None),
        ("DE", "", None),
    ],
)
async def test_a_region_is_recognised_by_its_names(
    code: str, region: str, subdivision: str | None
) -> None:
    found = await between(code, region, date(2027, 1, 1), date(2027, 1, 31))
    assert (found.subdivision, found.regional) == (subdivision, True)


async def test_a_region_keeps_its_own_holidays_too() -> None:
    epiphany = date(2027, 1, 6)
    bavaria = await between("DE", "Bavaria", epiphany, epiphany)
    hesse = await between("DE", "Hesse", epiphany, epiphany)
    assert [holiday.name for holiday in bavaria.holidays] == ["Epiphany"]
    assert hesse.holidays == ()


async def test_a_country_without_a_calendar_has_none() -> None:
    assert await OfflineHolidays().between("ZZ", None, date(2027, 1, 1), date(2027, 1, 2)) is None


async def test_nearly_every_country_has_a_calendar() -> None:
    without = [
        code
        for code in countries.every()
        if await OfflineHolidays().between(code, None, date(2027, 1, 1), date(2027, 1, 1)) is None
    ]
    assert len(without) < 5
