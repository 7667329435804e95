from typing import Any
from uuid import uuid4

import pytest

from tests.rest.served import client, fields, refused

pytestmark = pytest.mark.anyio

ROUTE: dict[str, Any] = {
    "origin": "LIS",
    "destination": "LHR",
    "departure_date": "2027-05-10",
    "target": "90 EUR",
}


async def test_a_watch_is_made_listed_read_and_stopped() -> None:
    async with client() as http:
        made = await http.post("/api/v1/watches", json=ROUTE)
        (watch,) = made.json()["watches"]
        path = f"/api/v1/watches/{watch['watch_id']}"
        listed = await http.get("/api/v1/watches")
        one = await http.get(path)
        stopped = await http.delete(path)
        again = await http.get(path)
    assert (made.status_code, stopped.status_code) == (201, 200)
    assert made.json()["created"] is True
    assert watch["price"] == "99.50 EUR"
    assert [each["watch_id"] for each in listed.json()["watches"]] == [watch["watch_id"]]
    assert one.json()["watches"][0]["history"]["trend"] == "unknown"
    assert stopped.json()["watches"][0]["status"] == "ended"
    assert again.json()["watches"] == stopped.json()["watches"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"target": "cheap"}, "target"), ({"color": "red"}, "color"), ({"origin": None}, "origin")],
)
async def test_what_makes_no_sense_is_refused(changes: dict[str, Any], field: str) -> None:
    async with client() as http:
        response = await http.post("/api/v1/watches", json=ROUTE | changes)
    assert response.status_code == 422
    assert fields(response) == [field]


async def test_a_watch_nobody_has_is_not_found() -> None:
    async with client() as http:
        response = await http.delete(f"/api/v1/watches/{uuid4()}")
    assert response.status_code == 404
    assert refused(response)["code"] == "not_found"
