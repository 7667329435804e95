"""Running the server for root, which PostgreSQL refuses to run as.

It then runs as `nobody`, so that user has to reach the programs and the data. Where a parent
folder is closed (root's home is 0700) we use another place and never open up a folder that is not
ours: `/var/lib/tripsage/`, or the temporary folder for a data folder that is itself below that.
An ordinary user is not affected by anything here.
"""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.postgres.binaries import PostgresBinaries

_SYSTEM_HOME = Path("/var/lib/tripsage")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The operating-system user the server runs as."""

    uid: int
    gid: int


def server_user() -> ServerUser | None:
    """Return the user to switch to, or None to run the server as ourselves.

    Raises:
        ConfigurationError: we are root and there is no `nobody`, or our user id has no name.
    """
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415 - does not exist on Windows

    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise ConfigurationError(
                "PostgreSQL needs a user with a name and this process' user id has none; add it to "
                "/etc/passwd or set TRIPSAGE_DATABASE_URL."
            ) from None
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ConfigurationError(
            "PostgreSQL does not run as root and this system has no user 'nobody'; run TripSage "
            "as an ordinary user or set TRIPSAGE_DATABASE_URL."
        ) from None
    return ServerUser(nobody.pw_uid, nobody.pw_gid)


def hand_over(path: Path, user: ServerUser | None) -> None:
    """Make `user` the owner of one file or folder."""
    if user is not None and sys.platform != "win32":
        os.chown(path, user.uid, user.gid)


def reachable(path: Path) -> bool:
    """Return whether every user may pass through each existing folder on the way to `path`."""
    steps = [path, *path.parents]
    return all(step.stat().st_mode & stat.S_IXOTH for step in steps if step.exists())


def cluster_home(data_dir: Path, major: int, user: ServerUser | None) -> Path:
    """Return the folder, created if need be, that holds the cluster of `data_dir`."""
    if user is None or reachable(data_dir.absolute()):
        home = data_dir.absolute() / f"pg{major}"
        if user is None:
            home.mkdir(mode=0o711, parents=True, exist_ok=True)
        else:
            _make_open(home)
        return home
    below_temp = data_dir.absolute().is_relative_to(tempfile.gettempdir())
    name = f"{digest(data_dir.absolute())}-pg{major}"
    return _own_folder(name, below_temp=below_temp)


def reachable_binaries(found: PostgresBinaries, user: ServerUser | None) -> PostgresBinaries:
    """Return `found`, or a copy of it at a place that `user` can reach."""
    if user is None or reachable(found.folder):
        return found
    if not found.bundle:
        raise ConfigurationError(
            "PostgreSQL's programs are in a folder only root can enter; set TRIPSAGE_PG_BIN to "
            "another one or run TripSage as an ordinary user."
        )
    package = found.bundle[0].parent
    site_packages = package.parent
    version = digest(package, str(package.stat().st_mtime_ns))
    target = _own_folder(f"programs-{version}", below_temp=False, create=False)
    if not target.exists():
        staging = target.with_name(f".{target.name}.{os.getpid()}")
        _make_open(staging / package.name)
        for part in found.bundle:
            shutil.copytree(part, staging / part.relative_to(site_packages), dirs_exist_ok=True)
        try:
            staging.rename(target)
        except OSError:
            # Another process was first; its copy is as good.
            shutil.rmtree(staging, ignore_errors=True)
    # Below the temporary folder anybody could have put programs under that name.
    if not own_directory(target, 0o711, None):
        raise ConfigurationError(
            "The folder for a copy of PostgreSQL's programs belongs to another user; set "
            "TRIPSAGE_PG_BIN or run TripSage as an ordinary user."
        )
    return replace(found, folder=target / found.folder.relative_to(site_packages))


def own_directory(path: Path, mode: int, user: ServerUser | None) -> bool:
    """Create `path` with `mode` for `user`; False when somebody else already has that name."""
    if sys.platform == "win32":
        path.mkdir(parents=True, exist_ok=True)
        return True
    owner = os.geteuid() if user is None else user.uid
    try:
        path.mkdir(mode=mode)
        path.chmod(mode)
    except FileExistsError:
        # A temporary folder is shared: never follow a link or use what another user put there.
        found = path.lstat()
        safe = stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return safe and found.st_uid == owner
    hand_over(path, user)
    return True


def digest(path: Path, *more: str) -> str:
    """Return a short name for a path."""
    return hashlib.sha256("\0".join((str(path), *more)).encode()).hexdigest()[:12]


def _make_open(folder: Path) -> None:
    """Create what is missing of `folder`, to be entered by all whatever the umask says."""
    missing = [step for step in (folder, *folder.parents) if not step.exists()]
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        step.chmod(0o711)


def _own_folder(name: str, *, below_temp: bool, create: bool = True) -> Path:
    if not below_temp:
        try:
            _make_open(_SYSTEM_HOME)
        except OSError:
            below_temp = True
    home = Path(tempfile.gettempdir(), f"tripsage-{name}") if below_temp else _SYSTEM_HOME / name
    if create and not own_directory(home, 0o711, None):
        raise ConfigurationError(
            "TRIPSAGE_DATA_DIR: no folder that the database server may enter could be made; name "
            "one whose parents are open to all, e.g. /srv/tripsage."
        )
    return home
