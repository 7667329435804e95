"""A flight booked, paid and cancelled in the sandbox, through the real server process."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult

from tests.processes import stdio_client, structured

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(120)]

# Offers on this route can be held; the server goes by the real clock.
HELD = {
    "origin": "JFK",
    "destination": "EWR",
    "departure_date": (datetime.now(UTC).date() + timedelta(days=90)).isoformat(),
}


def somebody(passenger: dict[str, Any]) -> dict[str, Any]:
    return {
        "passenger_id": passenger["passenger_id"],
        "title": "ms",
        "given_name": "Inês",
        "family_name": "Silva",
        "gender": "f",
        "born_on": "1990-05-17",
        "email": "ines@example.org",
        "phone": "+351966123456",
    }


async def to_book(mcp: Client[Any]) -> dict[str, Any]:
    """Search, look at the first offer, and return what books it."""
    found = structured(await mcp.call_tool("search_flights", HELD))
    offer_id = found["itineraries"][0]["fares"][0]["offer_id"]
    offer = structured(await mcp.call_tool("get_flight_offer", {"offer_id": offer_id}))
    return {
        "offer_id": offer_id,
        "total": f"{offer['total']} {offer['currency']}",
        "passengers": [somebody(each) for each in offer["passengers"]],
        "hold": True,
    }


async def test_a_client_that_cannot_ask_confirms_on_the_loopback_page(data_dir: Path) -> None:
    async with stdio_client(data_dir) as mcp, httpx.AsyncClient(follow_redirects=True) as browser:
        wanted = await to_book(mcp)

        async def agreed(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            waiting = structured(await mcp.call_tool(name, arguments))
            assert waiting["status"] == "awaiting_confirmation"
            url = waiting["confirm_url"]
            assert re.match(r"http://127\.0\.0\.1:\d+/confirm/", url)
            shown = await browser.get(url)
            assert "Sandbox" in shown.text
            assert "Silva" in shown.text
            said = await browser.post(url, data={"answer": "yes"})
            assert "You said yes" in said.text
            return structured(await mcp.call_tool(name, arguments))

        held = await agreed("book_flight", wanted)
        one = {"booking_id": held["bookings"][0]["booking_id"]}
        paid = await agreed("manage_flight_order", {"action": "pay", **one})
        gone = await agreed("manage_flight_order", {"action": "cancel", **one})
        listed = structured(await mcp.call_tool("manage_flight_order", {"action": "list"}))

    assert [each["status"] for each in (held, paid, gone)] == ["held", "booked", "cancelled"]
    assert [each["status"] for each in listed["bookings"]] == ["cancelled"]
    assert held["bookings"][0]["data"] == "sandbox"


async def test_a_client_that_can_ask_books_in_one_call(data_dir: Path) -> None:
    async def yes(message: str, *_about: object) -> ElicitResult[Any]:
        assert "Silva" in message
        return ElicitResult(action="accept", content={"confirm": True})

    transport = stdio_client(data_dir).transport
    async with Client(transport, timeout=60, elicitation_handler=yes) as mcp:
        booked = structured(await mcp.call_tool("book_flight", await to_book(mcp)))
    assert booked["status"] == "held"
    assert booked["bookings"][0]["booking_reference"]
