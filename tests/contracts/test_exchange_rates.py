"""The promises of `ExchangeRates`, checked against the fake, the package's file and the sandbox."""

from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest

from tests.fakes_places import at_now
from tests.fakes_rates import FakeRates
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.providers.rates import frankfurter
from tripsage_mcp.providers.rates.ecb import ECBRates
from tripsage_mcp.sandbox.app import build_app

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["fake", "ecb", "frankfurter"])
async def rates(request: pytest.FixtureRequest) -> AsyncGenerator[ExchangeRates]:
    if request.param == "fake":
        yield FakeRates()
    elif request.param == "ecb":
        yield ECBRates()
    else:
        config = frankfurter.FrankfurterConfig(base_url="http://world/frankfurter")
        built = frankfurter.build(config, data="sandbox", now=at_now, app=build_app(now=at_now))
        yield built
        await built.aclose()


async def test_a_rate_says_what_it_is_of_and_from_whom(rates: ExchangeRates) -> None:
    rate = await rates.rate("USD", "GBP")
    assert rate is not None
    assert (rate.base, rate.quote) == ("USD", "GBP")
    assert Decimal("0.2") < rate.rate < 5
    assert rate.as_of.year >= 2026
    assert rate.source


async def test_a_currency_is_worth_itself(rates: ExchangeRates) -> None:
    for code in ("EUR", "USD", "JPY"):
        rate = await rates.rate(code, code)
        assert rate is not None
        assert rate.rate == 1


async def test_a_rate_is_what_the_first_is_worth_in_the_second(rates: ExchangeRates) -> None:
    yen, euro = await rates.rate("EUR", "JPY"), await rates.rate("JPY", "EUR")
    assert yen is not None
    assert yen.rate > 50
    assert euro is not None
    assert euro.rate < Decimal("0.02")


async def test_there_and_back_comes_close_to_where_it_began(rates: ExchangeRates) -> None:
    for base, quote in (("EUR", "USD"), ("JPY", "GBP")):
        there, back = await rates.rate(base, quote), await rates.rate(quote, base)
        assert there is not None
        assert back is not None
        assert abs(there.rate * back.rate - 1) < Decimal("0.0001")


@pytest.mark.parametrize("code", ["XXX", "RUB", "HRK", "eur", ""])
async def test_a_currency_nobody_quotes_has_no_rate(rates: ExchangeRates, code: str) -> None:
    assert await rates.rate("EUR", code) is None
    assert await rates.rate(code, "EUR") is None
    assert await rates.rate(code, code) is None
