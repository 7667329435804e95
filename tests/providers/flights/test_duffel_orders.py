from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from tests.providers.flights.duffel_wire_build import (
    NOW,
    Wire,
    amelia,
    ok,
    purchase,
    raw_order,
    raw_quote,
    raw_slice,
)
from tests.providers.flights.test_duffel_failures import failed
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import (
    AirlineCredit,
    AncillaryChoice,
    IdentityDocument,
    LoyaltyAccount,
    Order,
    OrderedAncillary,
    OrderPassenger,
    TravelDocument,
)
from tripsage_mcp.errors import (
    PaymentRefusedError,
    ProviderProtocolError,
)
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build

pytestmark = pytest.mark.anyio

SOON = "2027-03-02T12:00:00Z"
EUR = Money(Decimal("99.50"), "EUR")
PAYMENT = {
    "id": "pay_1",
    "status": "succeeded",
    "amount": "99.50",
    "currency": "EUR",
    "order_id": "ord_1",
    "live_mode": True,
}


async def test_an_instant_order_sends_passengers_payment_and_ancillaries() -> None:
    wire = Wire(ok(raw_order(), 201))
    adult = amelia(
        infant_passenger_id="pas_2",
        documents=(
            IdentityDocument("passport", "19KL56147", "GB", date(2030, 4, 25)),
            IdentityDocument("tax_id", "123", "GB"),
        ),
        loyalty=(LoyaltyAccount("BA", "12901014"),),
    )
    request = purchase(
        passengers=(adult,), ancillaries=(AncillaryChoice("ase_1", 2),), reference="booking-7"
    )
    await wire.orders.create(request)
    assert wire.paths == ["POST /air/orders"]
    assert wire.bodies == [
        {
            "data": {
                "type": "instant",
                "selected_offers": ["off_1"],
                "passengers": [
                    {
                        "id": "pas_1",
                        "title": "mrs",
                        "given_name": "Amelia",
                        "family_name": "Earhart",
                        "gender": "f",
                        "born_on": "1987-07-24",
                        "email": "amelia@example.com",
                        "phone_number": "+442080160509",
                        "infant_passenger_id": "pas_2",
                        "identity_documents": [
                            {
                                "type": "passport",
                                "unique_identifier": "19KL56147",
                                "issuing_country_code": "GB",
                                "expires_on": "2030-04-25",
                            },
                            {
                                "type": "tax_id",
                                "unique_identifier": "123",
                                "issuing_country_code": "GB",
                            },
                        ],
                        "loyalty_programme_accounts": [
                            {"airline_iata_code": "BA", "account_number": "12901014"}
                        ],
                    }
                ],
                "payments": [{"type": "balance", "amount": "99.50", "currency": "EUR"}],
                "services": [{"id": "ase_1", "quantity": 2}],
                "metadata": {"reference": "booking-7"},
            }
        }
    ]


async def test_a_hold_sends_no_payment() -> None:
    wire = Wire(ok(raw_order(type="hold"), 201))
    order = await wire.orders.create(purchase(kind="hold"))
    assert order.kind == "hold"
    (body,) = wire.bodies
    assert body["data"]["type"] == "hold"
    assert "payments" not in body["data"]


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Money(Decimal(50), "EUR"), "50.00"),
        (Money(Decimal("50.0"), "EUR"), "50.00"),
        (Money(Decimal("1E+3"), "JPY"), "1000"),
        # Not ours to round.
        (Money(Decimal("50.005"), "EUR"), "50.005"),
    ],
)
async def test_what_was_agreed_to_is_what_is_paid(amount: Money, sent: str) -> None:
    wire = Wire(ok(PAYMENT, 201))
    await wire.orders.pay("ord_1", amount)
    payment = {"type": "balance", "amount": sent, "currency": amount.currency}
    assert wire.paths == ["POST /air/payments"]
    assert wire.bodies == [{"data": {"order_id": "ord_1", "payment": payment}}]


