import json
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.infrastructure.programs import Programs
from tripsage_mcp.errors import ConfigurationError, ProviderProtocolError, ProviderUnavailableError
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.providers.stays.airbnb_server import PACKAGE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def below(tmp_path: Path) -> Path:
    return tmp_path / "data" / "airbnb"


@pytest.fixture
def npm(programs: Programs) -> Programs:
    programs.node("v22.1.0")
    programs.npm()
    return programs


def test_it_is_fetched_once_and_found_without_asking_again(npm: Programs, below: Path) -> None:
    assert PACKAGE.find(below) is None
    script = PACKAGE.install(below)
    assert script.is_file()
    assert script.parts[-4:] == ("@openbnb", "mcp-server-airbnb", "dist", "index.js")
    assert PACKAGE.find(below) == script
    npm.npm("offline")
    assert PACKAGE.install(below) == script
    assert len(npm.calls()) == 1


def test_npm_runs_no_script_and_sees_no_key_of_ours(
    npm: Programs, below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://npm.example.com")
    PACKAGE.install(below)
    options, names = json.loads(npm.calls()[0])
    assert options[0] == "ci"
    assert "--ignore-scripts" in options
    assert "NPM_CONFIG_REGISTRY" in names
    assert not [name for name in names if name.startswith("TRIPSAGE_")]


def test_several_processes_fetch_it_once(npm: Programs, below: Path) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(PACKAGE.install(below))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(npm.calls()) == 1


@pytest.mark.parametrize(
    ("mode", "error", "words"),
    [
        ("offline", ProviderUnavailableError, r"could not be fetched \(ENOTFOUND\)$"),
        ("broken", ProviderUnavailableError, "could not be fetched$"),
        ("tampered", ProviderProtocolError, "not what was published"),
        ("other", ProviderProtocolError, "not what was published"),
        ("hollow", ProviderProtocolError, r"has no dist/index\.js"),
    ],
)
def test_a_failure_is_one_sentence_and_leaves_nothing_behind(
    npm: Programs, below: Path, mode: str, error: type[Exception], words: str
) -> None:
    npm.npm(mode)
    with pytest.raises(error, match=words) as raised:
        PACKAGE.install(below)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert [path.name for path in below.iterdir()] == [".lock"]
    npm.npm()
    assert PACKAGE.install(below).is_file()


def test_what_a_killed_process_left_is_cleared_away(npm: Programs, below: Path) -> None:
    left = below / ".new-abc" / "node_modules"
    left.mkdir(parents=True)
    PACKAGE.install(below)
    assert not left.exists()


def test_without_a_node_that_will_do_it_says_which_is_needed(npm: Programs, below: Path) -> None:
    newer = replace(PACKAGE, oldest_node=(999, 0, 0))
    with pytest.raises(ConfigurationError, match=r"Node 999\.0\.0 or newer"):
        newer.install(below)


def test_a_folder_that_cannot_be_written_is_named(npm: Programs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        PACKAGE.install(tmp_path / "file" / "airbnb")


def test_the_lock_pins_the_package_and_the_bytes_of_everything() -> None:
    lock = json.loads(resources.text("airbnb", "package-lock.json"))
    wanted = json.loads(resources.text("airbnb", "package.json"))["dependencies"]
    assert wanted == {PACKAGE.name: PACKAGE.version}
    packages = {name: it for name, it in lock["packages"].items() if name}
    assert len(packages) > 50
    assert packages[f"node_modules/{PACKAGE.name}"]["integrity"] == PACKAGE.integrity
    assert [n for n, it in packages.items() if not it["integrity"].startswith("sha512-")] == []
    assert [n for n, it in packages.items() if it.get("hasInstallScript")] == []


def test_the_lock_names_no_registry() -> None:
    text = resources.text("airbnb", "package-lock.json")
    assert re.findall(r"https?://|resolved", text) == []


def test_the_oldest_node_is_one_that_everything_in_the_lock_runs_on() -> None:
    lock = json.loads(resources.text("airbnb", "package-lock.json"))
    asked = [it.get("engines", {}).get("node", "") for it in lock["packages"].values()]
    # `^12.20 || >= 14.13` is content with the last.
    floors = [re.search(r">= ?(\d+)(?:\.(\d+))?(?:\.(\d+))?$", text) for text in asked if text]
    versions = [tuple(int(part or 0) for part in floor.groups()) for floor in floors if floor]
    assert len(versions) > 50
    assert max(versions) == PACKAGE.oldest_node
