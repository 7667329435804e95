"""The Airbnb stand-in, through a real MCP client: in memory and as a child process."""

import json
import re
import sys
from datetime import UTC, date, datetime
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.airbnb import DETAILS, SEARCH, build_server
from tripsage_mcp.sandbox.airbnb_listings import find_listing, listings_in
from tripsage_mcp.sandbox.airbnb_wire import details, flattened

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAY = {"location": "Lisbon, Portugal", "checkin": "2027-03-04", "checkout": "2027-03-08"}
LISBON = towns.find("Lisbon")[0]


def client(seed: int = 0, **options: Any) -> Client:
    return Client(build_server(seed, lambda: NOW), **options)


async def call(tool: str, arguments: dict[str, Any], *, seed: int = 0) -> tuple[bool, Any]:
    async with client(seed) as session:
        result = await session.call_tool(tool, arguments)
    assert result.structured_content is None
    (block,) = result.content
    assert block.type == "text"
    return bool(result.is_error), json.loads(block.text)


async def search(**more: Any) -> Any:
    failed, answer = await call(SEARCH, STAY | more)
    assert not failed
    return answer


async def test_it_says_it_is_the_original_and_offers_tools_only() -> None:
    async with client(mode="legacy") as session:
        assert session.server_info is not None
        assert session.server_info.name == "airbnb"
        assert session.server_info.version == "0.3.0"
        capabilities = session.server_capabilities.model_dump(exclude_none=True)
        assert set(capabilities) == {"tools"}
        assert session.instructions is None


async def test_the_tools_take_what_the_originals_take() -> None:
    async with client() as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    party = dict.fromkeys(("adults", "children", "infants", "pets"), "number")
    stay = {"checkin": "string", "checkout": "string"} | party
    expected = {
        SEARCH: {"location": "string", "placeId": "string"}
        | stay
        | {"minPrice": "number", "maxPrice": "number", "cursor": "string"}
        | {"propertyType": "string", "ignoreRobotsText": "boolean"},
        DETAILS: {"id": "string"} | stay | {"ignoreRobotsText": "boolean"},
    }
    for name, parameters in expected.items():
        schema = tools[name].input_schema
        assert {n: p["type"] for n, p in schema["properties"].items()} == parameters
        assert schema["required"] == [next(iter(parameters))]
        assert schema["properties"]["adults"]["default"] == 1
        assert tools[name].output_schema is None
        assert tools[name].annotations is None
    kinds = tools[SEARCH].input_schema["properties"]["propertyType"]["enum"]
    assert kinds == ["entire_home", "private_room", "shared_room", "hotel_room"]


async def test_a_page_has_eighteen_rows_of_the_documented_shape() -> None:
    answer = await search()
    assert list(answer) == ["searchUrl", "searchResults", "paginationInfo"]
    assert len(answer["searchResults"]) == 18
    for row in answer["searchResults"]:
        assert row["id"].isdigit()
        assert row["url"] == f"https://www.airbnb.com/rooms/{row['id']}"
        at = row["demandStayListing"]["location"]["coordinate"]
        assert abs(at["latitude"] - 38.72) < 0.1
        assert abs(at["longitude"] + 9.14) < 0.2
        assert isinstance(row["badges"], str)
        assert isinstance(row["structuredContent"]["primaryLine"], str)
        assert isinstance(row["structuredDisplayPrice"]["explanationData"]["priceDetails"], str)
        assert None not in row.values()


async def test_prices_come_in_the_documented_labels_and_add_up() -> None:
    variants = set[str]()
    for row in (await search())["searchResults"]:
        price = row["structuredDisplayPrice"]
        label = price["primaryLine"]["accessibilityLabel"].replace("\u00a0", " ")
        details = dict(
            item.split(": ") for item in price["explanationData"]["priceDetails"].split(", ")
            if ": " in item
        )  # fmt: skip
        costs = {k: float(v.replace("$", "").replace(",", "")) for k, v in details.items()}
        total = costs.pop("Total", None)
        if total is not None:
            assert sum(costs.values()) == pytest.approx(total)
        if "per night" in label:
            variants.add("per night")
            assert price["secondaryLine"]["accessibilityLabel"].endswith(" total")
        else:
            variants.add("original" if "originally" in label else "total")
            assert "for 4 nights" in label
    assert {"per night", "total"} <= variants


