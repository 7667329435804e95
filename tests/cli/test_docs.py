"""The documents say what the program does."""

import re
from pathlib import Path

from tripsage_mcp import errors
from tripsage_mcp.cli import docs
from tripsage_mcp.tools.catalog import TOOLS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_has_the_table_of_tools_as_it_is_now() -> None:
    assert docs.table() in README, "run `tripsage-mcp docs` and paste its output"


def test_every_tool_is_in_the_table() -> None:
    assert all(f"| `{tool.name}` |" in docs.table() for tool in TOOLS)


def test_the_readme_names_the_two_commands_on_its_first_screen() -> None:
    screen = "\n".join(README.splitlines()[:25])
    assert "make demo" in screen
    assert "make test" in screen


def test_every_setting_is_documented() -> None:
    settings = {
        name
        for path in (ROOT / "tripsage_mcp").rglob("*.py")
        for name in re.findall(r"TRIPSAGE_[A-Z]+(?:_[A-Z]+)*", path.read_text(encoding="utf-8"))
    }
    # A prefix, as in `env("TRIPSAGE_DUFFEL_")`, is no setting of its own.
    prefixes = {name for name in settings if any(o.startswith(f"{name}_") for o in settings)}
    assert {name for name in settings - prefixes if name not in README} == set()


def test_every_error_code_is_documented() -> None:
    codes = {
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.TripSageError)
    }
    assert {code for code in codes if f"`{code}`" not in README} == set()


def test_the_architecture_fits_on_its_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) < 200
