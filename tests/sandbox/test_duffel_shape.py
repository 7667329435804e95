"""The twin's JSON has the keys and types of recorded answers, no more and no fewer."""

import ast
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.duffel_census import census, either_end
from tests.sandbox.duffel_client import query, search, twin

pytestmark = pytest.mark.anyio

REFERENCE = Path(__file__).parents[2] / "../shared/reference"
CENSUS = REFERENCE / "schemas" / "wire_offer_request.txt"
RECORDED = REFERENCE / "recorded" / "duffel"
# Version 1 spoke these; version 2 does not.
OLD = (
    "orq.offers[].allowed_passenger_identity_document_types",
    "orq.offers[].ngs_shelf",
)
# Recorded searches were for one adult in any cabin, and on an airline without a programme.
NEVER_RECORDED = {
    "orq.offers[].supported_loyalty_programmes[]",
    "orq.cabin_class",
    "orq.passengers[].age",
    "orq.passengers[].type",
    "orq.offers[].passengers[].age",
}

needs_recordings = pytest.mark.skipif(
    not CENSUS.exists(), reason="the recorded Duffel answers are not beside this checkout"
)


def recorded_census() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in CENSUS.read_text("utf-8").splitlines():
        path, _, rest = line.partition(" ")
        kinds: dict[str, int] = ast.literal_eval(rest[: rest.index("}") + 1])
        found.setdefault(either_end(path), set()).update(kinds)
    return {path: kinds for path, kinds in found.items() if not path.startswith(OLD)}


async def answers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    party = [{"type": "adult"}, {"age": 9}, {"age": 1}]
    async with twin() as client:
        for body in (
            query("ATL", "NYC", cabin_class=None),
            query("ASU", "LON", passengers=party),
            query("LON", "ASU", max_connections=2),
            query("JFK", "LON", back="2027-02-09"),
            query("STN", "AGP"),
        ):
            for path, kinds in census(await search(client, body), "orq").items():
                found.setdefault(path, set()).update(kinds)
    return found


@needs_recordings
async def test_every_key_and_type_of_a_search_was_recorded() -> None:
    recorded = recorded_census()
    strange = {
        path: kinds - recorded.get(path, set())
        for path, kinds in (await answers()).items()
        if path not in NEVER_RECORDED and not kinds <= recorded.get(path, set())
    }
    assert strange == {}


@needs_recordings
async def test_every_recorded_key_is_in_the_answer_to_a_search() -> None:
    assert recorded_census().keys() - (await answers()).keys() == set()


@needs_recordings
async def test_extras_have_the_shape_of_recorded_ones() -> None:
    wanted: dict[str, dict[str, set[str]]] = {}
    for file in sorted((RECORDED / "offers").glob("*.json")):
        recorded: dict[str, Any] = json.loads(file.read_text("utf-8"))
        services: list[dict[str, Any]] = recorded.get("available_services") or []
        for service in services:
            known = wanted.setdefault(service["type"], {})
            for path, kinds in census(service, "service").items():
                known.setdefault(path, set()).update(kinds)
    async with twin() as client:
        offer = (await search(client, query("STN", "AGP")))["offers"][0]
        path = f"/air/offers/{offer['id']}?return_available_services=true"
        services = (await client.get(path)).json()["data"]["available_services"]
    assert {s["type"] for s in services} == {"baggage", "cancel_for_any_reason"}
    for service in services:
        found = census(service, "service")
        known = wanted[service["type"]]
        assert found.keys() == known.keys()
        assert all(kinds <= known[path] for path, kinds in found.items())


@needs_recordings
@pytest.mark.parametrize(
    "name", ["authentication_error", "invalid_request_error", "validation_error"]
)
async def test_errors_have_the_shape_and_words_of_recorded_ones(name: str) -> None:
    recorded = json.loads((RECORDED / "errors" / f"{name}.json").read_text("utf-8"))
    headers, body = {
        "authentication_error": ({"Authorization": ""}, {}),
        "invalid_request_error": ({"Duffel-Version": ""}, {}),
        "validation_error": ({}, {"data": {"passengers": [{"type": "adult"}]}}),
    }[name]
    async with twin() as client:
        response = await client.post("/air/offer_requests", headers=headers, json=body)
    found = response.json()
    assert census(found, "error") == census(recorded, "error")
    theirs, ours = recorded["errors"][0], found["errors"][0]
    for key in ("type", "code", "title", "message", "source"):
        assert ours.get(key) == theirs.get(key)


async def test_money_adds_up_and_is_written_as_decimals() -> None:
    async with twin() as client:
        found = await search(client, query("LIS", "TYO", back="2027-02-12"))
    assert found["offers"]
    for offer in found["offers"]:
        amounts = [offer[f"{kind}_amount"] for kind in ("total", "base", "tax")]
        total, base, tax = map(Decimal, amounts)
        assert total == base + tax
        assert all(str(Decimal(a).quantize(Decimal("0.01"))) == a for a in amounts)
        assert {offer[f"{kind}_currency"] for kind in ("total", "base", "tax")} == {"EUR"}


async def test_every_id_of_a_search_is_unique_where_it_must_be() -> None:
    async with twin() as client:
        found = await search(client, query("LIS", "TYO", back="2027-02-12"))
    offers = found["offers"]
    segments = [s["id"] for o in offers for part in o["slices"] for s in part["segments"]]
    for many in (
        [o["id"] for o in offers],
        [p["id"] for o in offers for p in o["slices"]],
        segments,
    ):
        assert len(set(many)) == len(many)
        assert all(len(one) == 26 for one in many)
    assert [o["id"] for o in offers] == sorted(o["id"] for o in offers)
    assert {p["id"] for o in offers for p in o["passengers"]} == {
        p["id"] for p in found["passengers"]
    }
