"""Who may be on an order: names, ages, laps, papers."""

from typing import Any

import pytest

from tests.sandbox.duffel_client import (
    offer_of,
    order,
    order_body,
    person,
    query,
    refused,
    search,
    twin,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"given_name": ""}, "given_name", "validation_required"),
        ({"given_name": "Amelia2"}, "given_name", "invalid_passenger_name"),
        ({"family_name": "E" * 21}, "family_name", "invalid_passenger_name"),
        ({"title": "lord"}, "title", "invalid_field"),
        ({"gender": None}, "gender", "validation_required"),
        ({"phone_number": "020 8016 0509"}, "phone_number", "invalid_phone_number"),
        ({"email": "amelia"}, "email", "invalid_email"),
        ({"born_on": "24/07/1987"}, "born_on", "invalid_date"),
        ({"born_on": "2026-11-23"}, "born_on", "invalid_born_on"),
        ({"born_on": "2012-07-24"}, "born_on", "invalid_born_on"),
        (
            {"identity_documents": [{"type": "library_card", "unique_identifier": "1",
                                     "issuing_country_code": "GB"}]},
            "identity_documents/0/type",
            "invalid_field",
        ),
        (
            {"identity_documents": [{"type": "passport", "unique_identifier": "1",
                                     "issuing_country_code": "gb", "expires_on": "2030-01-01"}]},
            "identity_documents/0/issuing_country_code",
            "invalid_field",
        ),
        (
            {"identity_documents": [{"type": "passport", "unique_identifier": "1",
                                     "issuing_country_code": "GB", "expires_on": "2027-01-31"}]},
            "identity_documents/0/expires_on",
            "invalid_field",
        ),
    ],
)  # fmt: skip
async def test_a_passenger_with_wrong_details_is_refused(
    changes: dict[str, Any], field: str, code: str
) -> None:
    async with twin() as client:
        offer = await offer_of(client)
        people = [person(offer["passengers"][0]["id"], **changes)]
        found = await refused(client, order_body(offer, passengers=people))
    assert (f"/passengers/0/{field}", code) in found


@pytest.mark.parametrize("name", ["Zoë", "O'Neill", "Jean-Luc", "María José", "Jr."])
async def test_names_of_people_are_accepted(name: str) -> None:
    async with twin() as client:
        offer = await offer_of(client)
        people = [person(offer["passengers"][0]["id"], given_name=name)]
        made = await order(client, offer, passengers=people)
    assert made["passengers"][0]["given_name"] == name


async def test_the_passengers_must_be_those_of_the_offer() -> None:
    async with twin() as client:
        offer = await offer_of(client, passengers=[{"type": "adult"}] * 2)
        one = order_body(offer, passengers=[person(offer["passengers"][0]["id"])])
        strange = order_body(offer, passengers=[person("pas_1"), person("pas_2")])
        assert await refused(client, one) == [("/passengers", "invalid_passengers")]
        assert await refused(client, strange) == [("/passengers", "invalid_passengers")]


FAMILY = [{"type": "adult"}, {"age": 9}, {"age": 1}]


def family(offer: dict[str, Any], **adult: Any) -> list[dict[str, Any]]:
    one, child, infant = [p["id"] for p in offer["passengers"]]
    return [
        person(one, infant_passenger_id=infant, **adult),
        person(child, given_name="Beryl", born_on="2017-06-01"),
        person(infant, given_name="Cecil", born_on="2025-06-01"),
    ]


async def test_a_family_flies_with_the_infant_on_a_lap() -> None:
    async with twin() as client:
        offer = await offer_of(client, passengers=FAMILY)
        made = await order(client, offer, passengers=family(offer))
    assert [p["type"] for p in made["passengers"]] == ["adult", "child", "infant_without_seat"]
    assert made["passengers"][0]["infant_passenger_id"] == offer["passengers"][2]["id"]


async def test_an_infant_needs_a_lap_and_a_lap_an_infant() -> None:
    async with twin() as client:
        offer = await offer_of(client, passengers=FAMILY)
        people = family(offer)
        nobody = [{**people[0], "infant_passenger_id": None}, *people[1:]]
        wrong = [{**people[0], "infant_passenger_id": people[1]["id"]}, *people[1:]]
        code = "invalid_infant_passenger_id"
        assert await refused(client, order_body(offer, passengers=nobody)) == [
            ("/passengers", code)
        ]
        found = await refused(client, order_body(offer, passengers=wrong))
    assert ("/passengers/0/infant_passenger_id", code) in found


async def test_a_child_has_the_age_it_was_searched_with_on_the_last_day() -> None:
    async with twin() as client:
        offer = await offer_of(client, passengers=[{"type": "adult"}, {"age": 9}])
        people = [person(p["id"]) for p in offer["passengers"]]
        people[1] |= {"given_name": "Beryl", "born_on": "2017-02-01"}
        assert await refused(client, order_body(offer, passengers=people)) == [
            ("/passengers/1/born_on", "invalid_born_on")
        ]
        people[1] |= {"born_on": "2017-02-02"}
        await order(client, offer, passengers=people)


async def test_an_infant_may_have_the_seat_of_the_youngest_child() -> None:
    async with twin() as client:
        offer = await offer_of(client, passengers=[{"type": "adult"}, {"age": 2}])
        people = [person(p["id"]) for p in offer["passengers"]]
        people[1] |= {"given_name": "Beryl", "born_on": "2026-01-01"}
        await order(client, offer, passengers=people)


async def test_some_airlines_want_a_passport_abroad() -> None:
    async with twin() as client:
        offers = (await search(client, query("LHR", "SYD", max_connections=2)))["offers"]
        offer = next(o for o in offers if o["passenger_identity_documents_required"])
        without = order_body(offer)
        assert await refused(client, without) == [
            ("/passengers/0/identity_documents", "validation_required")
        ]
        passport = {
            "type": "passport",
            "unique_identifier": "19KL56147",
            "issuing_country_code": "GB",
            "expires_on": "2032-04-25",
        }
        people = [person(offer["passengers"][0]["id"], identity_documents=[passport])]
        await order(client, offer, passengers=people)


async def test_a_frequent_flyer_number_is_kept_and_must_be_complete() -> None:
    account = {"airline_iata_code": "ZZ", "account_number": "12901014"}
    async with twin() as client:
        asked = {"type": "adult", "given_name": "Amelia", "family_name": "Earhart"}
        offer = await offer_of(
            client, passengers=[asked | {"loyalty_programme_accounts": [account]}]
        )
        name = offer["passengers"][0]["id"]
        half = [person(name, loyalty_programme_accounts=[{"airline_iata_code": "ZZ"}])]
        assert await refused(client, order_body(offer, passengers=half)) == [
            ("/passengers/0/loyalty_programme_accounts/0/account_number", "validation_required")
        ]
        whole = [person(name, loyalty_programme_accounts=[account])]
        made = await order(client, offer, passengers=whole)
    assert offer["passengers"][0]["loyalty_programme_accounts"] == [account]
    assert made["passengers"][0]["loyalty_programme_accounts"] == [account]
