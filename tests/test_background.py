"""What a runtime does by itself: checking watched prices, once its database is up."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.build_watches import watch
from tripsage_mcp.bootstrap import ServerConfig, build_runtime
from tripsage_mcp.domain.account import LOCAL_ACCOUNT
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.repositories.postgres import PostgresStorage
from tripsage_mcp.services.events import Position
from tripsage_mcp.services.itineraries.solving import warm

pytestmark = pytest.mark.anyio

PATIENCE_S = 50


async def test_what_is_due_when_a_server_starts_is_checked_and_told(data_dir: Path) -> None:
    config = DatabaseConfig(data_dir=data_dir)
    now = utc_now()
    departure = SliceRequest("LHR", "LIS", (now + timedelta(days=60)).date())
    made = watch(request=OfferRequest((departure,)), ends_at=now + timedelta(days=60))
    earlier = Database(config)
    async with PostgresStorage(earlier).begin(LOCAL_ACCOUNT) as unit:
        # Its first look found nothing, so that whatever is sold now is news.
        await unit.watches.add(replace(made, checks=1), bytes(32))
        await unit.watches.schedule(made.watch_id, now)
    await earlier.close()

    runtime = build_runtime(database=config)
    async with asyncio.timeout(PATIENCE_S), runtime.opened() as services:
        async with aclosing(services.events.follow(LOCAL_ACCOUNT, Position(0))) as following:
            while not (events := await anext(following)):
                pass
        read_back = await services.watches.get(LOCAL_ACCOUNT, str(made.watch_id))

    (event,) = events
    assert event.subject == made.watch_id
    assert (event.data["reason"], event.data["data"]) == ("appeared", "sandbox")
    assert read_back.watches[0].watch.checks == 2


async def test_what_runs_in_the_background_ends_before_what_it_leans_on() -> None:
    order: list[str] = []
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            order.append("work")

    async def close() -> None:
        order.append("what it leans on")

    nowhere = DatabaseConfig.model_validate({"database_url": "mysql://nowhere"})
    runtime = build_runtime(database=nowhere, on_fatal=lambda _error: None)
    runtime.background, runtime.closers = (work,), (*runtime.closers, close)
    async with asyncio.timeout(PATIENCE_S), runtime.opened():
        await begun.wait()
        # As at SIGTERM, when the session cannot end in order.
        await runtime.close()
        assert order == ["work", "what it leans on"]


def test_a_process_can_be_told_to_leave_watching_to_others() -> None:
    alone = build_runtime(ServerConfig(watch="off")).background
    watching = build_runtime(ServerConfig()).background
    assert set(alone) < set(watching)
    assert len(watching) == len(alone) + 1


def test_the_planner_is_compiled_behind_everything_else() -> None:
    assert warm in build_runtime(ServerConfig(watch="off")).background


def test_an_interval_nobody_could_want_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_WATCH_INTERVAL_S", "5")
    with pytest.raises(ConfigurationError, match="TRIPSAGE_WATCH_INTERVAL_S"):
        read(ServerConfig)
