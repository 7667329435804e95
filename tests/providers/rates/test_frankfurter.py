from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.providers.upstream import FAILURES, Handler, client, replies
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.errors import ProviderProtocolError, ProviderRejectedError, TripSageError
from tripsage_mcp.providers.rates.frankfurter import PROVIDER, FrankfurterRates, explain

pytestmark = pytest.mark.anyio


def provider(handler: Handler) -> FrankfurterRates:
    return FrankfurterRates(client(PROVIDER, handler, explain), data="live")


def quoted(**changes: Any) -> dict[str, Any]:
    return {"date": "2026-11-20", "base": "USD", "quote": "MAD", "rate": 9.1234} | changes


async def test_a_pair_is_asked_for_and_its_day_is_told() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=quoted())

    rate = await provider(handler).rate("USD", "MAD")
    assert rate == ExchangeRate(
        "USD", "MAD", Decimal("9.1234"), date(2026, 11, 20), "Frankfurter, from central banks"
    )
    assert [request.url.path for request in seen] == ["/v2/rate/USD/MAD"]


async def test_a_currency_is_worth_itself_where_it_is_quoted_at_all() -> None:
    paths: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        _, _, _, base, quote = request.url.path.split("/")
        return httpx.Response(200, json=quoted(base=base, quote=quote))

    for code in ("MAD", "EUR"):
        rate = await provider(handler).rate(code, code)
        assert rate is not None
        assert (rate.base, rate.quote, rate.rate) == (code, code, 1)
    assert paths == ["/v2/rate/MAD/EUR", "/v2/rate/EUR/USD"]


@pytest.mark.parametrize("status", [404, 422])
async def test_a_currency_it_does_not_quote_has_no_rate(status: int) -> None:
    nobody = provider(replies(status, json={"message": "invalid currency: SECRET"}))
    assert await nobody.rate("USD", "XXX") is None
    assert await nobody.rate("XXX", "XXX") is None


@pytest.mark.parametrize("code", ["", "usd", "USDT", "../", "ÉUR", "U D"])
async def test_what_is_no_code_is_not_sent(code: str) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    assert await provider(handler).rate("USD", code) is None
    assert await provider(handler).rate(code, "USD") is None


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        *FAILURES,
        (replies(400, text="SECRET"), ProviderRejectedError),
        (replies(301, headers={"location": "https://SECRET.test"}), ProviderRejectedError),
        (replies(200, json=quoted(rate=0)), ProviderProtocolError),
        (replies(200, json=quoted(rate=-1)), ProviderProtocolError),
        (replies(200, json=quoted(rate=None)), ProviderProtocolError),
        (replies(200, json=quoted(date="today")), ProviderProtocolError),
        (replies(200, json=quoted(base="EUR")), ProviderProtocolError),
        (replies(200, text='{"date":"2026-11-20","rate":NaN}'), ProviderProtocolError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).rate("USD", "MAD")
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)
