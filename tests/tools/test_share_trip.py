"""A trip that two people share: one through a real client, the other beside them."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.elicitation import ElicitResult

from tests.build import server
from tests.fakes_exports import export_service
from tests.services.trip_desk import Desk
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.errors import ConflictError, NotFoundError
from tripsage_mcp.services.trips.part_requests import ItemChange
from tripsage_mcp.tools import get_trips, save_trip, share_trip
from tripsage_mcp.tools.resources import offer_resources

pytestmark = pytest.mark.anyio

ROME = {"destination": "Rome, Italy", "start_date": "2027-05-10", "end_date": "2027-05-14"}
INES = Account(uuid4())
both_eras = pytest.mark.parametrize("era", ["auto", "legacy"])


@dataclass
class Form:
    """Answers the client's forms, and keeps what they were shown."""

    confirm: bool = True
    shown: list[str] = field(default_factory=list[str])

    async def __call__(self, message: str, *_about: object) -> ElicitResult[Any]:
        self.shown.append(message)
        return ElicitResult(action="accept", content={"confirm": self.confirm})


def app(desk: Desk) -> FastMCP[Any]:
    tools = [save_trip.TOOL, get_trips.TOOL, share_trip.TOOL]
    made = server(
        [*tools],
        trips=desk.trips,
        shares=desk.shares,
        consents=desk.consents,
        exports=export_service(desk.storage),
    )
    offer_resources(made, desk.events)
    return made


@asynccontextmanager
async def client(
    desk: Desk, era: Any = "auto", form: Form | None = None
) -> AsyncGenerator[Client[Any]]:
    asks = {} if form is None else {"elicitation_handler": form}
    async with Client(app(desk), mode=era, **asks) as mcp:
        yield mcp


async def call(mcp: Client[Any], tool: str, **asked: Any) -> dict[str, Any]:
    result = await mcp.call_tool(tool, asked, raise_on_error=False)
    assert result.structured_content is not None
    return result.structured_content


@both_eras
async def test_two_people_edit_a_trip_one_is_stale_merges_and_is_removed(era: str) -> None:
    desk, form = Desk(), Form()
    async with client(desk, era, form) as mcp:
        saved = await call(mcp, "save_trip", **ROME, items=[{"kind": "visit", "title": "Forum"}])
        trip_id, (forum,) = saved["trip_id"], saved["item_ids"]
        invited = await call(mcp, "share_trip", action="invite", trip_id=trip_id, role="editor")
        await desk.share("accept", INES, token=invited["invitation"]["link"], name="Ines")

        # Ines reads, then the owner writes first.
        seen = await desk.trips.get(INES, trip_id)
        await call(
            mcp,
            "save_trip",
            trip_id=trip_id,
            expected_version=1,
            items=[{"item_id": forum, "status": "booked", "price": "18 EUR"}],
        )
        change = {"items": [ItemChange(item_id=forum, title="Forum Romanum")]}
        with pytest.raises(ConflictError) as caught:
            await desk.save(trip_id, INES, expected_version=seen.trip.version, **change)
        stored: dict[str, Any] = dict(caught.value.stored or {})
        assert stored["items"][0]["status"] == "booked"
        await desk.save(trip_id, INES, expected_version=caught.value.current, **change)

        read = await call(
            mcp, "get_trips", trip_id=trip_id, include=["items", "members", "activity"]
        )
        (item,) = read["trip"]["items"]
        ines = next(each for each in read["trip"]["members"] if each["name"] == "Ines")
        # Neither lost what they wrote.
        assert (item["title"], item["status"], item["price"]) == (
            "Forum Romanum",
            "booked",
            "18.00 EUR",
        )
        assert [(each["who"], each["action"]) for each in read["trip"]["activity"]] == [
            ("Ines", "items_changed"),
            ("Owner", "items_changed"),
            ("Ines", "joined"),
            ("Owner", "invited"),
            ("Owner", "created"),
        ]

        exported = await call(mcp, "get_trips", trip_id=trip_id, export="md")
        assert "Forum Romanum" in exported["exported"]["content"]
        assert exported["exported"]["file_name"].endswith(".md")

        removed = await call(
            mcp, "share_trip", action="remove", trip_id=trip_id, member_id=ines["member_id"]
        )
    assert [each["name"] for each in removed["members"]] == ["Owner"]
    with pytest.raises(NotFoundError):
        await desk.trips.get(INES, trip_id)
    # Asked once: to invite. Nobody new came in by the rest.
    assert len(form.shown) == 1
    assert 'Share the trip "Rome, Italy"?' in form.shown[0]


