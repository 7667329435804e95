from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.providers.flights.duffel_wire_build import (
    NOW,
    ONE_WAY,
    SECRET,
    Wire,
    ok,
    place,
    raw_offer,
    raw_request,
    raw_slice,
)
from tripsage_mcp.domain.flight import Amenities
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest, TimeWindow
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import (
    ConfigurationError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
)
from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build

pytestmark = pytest.mark.anyio


async def test_search_sends_what_the_documentation_asks_for() -> None:
    wire = Wire(ok(raw_request(), 201))
    await wire.offers.search(
        OfferRequest(
            slices=(
                SliceRequest(
                    "LIS",
                    "LON",
                    date(2027, 5, 10),
                    departure_window=TimeWindow(time(6), time(11, 30)),
                ),
                SliceRequest(
                    "LON", "LIS", date(2027, 5, 17), arrival_window=TimeWindow(last=time(20))
                ),
            ),
            adults=2,
            children_ages=(1, 11),
            infants_in_seat=1,
            cabin="business",
            max_connections=0,
        )
    )
    (request,) = wire.sent
    assert wire.paths == ["POST /air/offer_requests"]
    assert dict(request.url.params) == {"return_offers": "true", "supplier_timeout": "20000"}
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["duffel-version"] == "v2"
    assert wire.bodies == [
        {
            "data": {
                "slices": [
                    {
                        "origin": "LIS",
                        "destination": "LON",
                        "departure_date": "2027-05-10",
                        "departure_time": {"from": "06:00", "to": "11:30"},
                    },
                    {
                        "origin": "LON",
                        "destination": "LIS",
                        "departure_date": "2027-05-17",
                        "arrival_time": {"from": "00:00", "to": "20:00"},
                    },
                ],
                "passengers": [
                    {"type": "adult"},
                    {"type": "adult"},
                    {"age": 1},
                    {"age": 11},
                    {"age": 2},
                ],
                "cabin_class": "business",
                "max_connections": 0,
            }
        }
    ]


async def test_get_reopen_and_seat_maps_ask_by_id() -> None:
    wire = Wire(ok(raw_offer()), ok(raw_request()), ok([]))
    await wire.offers.get("off_1")
    await wire.offers.reopen("orq_1")
    assert await wire.offers.seat_maps("off_1") == ()
    assert [str(request.url) for request in wire.sent] == [
        "https://duffel.invalid/air/offers/off_1?return_available_services=true",
        "https://duffel.invalid/air/offer_requests/orq_1",
        "https://duffel.invalid/air/seat_maps?offer_id=off_1",
    ]


async def test_an_offer_is_mapped_to_our_words() -> None:
    offer = await Wire(ok(raw_offer())).offers.get("off_1")
    assert offer.total == Money(Decimal("99.50"), "EUR")
    assert (offer.provenance.source, offer.provenance.data) == ("duffel", "live")
    assert offer.provenance.fetched_at == NOW
    assert offer.expires_at.utcoffset() == timedelta()
    (only,) = offer.segments
    assert only.flight == "TP1350"
    assert only.departs_at.isoformat() == "2027-05-10T09:00:00+01:00"
    assert only.arrives_at - only.departs_at == only.duration == timedelta(minutes=160)
    assert only.operating_carrier == only.carrier
    # The infant has no seat, so its missing allowance does not count; carry-on is not known.
    assert (offer.baggage.checked, offer.baggage.carry_on) == (2, None)
    assert [p.type for p in offer.passengers] == ["adult", "infant_without_seat"]
    assert offer.conditions.refund is None


async def test_a_missing_duration_is_computed_and_a_missing_zone_looked_up() -> None:
    changed = {
        "duration": None,
        "destination": place("JFK", None),
        "arriving_at": "2027-05-10T12:00:00",
    }
    offer = await Wire(ok(raw_offer(segment=changed))).offers.get("off_1")
    assert offer.segments[0].duration == timedelta(hours=8)
    assert offer.slices[0].duration == timedelta(hours=8)


