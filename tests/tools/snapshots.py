"""The committed definition of each tool: `python -m tests.tools.snapshots` writes them anew."""

import json
from pathlib import Path

from fastmcp.tools import Tool

from tripsage_mcp.tools.catalog import TOOLS

FOLDER = Path(__file__).parent / "snapshots"


def path_of(name: str) -> Path:
    """Return where a tool's definition is kept."""
    return FOLDER / f"{name}.json"


def definition(tool: Tool) -> str:
    """Return what a client is told about a tool."""
    told = tool.to_mcp_tool().model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write() -> None:
    """Write every definition, and drop those of tools that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for tool in TOOLS:
        path_of(tool.name).write_text(definition(tool), encoding="utf-8")


if __name__ == "__main__":
    write()
