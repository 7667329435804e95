"""Trips read as resources, through a real client."""

import base64
from typing import Any

import mcp_types
import pytest
from fastmcp import Client

from tests.build import server
from tests.build_trips import keep, trip
from tests.fakes_exports import export_service
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import LOCAL_ACCOUNT
from tripsage_mcp.tools.export_resources import offer_exports

pytestmark = pytest.mark.anyio


async def read(wanted: str) -> Any:
    storage, made = FakeStorage(), trip()
    await keep(storage, LOCAL_ACCOUNT, made)
    serving = server([], exports=export_service(storage))
    offer_exports(serving)
    async with Client(serving) as client:
        (content,) = await client.read_resource(
            f"tripsage://trips/{made.trip_id}/itinerary.{wanted}"
        )
    return content


async def test_a_calendar_is_text_of_its_own_type() -> None:
    content = await read("ics")

    assert isinstance(content, mcp_types.TextResourceContents)
    assert content.mime_type == "text/calendar"
    assert content.text.startswith("BEGIN:VCALENDAR")


async def test_map_data_is_text_too() -> None:
    assert (await read("gpx")).text.startswith("<?xml")
    assert (await read("geojson")).mime_type == "application/geo+json"


async def test_a_document_is_bytes() -> None:
    content = await read("pdf")

    assert isinstance(content, mcp_types.BlobResourceContents)
    assert content.mime_type == "application/pdf"
    assert base64.b64decode(content.blob).startswith(b"%PDF")


async def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(Exception, match="format"):
        await read("docx")
