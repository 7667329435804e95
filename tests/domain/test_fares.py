from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import EXPIRY, flown, offer, segment
from tripsage_mcp.domain.fares import FlightSort, Prices, group, ordered
from tripsage_mcp.domain.flight import Baggage, Carrier, Condition, Conditions, Offer
from tripsage_mcp.domain.money import ExchangeRate

SORTS: list[FlightSort] = ["best", "price", "duration", "departure"]


@st.composite
def offers(draw: st.DrawFn) -> list[Offer]:
    made: list[Offer] = []
    for number in range(draw(st.integers(0, 25))):
        outbound = flown(
            segment(
                departs=f"2027-05-10T{draw(st.integers(6, 9)):02d}:00",
                minutes=draw(st.sampled_from([150, 160])),
                flight=draw(st.sampled_from(["TP1350", "BA501"])),
                baggage=Baggage(1, draw(st.sampled_from([None, 0, 1]))),
            ),
            brand=draw(st.sampled_from(["Basic", "Flex"])),
        )
        made.append(
            offer(
                number,
                outbound,
                price=draw(st.sampled_from(["0.00", "99.50", "100.00", "250.00"])),
                currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "GBP"])),
                expires_at=EXPIRY + timedelta(seconds=draw(st.integers(0, 2))),
            )
        )
    return made


def flights(each: Offer) -> list[tuple[str, str]]:
    return [(s.flight, s.departs_at.isoformat()) for s in each.segments]


@settings(deadline=None, max_examples=50)
@given(offers())
def test_every_offer_lands_in_exactly_one_itinerary_or_has_an_equal_there(
    given_offers: list[Offer],
) -> None:
    itineraries = group(given_offers)
    shown = [fare.offer_id for i in itineraries for fare in i.fares]
    assert len(shown) == len(set(shown))
    keys = [tuple(flights(i.fares[0])) for i in itineraries]
    assert len(keys) == len(set(keys))
    for each in given_offers:
        (home,) = [i for i in itineraries if flights(i.fares[0]) == flights(each)]
        assert all(flights(fare) == flights(each) for fare in home.fares)
        same = [
            fare
            for fare in home.fares
            if (fare.total, fare.fare_brands, fare.baggage)
            == (each.total, each.fare_brands, each.baggage)
        ]
        assert len(same) == 1
        assert same[0].expires_at >= each.expires_at


@settings(deadline=None, max_examples=50)
@given(offers())
def test_fares_are_cheapest_first_within_a_currency(given_offers: list[Offer]) -> None:
    for itinerary in group(given_offers):
        currencies = [fare.total.currency for fare in itinerary.fares]
        for currency in set(currencies):
            amounts = [f.total.amount for f in itinerary.fares if f.total.currency == currency]
            assert amounts == sorted(amounts)
        # Currencies are not interleaved: their amounts cannot be compared.
        assert sum(a != b for a, b in pairwise(currencies)) <= 1


RATES = (ExchangeRate("GBP", "EUR", Decimal("1.25"), date(2027, 2, 26), "a bank"),)


@settings(deadline=None, max_examples=100)
@given(st.data(), offers(), st.sampled_from(SORTS), st.sampled_from([(), RATES]))
def test_the_order_is_total_and_does_not_depend_on_the_providers(
    data: st.DataObject,
    given_offers: list[Offer],
    by: FlightSort,
    rates: tuple[ExchangeRate, ...],
) -> None:
    def shown(each: list[Offer]) -> list[list[str]]:
        prices = Prices.of(each, rates)
        itineraries = ordered(group(each, prices), by, prices)
        return [[fare.offer_id for fare in i.fares] for i in itineraries]

    first = shown(given_offers)
    assert shown(data.draw(st.permutations(given_offers))) == first
    # And nothing is lost or made up on the way.
    grouped = [fare.offer_id for i in group(given_offers) for fare in i.fares]
    assert sorted(offer_id for each in first for offer_id in each) == sorted(grouped)


@settings(deadline=None, max_examples=50)
@given(offers())
def test_prices_that_can_be_converted_are_compared_across_currencies(
    given_offers: list[Offer],
) -> None:
    prices = Prices.of(given_offers, RATES)
    in_euros = {"EUR": Decimal(1), "GBP": Decimal("1.25")}

    def euros(each: Offer) -> Decimal:
        return each.total.amount * in_euros[each.total.currency]

    itineraries = ordered(group(given_offers, prices), "price", prices)
    cheapest = [euros(i.fares[0]) for i in itineraries]
    assert cheapest == sorted(cheapest)
    for itinerary in itineraries:
        assert [euros(f) for f in itinerary.fares] == sorted(euros(f) for f in itinerary.fares)


