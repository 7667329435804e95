"""Start TripSage over stdio and ask it about a destination and its places.

python examples/stdio_client.py
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from mcp_types import TextContent


async def main() -> None:
    """List the tools, then call two of them."""
    start = datetime.now(UTC).date() + timedelta(days=3)
    days = {"start_date": start.isoformat(), "end_date": (start + timedelta(days=2)).isoformat()}
    # Without `env` the server would not see the settings in ours.
    transport = StdioTransport(
        sys.executable, ["-m", "tripsage_mcp"], env=dict(os.environ), keep_alive=False
    )
    async with Client(transport) as client:
        tools = await client.list_tools()
        print(f"{len(tools)} tools: " + ", ".join(tool.name for tool in tools))
        for name, arguments in (
            ("get_destination", {"place": "Lisbon", "home": "New York", **days}),
            ("search_places", {"query": "viewpoints", "near": "Lisbon", "limit": 3}),
        ):
            result = await client.call_tool(name, arguments)
            print(f"\n{name}")
            print(*[block.text for block in result.content if isinstance(block, TextContent)])


if __name__ == "__main__":
    asyncio.run(main())
