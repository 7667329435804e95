"""Every fault that is planted into a sound itinerary is found."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.planning import mutations as m
from tests.planning import mutations_of_facts as f
from tests.planning.itineraries import Case, cases
from tripsage_mcp.domain.itinerary import Finding, Itinerary, ItineraryItem, Repair
from tripsage_mcp.planning.check import check

QUICK = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

FAULTS: tuple[tuple[m.Mutation, str], ...] = (
    (m.overlapping, "overlap"),
    (m.too_late_to_walk, "travel_too_short"),
    (f.slower_way, "travel_too_short"),
    (m.swapped, "out_of_order"),
    (m.next_day, "wrong_day"),
    (f.closed_that_day, "closed"),
    (f.opens_late, "closed"),
    (f.closes_early, "closed"),
    (f.closed_by_exception, "closed"),
    (f.rainy, "outdoors_in_bad_weather"),
    (f.very_hot, "outdoors_in_bad_weather"),
    (f.beyond_the_forecast, "weather_unknown"),
    (f.no_forecast, "weather_unknown"),
    (m.over_budget, "over_budget"),
    (m.fixed_over_budget, "budget_below_fixed_costs"),
    (m.no_rate, "currency_unknown"),
    (m.unpriced, "cost_unknown"),
    (m.commitment_moved, "commitment_moved"),
    (m.flight_moved, "commitment_moved"),
    (m.commitment_dropped, "commitment_missing"),
    (m.must_see_dropped, "must_see_missing"),
    (m.unwanted, "must_not_present"),
    (m.meal_dropped, "meal_missing"),
    (m.odd_meal, "meal_at_odd_time"),
    (m.twice, "duplicate_place"),
    (m.not_booked, "not_booked"),
    (f.steps, "not_accessible"),
    (f.steps_unknown, "access_unknown"),
    (f.gone, "closed_for_good"),
    (f.gone_for_now, "closed_for_now"),
    (f.not_built, "not_open_yet"),
    (f.nobody_knows, "hours_unknown"),
    (f.way_unknown, "travel_unknown"),
    (m.short_margin, "flight_margin"),
    (f.slow_airport, "flight_margin"),
    (m.after_the_flight, "after_departure"),
    (m.before_the_flight, "before_arrival"),
    (m.bags_carried, "with_luggage"),
    (m.bags_not_left, "with_luggage"),
    (f.rooms_not_ready, "early_check_in"),
    (f.out_too_late, "late_check_out"),
    (m.leaves_early, "before_day_start"),
    (m.back_late, "after_day_end"),
    (m.no_length, "ends_before_start"),
    (m.too_far_on_foot, "too_much_walking"),
    (f.hurried, "visit_rushed"),
    (m.guessed, "travel_estimated"),
    (m.written_elsewhere, "wrong_zone"),
    (m.past_midnight, "past_midnight"),
    (m.slept_little, "short_night"),
)


def codes(found: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in found}


@pytest.mark.parametrize(
    ("mutate", "expected"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS]
)
@QUICK
@given(case=cases(), data=st.data())
def test_a_planted_fault_is_found(
    mutate: m.Mutation, expected: str, case: Case, data: st.DataObject
) -> None:
    def draw(items: list[ItineraryItem]) -> ItineraryItem:
        assume(items)
        return data.draw(st.sampled_from(items))

    mutated = mutate(case, draw)
    found = check(mutated.itinerary, mutated.facts)
    assert expected in codes(found)
    for finding in found:
        assert finding.suggestion
        assert finding.message.endswith(".")


REPAIRED = {
    "after_day_end",
    "before_day_start",
    "closed",
    "commitment_moved",
    "duplicate_place",
    "early_check_in",
    "late_check_out",
    "must_not_present",
    "overlap",
    "travel_too_short",
    "wrong_day",
}


def repaired(itinerary: Itinerary, repair: Repair) -> Itinerary:
    """Do what a finding suggests."""
    (old,) = [i for day in itinerary.days for i in day.items if i.item_id == repair.item_id]
    days = [
        replace(day, items=tuple(i for i in day.items if i is not old)) for day in itinerary.days
    ]
    if repair.action == "move" and repair.starts is not None:
        by = repair.starts.astimezone(UTC) - old.starts.astimezone(UTC)
        moved = m.shifted(old, int(by.total_seconds() // 60))
        days = [
            replace(
                day,
                items=tuple(sorted((*day.items, moved), key=lambda i: i.starts.astimezone(UTC))),
            )
            if day.date == repair.day
            else day
            for day in days
        ]
    return replace(itinerary, days=tuple(days))


@pytest.mark.parametrize(
    ("mutate", "expected"),
    [fault for fault in FAULTS if fault[1] in REPAIRED],
    ids=[fault.__name__ for fault, code in FAULTS if code in REPAIRED],
)
@QUICK
@given(case=cases(), data=st.data())
def test_what_is_suggested_does_away_with_the_fault(
    mutate: m.Mutation, expected: str, case: Case, data: st.DataObject
) -> None:
    def draw(items: list[ItineraryItem]) -> ItineraryItem:
        assume(items)
        return data.draw(st.sampled_from(items))

    mutated = mutate(case, draw)
    finding = next(x for x in check(mutated.itinerary, mutated.facts) if x.code == expected)
    repair = finding.repair
    assert repair is not None
    # Where the other one is fixed only a planner knows where to go.
    assume(repair.action == "drop" or repair.starts is not None)
    # What would be moved out of the trip has no day to go to.
    assume(repair.day is None or repair.day in {day.date for day in case.itinerary.days})
    after = check(repaired(mutated.itinerary, repair), mutated.facts)
    assert (finding.code, finding.day, finding.items) not in {
        (other.code, other.day, other.items) for other in after
    }
