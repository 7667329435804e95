"""Files that ship with the package: `resources/` in a checkout, `_resources` in a wheel."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _root() -> Path:
    shipped = _PACKAGE / "_resources"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "resources"


def path(*parts: str) -> Path:
    """Return the path of one resource, e.g. `path("migrations")`."""
    return _root().joinpath(*parts)


def text(*parts: str) -> str:
    """Return one resource as text."""
    return path(*parts).read_text(encoding="utf-8")
