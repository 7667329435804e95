"""What is asked for beside the flight, against what the offer sells."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.build_bookings import eur, offer, person, request, seat_map
from tests.build_flights import NOW
from tripsage_mcp.domain.ancillary import Ancillary
from tripsage_mcp.domain.flight import Condition, Conditions, Passenger, PaymentRequirements
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import AncillaryChoice
from tripsage_mcp.errors import InvalidRequestError, OfferUnavailableError
from tripsage_mcp.services.bookings import words as booking_words
from tripsage_mcp.services.bookings.cancellation_quotes import Quote
from tripsage_mcp.services.bookings.passengers import checked, fitted
from tripsage_mcp.services.bookings.requests import (
    AncillaryGiven,
    Extra,
    SeatGiven,
    check,
    check_kind,
    extras,
)

BAG = AncillaryGiven("ase_bag")
SEAT = SeatGiven("pas_1", 1, "12A")
REFUND = Ancillary(
    "ase_any", "cancel_for_any_reason", eur("25"), 1, ("pas_1",), (), refund=eur("80")
)


def bought(**changes: Any) -> tuple[Extra, ...]:
    sold = changes.pop("sold", offer())
    return extras(check(request(**changes), NOW), sold, (seat_map(),))


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"offer_id": "off_1"}, "offer_id"),
        ({"offer_id": "ord_" + "0" * 22}, "offer_id"),
        ({"total": "99.50"}, "total"),
        ({"total": "99.505 EUR"}, "total"),
        ({"passengers": []}, "passengers"),
        ({"hold": True, "ancillaries": [BAG]}, "ancillaries"),
        ({"hold": True, "seats": [SEAT]}, "seats"),
        ({"ancillaries": [AncillaryGiven("ase_bag", 0)]}, "ancillaries.0.quantity"),
        ({"ancillaries": [BAG, BAG]}, "ancillaries"),
        ({"ancillaries": [AncillaryGiven(f"ase_{n}") for n in range(41)]}, "ancillaries"),
        ({"seats": [SEAT, replace(SEAT, seat="14C")]}, "seats"),
        ({"seats": [SEAT, SeatGiven("pas_2", 1, "12a")]}, "seats"),
    ],
)
def test_what_breaks_a_rule_is_refused_before_anybody_is_asked(
    changes: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check(request(**changes), NOW)
    assert caught.value.argument == argument


def test_extras_cost_what_the_offer_says() -> None:
    assert bought(ancillaries=[AncillaryGiven("ase_bag", 2)], seats=[SEAT]) == (
        Extra(
            AncillaryChoice("ase_bag", 2),
            "2 x checked bag up to 23 kg on TP1350",
            eur("60"),
            ("pas_1",),
        ),
        Extra(AncillaryChoice("ase_12a", 1), "seat 12A on TP1350", eur("15.00"), ("pas_1",)),
    )
    assert bought() == ()


def test_the_right_to_cancel_says_what_it_gives_back() -> None:
    sold = replace(offer(), ancillaries=(REFUND,))
    [found] = bought(sold=sold, ancillaries=[AncillaryGiven("ase_any")])
    assert found.words == "1 x cancel for any reason, gives back 80.00 EUR"


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"ancillaries": [AncillaryGiven("ase_other")]}, "ancillaries.0.ancillary_id"),
        ({"ancillaries": [AncillaryGiven("ase_bag", 3)]}, "ancillaries.0.quantity"),
        ({"ancillaries": [BAG], "sold": offer(ancillaries=None)}, "ancillaries.0.ancillary_id"),
        ({"seats": [replace(SEAT, passenger_id="pas_9")]}, "seats.0.passenger_id"),
        ({"seats": [replace(SEAT, segment=0)]}, "seats.0.segment"),
        ({"seats": [replace(SEAT, segment=2)]}, "seats.0.segment"),
        ({"seats": [replace(SEAT, seat="12B")]}, "seats.0.seat"),
        ({"seats": [replace(SEAT, seat="window")]}, "seats.0.seat"),
    ],
)
def test_what_the_offer_does_not_sell_is_refused(changes: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        bought(**changes)
    assert caught.value.argument == argument


def test_an_infant_on_a_lap_has_no_seat() -> None:
    sold = offer(Passenger("pas_1", "adult"), Passenger("pas_i", "infant_without_seat"))
    with pytest.raises(InvalidRequestError, match="has a seat"):
        bought(sold=sold, seats=[replace(SEAT, passenger_id="pas_i")])


def test_an_extra_in_another_currency_is_not_added_up() -> None:
    sold = replace(offer(), ancillaries=(replace(REFUND, price=Money(eur("25").amount, "USD")),))
    with pytest.raises(OfferUnavailableError, match="another currency"):
        bought(sold=sold, ancillaries=[AncillaryGiven("ase_any")])


def test_only_what_need_not_be_paid_at_once_is_held() -> None:
    check_kind("instant", offer(payment=None))
    check_kind("hold", offer())
    with pytest.raises(InvalidRequestError):
        check_kind("hold", offer(payment=None))


def test_who_holds_an_infant_and_what_is_not_known_is_shown() -> None:
    sold = replace(
        offer(Passenger("pas_1", "adult"), Passenger("pas_i", "infant_without_seat", 0)),
        conditions=Conditions(None, Condition(allowed=True)),
        payment=PaymentRequirements(instant=False),
    )
    rui = person("pas_i", given_name="Rui", born_on=date(2026, 9, 1))
    people = fitted(checked([person(), rui], NOW), sold)
    shown = booking_words.purchase(sold, "hold", people, (), sold.total)
    text = shown.text()
    assert "- Ms Inês Silva, adult, born 17 May 1990, with Rui Silva on the lap\n" in text
    assert "- Ms Rui Silva, infant on a lap, born 01 Sep 2026\n" in text
    # Of both, and said once.
    assert "Tickets and news go to: ines.s@example.org, +351966123456\n" in text
    assert "- Refund before departure: unknown, ask the airline" in text
    assert "- Change before departure: allowed, fee unknown" in text
    assert shown.next.endswith("nothing is paid yet. The price may change until then.")


def test_a_quote_outlives_the_call_that_asked_for_it() -> None:
    for quote in (
        Quote("ore_1", eur("10.50"), "balance", NOW, 0),
        Quote("ore_1", None, "airline_credits", None, 2),
    ):
        assert Quote.read(quote.context()) == quote
    assert Quote.read({}) is None
