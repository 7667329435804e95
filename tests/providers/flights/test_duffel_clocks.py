"""Durations and days, from the clock times Duffel prints to the instants they stand for."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tripsage_mcp.domain.flight import Slice
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.providers.duffel.wire import Stamp
from tripsage_mcp.providers.flights.duffel_wire import OFFER, single

# Both sides of the date line, quarters of an hour, half an hour of summer time, and none at all.
CODES = [
    "LIS", "LHR", "CDG", "HEL", "JFK", "YYT", "PHX", "LAX", "HNL", "PPG", "CXI", "APW", "NAN",
    "AKL", "SYD", "LDH", "NRT", "KTM", "DEL", "DXB", "GRU", "SCL", "CAI", "CMN",
]  # fmt: skip
# Around the changes of the clocks in Europe, America and Oceania, and an ordinary day.
DAYS = [
    datetime(2027, month, day, tzinfo=UTC)
    for month, day in ((3, 14), (3, 28), (4, 4), (5, 10), (9, 26), (10, 3), (10, 31), (11, 7))
]
MINUTE = timedelta(minutes=1)


@st.composite
def _journeys(draw: st.DrawFn) -> list[tuple[str, str, datetime, datetime]]:
    """Draw one to three segments as (from, to, departure, arrival), instants in UTC."""
    count = draw(st.integers(1, 3))
    stations = [draw(st.sampled_from(CODES))]
    while len(stations) <= count:
        stations.append(draw(st.sampled_from([code for code in CODES if code != stations[-1]])))
    clock = draw(st.sampled_from(DAYS)) + draw(st.integers(-2_000, 2_000)) * MINUTE
    flown: list[tuple[str, str, datetime, datetime]] = []
    for origin, destination in pairwise(stations):
        arrives = clock + draw(st.integers(25, 1_100)) * MINUTE
        flown.append((origin, destination, clock, arrives))
        clock = arrives + draw(st.integers(20, 1_400)) * MINUTE
    return flown


def zone(code: str) -> ZoneInfo:
    found = airports.find_airport(code)
    assert found is not None
    return ZoneInfo(found.time_zone)


def local(instant: datetime, code: str) -> datetime:
    return instant.astimezone(zone(code))


def twice(instant: datetime, code: str) -> bool:
    """Whether the clock shows this time twice, or has just done so."""
    clock = local(instant, code).replace(tzinfo=None)
    offsets = {clock.replace(tzinfo=zone(code), fold=fold).utcoffset() for fold in (0, 1)}
    return len(offsets) > 1


def place(code: str) -> dict[str, Any]:
    known = airports.find_airport(code)
    assert known is not None
    return {"iata_code": code, "name": known.name, "time_zone": known.time_zone}


def iso(duration: timedelta) -> str:
    minutes = duration // MINUTE
    return f"PT{minutes // 60}H{minutes % 60}M"


def parsed(journey: list[tuple[str, str, datetime, datetime]]) -> Slice:
    """Write a journey as Duffel does, with local clock times, and read it back."""
    airline = {"name": "Duffel Airways", "iata_code": "ZZ"}
    segments = [
        {
            "origin": place(origin),
            "destination": place(destination),
            "departing_at": f"{local(departs, origin):%Y-%m-%dT%H:%M:%S}",
            "arriving_at": f"{local(arrives, destination):%Y-%m-%dT%H:%M:%S}",
            "duration": iso(arrives - departs),
            "marketing_carrier": airline,
            "marketing_carrier_flight_number": "1",
        }
        for origin, destination, departs, arrives in journey
    ]
    part = {"origin": place(journey[0][0]), "destination": place(journey[-1][1])}
    offer = {
        "id": "off_" + "0" * 22,
        "live_mode": False,
        "total_amount": "1.00",
        "total_currency": "EUR",
        "expires_at": "2027-01-01T00:30:00Z",
        "owner": airline,
        "passengers": [],
        "slices": [{**part, "duration": None, "segments": segments}],
    }
    read = OFFER.validate_json(json.dumps({"data": offer}))
    (found,) = single(read.data, Stamp("sandbox", DAYS[0])).slices
    return found


@settings(deadline=None, max_examples=300)
@given(_journeys())
def test_clock_times_stand_for_the_instants_they_were_printed_from(
    journey: list[tuple[str, str, datetime, datetime]],
) -> None:
    found = parsed(journey)
    for one, (origin, destination, departs, arrives) in zip(found.segments, journey, strict=True):
        assert one.duration == arrives - departs == one.arrives_at - one.departs_at
        # What is printed stays as it is, and lies in its own zone.
        printed = [local(departs, origin), local(arrives, destination)]
        clocks = [one.departs_at.replace(tzinfo=None), one.arrives_at.replace(tzinfo=None)]
        assert clocks == [moment.replace(tzinfo=None) for moment in printed]
        # With both ends on an hour that comes twice, nothing says which of the two it is.
        if not (twice(departs, origin) and twice(arrives, destination)):
            assert (one.departs_at, one.arrives_at) == (departs, arrives)
            assert one.departs_at.utcoffset() == printed[0].utcoffset()
            assert one.arrives_at.utcoffset() == printed[1].utcoffset()


@settings(deadline=None, max_examples=300)
@given(_journeys())
def test_layovers_durations_and_days_are_right_across_zones_the_date_line_and_clock_changes(
    journey: list[tuple[str, str, datetime, datetime]],
) -> None:
    found = parsed(journey)
    first, last = journey[0], journey[-1]
    arrived, left = local(last[3], last[1]).date(), local(first[2], first[0]).date()
    assert found.arrives_days_later == (arrived - left).days
    ends = [
        (first[2], first[0]),
        *((a, d) for _, d, _, a in journey),
        *((t, o) for o, _, t, _ in journey),
    ]
    if any(twice(instant, code) for instant, code in ends):
        return
    assert found.duration == last[3] - first[2]
    waits = [(after[2] - before[3]) // MINUTE for before, after in pairwise(journey)]
    assert [layover.minutes for layover in found.layovers] == waits


def test_the_days_of_a_journey_over_the_date_line_are_those_on_the_ticket() -> None:
    eastward = datetime(2027, 5, 10, 1, 0, tzinfo=UTC)
    gains = parsed([("CXI", "HNL", eastward, eastward + 180 * MINUTE)])
    assert gains.arrives_days_later == -1
    loses = parsed([("HNL", "CXI", eastward, eastward + 180 * MINUTE)])
    assert loses.arrives_days_later == 1
