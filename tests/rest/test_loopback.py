"""The confirmation page of a server without HTTP, over real HTTP on loopback."""

import asyncio
import socket

import httpx
import pytest

from tests.build_bookings import ACCOUNT, HandClock, Saying, desk, request
from tests.fakes_storage import FakeStorage
from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.rest.loopback import ConfirmPage
from tripsage_mcp.services.bookings.consents import ConsentService

pytestmark = pytest.mark.anyio


def pages(public_url: str | None = None) -> ConfirmPage:
    made = ConfirmPage(lambda: consents, public_url)
    consents = ConsentService(FakeStorage(), made.url, HandClock())
    return made


async def test_a_question_is_answered_over_loopback_and_the_listener_ends_with_the_server() -> None:
    at = desk()
    page = ConfirmPage(lambda: at.consents)
    try:
        async with asyncio.timeout(20):
            one, two = await asyncio.gather(page.url(), page.url())
            assert one == two
            assert one.startswith("http://127.0.0.1:")
            waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
            assert waiting.asked is not None
            assert waiting.asked.url is not None
            url = f"{one}/confirm/{waiting.asked.url.rpartition('/')[2]}"
            async with httpx.AsyncClient(follow_redirects=True) as http:
                assert "Buy these flights for 99.50 EUR?" in (await http.get(url)).text
                said = await http.post(url, data={"answer": "yes"}, headers={"origin": one})
                assert "You said yes" in said.text
                assert (await http.get(f"{one}/api/v1/status")).status_code == 404
                stranger = await http.get(url, headers={"host": "evil.example"})
                assert stranger.status_code == 421
            assert (await at.bookings.book(ACCOUNT, request(), Saying("page"))).outcome == "booked"
            await page.aclose()
            await page.aclose()
            async with httpx.AsyncClient() as http:
                with pytest.raises(httpx.ConnectError):
                    await http.get(url)
    finally:
        await page.aclose()


async def test_after_it_was_closed_the_page_is_served_anew() -> None:
    page = pages()
    try:
        first = await page.url()
        await page.aclose()
        async with asyncio.timeout(20), httpx.AsyncClient() as http:
            second = await page.url()
            assert (await http.get(f"{second}/confirm/x")).status_code == 404
        assert first.startswith("http://127.0.0.1:")
    finally:
        await page.aclose()


async def test_where_http_is_served_no_listener_is_opened() -> None:
    page = pages()
    page.is_served_at("127.0.0.1", 8000)
    assert await page.url() == "http://127.0.0.1:8000"
    page.is_served_at("0.0.0.0", 8000)  # noqa: S104
    assert await page.url() == "http://127.0.0.1:8000"
    page.is_served_at("[::]", 8000)
    assert await page.url() == "http://[::1]:8000"
    await page.aclose()
    assert await page.url() == "http://[::1]:8000"


async def test_what_the_operator_says_goes_before_everything() -> None:
    page = pages("https://trips.example.org/sage/")
    page.is_served_at("127.0.0.1", 8000)
    assert await page.url() == "https://trips.example.org/sage"


async def test_a_machine_without_a_free_port_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_port(*_address: object) -> socket.socket:
        raise OSError

    monkeypatch.setattr(socket, "create_server", no_port)
    with pytest.raises(ConfigurationError, match="loopback") as caught:
        await pages().url()
    assert "TRIPSAGE_PUBLIC_URL" in (caught.value.hint or "")


async def test_only_a_server_with_all_pages_has_an_address_for_them() -> None:
    page, behind_proxy = pages(), pages("https://trips.example/tripsage/")
    try:
        assert (await page.url()).startswith("http://127.0.0.1:")
        # The listener of a server on stdio shows the questions and nothing else.
        assert page.http_url is None
        assert behind_proxy.http_url is None
    finally:
        await page.aclose()

    page.is_served_at("0.0.0.0", 8000)  # noqa: S104 - as it was told to listen
    behind_proxy.is_served_at("127.0.0.1", 8000)

    assert page.http_url == "http://127.0.0.1:8000"
    assert behind_proxy.http_url == "https://trips.example/tripsage"
