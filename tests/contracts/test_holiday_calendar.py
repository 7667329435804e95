"""The promises of HolidayCalendar, checked against the fake and what the package computes."""

from datetime import date

import pytest

from tests.fakes_destinations import FakeHolidays
from tripsage_mcp.providers.holidays.offline import OfflineHolidays
from tripsage_mcp.providers.ports import HolidayCalendar

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[FakeHolidays, OfflineHolidays])
def calendar(request: pytest.FixtureRequest) -> HolidayCalendar:
    return request.param()


async def test_holidays_are_within_the_days_in_order_and_named(calendar: HolidayCalendar) -> None:
    first, last = date(2026, 11, 20), date(2027, 12, 20)
    found = await calendar.between("PT", None, first, last)
    assert found is not None
    days = [holiday.day for holiday in found.holidays]
    assert days == sorted(days)
    assert first <= days[0]
    assert days[-1] <= last
    assert {date(2026, 12, 1), date(2027, 12, 1)} <= set(days)
    assert all(holiday.name for holiday in found.holidays)
    assert found.source


async def test_a_day_without_a_holiday_is_an_answer(calendar: HolidayCalendar) -> None:
    found = await calendar.between("PT", None, date(2026, 11, 24), date(2026, 11, 24))
    assert found is not None
    assert found.holidays == ()


async def test_a_region_is_named_by_its_code_and_an_unknown_one_is_ignored(
    calendar: HolidayCalendar,
) -> None:
    day = date(2026, 12, 1)
    with_region = await calendar.between("PT", "Lisbon District", day, day)
    assert with_region is not None
    assert with_region.subdivision == "11"
    assert [holiday.day for holiday in with_region.holidays] == [day]


async def test_a_country_without_a_calendar_is_none(calendar: HolidayCalendar) -> None:
    assert await calendar.between("ZZ", None, date(2026, 11, 24), date(2026, 11, 24)) is None
