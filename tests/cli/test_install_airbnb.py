"""`tripsage-mcp doctor --install-airbnb`, without a network."""

import sys
from pathlib import Path

import pytest

from tests.infrastructure.programs import Programs
from tripsage_mcp.__main__ import main
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.wiring import open_providers

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts"),
]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("TRIPSAGE_DATA_DIR", str(tmp_path / "data"))
    for name in ("TRIPSAGE_AIRBNB_SERVER", "TRIPSAGE_AIRBNB_NODE"):
        monkeypatch.delenv(name, raising=False)
    programs = Programs(folder, monkeypatch)
    programs.node("v22.1.0")
    return programs


async def stays_are(folder: Path) -> str | None:
    """Say what answers stays in a server that is started now."""
    providers = open_providers("demo", 0, utc_now, MemoryLimiter(), MemoryKeyValue(), folder)
    for close in reversed(providers.closers):
        await close()
    return {row.capability: row.data for row in providers.status()}["stays"]


def test_it_says_in_one_line_what_it_did_and_does_it_once(
    path: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    path.npm()
    assert main(["doctor", "--install-airbnb"]) == 0
    path.npm("offline")
    assert main(["doctor", "--install-airbnb"]) == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.startswith("Installed @openbnb/mcp-server-airbnb@0.3.0: ")
    assert "is there already" in second
    assert err == ""


async def test_what_it_installed_makes_stays_live_without_any_setting(
    path: Programs, tmp_path: Path
) -> None:
    path.npm()
    assert await stays_are(tmp_path / "data") == "sandbox"
    assert main(["doctor", "--install-airbnb"]) == 0
    assert await stays_are(tmp_path / "data") == "live"


def test_a_download_that_fails_is_one_sentence_and_exit_code_1(
    path: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    path.npm("offline")
    assert main(["doctor", "--install-airbnb"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "could not be fetched" in err
