import json
import sys
from pathlib import Path

import pytest

from tests.infrastructure.programs import Programs
from tripsage_mcp.errors import ConfigurationError, ProviderNotConfiguredError
from tripsage_mcp.providers.stays.airbnb_server import (
    PACKAGE,
    AirbnbConfig,
    find_server,
    install,
    launch,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")

# Not that of any Node there is.
TOO_OLD = "v18.20.8"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    return Programs(folder, monkeypatch)


def test_what_was_installed_is_found_without_any_setting(path: Programs, tmp_path: Path) -> None:
    path.node("v22.1.0")
    path.npm()
    assert find_server(AirbnbConfig(), tmp_path) is None
    first = install(tmp_path)
    found = find_server(AirbnbConfig(), tmp_path)
    assert found is not None
    assert first == f"Installed {PACKAGE}: {found}"
    assert install(tmp_path) == f"{PACKAGE} is there already: {found}"
    assert found.is_relative_to(tmp_path / "airbnb")


def test_the_setting_goes_before_what_was_installed(path: Programs, tmp_path: Path) -> None:
    path.node("v22.1.0")
    path.npm()
    install(tmp_path)
    mine = tmp_path / "index.js"
    mine.touch()
    assert find_server(AirbnbConfig(server=mine), tmp_path) == mine


def test_a_path_from_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "index.js").touch()
    found = find_server(AirbnbConfig(server=Path("~/index.js")), tmp_path)
    assert found == tmp_path / "index.js"


def test_a_setting_that_leads_nowhere_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TRIPSAGE_AIRBNB_SERVER"):
        find_server(AirbnbConfig(server=Path("no/such/index.js")), tmp_path)
    with pytest.raises(ConfigurationError, match="TRIPSAGE_AIRBNB_NODE"):
        find_server(AirbnbConfig(node=Path("no/such/node")), tmp_path)


def test_a_node_that_is_too_old_is_found_out_when_it_is_needed(
    path: Programs, tmp_path: Path
) -> None:
    old = path.node(TOO_OLD)
    with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_AIRBNB_NODE") as raised:
        launch(AirbnbConfig(node=old), tmp_path / "index.js")
    assert "20.18.1" in raised.value.message
    assert "key" not in raised.value.message


def test_node_gets_the_script_and_what_it_needs_of_our_environment(
    path: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = path.node("v22.1.0")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/ca.pem")
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "secret")
    command = launch(AirbnbConfig(), tmp_path / "index.js")
    assert command.command == str(node)
    # Its own reading of robots.txt is off whatever the setting says: ours is not.
    assert command.args[-2:] == (str(tmp_path / "index.js"), "--ignore-robots-txt")
    assert command.env["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert "secret" not in json.dumps(dict(command.env))
