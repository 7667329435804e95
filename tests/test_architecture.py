import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from fastmcp.tools import Tool

from tripsage_mcp.tools.catalog import TOOLS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tripsage_mcp"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400
MOST_TOOLS = 20
MOST_DESCRIPTION = 350
MOST_TOKENS = 8_000
# How many characters of JSON make a token, on average.
TOKEN = 3.6

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=[tool.name for tool in TOOLS])


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def schemas(node: object) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    if isinstance(node, dict):
        found = cast("dict[str, Any]", node)
        yield found
        for part in found.values():
            yield from schemas(part)
    elif isinstance(node, list):
        for part in cast("list[object]", node):
            yield from schemas(part)


def faults(schema: dict[str, Any]) -> list[str]:
    """Say what some model APIs refuse in a tool's schema, with all of the tools at once."""
    found: list[str] = []
    if schema.get("type") != "object":
        found.append("the root is no object")
    for part in schemas(schema):
        found += [f"{union} in {part}" for union in ("anyOf", "oneOf", "allOf") if union in part]
        if isinstance(part.get("type"), list):
            found.append(f"several types in {part}")
        if part.get("type") == "array" and not part.get("items"):
            found.append(f"an array of anything in {part}")
        if part.get("default", 0) is None:
            found.append(f"null is the default in {part}")
    return found


def test_no_module_is_too_long() -> None:
    lines = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert len(lines) > 100
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        short(path)
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_a_package_holds_no_code_of_its_own() -> None:
    full = [
        short(path)
        for path in MODULES
        if path.name == "__init__.py" and len(ast.parse(path.read_text(encoding="utf-8")).body) > 1
    ]
    assert full == []


def test_every_tool_is_a_module_of_its_name_and_listed_in_the_catalog() -> None:
    modules = [
        path.stem
        for path in (PACKAGE / "tools").glob("*.py")
        if re.search(r"^TOOL = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(modules) == sorted(tool.name for tool in TOOLS)


@every_tool
def test_a_tool_says_what_a_host_needs_to_know(tool: Tool) -> None:
    hints = tool.annotations
    assert hints is not None
    for hint in (
        hints.read_only_hint,
        hints.destructive_hint,
        hints.idempotent_hint,
        hints.open_world_hint,
    ):
        assert hint is not None
    assert tool.title
    assert tool.description
    assert len(tool.description) <= MOST_DESCRIPTION


@every_tool
def test_the_schemas_of_a_tool_are_ones_that_every_host_takes(tool: Tool) -> None:
    assert tool.output_schema is not None
    for schema in (tool.parameters, tool.output_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert faults(schema) == []
    assert tool.parameters["additionalProperties"] is False


@pytest.mark.parametrize(
    "part",
    [
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": ["string", "null"]},
        {"type": "array"},
        {"type": "array", "items": {"type": "array", "items": {}}},
        {"type": "string", "default": None},
    ],
)
def test_a_schema_that_some_host_refuses_would_be_found(part: dict[str, Any]) -> None:
    assert len(faults({"type": "object", "properties": {"nested": part}})) == 1
    assert faults({"oneOf": [], "properties": {}}) != []


def test_the_tools_leave_the_model_room_to_think() -> None:
    assert len(TOOLS) <= MOST_TOOLS
    told = [[tool.name, tool.description, tool.parameters] for tool in TOOLS]
    assert len(json.dumps(told, separators=(",", ":"))) / TOKEN <= MOST_TOKENS


def code_map() -> dict[str, str]:
    """Return the rows of ARCHITECTURE.md's code map: where, and what is said about it."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.partition("\n## Code map\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE))


def exists(folder: Path, name: str) -> bool:
    return (folder / name).exists() or (folder / f"{name}.py").exists()


def test_everything_on_the_code_map_is_there() -> None:
    rows = code_map()
    missing = [where for where in rows if not (ROOT / where).exists()]
    for where, what in rows.items():
        if (ROOT / where).is_dir():
            named = [name for name in re.findall(r"`([\w.]+/?)`", what) if name]
            missing += [f"{where}{name}" for name in named if not exists(ROOT / where, name)]
    assert len(rows) > 10
    assert missing == []


def test_everything_in_the_package_is_on_the_code_map() -> None:
    found = {
        short(path) + ("/" if path.is_dir() else "")
        for path in PACKAGE.iterdir()
        if path.name not in {"__init__.py", "__pycache__", "py.typed", "_resources"}
    }
    assert found - set(code_map()) == set()
