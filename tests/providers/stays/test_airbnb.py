import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import fakes_stays
from tests.fakes_places import NOW, at_now
from tests.fakes_stays import ScriptedAirbnb, raw_details, raw_row, raw_search, search
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.stay import Area
from tripsage_mcp.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    ProviderBlockedError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.mcp_client import Command
from tripsage_mcp.providers.stays.airbnb import AirbnbConfig, AirbnbStays, build, launch

pytestmark = pytest.mark.anyio

type Open = Callable[..., AirbnbStays]


@pytest.fixture
async def connect() -> AsyncGenerator[Open]:
    opened: list[AirbnbStays] = []

    def make(airbnb: ScriptedAirbnb, **settings: Any) -> AirbnbStays:
        config = AirbnbConfig(server=Path("index.js"), **settings)
        opened.append(build(config, airbnb.client(), now=at_now))
        return opened[-1]

    yield make
    for provider in opened:
        await provider.aclose()


def saying(body: object, *, is_error: bool = False) -> ScriptedAirbnb:
    return ScriptedAirbnb(lambda _tool, _arguments: (body, is_error))


async def test_a_search_is_asked_as_the_server_expects(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    asked = search(children=1, min_price=50, property_type="entire_home", cursor="p1")
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
                "minPrice": 50,
                "propertyType": "entire_home",
                "cursor": "p1",
            },
        )
    ]


@pytest.mark.parametrize("ignore", [True, False])
async def test_robots_are_ignored_only_where_the_operator_says_so(
    connect: Open, *, ignore: bool
) -> None:
    airbnb = ScriptedAirbnb()
    provider = connect(airbnb, ignore_robots=ignore)
    await provider.search(search())
    await provider.get("1", None)
    assert [arguments.get("ignoreRobotsText") for _, arguments in airbnb.calls] == [
        ignore or None
    ] * 2


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


async def test_a_page_of_bad_rows_alone_is_a_failure_and_not_empty(connect: Open) -> None:
    with pytest.raises(ProviderProtocolError, match="none of the listings"):
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
    assert details.url.startswith("https://www.airbnb.com/rooms/53842931?check_in=2027-03-01")


async def test_an_empty_amenity_section_is_unknown_rather_than_none(connect: Open) -> None:
    sections = [s for s in raw_details() if s["id"] != "AMENITIES_DEFAULT"]
    shells: list[Any] = [*sections, {"id": "AMENITIES_DEFAULT"}, "odd", {"id": ["odd"][0]}]
    details = await connect(saying({"details": shells})).get("1", None)
    assert details.amenities == {}
    assert "amenities" in details.unknown


async def test_a_page_without_its_sections_is_a_failure(connect: Open) -> None:
    with pytest.raises(ProviderProtocolError):
        await connect(saying({"details": []})).get("1", None)


@pytest.mark.parametrize("bad", ["", "abc", "../../evil?x=1", "1" * 21, "12\n", "١٢", " 12"])
async def test_an_id_that_is_not_digits_never_leaves(connect: Open, bad: str) -> None:
    airbnb = ScriptedAirbnb()
    with pytest.raises(InvalidRequestError):
        await connect(airbnb).get(bad, None)
    assert airbnb.calls == []


@pytest.mark.parametrize(
    "changes",
    [{"location": " "}, {"adults": 0}, {"children": -1}, {"check_out": fakes_stays.CHECK_IN}],
)
async def test_what_their_server_would_drop_in_silence_never_leaves(
    connect: Open, changes: dict[str, Any]
) -> None:
    airbnb = ScriptedAirbnb()
    with pytest.raises(InvalidRequestError):
        await connect(airbnb).search(search(**changes))
    assert airbnb.calls == []


LOST = "Failed to parse search results from Airbnb. The page structure may have changed."
NO_SCRIPT = "Could not find data script element - page structure may have changed"
FAILURES: list[tuple[dict[str, str], type[TripSageError]]] = [
    ({"error": "This path is disallowed by Airbnb's robots.txt to t"}, ProviderBlockedError),
    ({"error": "HTTP 429: Too Many Requests"}, ProviderRateLimitedError),
    ({"error": "HTTP 401: Unauthorized"}, ProviderBlockedError),
    ({"error": "HTTP 403: Forbidden"}, ProviderBlockedError),
    ({"error": "HTTP 451: Unavailable For Legal Reasons"}, ProviderBlockedError),
    ({"error": "HTTP 400: Bad Request"}, ProviderRejectedError),
    ({"error": "HTTP 500: Internal Server Error"}, ProviderUnavailableError),
    ({"error": "HTTP 503: Service Unavailable"}, ProviderUnavailableError),
    ({"error": "Request timeout after 30000ms"}, ProviderUnavailableError),
    ({"error": "request to https://x failed, reason: ENOTFOUND"}, ProviderUnavailableError),
    ({"error": "socket hang up"}, ProviderUnavailableError),
    ({"error": LOST, "details": NO_SCRIPT}, ProviderBlockedError),
    ({"error": LOST, "details": "Data script element is empty"}, ProviderBlockedError),
    ({"error": LOST, "details": "Unexpected token o in JSON"}, ProviderProtocolError),
    ({"error": LOST, "details": "undefined (reading 'id')"}, ProviderProtocolError),
    ({"error": "something else"}, ProviderProtocolError),
    ({"message": "no error key"}, ProviderProtocolError),
]


