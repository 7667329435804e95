"""Trips over REST: every path, on what terms they are written, and the page behind a link."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fakes_exports import export_service
from tests.fakes_storage import FakeStorage, ShakyStorage
from tests.rest.served import client, fields, refused
from tests.services.trip_desk import Desk
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.rest.requests import schema
from tripsage_mcp.rest.trip_endpoints import TRIP_ENDPOINTS
from tripsage_mcp.tools import get_trips, save_trip, share_trip

pytestmark = pytest.mark.anyio

API = "/api/v1"
ROME = {"destination": "Rome", "start_date": "2027-05-10", "end_date": "2027-05-14"}
UNKNOWN = str(uuid4())
INES = Account(uuid4())
# Each path and method: a call whose named field is refused. A GET's and a DELETE's fields are its
# query.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "GET /trips": ("/trips", {"limit": "51"}, "limit"),
    "POST /trips": ("/trips", {"destination": "Rome"}, "start_date"),
    "GET /trips/{trip_id}": ("/trips/mine", {}, "trip_id"),
    "PUT /trips/{trip_id}": (f"/trips/{UNKNOWN}", {"expected_version": 0, "notes": "x"}, "expec"),
    "PATCH /trips/{trip_id}": (f"/trips/{UNKNOWN}", {"owner_id": UNKNOWN}, "owner_id"),
    "DELETE /trips/{trip_id}": ("/trips/mine", {}, "trip_id"),
    "POST /trips/{trip_id}/restore": (f"/trips/{UNKNOWN}/restore", {"expected_version": -1}, "ex"),
    "GET /trips/{trip_id}/items": (f"/trips/{UNKNOWN}/items", {"limit": "101"}, "limit"),
    "POST /trips/{trip_id}/items": (
        f"/trips/{UNKNOWN}/items",
        {"items": [{"kind": "visit", "title": "Forum", "colour": "red"}]},
        "items.0.colour",
    ),
    "GET /trips/{trip_id}/packing": ("/trips/mine/packing", {}, "trip_id"),
    "POST /trips/{trip_id}/packing": (
        f"/trips/{UNKNOWN}/packing",
        {"packing": [{"name": "Hat", "quantity": 0}]},
        "packing.0.quantity",
    ),
    "GET /trips/{trip_id}/documents": ("/trips/mine/documents", {}, "trip_id"),
    "POST /trips/{trip_id}/documents": (
        f"/trips/{UNKNOWN}/documents",
        {"documents": [{"kind": "visa", "holder": "self", "note": "C01X00T47"}]},
        "documents.0.note",
    ),
    "GET /trips/{trip_id}/budget": ("/trips/mine/budget", {}, "trip_id"),
    "GET /trips/{trip_id}/versions": (f"/trips/{UNKNOWN}/versions", {"cursor": "x"}, "cursor"),
    "GET /trips/{trip_id}/versions/{number}": (f"/trips/{UNKNOWN}/versions/one", {}, "number"),
    "POST /trips/{trip_id}/versions/{number}/restore": (
        f"/trips/{UNKNOWN}/versions/0/restore",
        {},
        "itinerary_version",
    ),
    "GET /trips/{trip_id}/activity": (f"/trips/{UNKNOWN}/activity", {"cursor": "x"}, "cursor"),
    "GET /trips/{trip_id}/members": ("/trips/mine/members", {}, "trip_id"),
    "PUT /trips/{trip_id}/members/me": (f"/trips/{UNKNOWN}/members/me", {"name": " "}, "name"),
    "DELETE /trips/{trip_id}/members/me": ("/trips/mine/members/me", {}, "trip_id"),
    "PUT /trips/{trip_id}/members/{member_id}": (
        f"/trips/{UNKNOWN}/members/{UNKNOWN}",
        {"role": "owner"},
        "role",
    ),
    "DELETE /trips/{trip_id}/members/{member_id}": (
        f"/trips/{UNKNOWN}/members/ines",
        {},
        "member_id",
    ),
    "POST /trips/{trip_id}/members/{member_id}/owner": (
        f"/trips/{UNKNOWN}/members/ines/owner",
        {},
        "member_id",
    ),
    "GET /trips/{trip_id}/invitations": ("/trips/mine/invitations", {}, "trip_id"),
    "POST /trips/{trip_id}/invitations": (
        f"/trips/{UNKNOWN}/invitations",
        {"email": "ines"},
        "email",
    ),
    "DELETE /trips/{trip_id}/invitations/{invitation_id}": (
        f"/trips/{UNKNOWN}/invitations/first",
        {},
        "invitation_id",
    ),
    "POST /invitations/accept": ("/invitations/accept", {"token": "x y", "name": "A"}, "token"),
}


@asynccontextmanager
async def served(desk: Desk | None = None) -> AsyncGenerator[httpx.AsyncClient]:
    desk = desk or Desk()
    async with client(
        trips=desk.trips,
        shares=desk.shares,
        consents=desk.consents,
        events=desk.events,
        exports=export_service(desk.storage),
    ) as http:
        yield http


async def created(http: httpx.AsyncClient, **more: Any) -> str:
    response = await http.post(f"{API}/trips", json=ROME | more)
    assert response.status_code == 201
    assert response.headers["etag"] == '"1"'
    return f"{API}/trips/{response.json()['trip_id']}"


async def invited(http: httpx.AsyncClient, path: str, **asked: Any) -> dict[str, Any]:
    """Ask, say yes on the page, and ask again."""
    waiting = await http.post(f"{path}/invitations", json=asked)
    assert waiting.json()["status"] == "needs_confirmation"
    page = "/confirm/" + waiting.json()["confirm_url"].rpartition("/")[2]
    assert (await http.post(page, data={"answer": "yes"})).status_code == 303
    done = await http.post(f"{path}/invitations", json=asked)
    assert done.json()["status"] == "done"
    return done.json()["invitation"]


def name_of(endpoint: Any) -> str:
    return f"{endpoint.method} {endpoint.path}"


def test_every_path_of_trips_is_tried_here() -> None:
    assert {name_of(each) for each in TRIP_ENDPOINTS} == set(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
async def test_a_wrong_field_is_named_and_its_value_not_repeated(name: str) -> None:
    method = name.partition(" ")[0]
    path, given, field = REFUSED[name]
    where: dict[str, Any] = {"params": given} if method in {"GET", "DELETE"} else {"json": given}
    async with served() as http:
        response = await http.request(method, f"{API}{path}", **where)
    assert response.status_code == 422
    assert any(each.startswith(field) for each in fields(response))
    for value in ("mine", "ines", "C01X00T47", "red", "first"):
        assert f'"{value}"' not in response.text


def test_a_tool_takes_nothing_that_rest_does_not() -> None:
    taken: set[str] = set()
    for endpoint in TRIP_ENDPOINTS:
        properties = schema(endpoint.request).json_schema()["properties"]
        taken |= {*properties, *re.findall(r"{(\w+)}", endpoint.path)}
    for tool in (save_trip.TOOL, get_trips.TOOL, share_trip.TOOL):
        # What the method and the path say.
        said = set(tool.parameters["properties"]) - {"action", "which", "export"}
        assert said <= taken


async def test_a_trip_is_created_read_changed_and_listed() -> None:
    async with served() as http:
        path = await created(http, notes="Bring hats", stops=[{"name": "Rome"}])
        put = await http.put(path, json={"title": "Hats", "expected_version": 1})
        patched = await http.patch(path, json={"status": "planned"}, headers={"if-match": '"2"'})
        read = await http.get(path, params={"include": "items, members"})
        listed = await http.get(f"{API}/trips", params={"upcoming": "true"})
    assert (put.json()["version"], patched.json()["version"]) == (2, 3)
    assert (patched.headers["etag"], read.headers["etag"]) == ('"3"', '"3"')
    trip = read.json()["trip"]
    assert (trip["title"], trip["notes"], trip["status"]) == ("Hats", "Bring hats", "planned")
    assert (trip["items"], [each["role"] for each in trip["members"]]) == ([], ["owner"])
    assert trip["stops"] == [{"name": "Rome"}]
    assert [each["title"] for each in listed.json()["trips"]] == ["Hats"]
    assert "null" not in read.text


async def test_a_stale_write_fails_its_precondition_and_shows_what_is_stored() -> None:
    async with served() as http:
        path = await created(http)
        await http.patch(path, json={"title": "First"}, headers={"if-match": '"1"'})
        by_header = await http.patch(path, json={"title": "Mine"}, headers={"if-match": '"1"'})
        by_field = await http.patch(path, json={"title": "Mine", "expected_version": 1})
        anyhow = await http.patch(path, json={"title": "Mine"}, headers={"if-match": "*"})
        wrong = await http.patch(path, json={"title": "Mine"}, headers={"if-match": "version 2"})
        twice = await http.patch(
            path, json={"title": "Mine", "expected_version": 1}, headers={"if-match": '"1"'}
        )
    assert (by_header.status_code, by_field.status_code, anyhow.status_code) == (412, 409, 200)
    for response in (by_header, by_field):
        body = refused(response)
        context = body["details"]["context"]
        assert body["code"] == "conflict"
        assert (context["expected_version"], context["current_version"]) == (1, 2)
        assert context["current"]["title"] == "First"
    assert (wrong.status_code, fields(wrong)) == (422, ["If-Match"])
    assert fields(twice) == ["expected_version"]


async def test_a_write_sent_twice_with_a_key_is_made_once() -> None:
    async with served() as http:
        path = await created(http)
        add = {"items": [{"kind": "visit", "title": "Forum"}]}
        key = {"idempotency-key": "add-forum-1"}
        first = await http.post(f"{path}/items", json=add, headers=key)
        second = await http.post(f"{path}/items", json=add, headers=key)
        other = await http.post(f"{path}/items", json={"items": [{"kind": "note", "title": "x"}]},
                                headers=key)  # fmt: skip
        items = await http.get(f"{path}/items")
    assert first.json()["item_ids"] == second.json()["item_ids"]
    assert len(items.json()["trip"]["items"]) == 1
    assert (other.status_code, refused(other)["code"]) == (409, "conflict")


async def test_what_is_in_a_trip_has_paths_of_its_own() -> None:
    async with served() as http:
        path = await created(http, itinerary={"plan": 1}, budget_lines=["food 100 EUR"])
        await http.post(f"{path}/items", json={"items": [
            {"kind": "meal", "title": f"Meal {n}", "price": "10 EUR", "latitude": 41.9,
             "longitude": 12.5, "payload": {"n": n}} for n in range(3)]})  # fmt: skip
        packed = await http.post(f"{path}/packing", json={"packing": [{"name": "Hat"}]})
        await http.post(f"{path}/documents", json={"documents": [
            {"kind": "passport", "holder": "self"}]})  # fmt: skip
        await http.patch(path, json={"itinerary": {"plan": 2}, "reason": "Slower"})
        back = await http.post(f"{path}/versions/1/restore", json={"reason": "Better"})
        page = await http.get(f"{path}/items", params={"limit": 2})
        rest = await http.get(
            f"{path}/items", params={"limit": 2, "cursor": page.json()["next_cursor"]}
        )
        got = {
            part: (await http.get(f"{path}/{part}")).json()
            for part in ("packing", "documents", "budget", "versions", "versions/2", "activity")
        }
    assert back.json()["itinerary_version"] == 3
    titles = [each["title"] for body in (page, rest) for each in body.json()["trip"]["items"]]
    assert titles == ["Meal 0", "Meal 1", "Meal 2"]
    assert page.json()["trip"]["items"][0]["payload"] == {"n": 0}
    assert [each["entry_id"] for each in got["packing"]["trip"]["packing"]] == (
        packed.json()["packing_ids"]
    )
    assert [each["kind"] for each in got["documents"]["trip"]["documents"]] == ["passport"]
    assert got["budget"]["trip"]["sums"]["expected"] == "30.00 EUR"
    assert [each["reason"] for each in got["versions"]["versions"][:2]] == ["Better", "Slower"]
    assert got["versions/2"]["trip"]["itinerary"] == {"plan": 2}
    assert [each["action"] for each in got["activity"]["activity"]][:2] == [
        "itinerary_changed",
        "itinerary_changed",
    ]


async def test_a_trip_is_deleted_and_restored() -> None:
    async with served() as http:
        path = await created(http)
        gone = await http.delete(path, headers={"if-match": '"1"'})
        listed = await http.get(f"{API}/trips")
        binned = await http.get(f"{API}/trips", params={"deleted": "true"})
        back = await http.post(f"{path}/restore", json={})
    assert (gone.json()["deleted"], back.json()["deleted"]) == (True, False)
    assert (len(listed.json()["trips"]), len(binned.json()["trips"])) == (0, 1)


async def test_somebody_is_invited_comes_gets_a_role_and_is_removed() -> None:
    desk = Desk()
    async with served(desk) as http:
        path = await created(http)
        invitation = await invited(http, path, role="editor", email="ines@example.org")
        await desk.share("accept", INES, token=invitation["link"], name="Ines")
        named = await http.put(f"{path}/members/me", json={"name": "Rui"})
        ines = next(each for each in named.json()["members"] if each["name"] == "Ines")
        at = f"{path}/members/{ines['member_id']}"
        changed = await http.put(at, json={"role": "viewer"})
        removed = await http.delete(at)
        unknown = await http.delete(at)
    assert invitation["link"].startswith("https://trips.example/share/")
    assert [(each["name"], each["role"]) for each in changed.json()["members"]] == [
        ("Rui", "owner"),
        ("Ines", "viewer"),
    ]
    assert [each["name"] for each in removed.json()["members"]] == ["Rui"]
    assert unknown.status_code == 404


async def test_an_invitation_is_listed_and_revoked() -> None:
    async with served() as http:
        path = await created(http)
        invitation = await invited(http, path, uses=3, days=1)
        listed = await http.get(f"{path}/invitations")
        at = f"{path}/invitations/{invitation['invitation_id']}"
        revoked = await http.delete(at)
        page = await http.get(f"/share/{invitation['token']}")
    (shown,) = listed.json()["open_invitations"]
    assert (shown["uses_left"], shown["invited_by"]) == (3, "Owner")
    assert invitation["token"] not in listed.text
    assert "open_invitations" not in revoked.json()
    assert page.status_code == 404


async def test_somebody_elses_trip_is_accepted_read_and_left() -> None:
    desk = Desk()
    desk.owner = INES
    trip_id = await desk.rome()
    token = (await desk.share("invite", trip_id=trip_id)).token
    async with served(desk) as http:
        asked = {"token": token, "name": "Rui"}
        joined = await http.post(f"{API}/invitations/accept", json=asked)
        path = f"{API}/trips/{trip_id}"
        read = await http.get(path)
        refusal = await http.patch(path, json={"title": "Mine"})
        taken = await http.delete(path)
        left = await http.delete(f"{path}/members/me")
        gone = await http.get(path)
    assert joined.json()["my_role"] == "viewer"
    assert (read.json()["trip"]["role"], read.json()["trip"]["shared"]) == ("viewer", True)
    assert (refusal.status_code, taken.status_code) == (403, 403)
    assert refused(refusal)["code"] == "permission_denied"
    assert (left.status_code, gone.status_code) == (200, 404)


async def test_a_link_shows_the_trip_to_whoever_has_it_and_to_nobody_else() -> None:
    desk = Desk()
    async with served(desk) as http:
        path = await created(
            http,
            title="Rome <b>in</b> May",
            items=[{"kind": "visit", "title": "Forum", "day": "2027-05-11"}],
        )
        token = (await invited(http, path, role="editor"))["token"]
        page = await http.get(f"/share/{token}")
        data = await http.get(f"/share/{token}", headers={"accept": "application/json"})
        written = await http.post(f"/share/{token}", json={"title": "Mine"})
        unknown = await http.get(f"/share/{token[:-1]}")
        await desk.share("accept", INES, token=token, name="Ines")
        used_up = await http.get(f"/share/{token}")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Rome &lt;b&gt;in&lt;/b&gt; May" in page.text
    assert "Forum" in page.text
    for response in (page, data, unknown):
        assert response.headers["cache-control"] == "no-store"
        assert "noindex" in response.headers["x-robots-tag"]
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("; frame-ancestors 'none'; sandbox")
    trip = data.json()["trip"]
    assert (trip["role"], [each["title"] for each in trip["items"]]) == ("viewer", ["Forum"])
    assert "members" not in trip
    assert written.status_code == 405
    assert (unknown.status_code, used_up.status_code) == (404, 404)
    assert str(LOCAL_ACCOUNT.account_id) not in data.text


async def test_a_link_is_answered_on_our_host_alone_and_says_when_nothing_can_be_read() -> None:
    storage = ShakyStorage(FakeStorage(), down=False)
    desk = Desk(storage)
    trip_id = await desk.rome()
    token = (await desk.share("invite", trip_id=trip_id)).token
    async with served(desk) as http:
        rebound = await http.get(f"/share/{token}", headers={"host": "evil.example"})
        storage.down = True
        failed = await http.get(f"/share/{token}")

    assert rebound.status_code == 421
    assert (failed.status_code, failed.headers["cache-control"]) == (503, "no-store")
    assert "Try again" in failed.text
