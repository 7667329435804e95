"""Stand-ins for stays: a provider, and the MCP server the real provider talks to."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import mcp_types
from mcp.server import Server, ServerRequestContext

from tests.fakes_places import FAKE, LISBON_CENTRE
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import Area, Stay, StayPrice, StaySearch, StaysFound
from tripsage_mcp.domain.stay_details import StayDetails
from tripsage_mcp.errors import NotFoundError, TripSageError
from tripsage_mcp.infrastructure.mcp_client import InMemory, SupervisedMCPClient, ToolShape
from tripsage_mcp.providers.stays import airbnb_calls

PAGE = 18
LISBON_AREA = Area(38.6, -9.3, 38.9, -9.0)
CHECK_IN, CHECK_OUT = date(2027, 3, 1), date(2027, 3, 5)


def search(**changes: Any) -> StaySearch:
    return replace(StaySearch("Lisbon, Portugal", CHECK_IN, CHECK_OUT), **changes)


def stay(number: int = 0, **facts: Any) -> Stay:
    values: dict[str, Any] = {
        "source": "airbnb",
        "name": f"Sunny flat {number}",
        "coordinates": LISBON_CENTRE,
        "price": price(320 + number),
        "rating": 4.5,
        "reviews": 100,
        "beds": "1 bedroom, 1 bed",
    }
    listing_id = str(900_000_000_000_000_000 + number)
    url = f"https://www.airbnb.com/rooms/{listing_id}?check_in=2027-03-01"
    return Stay(listing_id, url=url, **values | facts)


def price(total: int | None = None, *, nightly: int | None = None, currency: str = "USD") -> Any:
    def money(amount: int | None) -> Money | None:
        return None if amount is None else Money(Decimal(amount), currency)

    return StayPrice("a label", 4, money(total), money(nightly))


@dataclass
class FakeStays:
    """Answers from a list, 18 listings a page, and remembers what was asked."""

    known: list[Stay] = field(default_factory=lambda: [stay(n) for n in range(40)])
    area: Area | None = LISBON_AREA
    skipped: int = 0
    fails: TripSageError | None = None
    searches: list[StaySearch] = field(default_factory=list[StaySearch])
    fetched: list[tuple[str, StaySearch | None]] = field(
        default_factory=list[tuple[str, StaySearch | None]]
    )

    async def search(self, search: StaySearch) -> StaysFound:
        self.searches.append(search)
        if self.fails is not None:
            raise self.fails
        first = int(search.cursor or 0)
        more = first + PAGE < len(self.known)
        return StaysFound(
            stays=tuple(self.known[first : first + PAGE]),
            provenance=replace(FAKE, source="airbnb"),
            next_cursor=str(first + PAGE) if more else None,
            resolved_area=self.area,
            location_resolved=self.area is not None,
            skipped_rows=self.skipped,
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        self.fetched.append((listing_id, search))
        if self.fails is not None:
            raise self.fails
        for known in self.known:
            if known.listing_id == listing_id:
                return StayDetails(
                    listing_id,
                    known.url,
                    FAKE,
                    source="airbnb",
                    area="Lisbon, Portugal",
                    coordinates=known.coordinates,
                    amenities={"Bathroom": ("Hot water",)},
                    unknown=("price", "availability"),
                )
        raise NotFoundError("fake: there is no listing with this id")


def raw_row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """One listing as the Airbnb MCP server words it."""
    listing_id = str(900_000_000_000_000_000 + number)
    row: dict[str, Any] = {
        "id": listing_id,
        "url": f"https://www.airbnb.com/rooms/{listing_id}",
        "demandStayListing": {
            "id": b64encode(f"DemandStayListing:{listing_id}".encode()).decode(),
            "description": {
                "name": {"localizedStringWithTranslationPreference": f"Sunny flat {number}"}
            },
            "location": {"coordinate": {"latitude": 38.71, "longitude": -9.14}},
        },
        "badges": "Guest favorite",
        "structuredContent": {
            "mapSecondaryLine": "1 bedroom",
            "primaryLine": "1 bedroom, 1 bed",
            "secondaryLine": "Free cancellation",
        },
        "avgRatingA11yLabel": "4.80 out of 5 average rating,  1,100 reviews",
        "structuredDisplayPrice": {
            "primaryLine": {"accessibilityLabel": "$320 for 4\u00a0nights"},
            "explanationData": {
                "title": "Price details",
                "priceDetails": "4 nights x $80.00: $320.00, Special offer: -$20.00",
            },
        },
    }
    return row | changes


def raw_search(rows: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One page of search results."""
    box = "ne_lat=38.9&ne_lng=-9.0&sw_lat=38.6&sw_lng=-9.3"
    answer: dict[str, Any] = {
        "searchUrl": f"https://www.airbnb.com/s/Lisbon--Portugal/homes?{box}",
        "searchResults": [raw_row(n) for n in range(3)] if rows is None else rows,
        "paginationInfo": {"pageCursors": ["p0", "p1"], "nextPageCursor": "p1"},
    }
    return answer | changes


