from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_flights import NOW, flown, found, offer, segment
from tests.build_watches import euros, point, watch
from tripsage_mcp.domain.flight import Unanswered
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.watch import (
    Alert,
    News,
    PricePoint,
    PriceWatch,
    WatchedFlight,
    flights_of,
    observe,
    seen_in,
    trend,
)

MINUTE = timedelta(minutes=1)


def watched(start: PriceWatch, *points: PricePoint) -> tuple[PriceWatch, list[News | None]]:
    heard: list[News | None] = []
    for each in points:
        start, news = observe(start, each)
        heard.append(news)
    return start, heard


def kinds(heard: Sequence[News | None]) -> list[str | None]:
    return [None if news is None else news.kind for news in heard]


# When it is news


def test_the_first_price_of_a_new_watch_is_no_news_for_it_is_shown() -> None:
    after, heard = watched(watch(target=euros(200)), point(150))
    assert heard == [None]
    assert (after.first, after.best, after.last, after.told) == (euros(150),) * 4
    assert (after.checks, after.failures, after.data) == (1, 0, "live")


def test_a_drop_counts_from_what_was_told_last_so_that_small_steps_add_up() -> None:
    _, heard = watched(watch(drop_percent=3), *(point(p) for p in (100, 99, 98, 97, 96, 94.09)))
    assert kinds(heard) == [None, None, None, "new_low", None, "new_low"]
    assert heard[3] == News("new_low", euros(97), euros(100))
    assert heard[5] == News("new_low", euros("94.09"), euros(97))


def test_a_price_that_comes_back_to_where_it_was_is_no_news() -> None:
    _, heard = watched(watch(drop_percent=3), *(point(p) for p in (100, 90, 140, 95, 90, 89)))
    assert kinds(heard) == [None, "new_low", None, None, None, None]


def test_every_new_low_at_or_below_the_target_is_news_and_nothing_above_it() -> None:
    prices = (300, 250, 200, 199.99, 199.99, 210, 199)
    _, heard = watched(watch(target=euros(200)), *(point(p) for p in prices))
    reached = "target_reached"
    assert kinds(heard) == [None, None, reached, reached, None, None, reached]


def test_either_of_target_and_drop_is_enough() -> None:
    _, heard = watched(
        watch(target=euros(80), drop_percent=10), *(point(p) for p in (100, 90, 85, 80, 79))
    )
    assert kinds(heard) == [None, "new_low", None, "target_reached", "target_reached"]


def test_offers_that_appear_where_there_were_none_are_news() -> None:
    _, heard = watched(watch(drop_percent=3), point(), point(120), point(), point(121))
    assert kinds(heard) == [None, "appeared", None, None]
    assert heard[1] == News("appeared", euros(120), None)


def test_offers_that_appear_above_a_target_are_none() -> None:
    after, heard = watched(watch(target=euros(100)), point(), point(120), point(100))
    assert kinds(heard) == [None, None, "target_reached"]
    assert after.best == euros(100)


def test_another_currency_begins_anew_and_is_compared_with_nothing_before() -> None:
    francs = Money(Decimal(50), "CHF")
    after, heard = watched(watch(drop_percent=3), point(100), point(francs), point(100), point(96))
    assert kinds(heard) == [None, None, None, "new_low"]
    assert (after.first, after.best) == (euros(100), euros(96))


def test_an_invented_price_is_never_compared_with_a_real_one() -> None:
    after, heard = watched(
        watch(drop_percent=3), point(100, data="sandbox"), point(50), point(49), point(48)
    )
    assert kinds(heard) == [None, None, None, "new_low"]
    assert (after.data, after.first, after.best) == ("live", euros(50), euros(48))


def test_a_target_in_the_new_currency_is_news_all_the_same() -> None:
    target = Money(Decimal(60), "CHF")
    _, heard = watched(watch(target=target), point(100), point(Money(Decimal(50), "CHF")))
    assert heard[1] == News("target_reached", Money(Decimal(50), "CHF"), None)


def test_while_prices_are_in_another_currency_than_the_target_the_usual_drop_is_news() -> None:
    dollars = watch(target=Money(Decimal(60), "USD"))
    _, heard = watched(dollars, point(), point(100), point(98), point(97))
    assert kinds(heard) == [None, "appeared", None, "new_low"]
    own = watch(target=Money(Decimal(60), "USD"), drop_percent=10)
    _, heard = watched(own, point(100), point(97), point(90))
    assert kinds(heard) == [None, None, "new_low"]


def test_failures_are_counted_in_a_row_and_change_no_price() -> None:
    after, heard = watched(
        watch(), point(100), *(point(failure="provider_unavailable") for _ in range(3))
    )
    assert heard == [None] * 4
    assert (after.failures, after.checks, after.last) == (3, 4, euros(100))
    again, _ = observe(after, point())
    assert (again.failures, again.last, again.best) == (0, None, euros(100))


def test_an_alert_that_never_sounds_is_refused() -> None:
    with pytest.raises(ValueError, match="target or a drop"):
        Alert()


CENTS = st.integers(1, 400)
SEEN = st.lists(CENTS | st.none() | st.just("failed"), max_size=30)


