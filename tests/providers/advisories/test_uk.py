from datetime import date
from typing import Any

import httpx
import pytest

from tests.fakes_places import at_now
from tests.providers.upstream import FAILURES, Handler, client, replies
from tripsage_mcp.errors import ProviderProtocolError, ProviderRejectedError, TripSageError
from tripsage_mcp.providers.advisories.uk import ISSUER, PROVIDER, UKAdvice, explain

pytestmark = pytest.mark.anyio


def provider(handler: Handler) -> UKAdvice:
    return UKAdvice(client(PROVIDER, handler, explain), data="live", now=at_now)


def page(*alerts: str, **changes: Any) -> dict[str, Any]:
    details: dict[str, Any] = {
        "country": {"name": "Thailand", "slug": "thailand", "synonyms": []},
        "alert_status": list(alerts),
        "change_description": "Latest update: new information about a strike.",
        "parts": [{"slug": "warnings-and-insurance", "title": "Warnings", "body": "<p>…</p>"}],
    }
    return {
        "title": "Thailand travel advice",
        "public_updated_at": "2026-11-10T15:29:19+00:00",
        "withdrawn_notice": None,
        "details": details | changes.pop("details", {}),
    } | changes


async def test_a_page_is_told_as_published() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=page("avoid_all_but_essential_travel_to_parts"))

    found = await provider(handler).on("TH")
    [advisory] = found.advisories
    assert seen[0].url.path == "/api/content/foreign-travel-advice/thailand"
    assert (found.issuer, advisory.issuer, advisory.title) == (
        ISSUER,
        ISSUER,
        "Thailand travel advice",
    )
    assert advisory.statements == (
        "FCDO advises against all but essential travel to parts of the country",
    )
    assert advisory.published == date(2026, 11, 10)
    assert advisory.url == "https://www.gov.uk/foreign-travel-advice/thailand"
    assert advisory.change == "Latest update: new information about a strike."
    assert found.provenance.attribution is not None
    assert "Open Government Licence" in found.provenance.attribution


async def test_no_alert_is_no_statement_and_an_unknown_one_is_told_in_its_own_words() -> None:
    found = await provider(replies(200, json=page())).on("TH")
    assert found.advisories[0].statements == ()
    found = await provider(replies(200, json=page("avoid_the_moon"))).on("TH")
    assert found.advisories[0].statements == ("avoid the moon",)


@pytest.mark.parametrize(
    ("code", "slug"),
    [
        ("US", "usa"),
        ("CI", "cote-d-ivoire"),
        ("CD", "democratic-republic-of-the-congo"),
        ("MF", "st-martin-and-st-barthelemy"),
        ("TR", "turkey"),
        ("fr", "france"),
        # Without a page of their own.
        ("GL", "denmark"),
        ("PR", "usa"),
    ],
)
async def test_a_country_is_asked_for_by_their_name_of_it(code: str, slug: str) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json=page())

    await provider(handler).on(code)
    assert seen == [f"/api/content/foreign-travel-advice/{slug}"]


@pytest.mark.parametrize("code", ["GB", "GG", "XX", "", "../../x"])
async def test_where_there_is_no_page_nobody_is_asked(code: str) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    found = await provider(handler).on(code)
    assert (found.issuer, found.advisories) == (ISSUER, ())
    assert found.url == "https://www.gov.uk/foreign-travel-advice"


@pytest.mark.parametrize(
    "handler",
    [
        replies(404, json={"message": "not found"}),
        replies(410, text="gone"),
        replies(200, json=page(withdrawn_notice={"withdrawn_at": "2026-01-01T00:00:00Z"})),
    ],
)
async def test_a_page_that_is_gone_is_no_failure(handler: Handler) -> None:
    assert (await provider(handler).on("TH")).advisories == ()


async def test_long_and_strange_text_is_made_plain_and_short() -> None:
    sent = page(
        *(f"code_{n}" for n in range(20)),
        title="T\u202e" + "x" * 500,
        details={"change_description": "a\n\x1b[31mred\x07 " + "word " * 200},
    )
    [advisory] = (await provider(replies(200, json=sent)).on("TH")).advisories
    assert len(advisory.title) <= 120
    assert "\u202e" not in advisory.title
    assert advisory.change is not None
    assert len(advisory.change) <= 200
    assert "\x1b" not in advisory.change
    assert advisory.statements is not None
    assert len(advisory.statements) == 6


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        *FAILURES,
        (replies(403, text="SECRET"), ProviderRejectedError),
        (replies(301, headers={"location": "https://SECRET.test"}), ProviderRejectedError),
        (replies(200, json={"title": "SECRET", "details": {}}), ProviderProtocolError),
        (replies(200, json=page(public_updated_at="SECRET")), ProviderProtocolError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).on("TH")
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)
