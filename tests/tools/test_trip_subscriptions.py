"""Whoever has a trip open is told at once when somebody else changes it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from mcp import Client
from mcp.shared.subscriptions import ResourceUpdated

from tests import build
from tests.services.trip_desk import Desk
from tests.watch_scene import PATIENCE_S
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.services.trips.part_requests import ItemChange
from tripsage_mcp.tools import get_trips
from tripsage_mcp.tools.resources import offer_resources

pytestmark = pytest.mark.anyio

INES = Account(uuid4())


async def test_a_client_hears_of_what_others_do_to_a_trip_until_it_takes_part_no_more() -> None:
    desk = Desk()
    desk.owner = INES
    trip_id = await desk.rome()
    invited = await desk.share("invite", trip_id=trip_id)
    joined = await desk.share("accept", LOCAL_ACCOUNT, token=invited.token, name="Rui")
    me = next(each for each in joined.members if each.me)
    server: Any = build.server([get_trips.TOOL], trips=desk.trips)
    offer_resources(server, desk.events)
    uri, other = f"tripsage://trips/{trip_id}", await desk.rome()

    async with (
        asyncio.timeout(PATIENCE_S),
        server._lifespan_manager(),
        Client(server._mcp_server, mode="auto") as made,
        made.listen(resource_subscriptions=[uri]) as heard,
    ):
        # Another of her trips, which is none of his.
        await desk.save(other, title="Alone")
        await desk.items(trip_id, ItemChange(kind="visit", title="Forum"))
        assert await anext(heard) == ResourceUpdated(uri)
        result = await made.call_tool("get_trips", {"trip_id": trip_id, "include": ["items"]})
        assert result.structured_content is not None
        assert [each["title"] for each in result.structured_content["trip"]["items"]] == ["Forum"]

        await desk.share("remove", trip_id=trip_id, member_id=str(me.member_id))
        assert await anext(heard) == ResourceUpdated(uri)
        gone = await made.call_tool("get_trips", {"trip_id": trip_id})
        assert gone.structured_content is not None
        assert gone.structured_content["code"] == "not_found"