@both_eras
async def test_a_no_invites_nobody(era: str) -> None:
    desk = Desk()
    async with client(desk, era, Form(confirm=False)) as mcp:
        trip_id = (await call(mcp, "save_trip", **ROME))["trip_id"]
        refused = await call(mcp, "share_trip", action="invite", trip_id=trip_id)
        members = await call(mcp, "share_trip", action="members", trip_id=trip_id)

    assert refused["status"] == "declined"
    assert "invitation" not in refused
    assert "open_invitations" not in members


async def test_a_client_that_cannot_ask_is_sent_to_the_page() -> None:
    desk = Desk()
    async with client(desk) as mcp:
        trip_id = (await call(mcp, "save_trip", **ROME))["trip_id"]
        asked = {"action": "invite", "trip_id": trip_id, "email": "ines@example.org"}
        waiting = await call(mcp, "share_trip", **asked)
        word = waiting["confirm_url"].rsplit("/", 1)[-1]
        await desk.consents.reply(word, "yes")
        result = await mcp.call_tool("share_trip", asked)
        schema = (await mcp.list_tools())[2].output_schema

    assert waiting["status"] == "needs_confirmation"
    done = result.structured_content
    assert done is not None
    assert schema is not None
    jsonschema.validate(done, schema)
    jsonschema.validate(waiting, schema)
    made = done["invitation"]
    block = result.content[0]
    assert block.type == "text"
    # There is no mail: whoever asks has to send the link, and is told what it lets people do.
    assert f"Send {made['link']} to ines@example.org" in block.text
    assert "read everything in the trip" in block.text
    assert [each["email"] for each in done["open_invitations"]] == ["ines@example.org"]


async def test_somebody_elses_trip_is_joined_listed_and_left() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    invited = await desk.share("invite", trip_id=trip_id)
    async with client(desk) as mcp:
        joined = await call(mcp, "share_trip", action="accept", token=invited.token, name="Rui")
        listed = await call(mcp, "get_trips")
        refused = await call(mcp, "save_trip", trip_id=trip_id, title="Mine")
        left = await mcp.call_tool("share_trip", {"action": "leave", "trip_id": trip_id})
        after = await call(mcp, "get_trips")

    assert (joined["my_role"], [each["name"] for each in joined["members"]]) == (
        "viewer",
        ["Owner", "Rui"],
    )
    assert [(each["trip_id"], each["role"]) for each in listed["trips"]] == [(trip_id, "viewer")]
    assert refused["code"] == "permission_denied"
    block = left.content[0]
    assert block.type == "text"
    assert block.text == "You take part in the trip no more."
    assert after["trips"] == []


async def test_a_trip_is_a_resource_that_holds_everything() -> None:
    desk = Desk()
    async with client(desk) as mcp:
        long = {"days": ["x" * 2000] * 40}
        notes = [{"kind": "note", "title": f"Note {n}", "notes": "x" * 500} for n in range(100)]
        trip_id = (await call(mcp, "save_trip", **ROME, itinerary=long, items=notes))["trip_id"]
        await call(mcp, "save_trip", trip_id=trip_id, items=notes[:1])
        whole = await mcp.call_tool("get_trips", {"trip_id": trip_id, "detail": "full"})
        (content,) = await mcp.read_resource(f"tripsage://trips/{trip_id}")
        (listed,) = await mcp.read_resource("tripsage://trips")

    assert whole.structured_content is not None
    assert whole.structured_content["trip"]["left_out"] == ["itinerary"]
    block = whole.content[0]
    assert block.type == "text"
    assert f"Too long: itinerary; include less, or read tripsage://trips/{trip_id}." in block.text
    kept = json.loads(getattr(content, "text", ""))
    assert (kept["trip"]["itinerary"], len(kept["trip"]["items"])) == (long, 101)
    assert "next_cursor" not in kept
    # It is more than a year away, and so among those that have not ended.
    assert trip_id in getattr(listed, "text", "")


async def test_a_change_by_another_is_an_event_of_mine() -> None:
    desk = Desk()
    async with client(desk, form=Form()) as mcp:
        trip_id = (await call(mcp, "save_trip", **ROME))["trip_id"]
        invited = await call(mcp, "share_trip", action="invite", trip_id=trip_id, role="editor")
    await desk.share("accept", INES, token=invited["invitation"]["token"], name="Ines")
    begin = await desk.events.begin(LOCAL_ACCOUNT)

    await desk.save(trip_id, INES, title="By Ines")

    async with desk.storage.begin(LOCAL_ACCOUNT) as unit:
        (event,) = await unit.events.after(begin.event_id, 10)
    assert (event.kind, event.subject) == ("trip.changed", UUID(trip_id))
    assert event.data["by"] == "Ines"