async def test_a_setting_says_what_orders_are_paid_with() -> None:
    wire = Wire(ok(raw_order(), 201))
    acting = build(
        DuffelConfig(access_token=SecretStr("duffel_test_x"), payment_type="arc_bsp_cash"),
        now=lambda: NOW,
        client=wire.orders.acting.http.client,
    )
    await acting.orders.create(purchase())
    assert wire.bodies[0]["data"]["payments"][0]["type"] == "arc_bsp_cash"


async def test_an_order_is_mapped_to_our_words() -> None:
    seated = {"passenger_id": "pas_1", "seat": {"designator": "14B"}, "cabin_class": "economy"}
    raw = raw_order(
        base_amount="80.00",
        base_currency="EUR",
        tax_amount="19.50",
        tax_currency="EUR",
        slices=[raw_slice(passengers=[seated])],
        passengers=[
            {
                "id": "pas_1",
                "given_name": "Amelia",
                "family_name": "Earhart",
                "type": "adult",
                "infant_passenger_id": "pas_2",
            }
        ],
        services=[
            {
                "type": "seat",
                "total_amount": "20.00",
                "total_currency": "EUR",
                "quantity": 1,
                "passenger_ids": ["pas_1"],
                "segment_ids": ["seg_1"],
            },
            {
                "type": "seat",
                "total_amount": "0.00",
                "total_currency": "EUR",
                "quantity": 1,
                "metadata": {"designator": "2A"},
            },
            {"type": "broken"},
        ],
        documents=[
            {
                "type": "electronic_ticket",
                "unique_identifier": "1252106312810",
                "passenger_ids": ["pas_1"],
            }
        ],
        conditions={"refund_before_departure": {"allowed": False}},
        airline_initiated_changes=[{"action_taken": "accepted"}, {"action_taken": None}],
        cancelled_at="2027-03-02T12:00:00Z",
    )
    order = await Wire(ok(raw)).orders.get("ord_1")
    flown = order.slices[0].segments[0]
    assert flown.fares[0].seat == "14B"
    zero = Money(Decimal("0.00"), "EUR")
    assert order == Order(
        order_id="ord_1",
        kind="instant",
        offer_id="off_1",
        booking_reference="RZPNX8",
        owner=flown.carrier,
        total=EUR,
        base=Money(Decimal("80.00"), "EUR"),
        tax=Money(Decimal("19.50"), "EUR"),
        slices=order.slices,
        passengers=(OrderPassenger("pas_1", "Amelia", "Earhart", "adult", "pas_2"),),
        conditions=order.conditions,
        created_at=NOW,
        provenance=order.provenance,
        ancillaries=(
            OrderedAncillary(
                "seat", 1, Money(Decimal("20.00"), "EUR"), ("pas_1",), ("seg_1",), "14B"
            ),
            OrderedAncillary("seat", 1, zero, seat="2A"),
        ),
        documents=(TravelDocument("electronic_ticket", "1252106312810", ("pas_1",)),),
        paid_at=NOW,
        cancelled_at=datetime(2027, 3, 2, 12, tzinfo=UTC),
        actions=("cancel",),
        schedule_changed=True,
        live_mode=True,
    )
    assert order.conditions.refund is not None
    assert not order.conditions.refund.allowed
    assert (order.provenance.data, order.provenance.fetched_at) == ("live", NOW)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"type": None, "payment_status": {"awaiting_payment": True}}, "hold"),
        ({"type": "pay_later", "payment_status": {"payment_required_by": SOON}}, "hold"),
        ({"type": "brand_new"}, "instant"),
        ({"type": None, "payment_status": None}, "instant"),
    ],
)  # fmt: skip
async def test_an_order_without_a_known_type_is_judged_by_its_payment(
    changed: dict[str, Any], kind: str
) -> None:
    assert (await Wire(ok(raw_order(**changed))).orders.get("ord_1")).kind == kind


async def test_an_order_found_is_the_one_of_the_offer() -> None:
    other, ours = raw_order(id="ord_9", offer_id="off_9"), raw_order()
    wire = Wire(ok([other, ours]))
    found = await wire.orders.find("off_1")
    assert found is not None
    assert found.order_id == "ord_1"
    assert str(wire.sent[0].url) == "https://duffel.invalid/air/orders?offer_id=off_1"


