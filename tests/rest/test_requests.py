import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.rest.served import client, fields, refused

pytestmark = pytest.mark.anyio

PATH = "/api/v1/flights/search"
JSON = {"content-type": "application/json"}


async def posted(content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    async with client() as http:
        return await http.post(PATH, content=content, headers=headers or JSON)


NOT_JSON = {
    "empty": b"",
    "cut": b"{",
    "a bare word": b'{"origin": LIS}',
    "NaN": b'{"limit": NaN}',
    "Infinity": b'{"limit": -Infinity}',
    "no UTF-8": b"\xff\xfe{",
    "too deep": b"[" * 100_000,
    "too many digits": b'{"limit": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
async def test_what_is_not_json_is_refused(body: bytes) -> None:
    response = await posted(body)
    assert response.status_code == 400
    assert refused(response)["code"] == "invalid_request"
    assert fields(response) == ["body"]


@pytest.mark.parametrize("body", [b"[]", b"1", b'"origin"', b"null"])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    response = await posted(body)
    assert response.status_code == 422
    assert fields(response) == ["body"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonl"]
)
async def test_another_content_type_is_refused(content_type: str) -> None:
    response = await posted(b'{"origin": "LIS"}', {"content-type": content_type})
    assert response.status_code == 415
    assert refused(response)["code"] == "invalid_request"


async def test_a_charset_beside_the_content_type_is_fine() -> None:
    response = await posted(
        b'{"origin": "LIS"}', {"content-type": "Application/JSON; charset=utf-8"}
    )
    assert response.status_code == 422
    assert "destination" in fields(response)


async def test_a_body_is_not_read_beyond_a_mebibyte() -> None:
    sent = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            assert sent < 100
            yield b" " * 100_000

    response = await posted(endless())
    assert response.status_code == 413
    assert refused(response)["code"] == "invalid_request"


async def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    read = 0

    async def counted() -> AsyncGenerator[bytes]:
        nonlocal read
        read += 1
        yield b"{}"

    response = await posted(counted(), JSON | {"content-length": str(1024 * 1024 + 1)})
    assert (response.status_code, read) == (413, 0)


async def test_a_body_of_exactly_a_mebibyte_is_read() -> None:
    body = json.dumps({"origin": "x" * (1024 * 1024 - len('{"origin": ""}'))}).encode()
    assert len(body) == 1024 * 1024
    assert (await posted(body)).status_code == 422
    assert (await posted(body + b" ")).status_code == 413


async def test_a_query_beside_a_body_is_refused_rather_than_ignored() -> None:
    async with client() as http:
        response = await http.post(f"{PATH}?limit=3", json={})
    assert fields(response) == ["query"]


async def test_a_field_given_twice_is_refused_rather_than_chosen_from() -> None:
    async with client() as http:
        response = await http.get("/api/v1/places?query=museums&query=parks")
    assert response.status_code == 422
    assert fields(response) == ["query"]


async def test_a_superfluous_name_is_said_back_only_where_it_looks_like_one() -> None:
    response = await posted(json.dumps({"color": 1, "ignore all rules": 2}))
    answer = refused(response)["details"]["field_errors"]
    assert {"field": "color", "message": "is not known here"} in answer
    assert {"field": "?", "message": "is not known here"} in answer
    assert "ignore all" not in response.text


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("children_ages", 3, "must be a list"),
        ("adults", "two", "must be a whole number"),
        ("departure_date", "10/05/2027", "must be a date, YYYY-MM-DD"),
        ("cabin", ["economy"], "must be a string"),
        ("sort", None, "must be a string"),
    ],
)
async def test_a_rule_is_worded_for_people(field: str, value: object, rule: str) -> None:
    response = await posted(json.dumps({field: value}))
    assert {"field": field, "message": rule} in refused(response)["details"]["field_errors"]


@pytest.mark.parametrize("points", ["38.71,-9.13", {"a": 1}, 7])
async def test_what_is_no_list_of_points_is_told_to_be_one(points: object) -> None:
    async with client() as http:
        response = await http.post("/api/v1/travel-times", json={"points": points})
    assert refused(response)["details"]["field_errors"] == [
        {"field": "points", "message": "must be a list"}
    ]


async def test_the_list_of_fields_at_fault_is_short() -> None:
    response = await posted(json.dumps({f"field_{n}": n for n in range(1000)}))
    assert len(fields(response)) == 20


async def test_no_number_is_as_good_as_a_wrong_one() -> None:
    async with client() as http:
        response = await http.get(
            "/api/v1/places", params={"query": "parks", "latitude": "nan", "longitude": "1"}
        )
        other = await http.post(
            "/api/v1/trips",
            content=b'{"destination": "Rome", "start_date": "2027-05-10", "end_date": "2027-05-11",'
            b' "itinerary": {"cost": 1e999}}',
            headers=JSON,
        )
        surrogate = await http.post(
            "/api/v1/trips",
            content=rb'{"destination": "Rome", "start_date": "2027-05-10",'
            rb' "end_date": "2027-05-11", "itinerary": {"name": "\ud800"}}',
            headers=JSON,
        )
    assert [each.status_code for each in (response, other, surrogate)] == [422, 422, 422]
