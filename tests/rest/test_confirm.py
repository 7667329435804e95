"""The confirmation page: what it shows, who may change anything, and what it says afterwards."""

import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest
from starlette.applications import Starlette

from tests.build_bookings import ACCOUNT, Desk, Saying, desk, offer, person, request
from tripsage_mcp.domain.consent import Section, Shown
from tripsage_mcp.domain.flight import Carrier
from tripsage_mcp.errors import StorageError
from tripsage_mcp.rest.confirm import confirm_pages
from tripsage_mcp.services.bookings.consents import LIFE, Wanted

pytestmark = pytest.mark.anyio

BASE = "http://127.0.0.1:8000"
FORM = {"content-type": "application/x-www-form-urlencoded"}
SCRIPT = '<script>alert("x")</script>'


@asynccontextmanager
async def browser(at: Desk) -> AsyncGenerator[httpx.AsyncClient]:
    app = Starlette(routes=[confirm_pages(at.consents, ["127.0.0.1"])])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=BASE, follow_redirects=True
    ) as http:
        yield http


async def asked(at: Desk, **changes: object) -> str:
    """Ask to book and return the page's path."""
    waiting = await at.bookings.book(ACCOUNT, request(**changes), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    return f"/confirm/{waiting.asked.url.rpartition('/')[2]}"


class Words(HTMLParser):
    """Collects the words of a page, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data + "\n"


async def test_the_page_shows_all_that_a_yes_agrees_to() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        page = await http.get(path)
    assert page.status_code == 200
    found = Words(page.text)
    for words in (
        "Buy these flights for 99.50 EUR?", "Airline TP", "Mon 10 May 2027 09:00", "Ms Inês Silva",
        "Refund before departure: not allowed", "Sandbox", "ends at 12:15 UTC",
    ):  # fmt: skip
        assert words in found.words
    assert found.tags.count("h1") == found.tags.count("main") == found.tags.count("form") == 1
    assert found.tags.count("button") == 2
    assert not {"script", "img", "link", "iframe", "a"} & set(found.tags)


async def test_a_yes_on_the_page_lets_the_assistant_go_on() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        said = await http.post(path, data={"answer": "yes"}, headers={"origin": BASE})
        assert "You said yes" in said.text
        assert "Go back to your assistant" in said.text
        assert at.orders.calls == []
        again = await http.post(path, data={"answer": "no"})
        assert "You said yes" in again.text
        result = await at.bookings.book(ACCOUNT, request(), Saying("page"))
        assert result.outcome == "booked"
        assert "Your yes was used" in (await http.get(path)).text


async def test_the_page_comes_back_where_a_proxy_has_put_it() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        said = await http.post(path, data={"answer": "yes"}, follow_redirects=False)
    assert said.status_code == 303
    # Relative to the page's own address, whatever comes before it.
    assert said.headers["location"] == path.rpartition("/")[2]


async def test_a_no_on_the_page_does_nothing() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        assert "You said no" in (await http.post(path, data={"answer": "no"})).text
    assert (await at.bookings.book(ACCOUNT, request(), Saying("page"))).outcome == "declined"


async def test_reading_the_page_agrees_to_nothing() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        for method in ("GET", "HEAD"):
            assert (await http.request(method, path)).status_code == 200
    assert (await at.bookings.book(ACCOUNT, request(), Saying("page"))).outcome == (
        "awaiting_confirmation"
    )


async def test_a_page_that_is_over_says_so_and_shows_nobody() -> None:
    at = desk()
    path = await asked(at)
    await asked(at, passengers=[person(given_name="Rita")])
    newest = await asked(at, passengers=[person(given_name="Rita")])
    async with browser(at) as http:
        replaced = await http.get(path)
        at.clock.at += LIFE
        expired = await http.post(newest, data={"answer": "yes"})
    assert "This question was replaced" in replaced.text
    assert "This question has expired" in expired.text
    for page in (replaced, expired):
        assert page.status_code == 200
        assert "Silva" not in page.text
        assert "<form" not in page.text


@pytest.mark.parametrize("word", ["x", "A" * 64, "%00", "é"])
async def test_an_unknown_page_is_not_there(word: str) -> None:
    async with browser(desk()) as http:
        for page in (await http.get(f"/confirm/{word}"),
                     await http.post(f"/confirm/{word}", data={"answer": "yes"})):  # fmt: skip
            assert page.status_code == 404
            assert "This page is not there" in page.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"answer=maybe",
        b"answer=yes&answer=no",
        b"yes",
        b"\xff",
        b"answer=yes&x=" + b"x" * 2000,
    ],
)
async def test_a_form_that_says_neither_changes_nothing(body: bytes) -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        assert (await http.post(path, content=body, headers=FORM)).status_code == 400
        assert "Buy these flights" in (await http.get(path)).text


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_of_another_site_cannot_say_yes(origin: str) -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        refused = await http.post(path, data={"answer": "yes"}, headers={"origin": origin})
        assert refused.status_code == 403
        assert (await http.get(path, headers={"host": "evil.example"})).status_code == 421
        assert "Buy these flights" in (await http.get(path)).text


async def test_the_page_cannot_be_framed_stored_or_made_to_load_anything() -> None:
    at = desk()
    path = await asked(at)
    async with browser(at) as http:
        pages = [await http.get(path), await http.get("/confirm/x"),
                 await http.post(path, data={"answer": "yes"}, follow_redirects=False)]  # fmt: skip
    for page in pages:
        policy = page.headers["content-security-policy"]
        for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        # `no-referrer` would make browsers post the form with `Origin: null`.
        assert page.headers["referrer-policy"] == "same-origin"
    assert pages[2].status_code == 303
    style = re.findall(r"<style>(.*?)</style>", pages[0].text, re.DOTALL)[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in pages[0].headers["content-security-policy"]


async def test_whatever_is_shown_is_text() -> None:
    sold = replace(offer(), owner=Carrier(SCRIPT, "TP"))
    at = desk(sold=sold)
    path = await asked(at)
    shown = Shown(SCRIPT, (Section(SCRIPT, (SCRIPT,)),), SCRIPT)
    sought = await at.consents.seek(ACCOUNT, Wanted("pay", "b", shown), Saying("page"))
    assert sought.url is not None
    async with browser(at) as http:
        for page in (await http.get(path),
                     await http.get(f"/confirm/{sought.url.rpartition('/')[2]}")):  # fmt: skip
            assert "<script" not in page.text
            assert "&lt;script&gt;alert(&quot;x&quot;)" in page.text


async def test_a_database_that_is_down_is_said_so_and_nothing_is_answered() -> None:
    at = desk()
    path = await asked(at)

    class Down:
        def begin(self, account: object) -> object:
            raise StorageError("The database is out of reach")

    broken = replace(at, consents=replace(at.consents, storage=Down()))  # pyright: ignore[reportArgumentType]
    async with browser(broken) as http:
        for page in (await http.get(path), await http.post(path, data={"answer": "yes"})):
            assert page.status_code == 503
            assert "Nothing was changed" in page.text
