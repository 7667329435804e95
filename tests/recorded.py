"""Recorded Duffel answers, kept beside the checkout; tests that need them skip without."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DUFFEL = Path(__file__).parents[1] / "../shared/reference/recorded/duffel"
ATL_JFK = "offer-requests/orq_0000AhRzwLeef80fcOTmHA.json"
# A minute after the 220 offers were made; they expire half an hour after.
ATL_JFK_NOW = datetime(2024, 5, 1, 14, 55, 30, tzinfo=UTC)

needs_recordings = pytest.mark.skipif(
    not DUFFEL.is_dir(), reason="the recorded Duffel answers are not beside this checkout"
)


@cache
def duffel(name: str) -> Any:
    """Return one recorded answer; do not change it, the next test gets the same."""
    return json.loads((DUFFEL / name).read_text(encoding="utf-8"))


def duffel_names(folder: str) -> list[str]:
    return sorted(f"{folder}/{path.name}" for path in (DUFFEL / folder).glob("*.json"))
