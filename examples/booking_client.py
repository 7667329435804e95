"""Hold a flight, pay it and cancel it again, asking the person at the keyboard each time.

python examples/booking_client.py [--yes]

In the sandbox, which is what answers without a key, nothing of it costs anything. `--yes` answers
for you.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from mcp_types import TextContent

INES = {
    "title": "ms",
    "given_name": "Inês",
    "family_name": "Silva",
    "gender": "f",
    "born_on": "1990-05-17",
    "email": "ines@example.org",
    "phone": "+351966123456",
}


async def confirm(message: str, *_about: object) -> ElicitResult[dict[str, bool]]:
    """Show what is asked, and send back what the person says."""
    print(f"\n{message}")
    said = "yes" if "--yes" in sys.argv else await asyncio.to_thread(input, "yes or no? ")
    return ElicitResult(action="accept", content={"confirm": said.strip().lower() == "yes"})


async def call(client: Client[Any], name: str, **arguments: object) -> dict[str, Any]:
    """Call a tool, print its text and return its structure."""
    result = await client.call_tool(name, arguments)
    print(f"\n{name}")
    print(*[block.text for block in result.content if isinstance(block, TextContent)])
    assert result.structured_content is not None
    return result.structured_content


async def main() -> None:
    """Search where fares can be held, then book, pay and cancel."""
    day = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
    # Without `env` the server would not see the settings in ours.
    transport = StdioTransport(
        sys.executable, ["-m", "tripsage_mcp"], env=dict(os.environ), keep_alive=False
    )
    async with Client(transport, elicitation_handler=confirm) as client:
        found = await call(
            client, "search_flights", origin="JFK", destination="EWR", departure_date=day, limit=1
        )
        offer_id = found["itineraries"][0]["fares"][0]["offer_id"]
        offer = await call(client, "get_flight_offer", offer_id=offer_id)
        held = await call(
            client,
            "book_flight",
            offer_id=offer_id,
            total=f"{offer['total']} {offer['currency']}",
            passengers=[INES | {"passenger_id": offer["passengers"][0]["passenger_id"]}],
            hold=True,
        )
        for booking in held.get("bookings", []):
            for action in ("pay", "cancel"):
                await call(
                    client,
                    "manage_flight_order",
                    action=action,
                    booking_id=booking["booking_id"],
                )


if __name__ == "__main__":
    asyncio.run(main())
