import pytest
from fastmcp.tools import Tool

from tests.tools import snapshots
from tripsage_mcp.tools.catalog import TOOLS


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_change_to_a_tools_definition_is_seen_in_review(tool: Tool) -> None:
    kept = snapshots.path_of(tool.name)
    assert kept.exists(), "run `python -m tests.tools.snapshots` and commit what it wrote"
    assert snapshots.definition(tool) == kept.read_text(encoding="utf-8"), (
        "the tool's definition changed; if that is meant, run `python -m tests.tools.snapshots`"
    )


def test_no_snapshot_outlives_its_tool() -> None:
    assert {path.stem for path in snapshots.FOLDER.glob("*.json")} == {t.name for t in TOOLS}