@pytest.mark.parametrize(("failure", "expected"), FAILURES)
@pytest.mark.parametrize("tool", ["search", "get"])
async def test_each_failure_gets_its_own_code_and_their_words_stay_with_them(
    connect: Open, failure: dict[str, str], expected: type[TripSageError], tool: str
) -> None:
    secret = {"searchUrl": "https://www.airbnb.com/s/secret"}
    provider = connect(saying(failure | secret, is_error=True))
    ask: Awaitable[Any] = provider.search(search()) if tool == "search" else provider.get("1", None)
    with pytest.raises(TripSageError) as raised:
        await ask
    assert raised.type is expected
    assert "secret" not in f"{raised.value.message} {raised.value.hint}"
    assert LOST not in raised.value.message
    assert provider.health[0].last_error == expected.code


@pytest.mark.parametrize("status", ["HTTP 404: Not Found", "HTTP 410: Gone"])
async def test_a_page_that_is_gone_means_no_such_listing_but_no_such_thing_for_a_search(
    connect: Open, status: str
) -> None:
    provider = connect(saying({"error": status}, is_error=True))
    with pytest.raises(NotFoundError):
        await provider.get("1", None)
    assert provider.health[0].failures_in_a_row == 0
    with pytest.raises(ProviderRejectedError):
        await provider.search(search())


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"searchResults": 3}', "null"])
async def test_an_answer_of_another_shape_breaks_the_protocol(connect: Open, body: str) -> None:
    with pytest.raises(ProviderProtocolError):
        await connect(saying(body)).search(search())
    with pytest.raises(ProviderProtocolError):
        await connect(saying(body)).get("1", None)


async def test_after_five_failures_the_provider_is_left_alone_for_a_while(connect: Open) -> None:
    airbnb = saying({"error": "HTTP 500: Internal Server Error"}, is_error=True)
    provider = connect(airbnb)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError, match="HTTP 500"):
            await provider.search(search())
    with pytest.raises(ProviderUnavailableError, match="failing repeatedly") as raised:
        await provider.search(search())
    assert raised.value.retry_after_s == timedelta(seconds=30).total_seconds()
    assert len(airbnb.calls) == 5


async def test_without_a_server_every_live_call_says_what_to_set() -> None:
    airbnb = ScriptedAirbnb()
    provider = build(AirbnbConfig(), airbnb.client())
    for call in (provider.search(search()), provider.get("1", None)):
        with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_AIRBNB_SERVER"):
            await call
    assert airbnb.calls == []


def test_a_server_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="TRIPSAGE_AIRBNB_SERVER"):
        launch(AirbnbConfig(server=Path("no/such/index.js")))


def test_a_missing_node_stops_the_start(tmp_path: Path) -> None:
    script = tmp_path / "index.js"
    script.touch()
    with pytest.raises(ConfigurationError, match="TRIPSAGE_AIRBNB_NODE"):
        launch(AirbnbConfig(server=script, node=tmp_path / "node"))


def test_node_gets_the_script_and_what_it_needs_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, node = tmp_path / "index.js", tmp_path / "node"
    script.touch()
    node.touch(mode=0o755)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/ca.pem")
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "secret")
    command = launch(AirbnbConfig(server=script, node=node, ignore_robots=True))
    assert command.command == str(node)
    assert command.args[-2:] == (str(script), "--ignore-robots-txt")
    assert command.env["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert "secret" not in json.dumps(dict(command.env))
    assert launch(AirbnbConfig(server=script, node=node)).args[-1] == str(script)


def test_nothing_is_run_where_nothing_is_configured() -> None:
    assert isinstance(launch(AirbnbConfig()), Command)


async def test_a_tool_that_changed_is_noticed_before_it_is_called(connect: Open) -> None:
    tools: Mapping[str, Any] = ScriptedAirbnb().tools
    renamed = {"airbnb_find": tools["airbnb_search"], **dict([*tools.items()][1:])}
    airbnb = ScriptedAirbnb(tools=renamed)
    with pytest.raises(ProviderProtocolError, match="airbnb_search"):
        await connect(airbnb).search(search())
    assert airbnb.calls == []
