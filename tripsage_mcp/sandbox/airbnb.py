"""A stand-in for @openbnb/mcp-server-airbnb 0.3.0: the same two tools over invented homes.

https://github.com/openbnb-org/mcp-server-airbnb. Like the original it validates nothing, answers
with one block of text holding JSON, and never sends structured content. Unlike it, it asks no
network and no robots.txt. `python -m tripsage_mcp.sandbox.airbnb` serves it over stdio.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox import airbnb_wire as wire
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.airbnb_listings import (
    Listing,
    find_listing,
    listings_in,
    quarters_of,
)
from tripsage_mcp.sandbox.towns import Town

SEARCH, DETAILS = "airbnb_search", "airbnb_listing_details"
_SITE = "https://www.airbnb.com"
# What Airbnb prices when no dates are given.
_USUAL_NIGHTS = 5
_USUAL_LEAD = timedelta(days=21)
_LONGEST_ID = 20
_LONGEST_STAY = 365
# The original widens what its geocoder says by a quarter, and to a tenth of a degree at least.
_PADDING = 0.25
_LEAST_DEGREES = 0.1

_STAY = {
    "checkin": ("string", "First day of the stay (YYYY-MM-DD)"),
    "checkout": ("string", "Day of departure (YYYY-MM-DD)"),
    "adults": ("number", "How many adults"),
    "children": ("number", "How many children"),
    "infants": ("number", "How many infants"),
    "pets": ("number", "How many pets"),
}
_ROBOTS = {"ignoreRobotsText": ("boolean", "Whether to ignore robots.txt for this request")}
_KINDS = ["entire_home", "private_room", "shared_room", "hotel_room"]


def _properties(*groups: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        name: {"type": kind, "description": text}
        for group in groups
        for name, (kind, text) in group.items()
    }


def _tools() -> list[Tool]:
    search = _properties(
        {
            "location": ("string", "Where to look: a city, a state, a region"),
            "placeId": ("string", "A Google Maps place id; it takes the place of location"),
        },
        _STAY,
        {
            "minPrice": ("number", "Lowest price"),
            "maxPrice": ("number", "Highest price"),
            "cursor": ("string", "Base64 cursor of another page of results"),
            "propertyType": ("string", "Only this kind of property"),
        },
        _ROBOTS,
    )
    search["adults"]["default"] = 1
    search["propertyType"]["enum"] = _KINDS
    details = _properties({"id": ("string", "The listing's id")}, _STAY, _ROBOTS)
    details["adults"]["default"] = 1
    return [
        Tool(
            name=SEARCH,
            description="Search Airbnb listings by place, dates, guests and price, page by page.",
            input_schema={"type": "object", "properties": search, "required": ["location"]},
        ),
        Tool(
            name=DETAILS,
            description="Fetch what one Airbnb listing says about itself.",
            input_schema={"type": "object", "properties": details, "required": ["id"]},
        ),
    ]


class _StandIn:
    """The two tools."""

    def __init__(self, seed: int, now: Clock) -> None:
        self._seed = seed
        self._now = now

    def search(self, given: Mapping[str, Any]) -> CallToolResult:
        location = given.get("location")
        if not isinstance(location, str):
            return _failed({"error": "Cannot read properties of undefined (reading 'replace')"})
        town = _resolve(location)
        url = _search_url(location, town, given)
        found = [] if town is None else self._matching(town, given)
        start = wire.offset_of(given.get("cursor"))
        checkin, nights = self._dates(given)
        asked = checkin if given.get("checkin") else None
        page = found[: wire.PAGE * wire.PAGES][start : start + wire.PAGE]
        return _text(
            {
                "searchUrl": url,
                "searchResults": [wire.row(item, asked, nights) for item in page],
                "paginationInfo": wire.paging(start, len(found)),
            }
        )

    def details(self, given: Mapping[str, Any]) -> CallToolResult:
        identifier = str(given.get("id"))
        query = _query(
            {
                "check_in": given.get("checkin"),
                "check_out": given.get("checkout"),
                **{name: _whole(given.get(name)) or None for name in _PARTY},
            }
        )
        url = f"{_SITE}/rooms/{identifier}{query}"
        plain = re.fullmatch(rf"\d{{1,{_LONGEST_ID}}}", identifier)
        listing = find_listing(self._seed, identifier) if plain else None
        if listing is None:
            moment = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            missing = {"error": "HTTP 404: Not Found", "listingUrl": url, "timestamp": moment}
            return _failed(missing)
        return _text({"listingUrl": url, "details": wire.details(listing)})

    def _matching(self, town: Town, given: Mapping[str, Any]) -> list[Listing]:
        guests = max(1, _whole(given.get("adults"))) + _whole(given.get("children"))
        least, most = _price(given.get("minPrice")), _price(given.get("maxPrice"))
        kind = given.get("propertyType")
        checkin, nights = self._dates(given)
        if nights > _LONGEST_STAY:
            return []

        def fits(listing: Listing) -> bool:
            nightly = listing.total_usd(checkin, nights) / nights
            return (
                listing.guests >= guests
                and (not _whole(given.get("pets")) or listing.pets)
                and (kind not in _KINDS or listing.kind == kind)
                and (least is None or nightly >= least)
                and (most is None or nightly <= most)
                and listing.available(self._seed, checkin, nights)
            )

        return [listing for listing in listings_in(self._seed, town) if fits(listing)]

    def _dates(self, given: Mapping[str, Any]) -> tuple[date, int]:
        """Read the dates, or choose some; what makes no sense is not noticed."""
        usual = (self._now() + _USUAL_LEAD).date(), _USUAL_NIGHTS
        try:
            checkin = date.fromisoformat(str(given["checkin"]))
            nights = (date.fromisoformat(str(given["checkout"])) - checkin).days
        except (KeyError, ValueError):
            return usual
        return (checkin, nights) if nights > 0 else usual


_PARTY = ("adults", "children", "infants", "pets")


def _whole(value: object) -> int:
    """Read a number the way `parseInt` does, where what is none counts as nothing."""
    found = re.match(r"\s*(\d+)", str(value))
    return int(found[1]) if found else 0


def _price(value: object) -> float | None:
    number = _whole(value)
    return float(number) if number else None


def _resolve(location: str) -> Town | None:
    """Find the town; a quarter of a known one counts, and so does a region nobody has heard of."""
    parts = [part.strip() for part in location.split(",") if part.strip()]
    for tried in (parts, [*parts[:1], *parts[-1:]], parts[1:], parts[-2:], parts[-1:]):
        # Not the first alone: Paris in Texas is not the other one.
        found = towns.find(", ".join(tried)) if tried else ()
        if found:
            return found[0]
    wanted = towns.plain(location.partition(",")[0])
    for town in towns.load_towns():
        if town.city is not None and any(
            towns.plain(quarter.name) == wanted for quarter in town.city.neighbourhoods
        ):
            return town
    return None


def _search_url(location: str, town: Town | None, given: Mapping[str, Any]) -> str:
    slug = quote(location.replace(", ", "--").replace(" ", "-"))
    area: dict[str, Any] = {}
    if given.get("placeId"):
        area = {"place_id": given["placeId"]}
    elif town is not None:
        area = _box(town)
    adults = _whole(given.get("adults", 1))
    query = _query(
        {
            **area,
            "checkin": given.get("checkin"),
            "checkout": given.get("checkout"),
            "adults": adults or None,
            **{name: _whole(given.get(name)) or None for name in _PARTY[1:]},
            "price_min": _whole(given.get("minPrice")) or None,
            "price_max": _whole(given.get("maxPrice")) or None,
            "cursor": given.get("cursor"),
        }
    )
    return f"{_SITE}/s/{slug}/homes{query}"


def _box(town: Town) -> dict[str, str]:
    points = [at for _, at in quarters_of(town)]
    latitudes, longitudes = [p.latitude for p in points], [p.longitude for p in points]
    south, north = _padded(min(latitudes), max(latitudes))
    west, east = _padded(min(longitudes), max(longitudes))
    corners = {"ne_lat": north, "ne_lng": east, "sw_lat": south, "sw_lng": west}
    return {name: f"{value:.6f}" for name, value in corners.items()}


def _padded(low: float, high: float) -> tuple[float, float]:
    pad = max((high - low) * _PADDING, _LEAST_DEGREES)
    return low - pad, high + pad


def _query(given: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in given.items() if value is not None}
    return f"?{urlencode(kept)}" if kept else ""


def _text(answer: Mapping[str, Any]) -> CallToolResult:
    text = json.dumps(answer, indent=2, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=False)


def _failed(answer: Mapping[str, Any]) -> CallToolResult:
    return _text(answer).model_copy(update={"is_error": True})


def build_server(seed: int = 0, now: Clock = utc_now) -> Server[Any]:
    """Return the stand-in; run it over any MCP transport.

    Args:
        seed: Which invented homes.
        now: Decides the dates that are priced when none are given.
    """
    stand_in = _StandIn(seed, now)
    tools = {SEARCH: stand_in.search, DETAILS: stand_in.details}

    async def list_tools(
        _context: ServerRequestContext[Any], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=_tools())

    async def call_tool(
        _context: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult:
        if params.name not in tools:
            raise MCPError(METHOD_NOT_FOUND, f"Unknown tool: {params.name}")
        if params.arguments is None:
            raise MCPError(INVALID_PARAMS, "Tool arguments are required")
        return tools[params.name](params.arguments)

    return Server("airbnb", version="0.3.0", on_list_tools=list_tools, on_call_tool=call_tool)


def main(seed: int = 0) -> None:
    """Serve the stand-in over stdio until the client goes away."""

    async def serve() -> None:
        server = build_server(seed)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(serve)


if __name__ == "__main__":
    main()
