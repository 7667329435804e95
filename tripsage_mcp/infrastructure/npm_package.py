"""A package from npm, fetched once into a folder of ours: this version, and these very bytes.

Everything it needs is pinned by a lock that ships with us and names no registry: npm takes the
operator's own, and accepts from it only what has the hashes of the lock. No script of any package
is run. What is fetched is prepared beside its place and moved there when complete.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from tripsage_mcp.errors import (
    ConfigurationError,
    ProviderProtocolError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.infrastructure.config import environment
from tripsage_mcp.infrastructure.node import Version, find_node, find_npm

_WITHIN_S = 300
_MANIFEST, _LOCK = "package.json", "package-lock.json"
# Where npm writes down what it put there.
_INSTALLED = Path("node_modules") / ".package-lock.json"
_UNFINISHED = ".new-"
_OPTIONS = (
    "--ignore-scripts",
    "--omit=dev",
    "--no-bin-links",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
)
_CODE = re.compile(r"\bcode (E[A-Z0-9]{2,24})\b")
_TAMPERED = "EINTEGRITY"


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One package, pinned.

    Attributes:
        name: As npm knows it.
        integrity: Of its tarball, as npm publishes it (`dist.integrity`).
        script: What Node runs, below the package's own folder.
        resource: Our resource folder with its `package.json` and `package-lock.json`.
        oldest_node: What it and everything it needs ask for.
    """

    name: str
    version: str
    integrity: str
    script: str
    resource: str
    oldest_node: Version

    def __str__(self) -> str:
        """Return it as npm writes it."""
        return f"{self.name}@{self.version}"

    def find(self, below: Path) -> Path | None:
        """Return its script, where `install` put it; None where it did not."""
        script = self._script(self._folder(below))
        return script if script.is_file() else None

    def install(self, below: Path) -> Path:
        """Fetch it, unless it is there, and return its script.

        Raises:
            ConfigurationError: there is no Node or npm that will do, or no room for it.
            ProviderUnavailableError: npm could not fetch it.
            ProviderProtocolError: what npm was given is not what was published.
        """
        found = self.find(below)
        if found is not None:
            return found
        npm = self._npm()
        try:
            below.mkdir(parents=True, exist_ok=True)
            with FileLock(below / ".lock", timeout=_WITHIN_S):
                found = self.find(below)  # someone else may have been faster
                if found is None:
                    with _beside(below) as unfinished:
                        self._fetch(npm, unfinished)
                        unfinished.rename(self._folder(below))
        except Timeout:
            raise ProviderTimeoutError("npm", f"another process is fetching {self}") from None
        except OSError as exc:
            raise ConfigurationError(f"{below}: {self} cannot be written there") from exc
        return self._script(self._folder(below))

    def _npm(self) -> tuple[str, ...]:
        node = find_node(self.oldest_node)
        npm = None if node is None else find_npm(node)
        if npm is None:
            oldest = ".".join(map(str, self.oldest_node))
            raise ConfigurationError(
                f"Node {oldest} or newer with npm is needed to fetch {self}; install it, or the"
                " extra tripsage-mcp[node]"
            )
        return npm

    def _fetch(self, npm: tuple[str, ...], folder: Path) -> None:
        for name in (_MANIFEST, _LOCK):
            shutil.copyfile(resources.path(self.resource, name), folder / name)
        # Our own settings hold keys, which are nothing to npm.
        env = {name: it for name, it in environment().items() if not name.startswith("TRIPSAGE_")}
        try:
            done = subprocess.run(  # noqa: S603 - npm as found, and options of ours
                [*npm, "ci", *_OPTIONS],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ProviderTimeoutError("npm", f"{self} was not fetched in time") from None
        if done.returncode != 0:
            raise self._failure(done.stderr.decode(errors="replace"))
        self._check(folder)

    def _failure(self, said: str) -> TripSageError:
        found = _CODE.search(said)
        code = "" if found is None else f" ({found[1]})"
        if found is not None and found[1] == _TAMPERED:
            return self._altered()
        return ProviderUnavailableError("npm", f"{self} could not be fetched{code}")

    def _check(self, folder: Path) -> None:
        """Compare what npm says it put there with what was published."""
        written = json.loads((folder / _INSTALLED).read_text(encoding="utf-8"))
        packages = cast("dict[str, dict[str, Any]]", written["packages"])
        got = packages.get(f"node_modules/{self.name}", {})
        if (got.get("version"), got.get("integrity")) != (self.version, self.integrity):
            raise self._altered()
        if not self._script(folder).is_file():
            raise ProviderProtocolError("npm", f"{self} has no {self.script}")

    def _altered(self) -> ProviderProtocolError:
        return ProviderProtocolError(
            "npm", f"what it fetched for {self} is not what was published; nothing was installed"
        )

    def _folder(self, below: Path) -> Path:
        """Another lock means another folder: what runs is what is pinned now."""
        short = self.name.rpartition("/")[2]
        return below / f"{short}-{self.version}-{_digest(self.resource)}"

    def _script(self, folder: Path) -> Path:
        return folder / "node_modules" / self.name / self.script


@cache
def _digest(resource: str) -> str:
    lock = resources.path(resource, _LOCK).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(lock).hexdigest()[:8]


@contextmanager
def _beside(below: Path) -> Generator[Path]:
    """Return a new folder, and clear away what is left of it and of those of killed processes."""
    for left in below.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=below))
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