@given(SEEN, st.none() | CENTS, st.none() | st.integers(1, 90))
def test_it_is_news_exactly_when_a_new_low_is_low_enough(
    seen: list[int | str | None], target: int | None, drop: int | None
) -> None:
    if target is None and drop is None:
        drop = 3
    start = watch(target=None if target is None else euros(target), drop_percent=drop)
    expected: list[bool] = []
    told: list[int] = []
    for n, price in enumerate(seen):
        news = False
        if isinstance(price, int):
            reached = target is not None and price <= target
            if not told:
                news = n > 0 and (reached or drop is not None)
                told.append(price)
            elif price < min(told):
                fell = drop is not None and 100 * price <= (100 - drop) * min(told)
                news = reached or fell
                told += [price] if news else []
        expected.append(news)

    points = [
        point(failure="provider_unavailable") if price == "failed" else point(price)
        for price in seen
        if not isinstance(price, str) or price == "failed"
    ]
    after, heard = watched(start, *points)

    assert [news is not None for news in heard] == expected
    prices = [price for price in seen if isinstance(price, int)]
    assert after.best == (euros(min(prices)) if prices else None)
    assert after.first == (euros(prices[0]) if prices else None)
    assert after.checks == len(seen)


# What a check sees


def test_the_cheapest_offer_counts_and_those_that_have_expired_do_not() -> None:
    answer = found(
        offer(1, price="80.00", expires_at=NOW), offer(2, price="99.50"), offer(3, price="90.10")
    )
    assert seen_in(answer, watch(), NOW) == PricePoint(NOW, euros("90.10"), 2, "sandbox")


def test_nothing_sold_is_a_point_without_a_price() -> None:
    assert seen_in(found(), watch(), NOW) == PricePoint(NOW, None, 0, "sandbox")


def test_nothing_from_a_partial_answer_is_a_failure_and_something_is_a_price() -> None:
    partial = replace(found(), unanswered=Unanswered("provider_unavailable", 2))
    assert seen_in(partial, watch(), NOW) == PricePoint(NOW, failure="provider_unavailable")
    some = replace(partial, offers=(offer(1),))
    assert seen_in(some, watch(), NOW).price == euros("99.50")


def test_an_answer_of_which_nothing_could_be_read_is_a_failure() -> None:
    assert seen_in(replace(found(), unreadable=3), watch(), NOW) == PricePoint(
        NOW, failure="provider_protocol"
    )
    partly = replace(found(offer(1)), unreadable=3)
    assert seen_in(partly, watch(), NOW).price == euros("99.50")
    other = watch(flights=flights_of(offer(2, flown(segment(flight="TP9")))))
    assert seen_in(partly, other, NOW).failure == "provider_protocol"


def test_prices_are_taken_in_the_currency_of_the_watch_and_else_in_the_most_common_one() -> None:
    answer = found(
        offer(1, price="10.00", currency="USD"),
        offer(2, price="30.00"),
        offer(3, price="20.00", currency="USD"),
    )
    assert seen_in(answer, watch(), NOW).price == Money(Decimal("10.00"), "USD")
    known, _ = observe(watch(), point(40))
    assert seen_in(answer, known, NOW).price == euros("30.00")


def test_a_watch_of_certain_flights_sees_the_cheapest_fare_of_just_these() -> None:
    this = flown(segment("LIS-CDG", flight="AF1"), segment("CDG-LHR", flight="AF2"))
    other_day = flown(
        segment("LIS-CDG", "2027-05-11T09:00", flight="AF1"),
        segment("CDG-LHR", "2027-05-11T14:00", flight="AF2"),
    )
    answer = found(
        offer(1, this, price="150.00"),
        offer(2, this, price="140.00"),
        offer(3, flown(segment(flight="TP1")), price="90.00"),
        offer(4, other_day, price="80.00"),
    )
    flights = flights_of(answer.offers[0])
    assert flights == (
        (
            WatchedFlight("AF1", "LIS", "CDG", date(2027, 5, 10)),
            WatchedFlight("AF2", "CDG", "LHR", date(2027, 5, 10)),
        ),
    )
    seen = seen_in(answer, watch(flights=flights), NOW)
    assert seen == PricePoint(NOW, euros("140.00"), 2, "sandbox")


def test_a_changed_departure_time_is_still_the_same_flight() -> None:
    flights = flights_of(offer(1, flown(segment(departs="2027-05-10T09:00"))))
    moved = offer(2, flown(segment(departs="2027-05-10T09:25")), price="70.00")
    assert seen_in(found(moved), watch(flights=flights), NOW).price == euros("70.00")


# Trend


@pytest.mark.parametrize(
    ("prices", "word"),
    [
        ([], "unknown"),
        ([100], "unknown"),
        ([100, 90], "unknown"),
        ([100, 100, 98], "steady"),
        ([100, 102, 97], "falling"),
        ([100, None, 100, 103], "rising"),
        ([500, *[100] * 9], "steady"),
    ],
)
def test_the_trend_is_the_last_price_against_the_median_of_those_before(
    prices: list[float | None], word: str
) -> None:
    assert trend([point(price, hours=n) for n, price in enumerate(prices)]) == word


def test_the_trend_does_not_mix_currencies() -> None:
    francs = [point(Money(Decimal(n), "CHF")) for n in (10, 10, 10)]
    assert trend([*francs, point(100)]) == "unknown"


def test_the_trend_does_not_mix_invented_prices_with_real_ones() -> None:
    invented = [point(300, data="sandbox") for _ in range(5)]
    assert trend([*invented, point(100)]) == "unknown"
    assert trend([*invented, point(100), point(100), point(100)]) == "steady"


def test_a_route_is_named_slice_by_slice() -> None:
    assert watch().route == "LIS-LHR 2027-05-10"