async def test_three_pages_and_then_no_more() -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for page in range(3):
        answer = await search(**cursor)
        seen += [row["id"] for row in answer["searchResults"]]
        paging = answer["paginationInfo"]
        assert len(paging["pageCursors"]) == 3
        assert ("nextPageCursor" in paging) == (page < 2)
        assert ("previousPageCursor" in paging) == (page > 0)
        cursor = {"cursor": paging.get("nextPageCursor", "")}
    assert len(seen) == len(set(seen)) == 54
    # A cursor that makes no sense is not noticed.
    assert (await search(cursor="nonsense"))["searchResults"][0]["id"] == seen[0]


async def test_the_search_url_tells_the_area_that_was_searched() -> None:
    url = (await search(adults=2, pets=1, minPrice=50))["searchUrl"]
    assert url.startswith("https://www.airbnb.com/s/Lisbon--Portugal/homes?ne_lat=38.")
    assert "&checkin=2027-03-04&checkout=2027-03-08&adults=2&pets=1&price_min=50" in url
    by_id = (await search(placeId="ChIJx"))["searchUrl"]
    assert "place_id=ChIJx" in by_id
    assert "ne_lat" not in by_id


async def test_an_unknown_place_is_searched_without_an_area() -> None:
    answer = await search(location="Zzyzx Nowhere")
    assert answer["searchResults"] == []
    assert "ne_lat" not in answer["searchUrl"]


@pytest.mark.parametrize(
    "location", ["Oslo, Norway", "Alfama, Lisbon", "Chiado", "Lisbon, Region, PT"]
)
async def test_towns_and_quarters_resolve(location: str) -> None:
    answer = await search(location=location)
    assert answer["searchResults"]
    assert "ne_lat" in answer["searchUrl"]


async def test_filters_are_applied() -> None:
    rooms = await search(propertyType="private_room")
    assert all(
        "oom in" in r["structuredContent"]["mapCategoryInfo"] for r in rooms["searchResults"]
    )
    cheap, dear = await search(maxPrice=90), await search(minPrice=250)
    assert cheap["searchResults"]
    assert dear["searchResults"]
    both = {r["id"] for r in cheap["searchResults"]} & {r["id"] for r in dear["searchResults"]}
    assert not both
    large = await search(adults=6)
    for row in large["searchResults"]:
        _, page = await call(DETAILS, {"id": row["id"]})
        rules = next(d for d in page["details"] if d["id"] == "POLICIES_DEFAULT")
        assert any(f"{n} guests maximum" in rules["houseRulesSections"] for n in range(6, 12))


async def test_nothing_is_validated() -> None:
    assert (await search(adults="two"))["searchResults"]
    assert (await search(checkin="soon", checkout="later"))["searchResults"]
    assert (await search(checkin="2027-03-08", checkout="2027-03-04"))["searchResults"]


async def test_a_stay_of_more_than_a_year_finds_nothing() -> None:
    assert (await search(checkout="9999-12-31"))["searchResults"] == []


async def test_without_a_location_it_fails_the_way_the_original_does() -> None:
    failed, answer = await call(SEARCH, {})
    assert failed
    assert answer == {"error": "Cannot read properties of undefined (reading 'replace')"}


async def test_details_have_the_five_sections() -> None:
    identifier = (await search())["searchResults"][0]["id"]
    failed, answer = await call(DETAILS, {"id": identifier, "adults": 2})
    assert not failed
    assert answer["listingUrl"] == f"https://www.airbnb.com/rooms/{identifier}?adults=2"
    sections = {section["id"]: section for section in answer["details"]}
    assert list(sections) == [
        "LOCATION_DEFAULT",
        "POLICIES_DEFAULT",
        "HIGHLIGHTS_DEFAULT",
        "DESCRIPTION_DEFAULT",
        "AMENITIES_DEFAULT",
    ]
    assert isinstance(sections["LOCATION_DEFAULT"]["lat"], float)
    assert isinstance(sections["HIGHLIGHTS_DEFAULT"]["highlights"], str)
    assert "<br />" in sections["DESCRIPTION_DEFAULT"]["htmlDescription"]["htmlText"]
    groups = sections["AMENITIES_DEFAULT"]["seeAllAmenitiesGroups"]
    assert "Wifi" in groups["Internet and office"]
    missing = set(groups.pop("Not included").split(", "))
    assert not missing & {item for group in groups.values() for item in group.split(", ")}


