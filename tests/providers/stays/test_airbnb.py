import json
from typing import Any

import pytest

from tests.fakes_places import NOW
from tests.fakes_stays import (
    CHECK_IN,
    ScriptedAirbnb,
    raw_details,
    raw_row,
    raw_search,
    saying,
    search,
)
from tests.providers.stays.conftest import Open
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.stay import Area
from tripsage_mcp.errors import InvalidRequestError, ProviderChangedError

pytestmark = pytest.mark.anyio


async def test_a_search_is_asked_as_the_server_expects(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    asked = search(children=1, property_type="entire_home", cursor="p1")
    await connect(airbnb).search(asked)
    assert airbnb.calls == [
        (
            "airbnb_search",
            {
                "location": "Lisbon, Portugal",
                "checkin": "2027-03-01",
                "checkout": "2027-03-05",
                "adults": 2,
                "children": 1,
                "infants": 0,
                "pets": 0,
                "propertyType": "entire_home",
                "cursor": "p1",
            },
        )
    ]


async def test_a_row_becomes_a_stay(connect: Open) -> None:
    found = await connect(ScriptedAirbnb()).search(search())
    first = found.stays[0]
    assert first.listing_id == "900000000000000000"
    assert first.name == "Sunny flat 0"
    assert first.url == (
        "https://www.airbnb.com/rooms/900000000000000000"
        "?check_in=2027-03-01&check_out=2027-03-05&adults=2"
    )
    assert first.coordinates == Coordinates(38.71, -9.14)
    assert (first.rating, first.reviews) == (4.8, 1100)
    assert first.beds == "1 bedroom, 1 bed"
    assert first.badges == ("Guest favorite",)
    assert first.free_cancellation is True
    assert first.price is not None
    assert str(first.price.total) == "320.00 USD"
    assert str(first.price.nightly) == "80.00 USD"
    assert first.price.label == "$320 for 4 nights"
    assert found.resolved_area == Area(38.6, -9.3, 38.9, -9.0)
    assert found.location_resolved
    assert (found.provenance.source, found.provenance.data) == ("airbnb", "live")
    assert found.provenance.fetched_at == NOW


async def test_what_a_row_does_not_say_is_unknown(connect: Open) -> None:
    bare = {
        "id": "7",
        "demandStayListing": {
            "description": {"name": {"localizedStringWithTranslationPreference": "New"}}
        },
        "avgRatingA11yLabel": "New place to stay",
    }
    stay = (await connect(saying(raw_search([bare]))).search(search())).stays[0]
    assert (stay.coordinates, stay.price, stay.rating, stay.reviews) == (None,) * 4
    assert (stay.beds, stay.badges, stay.free_cancellation) == (None, (), None)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        {},
        raw_row(id="../../evil?x=1"),
        raw_row(id="12\n"),
        raw_row(id="1" * 21),
        raw_row(id=None),
        raw_row(demandStayListing=None),
        raw_row(demandStayListing={"description": {}}),
    ],
)
async def test_one_bad_row_costs_itself_alone(connect: Open, bad: object) -> None:
    found = await connect(saying(raw_search([raw_row(1), bad, raw_row(2)]))).search(search())
    assert [stay.name for stay in found.stays] == ["Sunny flat 1", "Sunny flat 2"]
    assert found.skipped_rows == 1


async def test_a_name_that_was_cut_within_a_character_costs_that_alone(connect: Open) -> None:
    cut = {"localizedStringWithTranslationPreference": "Flat by the sea \ud83c"}
    row = raw_row(7) | {"demandStayListing": {"description": {"name": cut}}}
    answer = json.dumps(raw_search([raw_row(1), row]))
    assert "\\ud83c" in answer
    found = await connect(saying(answer)).search(search())
    assert [stay.name for stay in found.stays] == ["Sunny flat 1", "Flat by the sea"]


async def test_what_is_not_free_is_not_taken_for_free(connect: Open) -> None:
    row = raw_row(structuredContent={"secondaryLine": "No free cancellation"})
    found = await connect(saying(raw_search([row]))).search(search())
    assert found.stays[0].free_cancellation is None


