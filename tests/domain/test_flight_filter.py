from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import flown, offer, segment
from tripsage_mcp.domain.fares import group
from tripsage_mcp.domain.flight import Baggage, Carrier, Condition, Conditions, Offer
from tripsage_mcp.domain.flight_filter import Airline, LeftOut, Wishes, keep
from tripsage_mcp.domain.flight_request import SliceRequest, TimeWindow
from tripsage_mcp.domain.money import Money

TAP = Carrier("TAP Air Portugal", "TP")
LUFTHANSA = Carrier("Lufthansa", "LH")
CITYLINE = Carrier("Lufthansa CityLine", "CL")
SMALL = Carrier("Ítalo Aviação", None)
ASKED = SliceRequest("LIS", "LHR", date(2027, 5, 10))


def sold(
    number: int = 1,
    *,
    owner: Carrier = TAP,
    marketing: Carrier = TAP,
    operating: Carrier = TAP,
    departs: str = "2027-05-10T09:00",
) -> Offer:
    one = replace(
        segment(departs=departs, flight=f"XX{number}"),
        carrier=marketing,
        operating_carrier=operating,
    )
    return replace(offer(number, flown(one)), owner=owner)


@pytest.mark.parametrize(
    ("words", "carrier", "meant"),
    [
        ("TP", TAP, True),
        ("tp", TAP, True),
        ("LH", TAP, False),
        ("TAP", TAP, True),
        ("tap air", TAP, True),
        ("Air Portugal", TAP, False),
        ("Lufthansa", CITYLINE, True),
        ("LH", CITYLINE, False),
        ("Luft", LUFTHANSA, False),
        ("italo aviacao", SMALL, True),
        ("IT", SMALL, False),
    ],
)
def test_an_airline_is_meant_by_its_code_or_by_how_its_name_begins(
    words: str, carrier: Carrier, *, meant: bool
) -> None:
    assert Airline.of(words).flies_as(carrier) is meant


def test_a_name_that_fits_no_airline_is_counted_for_it_may_be_misspelt() -> None:
    itineraries = group([sold(1), sold(2, operating=CITYLINE)])
    named = [Airline.of(words) for words in ("Lufthansa", "Lufthanza", "FR", "Rynair")]
    never = keep(itineraries, Wishes(airlines_exclude=tuple(named)))
    assert (never.strangers, never.fares_kept) == (2, 1)
    assert keep(itineraries, Wishes(airlines_only=tuple(named))).strangers == 2
    assert keep(itineraries, Wishes()).strangers == 0


@pytest.mark.parametrize(
    "mixed",
    [sold(owner=LUFTHANSA), sold(marketing=LUFTHANSA), sold(operating=LUFTHANSA)],
    ids=["sells", "numbers", "flies"],
)
def test_an_airline_counts_whether_it_sells_numbers_or_flies(mixed: Offer) -> None:
    pure = sold(2)
    never = keep(group([mixed, pure]), Wishes(airlines_exclude=(Airline.of("LH"),)))
    assert [i.fares[0] for i in never.itineraries] == [pure]
    only = keep(group([mixed, pure]), Wishes(airlines_only=(Airline.of("TAP"),)))
    assert [i.fares[0] for i in only.itineraries] == [pure]
    assert only.left_out == (LeftOut("airlines_only", 1),)


def test_times_outside_the_windows_are_left_out_even_if_the_provider_sent_them() -> None:
    early, late = sold(1, departs="2027-05-10T08:59"), sold(2, departs="2027-05-10T12:00")
    window = TimeWindow(time(9), time(12))
    found = keep(group([early, late]), Wishes(), (replace(ASKED, departure_window=window),))
    assert [i.fares[0] for i in found.itineraries] == [late]
    arrival = TimeWindow(time(11, 39), time(11, 39))
    found = keep(group([early, late]), Wishes(), (replace(ASKED, arrival_window=arrival),))
    assert [i.fares[0] for i in found.itineraries] == [early]
    assert found.left_out == (LeftOut("times", 1),)


