from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.place import MINUTES_PER_DAY, OpeningHours, OpeningPeriod
from tripsage_mcp.providers.places.google_hours import RawHours, RawPeriod, exceptions, weekly

WEEK = 7 * MINUTES_PER_DAY
SUNDAY, MONDAY, FRIDAY, SATURDAY = 0, 1, 5, 6
TODAY = date(2026, 11, 23)  # a Monday
NINE_TO_FIVE = (9 * 60, 17 * 60)


def point(day: int, hour: int, minute: int = 0, on: date | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"day": day, "hour": hour, "minute": minute}
    if on is not None:
        made["date"] = {"year": on.year, "month": on.month, "day": on.day}
    return made


def periods(*pairs: tuple[dict[str, Any], dict[str, Any] | None]) -> list[RawPeriod]:
    raw = [{"open": o} if c is None else {"open": o, "close": c} for o, c in pairs]
    return RawHours.model_validate({"periods": raw}).periods or []


def minutes_of(hours: OpeningHours) -> set[int]:
    """Every minute of the week, from Monday's midnight, that our hours are open."""
    if hours.always_open:
        return set(range(WEEK))
    spans = [(p.day * MINUTES_PER_DAY + p.opens, p.closes - p.opens) for p in hours.periods]
    return {(start + n) % WEEK for start, length in spans for n in range(length)}


def google_minutes(spans: Iterable[tuple[int, int]]) -> set[int]:
    """The same, reckoned from Google's start (counted from Sunday) and length."""
    monday = 6 * MINUTES_PER_DAY
    return {(start + monday + n) % WEEK for start, length in spans for n in range(length)}


def raw_from(spans: Iterable[tuple[int, int]]) -> list[RawPeriod]:
    def at(minute: int) -> dict[str, Any]:
        day, rest = divmod(minute % WEEK, MINUTES_PER_DAY)
        return point(day, rest // 60, rest % 60)

    return periods(*((at(start), at(start + length)) for start, length in spans))


@pytest.mark.parametrize(("google_day", "weekday"), [(0, 6), (1, 0), (2, 1), (5, 4), (6, 5)])
def test_days_count_from_monday_and_not_from_sunday(google_day: int, weekday: int) -> None:
    hours = weekly(periods((point(google_day, 9), point(google_day, 17))))
    assert hours == OpeningHours((OpeningPeriod(weekday, *NINE_TO_FIVE),))


def test_a_night_that_goes_on_stays_with_the_evening_it_began() -> None:
    hours = weekly(periods((point(SATURDAY, 22), point(SUNDAY, 2, 30))))
    assert hours is not None
    assert hours.on(date(2026, 11, 28)) == ((22 * 60, 26 * 60 + 30),)
    assert hours.on(date(2026, 11, 29)) == ()


def test_one_period_without_an_end_never_closes() -> None:
    hours = weekly(periods((point(SUNDAY, 0), None)))
    assert hours is not None
    assert hours == OpeningHours(always_open=True)
    assert hours.on(TODAY) == ((0, MINUTES_PER_DAY),)


def test_seven_whole_days_never_close_either() -> None:
    whole = [(point(day, 0), point((day + 1) % 7, 0)) for day in range(7)]
    assert weekly(periods(*whole)) == OpeningHours(always_open=True)


def test_an_empty_list_is_never_open_rather_than_unknown() -> None:
    hours = weekly([])
    assert hours is not None
    assert hours == OpeningHours()
    assert hours.on(TODAY) == ()


def test_what_stays_open_for_days_is_cut_at_each_midnight() -> None:
    hours = weekly(periods((point(FRIDAY, 10), point(SUNDAY, 18))))
    assert hours is not None
    assert [(p.day, p.opens, p.closes) for p in hours.periods] == [
        (4, 600, 1440),
        (5, 0, 1440),
        (6, 0, 1080),
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        periods((point(1, 9), point(1, 17)), (point(2, 9), None)),
        periods((point(1, 9), point(1, 9))),
        [RawPeriod.model_validate({"close": point(1, 9)})],
    ],
)
def test_hours_that_make_no_sense_are_unknown(nonsense: list[RawPeriod]) -> None:
    assert weekly(nonsense) is None