async def test_a_technical_stop_is_read_in_its_own_local_time() -> None:
    stop = {
        "id": "sto_1",
        "airport": place("JFK", "America/New_York"),
        "arriving_at": "2027-05-10T10:00:00",
        "departing_at": None,
        "duration": "PT1H",
    }
    offer = await Wire(ok(raw_offer(segment={"stops": [stop]}))).offers.get("off_1")
    (got,) = offer.segments[0].stops
    assert got.airport.code == "JFK"
    assert got.arrives_at is not None
    assert got.arrives_at.isoformat() == "2027-05-10T10:00:00-04:00"
    assert got.departs_at is None


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"type": "adult", "age": 14}, "adult"),
        ({"type": None, "age": 18}, "adult"),
        ({"type": None, "age": None}, "adult"),
        ({"type": "child", "age": None}, "child"),
        ({"type": None, "age": 17}, "child"),
        ({"type": "brand_new_type", "age": 2}, "child"),
        ({"type": None, "age": 1}, "infant_without_seat"),
    ],
)
async def test_a_passenger_without_a_known_type_is_judged_by_age(
    sent: dict[str, Any], kind: str
) -> None:
    body = raw_offer(passengers=[{"id": "pas_1"} | sent])
    offer = await Wire(ok(body)).offers.get("off_1")
    assert offer.passengers[0].type == kind


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (
            {
                "wifi": {"available": True, "cost": "paid"},
                "seat": {"pitch": "31", "legroom": "more", "type": "recliner"},
                "power": {"available": True},
            },
            Amenities("paid", power=True, seat_pitch_in=31, legroom="more"),
        ),
        ({"wifi": {"available": False, "cost": None}}, Amenities("none")),
        ({"wifi": {"available": True, "cost": "n/a"}}, Amenities("available")),
        ({"seat": {"pitch": "n/a", "legroom": "n/a"}, "wifi": None, "power": None}, None),
        ({"seat": ["new", "shape"], "power": {"available": False}}, Amenities(power=False)),
        ({"wifi": {"available": None, "cost": "paid"}}, None),
        ("a new shape", None),
        (None, None),
    ],
)
async def test_amenities_are_told_where_they_are_understood(
    sent: object, read: Amenities | None
) -> None:
    passenger = {"passenger_id": "pas_1", "cabin": {"name": "economy", "amenities": sent}}
    body = raw_offer(segment={"passengers": [passenger]})
    offer = await Wire(ok(body)).offers.get("off_1")
    assert offer.segments[0].fares[0].amenities == read


@pytest.mark.parametrize("sent", [True, False, None])
async def test_a_slice_says_whether_its_seats_may_be_chosen(sent: bool | None) -> None:  # noqa: FBT001
    part = raw_slice() | {"conditions": {"advance_seat_selection": sent}}
    offer = await Wire(ok(raw_offer(slices=[part]))).offers.get("off_1")
    assert offer.slices[0].seat_selection is sent


async def test_duffels_test_mode_is_sandbox_data() -> None:
    body = raw_request(raw_offer(live_mode=False), live_mode=False)
    found = await Wire(ok(body, 201)).offers.search(ONE_WAY)
    assert found.provenance.data == "sandbox"
    assert found.offers[0].provenance.data == "sandbox"


async def test_new_words_and_new_fields_break_nothing() -> None:
    body = raw_offer(
        brand_new_field={"anything": [1]},
        payment_requirements={"requires_instant_payment": "a new word"},
        conditions={"refund_before_departure": {"allowed": "sometimes"}},
        total_emissions_kg="unknown",
        segment={
            "passengers": [
                {
                    "passenger_id": "pas_1",
                    "cabin_class": "brand_new_class",
                    "baggages": [{"type": "brand_new_bag", "quantity": 1, "new": True}],
                }
            ]
        },
    )
    offer = await Wire(ok(body)).offers.get("off_1")
    assert offer.cabins == ("brand_new_class",)
    assert (offer.payment, offer.emissions_kg, offer.conditions.refund) == (None, None, None)


REQUIRED = (
    "id", "live_mode", "total_amount", "total_currency", "expires_at", "owner", "slices",
)  # fmt: skip