async def test_a_listing_that_comes_twice_on_a_page_is_shown_once(connect: Open) -> None:
    found = await connect(saying(raw_search([raw_row(1), raw_row(2), raw_row(1)]))).search(search())
    assert [stay.name for stay in found.stays] == ["Sunny flat 1", "Sunny flat 2"]
    assert found.skipped_rows == 0


@pytest.mark.parametrize(
    ("label", "rating", "reviews"),
    [
        ("4.95 out of 5 average rating,  1 review", 4.95, 1),
        ("5 out of 5 average rating, 12,345 reviews", 5.0, 12_345),
        ("10 out of 5 average rating", None, None),
        ("7.5 out of 5 average rating", None, None),
        ("New place to stay", None, None),
    ],
)
async def test_a_rating_is_one_out_of_five_or_unknown(
    connect: Open, label: str, rating: float | None, reviews: int | None
) -> None:
    answer = raw_search([raw_row(avgRatingA11yLabel=label)])
    stay = (await connect(saying(answer)).search(search())).stays[0]
    assert (stay.rating, stay.reviews) == (rating, reviews)


@pytest.mark.parametrize(
    ("lines", "bedrooms"),
    [
        ({"primaryLine": "2 bedrooms, 3 beds"}, 2),
        ({"primaryLine": "3 beds", "mapSecondaryLine": "2 bedrooms"}, 2),
        ({"primaryLine": "Studio, 1 bed"}, 1),
        ({"primaryLine": "1 bed"}, None),
    ],
)
async def test_bedrooms_are_counted_where_they_are_told(
    connect: Open, lines: dict[str, str], bedrooms: int | None
) -> None:
    answer = raw_search([raw_row(structuredContent=lines)])
    assert (await connect(saying(answer)).search(search())).stays[0].bedrooms == bedrooms


async def test_nowhere_in_the_gulf_of_guinea_is_no_position(connect: Open) -> None:
    row = raw_row()
    row["demandStayListing"]["location"]["coordinate"] = {"latitude": 0, "longitude": 0}
    assert (await connect(saying(raw_search([row]))).search(search())).stays[0].coordinates is None


@pytest.mark.parametrize(
    ("asked", "applied"),
    [
        ({}, set[str]()),
        ({"pets": 1}, {"pets"}),
        ({"property_type": "shared_room"}, {"property_type"}),
        ({"rooms": 2, "free_cancellation": True}, set[str]()),
    ],
)
async def test_only_what_it_was_asked_for_counts_as_seen_to(
    connect: Open, asked: dict[str, Any], applied: set[str]
) -> None:
    assert (await connect(ScriptedAirbnb()).search(search(**asked))).applied == applied


async def test_a_page_of_bad_rows_alone_is_a_failure_and_not_empty(connect: Open) -> None:
    with pytest.raises(ProviderChangedError, match="none of the listings"):
        await connect(saying(raw_search([{}, {}]))).search(search())


async def test_no_rows_is_an_empty_page_without_a_next(connect: Open) -> None:
    found = await connect(saying(raw_search([]))).search(search())
    assert (found.stays, found.skipped_rows, found.next_cursor) == ((), 0, None)


@pytest.mark.parametrize(
    ("current", "pages", "following"),
    [
        (None, {"pageCursors": ["a", "b"], "nextPageCursor": "b"}, "b"),
        (None, {"pageCursors": ["a", "b", "c"]}, "b"),
        ("b", {"pageCursors": ["a", "b", "c"]}, "c"),
        ("c", {"pageCursors": ["a", "b", "c"]}, None),
        ("z", {"pageCursors": ["a", "b", "c"]}, None),
        ("b", {"nextPageCursor": "b"}, None),
        (None, {"nextPageCursor": "x" * 601}, None),
        (None, {}, None),
    ],
)
async def test_the_next_page_is_found_and_never_the_same_one(
    connect: Open, current: str | None, pages: dict[str, Any], following: str | None
) -> None:
    answer = raw_search(paginationInfo=pages)
    found = await connect(saying(answer)).search(search(cursor=current))
    assert found.next_cursor == following


@pytest.mark.parametrize(
    "url", ["", "not a url", "https://www.airbnb.com/s/x/homes", "https://a/?ne_lat=x&sw_lat=1"]
)
async def test_without_a_box_the_place_counts_as_not_resolved(connect: Open, url: str) -> None:
    found = await connect(saying(raw_search(searchUrl=url))).search(search())
    assert (found.resolved_area, found.location_resolved) == (None, False)


