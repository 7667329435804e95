"""The provider of homes around a scripted server."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from tests.fakes_places import at_now
from tests.fakes_stays import ScriptedAirbnb
from tripsage_mcp.providers.stays.airbnb import AirbnbStays

type Open = Callable[..., AirbnbStays]


@pytest.fixture
async def connect() -> AsyncGenerator[Open]:
    """Give a server, and what else the provider takes; it is closed in the end."""
    opened: list[AirbnbStays] = []

    def make(airbnb: ScriptedAirbnb, *, timeout_s: float = 45.0, **others: Any) -> AirbnbStays:
        settings: dict[str, Any] = {"data": "live", "now": at_now, **others}
        opened.append(AirbnbStays(airbnb.client(call_timeout_s=timeout_s), **settings))
        return opened[-1]

    yield make
    for provider in opened:
        await provider.aclose()
