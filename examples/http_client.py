"""Ask a running `tripsage-mcp http` for flights over streamable HTTP.

tripsage-mcp http &
python examples/http_client.py http://127.0.0.1:8000/mcp
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from fastmcp import Client
from mcp_types import TextContent


async def main(url: str) -> None:
    """Search flights, then read the cheapest fare of the first itinerary."""
    day = datetime.now(UTC).date() + timedelta(days=40)
    async with Client(url) as client:
        result = await client.call_tool(
            "search_flights",
            {
                "origin": "LHR",
                "destination": "Lisbon",
                "departure_date": day.isoformat(),
                "limit": 3,
            },
        )
        print(*[block.text for block in result.content if isinstance(block, TextContent)])
        assert result.structured_content is not None
        offer_id = result.structured_content["itineraries"][0]["fares"][0]["offer_id"]
        offer = await client.call_tool("get_flight_offer", {"offer_id": offer_id})
        print(*[block.text for block in offer.content if isinstance(block, TextContent)])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/mcp"))
