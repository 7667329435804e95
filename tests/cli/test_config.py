import base64
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.cli.config import Launch, blocks, config, launch_command

LAUNCHES = [
    Launch("uvx", ("tripsage-mcp",)),
    Launch("/usr/local/bin/tripsage-mcp"),
    Launch("/Users/In\u00eas Costa/my $HOME 'env'/bin/tripsage-mcp"),
    Launch(r"C:\Users\In\u00eas\AppData\Local\new tools\tripsage-mcp.exe"),
    Launch(r"C:\Program Files\Python\python.exe", ("-m", "tripsage_mcp")),
    Launch("\\\\server\\share\\t\\n\\tripsage-mcp.exe"),
    # Base64 of these has a plus, a slash and padding.
    Launch("/opt/>>>???~~~/tripsage-mcp", ("a&b=c", "d%20e", 'f"g')),
]
_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
any_launch = st.builds(Launch, _words, st.lists(_words, max_size=3).map(tuple))


def pasted(block: str) -> Any:
    return json.loads(block.partition("\n\n")[0])


def link(block: str) -> str:
    return block.partition("\n\n")[2]


def check_settings(launch: Launch) -> None:
    made = blocks(launch)
    expected = {"command": launch.command, "args": list(launch.args)}
    assert json.loads(made["claude"]) == {"mcpServers": {"tripsage": {**expected, "env": {}}}}
    assert pasted(made["cursor"]) == json.loads(made["claude"])
    assert pasted(made["vscode"]) == {"servers": {"tripsage": {"type": "stdio", **expected}}}


def check_links(launch: Launch) -> None:
    made = blocks(launch)
    expected = {"command": launch.command, "args": list(launch.args)}

    cursor = urlsplit(link(made["cursor"]))
    query = parse_qs(cursor.query, strict_parsing=True)
    assert (cursor.scheme, cursor.netloc, cursor.path) == (
        "cursor",
        "anysphere.cursor-deeplink",
        "/mcp/install",
    )
    assert query["name"] == ["tripsage"]
    assert json.loads(base64.b64decode(query["config"][0], validate=True)) == expected

    vscode = urlsplit(link(made["vscode"]))
    assert (vscode.scheme, vscode.path) == ("vscode", "mcp/install")
    assert json.loads(unquote(vscode.query)) == {"name": "tripsage", **expected}


@pytest.mark.parametrize("launch", LAUNCHES, ids=range(len(LAUNCHES)))
def test_the_settings_are_json_that_holds_the_launch_command(launch: Launch) -> None:
    check_settings(launch)


@pytest.mark.parametrize("launch", LAUNCHES, ids=range(len(LAUNCHES)))
def test_the_links_decode_to_the_launch_command(launch: Launch) -> None:
    check_links(launch)


@given(any_launch)
def test_whatever_the_path_settings_and_links_hold_it(launch: Launch) -> None:
    check_settings(launch)
    check_links(launch)


@given(any_launch)
def test_a_posix_shell_reads_the_words_back(launch: Launch) -> None:
    line = blocks(launch, windows=False)["claude-code"]
    words = shlex.split(line)
    assert words == ["claude", "mcp", "add", "tripsage", "--", launch.command, *launch.args]


@pytest.mark.skipif(os.name == "nt", reason="asks a POSIX shell")
def test_a_real_shell_passes_the_words_on_unchanged() -> None:
    launch = LAUNCHES[2]
    line = blocks(launch, windows=False)["claude-code"].partition(" -- ")[2]
    printed = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s' {line}"], capture_output=True, check=True, timeout=20
    )
    assert printed.stdout.decode() == launch.command


def test_a_windows_path_with_spaces_is_quoted_and_its_backslashes_stay_single() -> None:
    launch = Launch(r"C:\Program Files\tripsage-mcp.exe", ("--flag",))
    assert blocks(launch, windows=True)["claude-code"] == (
        r'claude mcp add tripsage -- "C:\Program Files\tripsage-mcp.exe" --flag'
    )


# Which command


def nowhere(_name: str) -> None:
    return None


def test_the_script_that_runs_is_the_one_to_start(tmp_path: Path) -> None:
    script = tmp_path / "tripsage-mcp"
    script.touch()
    found = launch_command(str(script), find=lambda _: "/another/installation/tripsage-mcp")
    assert found == Launch(str(script))


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "tripsage-mcp"
    script.parent.mkdir()
    script.touch()
    monkeypatch.chdir(tmp_path)
    assert launch_command("bin/tripsage-mcp", find=nowhere) == Launch(str(script))
    assert launch_command("pytest", find=lambda _: "bin/tripsage-mcp") == Launch(str(script))


def test_a_script_named_without_its_folder_is_found_on_the_path(tmp_path: Path) -> None:
    script = tmp_path / "tripsage-mcp.exe"
    found = launch_command("tripsage-mcp", find=lambda _: str(script))
    assert found == Launch(str(script))


def test_a_module_run_by_python_is_started_by_the_same_python() -> None:
    found = launch_command("/site/tripsage_mcp/__main__.py", python="/opt/python", find=nowhere)
    assert found == Launch("/opt/python", ("-m", "tripsage_mcp"))


@pytest.mark.parametrize(
    "started_as",
    [
        "/home/me/.cache/uv/archive-v0/Xy12/bin/tripsage-mcp",
        "/home/me/.cache/uv/environments-v2/Xy12/bin/tripsage-mcp",
    ],
)
def test_what_uvx_started_is_started_by_uvx_again(started_as: str) -> None:
    uvx = Launch("uvx", ("tripsage-mcp",))
    assert launch_command(started_as, find=nowhere) == uvx
    assert launch_command("pytest", find=lambda _: started_as) == uvx


def test_without_an_installation_on_the_path_uvx_fetches_one() -> None:
    assert launch_command("pytest", find=nowhere) == Launch("uvx", ("tripsage-mcp",))


# The command itself


@pytest.mark.parametrize("client", ["claude", "vscode", "cursor"])
def test_one_block_is_printed_under_a_heading(
    client: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config(client) == 0
    printed = capsys.readouterr()
    heading, _, block = printed.out.partition("\n")
    assert heading.startswith("# ")
    assert isinstance(pasted(block), dict)
    assert "Keys are optional" in printed.err


def test_all_blocks_are_printed_by_the_real_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tripsage_mcp", "config"],
        capture_output=True,
        check=True,
        timeout=50,
        text=True,
        encoding="utf-8",
    )
    for name in ("Claude Desktop", "Claude Code", "VS Code", "Cursor"):
        assert f"# {name}" in done.stdout
    # The line for Claude Code starts what printed it.
    line = done.stdout.partition("claude mcp add tripsage -- ")[2].partition("\n")[0]
    if os.name != "nt":
        assert shlex.split(line) == [sys.executable, "-m", "tripsage_mcp"]
