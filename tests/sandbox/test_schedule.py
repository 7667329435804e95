"""Who flies where, when and for how much."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripsage_mcp.sandbox.schedule.airlines import AIRCRAFT, HOUSE_AIRLINE, load_airlines
from tripsage_mcp.sandbox.schedule.airports import distance_km, load_gazetteer
from tripsage_mcp.sandbox.schedule.fares import priced
from tripsage_mcp.sandbox.schedule.network import SHORTEST_KM, Leg, flies, nonstop, one_stop
from tripsage_mcp.sandbox.schedule.search import Journey, JourneySlice, Window, search
from tripsage_mcp.sandbox.schedule.timetable import (
    LONGEST_CONNECTION,
    SHORTEST_CONNECTION,
    block_minutes,
    departures,
    with_technical_stop,
)

BOOKED = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUTHORED = json.loads(
    (Path(__file__).parents[2] / "resources" / "sandbox" / "airports.json").read_text("utf-8")
)
LARGE = sorted(AUTHORED["large"])


def journey(*route: str, days: int = 70, back: int | None = None, **more: object) -> Journey:
    origin, destination = route
    day = BOOKED.date() + timedelta(days=days)
    slices = [JourneySlice(origin, destination, day)]
    if back is not None:
        slices.append(JourneySlice(destination, origin, day + timedelta(days=back)))
    asked: dict[str, object] = {
        "slices": tuple(slices),
        "travellers": ("adult",),
        "cabin": "economy",
        "max_connections": 1,
        "booked": BOOKED,
    }
    return Journey(**(asked | more))  # pyright: ignore[reportArgumentType] - a builder


def leg(iata: str, *route: str) -> Leg:
    origin, destination = (load_gazetteer().airports[code] for code in route)
    return Leg(load_airlines()[iata], origin, destination)


def test_every_airport_we_authored_exists_once() -> None:
    codes = AUTHORED["large"] + AUTHORED["medium"]
    assert len(codes) == len(set(codes))
    assert set(codes) <= load_gazetteer().airports.keys()
    assert AUTHORED["cities"].keys() <= set(codes)


def test_every_airline_has_served_hubs_and_known_aircraft() -> None:
    places = load_gazetteer()
    assert len(load_airlines()) >= 80
    for airline in load_airlines().values():
        assert set(airline.fleet) <= AIRCRAFT.keys(), airline.iata
        assert all(places.airports[hub].served for hub in airline.hubs), airline.iata
        assert airline.hubs or airline.iata == HOUSE_AIRLINE


def test_every_airline_with_hubs_has_one_at_home() -> None:
    places = load_gazetteer().airports
    for airline in load_airlines().values():
        countries = {places[hub].country for hub in airline.hubs}
        assert airline.country in countries or not countries, airline.iata


def test_city_codes_expand_to_their_airports_largest_first() -> None:
    places = load_gazetteer()
    assert {a.code for a in places.served("LON")} >= {"LHR", "LGW", "STN", "LTN", "LCY", "SEN"}
    assert {a.code for a in places.served("NYC")} >= {"JFK", "LGA", "EWR"}
    assert places.served("LON")[0].large
    assert [a.code for a in places.served("JFK")] == ["JFK"]
    assert places.served("XXX") == ()


def test_every_nonstop_touches_a_hub_within_reach() -> None:
    places = load_gazetteer().airports
    for origin, destination in [("LHR", "JFK"), ("BER", "LIS"), ("SIN", "SYD"), ("GRU", "MAD")]:
        routes = nonstop(0, places[origin], places[destination])
        assert routes
        for (flown,) in routes:
            assert {origin, destination} & set(flown.airline.hubs)
            assert SHORTEST_KM <= flown.km <= flown.airline.reach_km


def test_flying_a_pair_does_not_depend_on_the_direction() -> None:
    places = load_gazetteer().airports
    a, b = places["LHR"], places["LIS"]
    for airline in load_airlines().values():
        assert flies(0, airline, a, b) == flies(0, airline, b, a)


def test_another_seed_is_another_network() -> None:
    places = load_gazetteer().airports
    a, b = places["OPO"], places["CPH"]
    worlds = {tuple(r[0].airline.iata for r in nonstop(seed, a, b)) for seed in range(6)}
    assert len(worlds) > 1


@pytest.mark.parametrize(("km", "minutes"), [(363, 85), (832, 115), (5540, 455)])
def test_block_time_follows_the_measured_line(km: float, minutes: int) -> None:
    assert block_minutes(km) == minutes


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25), date(2027, 3, 14)])
def test_clocks_changing_leaves_the_time_in_the_air_alone(day: date) -> None:
    found = [
        f for iata, *route in [("BA", "LHR", "JFK"), ("TP", "LIS", "JFK"), ("LH", "FRA", "ORD")]
        for f in departures(0, leg(iata, *route), day)
    ]  # fmt: skip
    assert found
    for flight in found:
        assert flight.local_departure.date() == day
        assert flight.arrives - flight.departs == timedelta(minutes=block_minutes(flight.leg.km))
        assert (
            flight.local_arrival.utcoffset()
            == flight.arrives.astimezone(flight.leg.destination.zone).utcoffset()
        )


def test_local_times_of_one_flight_shift_against_utc_between_seasons() -> None:
    flown = leg("BA", "LHR", "JFK")
    winter = departures(0, flown, date(2027, 1, 13))[0]
    summer = departures(0, flown, date(2027, 7, 14))[0]
    assert winter.number == summer.number
    assert winter.local_departure.time() == summer.local_departure.time()
    assert winter.departs.time() != summer.departs.time()


def test_flights_of_one_airline_on_one_route_have_their_own_numbers() -> None:
    out = departures(0, leg("BA", "LHR", "JFK"), date(2027, 1, 13))
    back = departures(0, leg("BA", "JFK", "LHR"), date(2027, 1, 13))
    numbers = [f.number for f in (*out, *back)]
    assert len(numbers) == len(set(numbers))


def test_a_technical_stop_lies_between_the_ends() -> None:
    flight = departures(0, leg("KL", "AMS", "DXB"), date(2027, 1, 13))[0]
    stopped = with_technical_stop(flight)
    assert stopped.stop is not None
    assert stopped.departs < stopped.stop.arrives < stopped.stop.departs < stopped.arrives
    assert stopped.stop.airport.code not in {"AMS", "DXB"}


def test_the_same_journey_gives_the_same_offers() -> None:
    asked = journey("PAR", "BCN", back=7)
    assert search(0, asked) == search(0, asked)
    assert search(0, asked) != search(1, asked)


@pytest.mark.parametrize(
    "route",
    [
        ("LON", "NYC"),
        ("LIS", "TYO"),
        ("PAR", "BCN"),
        ("BER", "LIS"),
        ("SFO", "SYD"),
        ("DEL", "BOM"),
    ],
)
def test_well_travelled_pairs_have_plenty_of_offers_from_several_airlines(
    route: tuple[str, str],
) -> None:
    for back in (None, 9):
        fares = search(0, journey(*route, back=back))
        assert 20 <= len(fares) <= 120
        assert len({f.owner.iata for f in fares}) >= 2
        assert len({f.brand.name for f in fares}) >= 3
        assert list(fares) == sorted(fares, key=lambda f: f.total)


def test_nearly_every_pair_of_large_airports_is_connected() -> None:
    places = load_gazetteer().airports
    pairs = [(places[a], places[b]) for a in LARGE[::9] for b in LARGE[4::9]]
    pairs = [(a, b) for a, b in pairs if distance_km(a, b) > 400]
    lost = [(a.code, b.code) for a, b in pairs if not nonstop(0, a, b) and not one_stop(0, a, b)]
    assert len(pairs) > 300
    assert len(lost) < len(pairs) * 0.05, lost


def test_dearer_cabins_cost_more_on_the_same_flights() -> None:
    def cheapest(cabin: str) -> Decimal:
        return search(0, journey("LHR", "SIN", cabin=cabin))[0].total

    prices = [cheapest(c) for c in ("economy", "premium_economy", "business", "first")]
    assert prices == sorted(prices)
    assert prices[2] > 2 * prices[0]


def test_booking_late_costs_more_than_booking_early() -> None:
    early, late = (search(0, journey("LHR", "JFK", days=d, back=7)) for d in (70, 1))
    assert late[0].total > early[0].total * Decimal("1.3")


@pytest.mark.parametrize(
    ("origin", "currency"), [("LIS", "EUR"), ("LHR", "GBP"), ("JFK", "USD"), ("HND", "USD")]
)
def test_one_search_is_priced_in_one_currency_of_where_it_starts(
    origin: str, currency: str
) -> None:
    fares = search(0, journey(origin, "CDG"))
    assert {f.currency for f in fares} == {currency}


def test_a_child_pays_less_than_an_adult_and_an_infant_least() -> None:
    sums = [
        sum(priced(200.0, 50.0, kind, "USD")) for kind in ("infant_without_seat", "child", "adult")
    ]
    assert sums == sorted(sums)
    assert sums[0] < sums[2] / 5


def test_time_windows_are_local() -> None:
    morning = Window(datetime(2027, 1, 1, 6).time(), datetime(2027, 1, 1, 11, 30).time())  # noqa: DTZ001
    day = BOOKED.date() + timedelta(days=70)
    asked = journey("PAR", "BCN", slices=(JourneySlice("PAR", "BCN", day, departure=morning),))
    fares = search(0, asked)
    assert fares
    assert all(6 <= f.itineraries[0].flights[0].local_departure.hour < 12 for f in fares)


def test_no_airline_sells_more_than_a_year_ahead() -> None:
    assert search(0, journey("LHR", "JFK", days=400)) == ()


def test_a_flight_that_has_left_is_not_sold() -> None:
    late = BOOKED.replace(hour=18)
    fares = search(0, journey("LHR", "CDG", days=0, booked=late))
    assert fares
    assert all(f.itineraries[0].departs > late for f in fares)


def test_a_day_trip_leaves_time_on_the_ground() -> None:
    fares = search(0, journey("LHR", "CDG", back=0))
    assert fares
    for fare in fares:
        out, back = fare.itineraries
        assert back.departs - out.arrives >= timedelta(hours=1)


def test_nonstop_only_means_nonstop_only() -> None:
    fares = search(0, journey("LHR", "JFK", max_connections=0))
    assert fares
    assert all(len(i.flights) == 1 for f in fares for i in f.itineraries)


def test_a_small_airport_without_flights_has_no_offers() -> None:
    assert search(0, journey("LHR", "TKJ")) == ()


def test_two_connections_reach_where_one_does_not() -> None:
    assert search(0, journey("KUT", "HDY")) == ()
    assert search(0, journey("KUT", "HDY", max_connections=2))


@settings(max_examples=30, deadline=None)
@given(
    ends=st.lists(st.sampled_from(LARGE), min_size=2, max_size=2, unique=True),
    days=st.integers(0, 340),
    back=st.none() | st.integers(0, 30),
    cabin=st.sampled_from(["economy", "premium_economy", "business", "first", None]),
    stops=st.integers(0, 2),
)
def test_every_offer_is_flyable_in_order(
    ends: list[str], days: int, back: int | None, cabin: str | None, stops: int
) -> None:
    fares = search(0, journey(*ends, days=days, back=back, cabin=cabin, max_connections=stops))
    assert len(fares) <= 140
    for fare in fares:
        assert fare.base > 0
        assert fare.tax > 0
        assert fare.emissions_kg > 0
        before = BOOKED
        for itinerary in fare.itineraries:
            assert itinerary.departs > before
            assert len(itinerary.flights) <= stops + 1
            for first, second in zip(itinerary.flights, itinerary.flights[1:], strict=False):
                assert first.leg.destination is second.leg.origin
                wait = second.departs - first.arrives
                assert SHORTEST_CONNECTION <= wait <= LONGEST_CONNECTION
            for flight in itinerary.flights:
                assert flight.leg.km <= flight.aircraft.reach_km
            before = itinerary.arrives