async def test_details_tell_what_is_there_what_is_missing_and_what_is_unknown(
    connect: Open,
) -> None:
    airbnb = ScriptedAirbnb()
    details = await connect(airbnb).get("53842931", search())
    assert airbnb.calls[0][1]["id"] == "53842931"
    assert details.area == "Lisbon, Portugal"
    assert details.coordinates == Coordinates(38.71, -9.14)
    assert details.description == "Bright flat\nwith a view & sun."
    assert details.highlights == (
        "Self check-in: The lockbox, day or night.",
        "Great location: By a park.",
    )
    assert details.house_rules == ("During your stay: 4 guests maximum", "No pets")
    assert details.amenities == {
        "Bathroom": ("Hair dryer", "Hot water"),
        "Parking": ("Garage (paid, on site)",),
    }
    assert details.missing == ("Street parking", "Dryer")
    assert set(details.unknown) == {"price", "availability", "cancellation", "reviews", "photos"}
    assert details.url is not None
    assert details.url.startswith("https://www.airbnb.com/rooms/53842931?check_in=2027-03-01")


async def test_an_empty_amenity_section_is_unknown_rather_than_none(connect: Open) -> None:
    sections = [s for s in raw_details() if s["id"] != "AMENITIES_DEFAULT"]
    shells: list[Any] = [*sections, {"id": "AMENITIES_DEFAULT"}, "odd", {"id": ["odd"]}]
    details = await connect(saying({"details": shells})).get("1", None)
    assert details.amenities == {}
    assert "amenities" in details.unknown


@pytest.mark.parametrize("lat", [1e999, 10**400, 91, "north", None, [38.7]])
async def test_a_position_that_is_none_is_unknown(connect: Open, lat: object) -> None:
    sections = [s for s in raw_details() if s["id"] != "LOCATION_DEFAULT"]
    sections.append({"id": "LOCATION_DEFAULT", "lat": lat, "lng": -9.1})
    details = await connect(saying({"details": sections})).get("1", None)
    assert details.coordinates is None
    assert "location" in details.unknown


@pytest.mark.timeout(10)
async def test_an_endless_list_is_read_in_no_time(connect: Open) -> None:
    sections = [*raw_details(), {"id": "POLICIES_DEFAULT", "houseRulesSections": ", a" * 200_000}]
    details = await connect(saying({"details": sections[2:]})).get("1", None)
    assert len(details.house_rules) == 60


async def test_amenities_without_end_are_bounded(connect: Open) -> None:
    groups = {f"Group {n}": ", ".join(f"thing {m}" for m in range(99)) for n in range(99)}
    section = {"id": "AMENITIES_DEFAULT", "seeAllAmenitiesGroups": groups}
    details = await connect(saying({"details": [section]})).get("1", None)
    assert {len(items) for items in details.amenities.values()} == {60}
    assert len(details.amenities) == 20


async def test_a_page_without_its_sections_is_a_failure(connect: Open) -> None:
    with pytest.raises(ProviderChangedError):
        await connect(saying({"details": []})).get("1", None)


@pytest.mark.parametrize("bad", ["", "abc", "../../evil?x=1", "1" * 21, "12\n", "١٢", " 12"])
async def test_an_id_that_is_not_digits_never_leaves(connect: Open, bad: str) -> None:
    airbnb = ScriptedAirbnb()
    with pytest.raises(InvalidRequestError) as raised:
        await connect(airbnb).get(bad, None)
    assert raised.value.argument == "stay_id"
    assert airbnb.calls == []


@pytest.mark.parametrize(
    "changes",
    [
        {"location": " "},
        {"location": ".."},
        {"location": ", ./"},
        {"adults": 0},
        {"children": -1},
        {"check_out": CHECK_IN},
    ],
)
async def test_what_their_server_would_drop_in_silence_never_leaves(
    connect: Open, changes: dict[str, Any]
) -> None:
    airbnb = ScriptedAirbnb()
    with pytest.raises(InvalidRequestError):
        await connect(airbnb).search(search(**changes))
    assert airbnb.calls == []
