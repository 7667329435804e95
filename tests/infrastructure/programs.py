"""Stand-ins for `node` and `npm` as programs on a PATH of one's own."""

import sys
from pathlib import Path

import pytest

_NPM = """#!{python}
import json, os, pathlib, sys

mode = "{mode}"
here = pathlib.Path.cwd()
pathlib.Path({log!r}).open("a").write(json.dumps([sys.argv[1:], sorted(os.environ)]) + "\\n")
if mode == "offline":
    sys.exit("npm error code ENOTFOUND\\nnpm error network https://a-secret.example/x")
if mode == "tampered":
    sys.exit("npm error code EINTEGRITY\\nnpm error wanted sha512-a but got sha512-b")
if mode == "broken":
    sys.exit(1)
lock = json.loads((here / "package-lock.json").read_text())
if mode == "other":
    for package in lock["packages"].values():
        package["integrity"] = "sha512-other"
for name in lock["packages"]:
    (here / name).mkdir(parents=True, exist_ok=True)
script = here / "node_modules/@openbnb/mcp-server-airbnb/dist/index.js"
if mode != "hollow":
    script.parent.mkdir()
    script.write_text("//")
(here / "node_modules/.package-lock.json").write_text(json.dumps(lock))
"""


class Programs:
    """A folder that is all of PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.log = folder / "npm.log"
        monkeypatch.setenv("PATH", str(folder))

    def node(self, version: str | None, name: str = "node") -> Path:
        """Put a Node there that does no more than say its version; None makes it crash."""
        says = "exit 1" if version is None else f"echo {version}"
        return self._put(name, f"#!/bin/sh\n{says}\n")

    def curious_node(self, version: str) -> Path:
        """Put a Node there that reads all of its stdin first."""
        return self._put("node", f"#!/bin/sh\nwhile read -r _; do :; done\necho {version}\n")

    def npm(self, mode: str = "works") -> Path:
        """Put an npm there that installs what the lock names, or fails in one of several ways."""
        return self._put("npm", _NPM.format(python=sys.executable, mode=mode, log=str(self.log)))

    def calls(self) -> list[str]:
        """Return what npm was told and what its environment named, one line a call."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def _put(self, name: str, text: str) -> Path:
        program = self.folder / name
        program.write_text(text)
        program.chmod(0o755)
        return program