def test_fares_that_do_not_say_are_counted_apart_and_fares_that_break_several_count_for_each() -> (
    None
):
    fee = Condition(allowed=True, penalty=Money(Decimal(50), "EUR"))
    no = Condition(allowed=False)
    flexible = offer(1, conditions=Conditions(fee, fee), price="300.00")
    silent = offer(2, price="80.00")
    strict = offer(3, conditions=Conditions(no, no), price="70.00")
    found = keep(group([flexible, silent, strict]), Wishes(refundable=True, changeable=True))
    (itinerary,) = found.itineraries
    assert itinerary.fares == (flexible,)
    assert (found.fares_found, found.fares_kept) == (3, 1)
    assert found.left_out == (LeftOut("refundable", 2, 1), LeftOut("changeable", 2, 1))


def test_without_a_wish_nothing_is_left_out() -> None:
    itineraries = group([sold(1), sold(2)])
    found = keep(itineraries, Wishes(), (ASKED,))
    assert (found.itineraries, found.left_out) == (itineraries, ())


_CONDITION = st.sampled_from([None, Condition(allowed=True), Condition(allowed=False)])
_CARRIER = st.sampled_from([TAP, LUFTHANSA, CITYLINE, SMALL])
_AIRLINES = st.lists(
    st.sampled_from([Airline.of(words) for words in ("TP", "Lufthansa", "LH", "ítalo")]), max_size=2
)
_WISHES = st.builds(
    Wishes,
    _AIRLINES.map(tuple),
    _AIRLINES.map(tuple),
    checked_bag=st.booleans(),
    refundable=st.booleans(),
    changeable=st.booleans(),
)


@st.composite
def _offers(draw: st.DrawFn) -> list[Offer]:
    made: list[Offer] = []
    for number in range(draw(st.integers(0, 12))):
        bags = Baggage(1, draw(st.sampled_from([None, 0, 1, 2])))
        one = replace(
            segment(flight=draw(st.sampled_from(["TP1", "TP2"])), baggage=bags),
            operating_carrier=draw(_CARRIER),
        )
        conditions = Conditions(draw(_CONDITION), draw(_CONDITION))
        price = draw(st.sampled_from(["80.00", "90.00"]))
        owner = draw(_CARRIER)
        each = offer(number, flown(one), conditions=conditions, price=price)
        made.append(replace(each, owner=owner))
    return made


@settings(deadline=None, max_examples=100)
@given(_offers(), _WISHES)
def test_no_fare_shown_breaks_a_wish_and_none_that_meets_all_is_missing(
    offers: list[Offer], wishes: Wishes
) -> None:
    itineraries = group(offers)
    found = keep(itineraries, wishes)
    shown = {fare.offer_id for i in found.itineraries for fare in i.fares}

    def meets(fare: Offer) -> bool:
        carriers = [fare.owner]
        for one in fare.segments:
            carriers += [one.carrier, one.operating_carrier]
        return not (
            (wishes.checked_bag and not fare.baggage.checked)
            or (wishes.refundable and fare.conditions.refund != Condition(allowed=True))
            or (wishes.changeable and fare.conditions.change != Condition(allowed=True))
            or any(a.flies_as(c) for a in wishes.airlines_exclude for c in carriers)
            or (
                wishes.airlines_only
                and not all(any(a.flies_as(c) for a in wishes.airlines_only) for c in carriers)
            )
        )

    assert shown == {f.offer_id for i in itineraries for f in i.fares if meets(f)}
    assert all(itinerary.fares for itinerary in found.itineraries)
    assert found.fares_kept == len(shown)
    assert found.fares_found == sum(len(i.fares) for i in itineraries)
    assert sum(each.fares for each in found.left_out) >= found.fares_found - found.fares_kept
    assert all(0 <= each.unknown <= each.fares for each in found.left_out)
