"""`tripsage-mcp config`: what to paste into an assistant's settings."""

import base64
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_FILES = {
    "claude": "Claude Desktop: Settings > Developer > Edit Config (claude_desktop_config.json)",
    "claude-code": "Claude Code: run this once",
    "vscode": "VS Code: .vscode/mcp.json in your workspace, or open the link",
    "cursor": "Cursor: ~/.cursor/mcp.json, or open the link",
}
_SCRIPTS = {"tripsage-mcp", "tripsage-mcp.exe"}
# Where uv keeps what `uvx` runs; gone when uv next cleans its cache.
_PASSING = ("archive-v", "environments-v")


@dataclass(frozen=True, slots=True)
class Launch:
    """How an assistant starts the server."""

    command: str
    args: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return it as the assistants' settings have it."""
        return {"command": self.command, "args": list(self.args)}

    def as_shell(self, *, windows: bool) -> str:
        """Return it as one line for the shell."""
        words = [self.command, *self.args]
        return subprocess.list2cmdline(words) if windows else shlex.join(words)


def launch_command(
    started_as: str | None = None,
    *,
    python: str | None = None,
    find: Callable[[str], str | None] = shutil.which,
) -> Launch:
    """Return the command that starts this very installation, or `uvx` where that will not last.

    Args:
        started_as: How this process was started; by default as it was.
        python: The interpreter; by default this one.
        find: Finds a command on the PATH.
    """
    started = Path(started_as or sys.argv[0])
    if started.name.lower() in _SCRIPTS:
        # Without the ending where Windows left it out, a path is found on the PATH all the same.
        script = started if started.exists() else Path(find(started.name) or started)
        return _lasting(Launch(str(script.absolute())))
    if started.name == "__main__.py":
        python = python or sys.executable
        return _lasting(Launch(python, ("-m", "tripsage_mcp"))) if python else _UVX
    script_on_path = find("tripsage-mcp")
    return (
        _UVX if script_on_path is None else _lasting(Launch(str(Path(script_on_path).absolute())))
    )


_UVX = Launch("uvx", ("tripsage-mcp",))


def _lasting(launch: Launch) -> Launch:
    parts = Path(launch.command).parts
    return _UVX if any(part.startswith(_PASSING) for part in parts) else launch


def blocks(launch: Launch, *, windows: bool = os.name == "nt") -> dict[str, str]:
    """Return, by client, the text to paste; a link, if any, follows after an empty line."""
    server = launch.as_json()
    standard = json.dumps({"mcpServers": {"tripsage": {**server, "env": {}}}}, indent=2)
    vscode = json.dumps({"servers": {"tripsage": {"type": "stdio", **server}}}, indent=2)
    named = quote(_compact({"name": "tripsage", **server}), safe="")
    # Base64 has a plus, which a query string would read as a space.
    packed = quote(base64.b64encode(_compact(server).encode()).decode(), safe="")
    return {
        "claude": standard,
        "claude-code": f"claude mcp add tripsage -- {launch.as_shell(windows=windows)}",
        "vscode": f"{vscode}\n\nvscode:mcp/install?{named}",
        "cursor": f"{standard}\n\n"
        f"cursor://anysphere.cursor-deeplink/mcp/install?name=tripsage&config={packed}",
    }


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def config(client: str) -> int:
    """Print the block of one client, or of all."""
    made = blocks(launch_command())
    wanted = list(made) if client == "all" else [client]
    print("\n\n".join(f"# {_FILES[name]}\n{made[name]}" for name in wanted))
    print(
        "\n# Keys are optional. Without any, TripSage answers from its sandbox world and says so."
        '\n# For real data add e.g. "env": {"TRIPSAGE_DUFFEL_ACCESS_TOKEN": "...",'
        ' "TRIPSAGE_GOOGLE_API_KEY": "..."}.',
        file=sys.stderr,
    )
    return 0
