"""The promises of AdvisoryProvider, checked against the fake, and both issuers over the sandbox."""

from collections.abc import AsyncGenerator

import pytest

from tests.fakes_destinations import FakeAdvisories
from tests.fakes_places import at_now
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.providers.advisories import uk, us
from tripsage_mcp.providers.ports import AdvisoryProvider
from tripsage_mcp.sandbox.app import build_app

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["fake", "us", "uk"])
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[AdvisoryProvider]:
    app = build_app(now=at_now)
    if request.param == "fake":
        yield FakeAdvisories()
    elif request.param == "us":
        american = us.build(
            us.USAdvisoriesConfig(base_url="http://world/us-advisories"),
            data="sandbox",
            now=at_now,
            app=app,
        )
        yield american
        await american.aclose()
    else:
        british = uk.build(
            uk.UKAdviceConfig(base_url="http://world/uk-advice"),
            data="sandbox",
            now=at_now,
            app=app,
        )
        yield british
        await british.aclose()


async def test_what_is_published_has_its_issuer_title_date_and_link(
    provider: AdvisoryProvider,
) -> None:
    found = await provider.on("PT")
    [advisory] = found.advisories
    assert advisory.issuer == found.issuer
    assert "Portugal" in advisory.title
    assert advisory.published is not None
    assert advisory.published <= at_now().date()
    assert advisory.url.startswith("https://")
    assert all(advisory.statements or ())
    assert found.provenance.data == "sandbox"
    assert found.provenance.fetched_at == at_now()


@pytest.mark.parametrize("code", ["ZZ", "AQX", "", "P"])
async def test_of_a_country_nobody_knows_nothing_is_published(
    provider: AdvisoryProvider, code: str
) -> None:
    found = await provider.on(code)
    assert found.advisories == ()
    assert found.issuer
    assert found.url.startswith("https://")


@pytest.mark.parametrize("provider", ["us", "uk"], indirect=True)
async def test_every_country_is_asked_about_without_harm(provider: AdvisoryProvider) -> None:
    silent = [code for code in countries.every() if not (await provider.on(code)).advisories]
    # Those that the issuer has no page of: its own country, and what belongs to another's page.
    assert len(silent) < 25