async def test_no_order_is_an_answer_but_a_list_of_other_orders_is_none() -> None:
    assert await Wire(ok([])).orders.find("off_1") is None
    # The filter was ignored, so ours may be on another page.
    with pytest.raises(ProviderProtocolError, match="offer_id"):
        await Wire(ok([raw_order(offer_id="off_9")])).orders.find("off_1")
    with pytest.raises(ProviderProtocolError, match="created_at"):
        await Wire(ok([raw_order(created_at=None)])).orders.find("off_1")


async def test_an_order_that_cannot_be_read_is_an_error_that_names_the_field() -> None:
    with pytest.raises(ProviderProtocolError, match="total_amount"):
        await Wire(ok(raw_order(total_amount=None))).orders.get("ord_1")
    broken = raw_order(total_amount="1" * 30)
    with pytest.raises(ProviderProtocolError, match="18 digits"):
        await Wire(ok(broken)).orders.get("ord_1")


async def test_a_payment_is_mapped_and_one_that_does_not_say_is_pending() -> None:
    paid = await Wire(ok(PAYMENT, 201)).orders.pay("ord_1", EUR)
    assert (paid.payment_id, paid.order_id, paid.status, paid.amount) == (
        "pay_1", "ord_1", "succeeded", EUR,
    )  # fmt: skip
    short = {"id": "pay_1", "amount": "99.50", "currency": "EUR", "type": "balance"}
    old = await Wire(ok(short, 201)).orders.pay("ord_1", EUR)
    assert (old.status, old.order_id) == ("pending", "ord_1")


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_a_payment_that_failed_is_refused(status: str) -> None:
    with pytest.raises(PaymentRefusedError):
        await Wire(ok(PAYMENT | {"status": status}, 201)).orders.pay("ord_1", EUR)


async def test_cancelling_is_quoted_then_confirmed() -> None:
    wire = Wire(ok(raw_quote(), 201), ok(raw_quote(confirmed_at="2027-03-01T12:00:00Z")))
    quote = await wire.orders.quote_cancellation("ord_1")
    assert quote.refund == Money(Decimal("90.80"), "GBP")
    assert (quote.refund_to, quote.confirmed_at, quote.credits) == ("balance", None, ())
    assert quote.expires_at == quote.provenance.expires_at == datetime(2027, 3, 1, 13, tzinfo=UTC)
    confirmed = await wire.orders.confirm_cancellation(quote.cancellation_id)
    assert confirmed == replace(quote, confirmed_at=NOW)
    assert wire.paths == [
        "POST /air/order_cancellations",
        "POST /air/order_cancellations/ore_1/actions/confirm",
    ]
    assert wire.bodies == [{"data": {"order_id": "ord_1"}}]


async def test_a_cancellation_may_give_back_credits_or_nothing_known() -> None:
    raw = raw_quote() | {
        "refund_amount": None,
        "refund_currency": None,
        "refund_to": "airline_credits",
        "expires_at": None,
        "airline_credits": [
            {"credit_amount": "50.00", "credit_currency": "GBP", "passenger_id": "pas_1"},
            {"credit_amount": None, "expires_at": "2028-03-01T00:00:00Z"},
            "a new shape",
        ],
    }
    quote = await Wire(ok(raw, 201)).orders.quote_cancellation("ord_1")
    assert (quote.refund, quote.refund_to, quote.expires_at) == (None, "airline_credits", None)
    assert quote.credits == (
        AirlineCredit(Money(Decimal("50.00"), "GBP"), "pas_1"),
        AirlineCredit(None, expires_on=date(2028, 3, 1)),
    )


async def test_an_id_that_is_none_is_not_found_without_asking() -> None:
    wire = Wire(ok(raw_order()))
    for call in (
        wire.orders.get("../offers"),
        wire.orders.confirm_cancellation("x y"),
        wire.offers.get("off_1?x=1"),
    ):
        assert (await failed(call)).code == "not_found"
    assert wire.sent == []
