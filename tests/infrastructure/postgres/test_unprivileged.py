import os
import sys
from pathlib import Path

import pytest

from tests.conftest import new_data_dir
from tripsage_mcp.infrastructure.postgres import unprivileged
from tripsage_mcp.infrastructure.postgres.binaries import PostgresBinaries
from tripsage_mcp.infrastructure.postgres.unprivileged import (
    ServerUser,
    cluster_home,
    own_directory,
    reachable,
    reachable_binaries,
    server_user,
)

NOBODY = ServerUser(65534, 65534)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX ownership")
as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root switches users"
)


def test_a_folder_below_a_closed_one_is_out_of_reach(data_dir: Path) -> None:
    inside = data_dir / "closed" / "inside"
    inside.mkdir(parents=True)
    assert reachable(inside)

    inside.parent.chmod(0o700)

    assert not reachable(inside)
    assert not reachable(inside / "not yet made")
    assert reachable(data_dir)


def test_a_directory_of_ours_is_made_closed_and_used_again(tmp_path: Path) -> None:
    ours = tmp_path / "ours"

    assert own_directory(ours, 0o700, None)
    assert own_directory(ours, 0o700, None)
    assert ours.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_our_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ours").symlink_to(tmp_path / "elsewhere")

    assert not own_directory(tmp_path / "ours", 0o700, None)


def test_a_directory_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)

    assert not own_directory(shared, 0o700, None)


@as_root
def test_a_directory_of_another_user_is_not_used(tmp_path: Path) -> None:
    user = server_user()
    assert user is not None
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, user.uid, user.gid)

    assert not own_directory(theirs, 0o700, None)
    assert own_directory(theirs, 0o700, user)


@as_root
def test_root_hands_the_server_to_an_ordinary_user() -> None:
    user = server_user()

    assert user is not None
    assert user.uid != 0
    folder = new_data_dir()
    assert reachable(folder)
    folder.rmdir()


def test_an_ordinary_user_keeps_everything_where_it_is(tmp_path: Path) -> None:
    found = PostgresBinaries(tmp_path / "bin", 18)

    assert cluster_home(tmp_path / "data", 18, None) == tmp_path / "data" / "pg18"
    assert reachable_binaries(found, None) is found


@as_root
def test_data_below_a_closed_folder_moves_without_opening_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data_dir / "root"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(unprivileged, "_SYSTEM_HOME", data_dir / "system")
    monkeypatch.setattr(unprivileged.tempfile, "gettempdir", lambda: str(data_dir / "temp"))

    strict = os.umask(0o077)
    home = cluster_home(closed / "tripsage", 18, NOBODY)
    os.umask(strict)
    other = cluster_home(closed / "another", 18, NOBODY)

    assert home.parent == data_dir / "system"
    assert home == cluster_home(closed / "tripsage", 18, NOBODY)
    assert home != other
    assert reachable(home)
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_in_a_closed_folder_are_copied_once_with_their_layout(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = data_dir / "closed"
    folder = packages / "package" / "pginstall" / "bin"
    folder.mkdir(parents=True)
    (folder / "postgres").write_text("program", encoding="utf-8")
    (packages / "package.libs").mkdir()
    (packages / "package.libs" / "libpq").write_text("library", encoding="utf-8")
    packages.chmod(0o700)
    monkeypatch.setattr(unprivileged, "_SYSTEM_HOME", data_dir / "system")
    found = PostgresBinaries(folder, 18, (folder.parent, packages / "package.libs"))

    strict = os.umask(0o077)
    copied = reachable_binaries(found, NOBODY)
    os.umask(strict)
    again = reachable_binaries(found, NOBODY)

    assert copied == again
    assert reachable(copied.folder)
    assert (copied.folder / "postgres").read_text(encoding="utf-8") == "program"
    assert (copied.folder / "../../../package.libs/libpq").read_text(encoding="utf-8") == "library"
    assert len(list((data_dir / "system").iterdir())) == 1