@pytest.mark.parametrize(
    "identifier", ["1", "../../evil?x=1", "600000042010411069", "9" * 40, None]
)
async def test_an_unknown_listing_is_a_404(identifier: str | None) -> None:
    failed, answer = await call(DETAILS, {"id": identifier})
    assert failed
    assert answer["error"] == "HTTP 404: Not Found"
    assert set(answer) == {"error", "listingUrl", "timestamp"}


async def test_an_unknown_tool_and_missing_arguments_are_protocol_errors() -> None:
    async with client(mode="legacy") as session:
        with pytest.raises(MCPError) as unknown:
            await session.call_tool("airbnb_book", {})
        with pytest.raises(MCPError) as empty:
            await session.call_tool(DETAILS)
    assert (unknown.value.code, empty.value.code) == (-32601, -32602)


async def test_the_same_seed_gives_the_same_homes_and_another_others() -> None:
    (_, one), (_, same), (_, other) = [await call(SEARCH, STAY, seed=s) for s in (0, 0, 1)]
    assert one == same
    ids = {row["id"] for row in one["searchResults"]}
    assert not ids & {row["id"] for row in other["searchResults"]}


@pytest.mark.parametrize("town", [LISBON, towns.find("Oslo")[0], towns.load_towns()[-1]])
def test_every_listing_is_found_by_its_id_in_its_own_world_only(town: towns.Town) -> None:
    for listing in listings_in(3, town):
        assert find_listing(3, listing.id) == listing
        assert find_listing(4, listing.id) is None


def test_a_longer_stay_costs_more_and_a_new_year_more_than_a_winter_night() -> None:
    listing = listings_in(0, LISBON)[0]
    totals = [listing.total_usd(date(2027, 3, 4), nights) for nights in range(1, 10)]
    assert totals == sorted(set(totals))
    assert listing.total_usd(date(2026, 12, 30), 2) > listing.total_usd(date(2027, 1, 13), 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None)
@given(json_values)
def test_flattening_leaves_no_array(value: object) -> None:
    assert "[" not in re.sub(r'"(\\.|[^"\\])*"', "", json.dumps(flattened(value)))


def test_an_object_in_an_array_becomes_its_values() -> None:
    row = {"a": [{"b": "x", "c": [{"d": 1}, {"d": 2}]}, "y"], "none": None, "e": []}
    assert flattened(row) == {"a": "x: 1, 2, y", "e": ""}


async def test_it_serves_over_stdio_as_a_child_process() -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "tripsage_mcp.sandbox.airbnb"]
    )
    with anyio.fail_after(50):
        async with Client(stdio_client(command)) as session:
            result = await session.call_tool(SEARCH, STAY)
    assert not result.is_error
    (block,) = result.content
    assert block.type == "text"
    assert len(json.loads(block.text)["searchResults"]) == 18


@pytest.mark.parametrize(("name", "dear", "cheap"), [("Perth", 1, 7), ("Oslo", 7, 1)])
def test_summer_costs_more_on_either_side_of_the_equator(name: str, dear: int, cheap: int) -> None:
    listing = listings_in(0, towns.find(name)[0])[0]
    a, b = (listing.total_usd(date(2027, month, 11), 7) for month in (dear, cheap))
    assert a > b


def test_a_hotel_room_has_no_kitchen() -> None:
    room = next(item for item in listings_in(0, LISBON) if item.kind == "hotel_room")
    groups = details(room)[-1]["seeAllAmenitiesGroups"]
    assert "Kitchen and dining" not in groups