def test_a_price_without_a_rate_comes_after_those_that_can_be_compared() -> None:
    yen = [offer(n, flown(segment(flight=f"JL{n}")), price="1", currency="JPY") for n in (5, 6, 7)]
    dear = offer(1, price="900.00", currency="GBP")
    prices = Prices.of([*yen, dear], RATES)
    assert ordered(group([*yen, dear], prices), "price", prices)[0].fares[0] is dear
    # Without any rate the currency of most offers goes first.
    assert ordered(group([*yen, dear]), "price")[-1].fares[0] is dear


@settings(deadline=None, max_examples=50)
@given(offers())
def test_each_order_sorts_by_what_it_says(given_offers: list[Offer]) -> None:
    itineraries = group(given_offers)
    durations = [i.minutes for i in ordered(itineraries, "duration")]
    assert durations == sorted(durations)
    departures = [i.slices[0].departs_at for i in ordered(itineraries, "departure")]
    assert departures == sorted(departures)
    prices = [i.fares[0].total for i in ordered(itineraries, "price")]
    for currency in {price.currency for price in prices}:
        amounts = [price.amount for price in prices if price.currency == currency]
        assert amounts == sorted(amounts)


def test_best_prefers_a_little_more_money_to_a_much_longer_trip() -> None:
    via = flown(
        segment("LIS-CDG", "2027-05-10T09:00", 150, flight="AF1025"),
        segment("CDG-LHR", "2027-05-10T19:00", 80, flight="AF1080"),
    )
    cheap_and_long = offer(1, via, price="90.00")
    quick = offer(2, price="110.00")
    dear = offer(3, flown(segment(departs="2027-05-10T13:00")), price="600.00")
    best = ordered(group([dear, cheap_and_long, quick]), "best")
    assert [i.fares[0].offer_id for i in best] == [
        o.offer_id for o in (quick, cheap_and_long, dear)
    ]
    by_price = ordered(group([dear, cheap_and_long, quick]), "price")
    assert by_price[0].fares[0] is cheap_and_long


def test_fares_that_differ_in_anything_a_passenger_sees_stay_apart() -> None:
    plain = offer(1)
    refundable = offer(2, conditions=Conditions(refund=Condition(allowed=True)))
    with_bag = offer(3, flown(segment(baggage=Baggage(1, 1))))
    same_again = offer(4)
    elsewhere = replace(offer(5), owner=Carrier("Airline BA", "BA"))
    with_seat = offer(6, replace(flown(segment()), seat_selection=True))
    by_another = offer(7, flown(replace(segment(), operating_carrier=Carrier("Airline NI", "NI"))))
    in_front = offer(8, flown(segment(cabin="business")))
    different = [plain, refundable, with_bag, elsewhere, with_seat, by_another, in_front]
    (itinerary,) = group([*different, same_again])
    assert [fare.offer_id for fare in itinerary.fares] == [each.offer_id for each in different]


def test_the_same_number_and_time_between_other_airports_is_another_itinerary() -> None:
    routes = [offer(n, flown(segment(route))) for n, route in enumerate(["LIS-LHR", "LIS-LGW"])]
    assert len(group([*routes, offer(3, flown(segment("OPO-LHR")))])) == 3


def test_an_itinerary_adds_up_all_its_slices() -> None:
    via = flown(
        segment("LIS-CDG", "2027-05-10T09:00", 150), segment("CDG-LHR", "2027-05-10T14:00", 80)
    )
    (itinerary,) = group([offer(1, via, flown(segment("LHR-LIS", "2027-05-17T09:00", 160)), via)])
    assert (itinerary.minutes, itinerary.connections) == (320 + 160 + 320, 2)


def test_best_counts_connections_against_an_itinerary() -> None:
    # As long and as dear as the other, to the minute and the cent.
    via = flown(
        segment("LIS-CDG", "2027-05-10T09:00", 100), segment("CDG-LHR", "2027-05-10T12:00", 100)
    )
    straight = flown(segment(departs="2027-05-10T10:00", minutes=220))
    best = ordered(group([offer(1, via), offer(2, straight)]), "best")
    assert [i.connections for i in best] == [0, 1]
    assert best[0].minutes == best[1].minutes


def test_best_does_not_compare_prices_that_cannot_be_compared() -> None:
    euros = [
        offer(n, flown(segment(flight=f"TP{n}")), price=p) for n, p in enumerate(["100", "400"])
    ]
    pounds = offer(9, flown(segment(flight="BA9")), price="1", currency="GBP")
    best = ordered(group([pounds, *euros]), "best")
    assert [i.fares[0].total.currency for i in best] == ["EUR", "EUR", "GBP"]


def test_nothing_to_group_is_nothing_to_order() -> None:
    assert ordered(group([]), "best") == ()
