from datetime import date
from typing import Any

import httpx
import pytest

from tests.fakes_places import at_now
from tests.providers.upstream import FAILURES, Handler, client, replies
from tripsage_mcp.errors import (
    ProviderChallengedError,
    ProviderProtocolError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.providers.advisories.us import ISSUER, PROVIDER, USAdvisories, explain

pytestmark = pytest.mark.anyio

HOME = "https://travel.state.gov/content/tsg_aem/us/en/home/international-travel"


def provider(handler: Handler) -> USAdvisories:
    return USAdvisories(client(PROVIDER, handler, explain), data="live", now=at_now)


def row(title: str, code3: str = "", **changes: Any) -> dict[str, Any]:
    link = f"{HOME}/travel-advisories/destination.{code3}.html" if code3 else HOME
    return {
        "Title": title,
        "Link": link,
        "Category": ["ZZ"],
        "Summary": "<p>Summary</p>",
        "id": link,
        "Published": "2026-09-14T20:00:00-04:00",
        "Updated": "2026-09-14T20:00:00-04:00",
    } | changes


SAUDI = row("Saudi Arabia - Level 3: Reconsider Travel", "sau")


def listing(*rows: object) -> USAdvisories:
    return provider(replies(200, json=list(rows)))


async def titles(us: USAdvisories, code: str) -> list[str]:
    return [advisory.title for advisory in (await us.on(code)).advisories]


async def test_a_country_is_found_with_its_level_as_published() -> None:
    found = await listing(row("Worldwide Caution"), SAUDI).on("SA")
    [advisory] = found.advisories
    assert (found.issuer, advisory.issuer) == (ISSUER, ISSUER)
    assert advisory.title == "Saudi Arabia - Level 3: Reconsider Travel"
    assert advisory.statements == ("Level 3: Reconsider Travel",)
    # Eight in the evening in Washington is the next day in UTC, which is what their pages say.
    assert advisory.published == date(2026, 9, 15)
    assert advisory.url.endswith("/destination.sau.html")


async def test_a_country_that_is_not_listed_has_none() -> None:
    us = listing(SAUDI)
    found = await us.on("PT")
    assert (found.advisories, found.url) == ((), "https://travel.state.gov")
    assert (await us.on("sa")).advisories != ()


async def test_the_list_is_asked_for_once_for_all_countries() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[SAUDI])

    us = provider(handler)
    for code in ("SA", "PT", "SA"):
        await us.on(code)
    assert [request.url.path for request in seen] == ["/api/TravelAdvisories"]


async def test_of_two_copies_the_later_one_counts() -> None:
    old = row("Bangladesh - Level 3: Reconsider Travel", "bgd", Updated="2026-01-19T19:00:00-05:00")
    new = row("Bangladesh - Level 2: Exercise Increased Caution", "bgd")
    for rows in ((old, new), (new, old)):
        assert await titles(listing(*rows), "BD") == [new["Title"]]


async def test_a_page_of_its_own_goes_before_a_shared_one() -> None:
    shared = row("French West Indies - Level 1: Exercise Normal Precautions")
    own = row("Martinique - Level 2: Exercise Increased Caution")
    us = listing(shared, own)
    assert await titles(us, "MQ") == [own["Title"]]
    assert await titles(us, "GP") == [shared["Title"]]


async def test_parts_of_one_country_are_all_told() -> None:
    rows = (
        row("West Bank - Level 3: Reconsider Travel"),
        row("Gaza - Level 4: Do Not Travel"),
        row("Israel, the West Bank and Gaza - See Summaries"),
    )
    assert await titles(listing(*rows), "PS") == [rows[1]["Title"], rows[0]["Title"]]
    assert await titles(listing(*rows), "IL") == [rows[2]["Title"]]


async def test_a_title_without_a_level_is_not_taken_for_no_warning() -> None:
    [advisory] = (await listing(row("Mexico - See State Summaries")).on("MX")).advisories
    assert advisory.statements is None


@pytest.mark.parametrize("code", ["GL", "FO"])
async def test_a_territory_without_an_advisory_has_that_of_its_country(code: str) -> None:
    denmark = row("Kingdom of Denmark - Level 2: Exercise Increased Caution", "dnk")
    assert await titles(listing(SAUDI, denmark), code) == [denmark["Title"]]
    own = row("Greenland - Level 1: Exercise Normal Precautions")
    assert await titles(listing(own, denmark), "GL") == [own["Title"]]


async def test_one_strange_row_costs_only_itself() -> None:
    strange: list[dict[str, Any]] = [
        {},
        {"Title": None},
        {"Title": ["Chad"]},
        {"Title": ""},
        {"Title": "Chad - Level 4", "Link": 3},
    ]
    assert await titles(listing(*strange, SAUDI), "SA") == [SAUDI["Title"]]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://travel.state.gov.evil.example/destination.sau.html",
        "https://evil.example/?x=state.gov/destination.sau.html",
        "https://travel.state.gov/\u202e",
        "https://travel.state.gov/" + "x" * 400,
        "",
    ],
)
async def test_a_link_that_leads_elsewhere_is_not_passed_on(link: str) -> None:
    [advisory] = (await listing(SAUDI | {"Link": link}).on("SA")).advisories
    assert advisory.url == "https://travel.state.gov"


async def test_titles_are_made_plain_and_short_and_a_date_that_is_none_is_not_told() -> None:
    sent = row(
        "Côte d&rsquo;Ivoire - Level 2: \x1b[31m" + "x" * 500, Updated="soon", Published=None
    )
    [advisory] = (await listing(sent).on("CI")).advisories
    assert advisory.title.startswith("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire - Level 2: ")
    assert len(advisory.title) <= 160
    assert "\x1b" not in advisory.title
    assert advisory.published is None


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        *FAILURES,
        (replies(403, text="<html>SECRET challenge"), ProviderChallengedError),
        (replies(401, text="SECRET"), ProviderRejectedError),
        (replies(200, json=[{}]), ProviderProtocolError),
        (replies(200, json=["SECRET"]), ProviderProtocolError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).on("SA")
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)


async def test_a_failure_is_not_kept() -> None:
    answers = iter([httpx.Response(403), httpx.Response(200, json=[SAUDI])])
    us = provider(lambda _request: next(answers))
    with pytest.raises(ProviderChallengedError):
        await us.on("SA")
    assert await titles(us, "SA") == [SAUDI["Title"]]