@pytest.mark.parametrize("field", REQUIRED)
async def test_an_offer_without_what_it_needs_is_left_out_of_a_search_and_counted(
    field: str,
) -> None:
    broken = raw_offer(2)
    del broken[field]
    found = await Wire(ok(raw_request(raw_offer(1), broken), 201)).offers.search(ONE_WAY)
    assert ([each.offer_id[-1] for each in found.offers], found.unreadable) == (["1"], 1)


@pytest.mark.parametrize("field", REQUIRED)
async def test_an_offer_alone_without_what_it_needs_is_an_error_that_names_it(field: str) -> None:
    broken = raw_offer()
    del broken[field]
    with pytest.raises(ProviderProtocolError, match=field):
        await Wire(ok(broken)).offers.get("off_1")
    with pytest.raises(ProviderProtocolError, match=field):
        await Wire(ok(raw_request(broken, broken), 201)).offers.search(ONE_WAY)


async def test_the_missing_field_of_a_segment_is_named_too() -> None:
    broken = raw_offer(segment={"departing_at": None})
    with pytest.raises(ProviderProtocolError, match=r"slices\.0\.segments\.0\.departing_at"):
        await Wire(ok(raw_request(broken), 201)).offers.search(ONE_WAY)


async def test_an_offer_that_makes_no_sense_is_left_out_and_counted() -> None:
    body = raw_request(
        raw_offer(1),
        raw_offer(2, total_currency="euro"),
        raw_offer(3, total_amount="1" * 30),
        raw_offer(4, segment={"origin": place("XXX", "Mars/Olympus")}),
        raw_offer(5, expires_at="0001-01-01T00:00:00+14:00"),
        "not even an object",
    )
    found = await Wire(ok(body, 201)).offers.search(ONE_WAY)
    assert (len(found.offers), found.unreadable) == (1, 5)


async def test_an_unknown_time_zone_is_a_protocol_error_of_the_offer_alone() -> None:
    broken = raw_offer(segment={"origin": place("XXX", "Mars/Olympus")})
    with pytest.raises(ProviderProtocolError, match="time zone") as caught:
        await Wire(ok(broken)).offers.get("off_1")
    assert "Mars" not in caught.value.message


@pytest.mark.parametrize("offers", [{"offers": []}, {"offers": None}])
async def test_no_offers_is_an_answer_not_an_error(offers: dict[str, Any]) -> None:
    found = await Wire(ok(raw_request(**offers), 201)).offers.search(ONE_WAY)
    assert (found.offers, found.unreadable, found.provenance.expires_at) == ((), 0, None)


async def test_without_a_token_nothing_is_sent() -> None:
    unset = Wire(httpx.Response(500), token=None)
    with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_DUFFEL_ACCESS_TOKEN"):
        await unset.offers.search(ONE_WAY)
    with pytest.raises(ProviderNotConfiguredError):
        await unset.offers.get("off_1")
    with pytest.raises(ProviderNotConfiguredError):
        await unset.orders.find("off_1")
    assert unset.sent == []
    assert unset.duffel.health.last_success is None


async def test_the_adapter_opens_and_closes_its_own_clients() -> None:
    duffel = build(DuffelConfig(access_token=SecretStr(SECRET)))
    searching, acting = duffel.offers.api.http, duffel.orders.acting.http
    assert searching.client.base_url == "https://api.duffel.com"
    assert searching.client.timeout.read == 30
    # Duffel's own word: an order may take two minutes.
    assert acting.client.timeout.read == 130
    assert acting.health is searching.health is duffel.health
    await duffel.aclose()
    assert searching.client.is_closed
    assert acting.client.is_closed


def test_settings_come_from_the_environment_and_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", SECRET)
    config = read(DuffelConfig)
    assert SECRET not in repr(config)
    assert config.timeout_s * 1000 > config.supplier_timeout_ms
    for name, value in {
        "TRIPSAGE_DUFFEL_SUPPLIER_TIMEOUT_MS": "1",
        "TRIPSAGE_DUFFEL_TIMEOUT_S": "20",
        "TRIPSAGE_DUFFEL_ORDER_TIMEOUT_S": "30",
        "TRIPSAGE_DUFFEL_PAYMENT_TYPE": "card",
    }.items():
        with monkeypatch.context() as one:
            one.setenv(name, value)
            with pytest.raises(ConfigurationError, match=name):
                read(DuffelConfig)