SPANS = st.lists(
    st.tuples(st.integers(0, WEEK - 1), st.integers(1, 3 * MINUTES_PER_DAY)), min_size=1, max_size=8
)


@given(SPANS)
def test_no_minute_is_won_or_lost(spans: list[tuple[int, int]]) -> None:
    hours = weekly(raw_from(spans))
    assert hours is not None
    assert minutes_of(hours) == google_minutes(spans)


@given(SPANS, st.randoms(use_true_random=False))
def test_periods_come_out_sorted_and_unique_in_whatever_order_they_came(
    spans: list[tuple[int, int]], random: Any
) -> None:
    shuffled = [*spans, spans[0]]
    random.shuffle(shuffled)
    hours = weekly(raw_from(shuffled))
    assert hours == weekly(raw_from(spans))
    assert hours is not None
    keys = [(p.day, p.opens, p.closes) for p in hours.periods]
    assert keys == sorted(set(keys))
    assert all(0 <= opens < MINUTES_PER_DAY and opens < closes for _, opens, closes in keys)


USUAL = OpeningHours(tuple(OpeningPeriod(day, *NINE_TO_FIVE) for day in range(5)))


def dated(on: date, opens: int, closes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    start, end = (on + timedelta(days=m // MINUTES_PER_DAY) for m in (opens, closes))
    return (
        point(start.isoweekday() % 7, opens // 60 % 24, opens % 60, start),
        point(end.isoweekday() % 7, closes // 60 % 24, closes % 60, end),
    )


def test_a_week_like_any_other_has_no_exceptions() -> None:
    current = periods(*(dated(TODAY + timedelta(days=n), *NINE_TO_FIVE) for n in range(5)))
    assert exceptions(current, USUAL, TODAY) == ()


def test_a_closed_day_and_a_shorter_one_are_exceptions() -> None:
    tuesday, wednesday = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    current = periods(
        dated(TODAY, *NINE_TO_FIVE),
        dated(wednesday, 540, 720),
        dated(TODAY + timedelta(days=3), *NINE_TO_FIVE),
        dated(TODAY + timedelta(days=4), *NINE_TO_FIVE),
    )
    found = exceptions(current, USUAL, TODAY)
    assert found == ((tuesday, ()), (wednesday, ((540, 720),)))
    assert found is not None
    hours = OpeningHours(USUAL.periods, exceptions=found)
    assert hours.on(tuesday) == ()
    assert hours.on(tuesday + timedelta(days=7)) == (NINE_TO_FIVE,)


def test_a_night_cut_off_at_either_end_of_the_known_week_is_no_exception() -> None:
    usual = OpeningHours(tuple(OpeningPeriod(day, 22 * 60, 26 * 60) for day in range(7)))
    nights = [dated(TODAY + timedelta(days=n), 22 * 60, 26 * 60) for n in range(6)]
    first = dated(TODAY, 0, 2 * 60)
    last = dated(TODAY + timedelta(days=6), 22 * 60, MINUTES_PER_DAY - 1)
    assert exceptions(periods(first, *nights, last), usual, TODAY) == ()


def test_what_never_closes_has_no_exceptions_though_its_week_is_cut_off() -> None:
    span = dated(TODAY, 0, 7 * MINUTES_PER_DAY - 1)
    assert exceptions(periods(span), OpeningHours(always_open=True), TODAY) == ()


def test_a_last_day_that_is_cut_off_before_its_last_minute_is_open_until_midnight() -> None:
    sunday = TODAY + timedelta(days=6)
    week = [dated(TODAY + timedelta(days=n), *NINE_TO_FIVE) for n in range(5)]
    late = dated(sunday, 20 * 60, MINUTES_PER_DAY - 1)
    whole_evening = (20 * 60, MINUTES_PER_DAY)
    assert exceptions(periods(*week, late), USUAL, TODAY) == ((sunday, (whole_evening,)),)


def test_a_last_night_that_begins_earlier_ends_as_usual_though_it_is_cut_off() -> None:
    usual = OpeningHours((OpeningPeriod(6, 22 * 60, 26 * 60),))
    early = dated(TODAY + timedelta(days=6), 20 * 60, MINUTES_PER_DAY - 1)
    sunday = TODAY + timedelta(days=6)
    assert exceptions(periods(early), usual, TODAY) == ((sunday, ((20 * 60, 26 * 60),)),)


@pytest.mark.parametrize("days", [-1, 7])
def test_a_week_that_began_yesterday_or_begins_tomorrow_is_not_taken_for_ours(days: int) -> None:
    week = [dated(TODAY + timedelta(days=n), *NINE_TO_FIVE) for n in range(5)]
    beyond = dated(TODAY + timedelta(days=days), *NINE_TO_FIVE)
    assert exceptions(periods(*week, beyond), USUAL, TODAY) is None


NO_SUCH_DAY = {"date": {"year": 2026, "month": 2, "day": 30}}


@pytest.mark.parametrize(
    "nonsense",
    [
        (point(1, 9), point(1, 12)),
        (point(1, 9, 0, TODAY), point(1, 12)),
        (point(1, 9) | NO_SUCH_DAY, point(1, 12) | NO_SUCH_DAY),
        (point(1, 12, 0, TODAY), point(1, 9, 0, TODAY)),
    ],
)
def test_current_hours_without_sensible_dates_are_not_used(
    nonsense: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    assert exceptions(periods(nonsense), USUAL, TODAY) is None


def test_two_openings_a_day_in_one_exception_are_compared_as_a_whole() -> None:
    usual = OpeningHours((OpeningPeriod(0, 540, 720), OpeningPeriod(0, 720, 1020)))
    assert exceptions(periods(dated(TODAY, 540, 1020)), usual, TODAY) == ()


@pytest.mark.parametrize(("usually", "that_night"), [(26 * 60, 28 * 60), (28 * 60, 25 * 60)])
def test_a_night_that_ends_later_or_earlier_than_usual_is_an_exception(
    usually: int, that_night: int
) -> None:
    usual = OpeningHours(tuple(OpeningPeriod(day, 22 * 60, usually) for day in range(5)))
    nights = [usually, usually, that_night, usually, usually]
    current = periods(
        *(dated(TODAY + timedelta(days=n), 22 * 60, end) for n, end in enumerate(nights))
    )
    wednesday = TODAY + timedelta(days=2)
    assert exceptions(current, usual, TODAY) == ((wednesday, ((22 * 60, that_night),)),)


NIGHTS = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=2)
WEEKS = st.lists(NIGHTS, min_size=7, max_size=7)


def open_minutes(windows: Iterable[tuple[int, tuple[int, int]]]) -> set[int]:
    """Every minute from the first day's midnight on; the rest of the night before included."""
    return {
        n
        for index, (opens, closes) in windows
        for n in range(index * MINUTES_PER_DAY + opens, index * MINUTES_PER_DAY + closes)
        if n >= 0
    }


@given(WEEKS, st.dictionaries(st.integers(-1, 6), NIGHTS, max_size=4))
def test_with_its_exceptions_a_usual_week_is_open_when_the_current_one_is(
    week: list[list[tuple[int, int]]], changed: dict[int, list[tuple[int, int]]]
) -> None:
    spans = {
        (index, (opens, opens + length))
        for index in range(-1, 7)
        for opens, length in changed.get(index, week[index % 7])
    }
    usual = OpeningHours(
        tuple(
            sorted(
                {OpeningPeriod(day, o, o + n) for day in range(7) for o, n in week[day]},
                key=lambda p: (p.day, p.opens, p.closes),
            )
        )
    )
    end = WEEK - 1
    true = open_minutes(spans)
    raw = [
        dated(TODAY, max(0, index * MINUTES_PER_DAY + o), min(end, index * MINUTES_PER_DAY + c))
        for index, (o, c) in sorted(spans)
        if index * MINUTES_PER_DAY + c > 0 and index * MINUTES_PER_DAY + o < end
    ]
    found = exceptions(periods(*raw), usual, TODAY)
    assert found is not None
    hours = OpeningHours(usual.periods, exceptions=found)
    shown = open_minutes(
        (index, window)
        for index in range(-1, 7)
        for window in hours.on(TODAY + timedelta(days=index))
    )
    # The night before cannot be told apart from what is usual: its date is not among those known.
    night_before = open_minutes((-1, window) for window in usual.on(TODAY - timedelta(days=1)))
    within = set(range(end))
    assert (shown | night_before) & within == (true | night_before) & within
