"""`tripsage-mcp doctor`: every provider there is gets asked, and none stops the others."""

from pathlib import Path

import pytest

from tripsage_mcp.bootstrap import Runtime, ServerConfig, build_runtime
from tripsage_mcp.cli.doctor import Finding, examine
from tripsage_mcp.infrastructure.database import DatabaseConfig

pytestmark = pytest.mark.anyio


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    for name in (
        "TRIPSAGE_DUFFEL_ACCESS_TOKEN",
        "TRIPSAGE_GOOGLE_API_KEY",
        "TRIPSAGE_OPENWEATHER_API_KEY",
        "TRIPSAGE_AIRBNB_SERVER",
        "TRIPSAGE_REDIS_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRIPSAGE_OPENWEATHER_FIRST", "true")  # else it is no provider in demo mode
    database = DatabaseConfig.model_validate(
        {"database_url": "postgresql://nobody@127.0.0.1:1/nothing", "data_dir": tmp_path}
    )
    return build_runtime(ServerConfig(mode="demo"), database=database)


async def findings(runtime: Runtime) -> dict[str, Finding]:
    return {finding.name: finding for finding in await examine(runtime)}


async def test_each_provider_is_asked_even_where_the_database_does_not_answer(
    runtime: Runtime,
) -> None:
    found = await findings(runtime)
    assert found["database"].verdict == "fail"
    asked = [found[name] for name in found if "(" in name]
    assert len(asked) == len(runtime.services.status.providers())
    assert {(each.verdict, each.detail) for each in asked} == {("note", "answers from the sandbox")}
    assert {"weather (openweather)", "weather (open-meteo)", "advice (gov.uk)"} <= set(found)
    for status in runtime.services.status.providers():
        assert status.last_success is not None or status.last_failure is None, status


async def test_without_a_node_it_says_that_and_not_that_the_server_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, node = tmp_path / "index.js", tmp_path / "node"
    script.touch()
    node.write_text("#!/bin/sh\nexit 1\n")
    node.chmod(0o755)
    monkeypatch.setenv("TRIPSAGE_AIRBNB_SERVER", str(script))
    monkeypatch.setenv("TRIPSAGE_AIRBNB_NODE", str(node))
    monkeypatch.setenv("TRIPSAGE_AIRBNB_IGNORE_ROBOTS", "true")
    database = DatabaseConfig.model_validate(
        {"database_url": "postgresql://nobody@127.0.0.1:1/nothing", "data_dir": tmp_path}
    )
    found = await findings(build_runtime(ServerConfig(mode="demo"), database=database))
    stays = found["stays (airbnb)"]
    assert (stays.verdict, stays.detail) == ("note", "there is no Node 20.18.1 or newer")
    assert "TRIPSAGE_AIRBNB_NODE" in stays.do


async def test_for_live_stays_it_names_the_command_that_fetches_their_server(
    runtime: Runtime,
) -> None:
    found = await findings(runtime)
    assert found["stays (airbnb)"].do == (
        "Run tripsage-mcp doctor --install-airbnb for live stays."
    )
