import os
import stat
from pathlib import Path

import pytest

from tripsage_mcp.errors import StorageError
from tripsage_mcp.infrastructure.shelf import FolderShelf

pytestmark = pytest.mark.anyio


def files(folder: Path) -> dict[str, bytes | None]:
    """Return what is in a folder; of folders in it the name alone."""
    return {each.name: each.read_bytes() if each.is_file() else None for each in folder.iterdir()}


def modes(path: str) -> tuple[int, int]:
    """Return the permissions of a file and of its folder."""
    return stat.S_IMODE(Path(path).stat().st_mode), stat.S_IMODE(Path(path).parent.stat().st_mode)


async def test_a_file_is_kept_in_a_folder_made_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "exports"

    path = await FolderShelf(folder).put("trip.ics", b"BEGIN:VCALENDAR")

    assert path == str(folder / "trip.ics")
    assert files(folder) == {"trip.ics": b"BEGIN:VCALENDAR"}


async def test_a_later_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    await shelf.put("trip.ics", b"long and old")
    await shelf.put("trip.ics", b"new")

    assert files(tmp_path) == {"trip.ics": b"new"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
async def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    path = await FolderShelf(tmp_path / "exports").put("trip.ics", b"x")

    assert modes(path) == (0o600, 0o700)


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageError, match="cannot be written"):
        await FolderShelf(tmp_path / "file" / "exports").put("trip.ics", b"x")


async def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "trip.ics").mkdir()

    with pytest.raises(StorageError):
        await FolderShelf(tmp_path).put("trip.ics", b"x")

    assert files(tmp_path) == {"trip.ics": None}