def raw_details() -> list[dict[str, Any]]:
    """The sections of one listing's page."""
    return [
        {"id": "LOCATION_DEFAULT", "lat": 38.71, "lng": -9.14, "subtitle": "Lisbon, Portugal"},
        {
            "id": "POLICIES_DEFAULT",
            "title": "Things to know",
            "houseRulesSections": "During your stay: 4 guests maximum, No pets",
        },
        {
            "id": "HIGHLIGHTS_DEFAULT",
            "highlights": "Self check-in: The lockbox, day or night., Great location: By a park.",
        },
        {
            "id": "DESCRIPTION_DEFAULT",
            "htmlDescription": {"htmlText": "Bright flat<br />with a <b>view</b> &amp; sun."},
        },
        {
            "id": "AMENITIES_DEFAULT",
            "seeAllAmenitiesGroups": {
                "Bathroom": "Hair dryer, Hot water",
                "Parking": "Garage (paid, on site), Street parking \u2014 unavailable",
                "Not included": "Dryer",
            },
        },
    ]


def usual_answer(tool: str) -> dict[str, Any]:
    if tool == "airbnb_search":
        return raw_search()
    return {"listingUrl": "https://x.invalid", "details": raw_details()}


type Answer = Callable[[str, Mapping[str, Any]], tuple[object, bool]]


@dataclass
class ScriptedAirbnb:
    """The Airbnb MCP server with its very two tools; `answer` says what comes back.

    `answer` gets the tool's name and arguments, and returns the text (or what to write as JSON) and
    whether it is an error.
    """

    answer: Answer = field(default=lambda tool, _arguments: (usual_answer(tool), False))
    tools: Mapping[str, ToolShape] = field(default_factory=lambda: dict(airbnb_calls.TOOLS))
    calls: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )

    async def wait(self) -> None:
        """Take the time that answering takes: none."""

    def client(self, **settings: Any) -> SupervisedMCPClient:
        return SupervisedMCPClient("airbnb", InMemory(self.server), **settings)

    def server(self) -> Server[Any]:
        async def list_tools(_context: ServerRequestContext[Any], _params: Any) -> Any:
            return mcp_types.ListToolsResult(
                tools=[
                    mcp_types.Tool(
                        name=name,
                        input_schema={
                            "type": "object",
                            "properties": {
                                parameter: {"type": kind}
                                for parameter, kind in shape.parameters.items()
                            },
                            "required": sorted(shape.sent),
                        },
                    )
                    for name, shape in self.tools.items()
                ]
            )

        async def call_tool(
            _context: ServerRequestContext[Any], params: mcp_types.CallToolRequestParams
        ) -> Any:
            arguments = dict(params.arguments or {})
            self.calls.append((params.name, arguments))
            await self.wait()
            body, is_error = self.answer(params.name, arguments)
            text = body if isinstance(body, str) else json.dumps(body, indent=2)
            content = mcp_types.TextContent(type="text", text=text)
            return mcp_types.CallToolResult(content=[content], is_error=is_error)

        return Server("airbnb", version="0.3.0", on_list_tools=list_tools, on_call_tool=call_tool)


def saying(body: object, *, is_error: bool = False) -> ScriptedAirbnb:
    """Return the server with one answer to everything."""
    return ScriptedAirbnb(lambda _tool, _arguments: (body, is_error))
