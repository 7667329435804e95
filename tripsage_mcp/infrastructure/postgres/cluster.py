"""One database cluster on disk and the PostgreSQL programs run on it.

Every function blocks: the supervisor calls them in a thread, holding the inter-process lock
wherever something is written. The layout below the cluster's home:

    lock        serialises start and stop between processes
    secret      256 random bits, 0600; the roles' passwords derive from it
    data/       PostgreSQL's data directory, with our tripsage.conf and server.log
"""

import contextlib
import hashlib
import hmac
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from tripsage_mcp.errors import ConfigurationError, StorageError
from tripsage_mcp.infrastructure.config import environment
from tripsage_mcp.infrastructure.postgres.binaries import PostgresBinaries
from tripsage_mcp.infrastructure.postgres.unprivileged import (
    ServerUser,
    digest,
    hand_over,
    own_directory,
    reachable,
)

_log = logging.getLogger(__name__)

_WINDOWS = sys.platform == "win32"
_SUPERUSER = "postgres"
# macOS allows 104 bytes for a socket's path, its final NUL included.
_LONGEST_SOCKET = 103
_SHORTEST_TEMP = "/tmp"  # noqa: S108 - own_directory checks whose the folder in it is
# No key and no locale of ours is the server's business.
_PASSED_ON = {
    "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TMP", "TEMP",
    "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT",
}  # fmt: skip
_LARGEST_LOG = 5_000_000

# Small memory, no replication, nothing of the travellers' text in the log.
_SETTINGS = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "io_method": "sync",
    "autovacuum_max_workers": "1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "client_connection_check_interval": "5s",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "password_encryption": "scram-sha-256",
    # The password is 256 random bits: stretching it would only cost time.
    "scram_iterations": "1",
    "timezone": "UTC",
}
_SINCE = {"io_method": 18}

# The same collation and case rules on every system; what libc or ICU is installed does not matter.
_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
    "--wal-segsize=4",
    "--no-instructions",
    f"--username={_SUPERUSER}",
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the running server listens: a socket folder or 127.0.0.1, and the port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster at `home`, run with `binaries` as `user` (None: as ourselves)."""

    home: Path
    binaries: PostgresBinaries
    user: ServerUser | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "data"

    @property
    def lock(self) -> Path:
        """The file locked around start and stop."""
        return self.home / "lock"

    def password(self, role: str) -> str:
        """Return the password of one database role.

        Raises:
            ConfigurationError: the cluster's secret is gone.
        """
        try:
            secret = (self.home / "secret").read_bytes()
        except FileNotFoundError:
            raise ConfigurationError(
                "The embedded database's folder has lost its file 'secret'; restore it, or move "
                "the folder away to start with an empty database."
            ) from None
        return hmac.new(secret, role.encode(), hashlib.sha256).hexdigest()

    def initialised(self) -> bool:
        """Return whether there is a data directory."""
        return (self.data / "PG_VERSION").exists()

    def address(self) -> Address | None:
        """Return where a server said it listens; it may be long dead."""
        try:
            lines = (
                (self.data / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
            )
            port, sockets, tcp = int(lines[3]), lines[4], lines[5]
        except (OSError, IndexError, ValueError):
            return None
        # Several socket folders or names never occur: the configuration is ours.
        host = tcp if _WINDOWS else sockets
        return Address(host, port) if host else None

    def initialise(self) -> None:
        """Create the data directory: complete under its final name, or not at all.

        Raises:
            StorageError: initdb failed.
        """
        for leftover in self.home.glob(".new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        staging = self.home / f".new-{secrets.token_hex(6)}"
        # Not mkdtemp: its folders are closed to PostgreSQL's restricted token on Windows.
        staging.mkdir()
        (self.home / "secret").unlink(missing_ok=True)
        _write_private(self.home / "secret", secrets.token_bytes(32))
        password_file = staging / "password"
        _write_private(password_file, self.password(_SUPERUSER).encode())
        hand_over(password_file, self.user)
        hand_over(staging, self.user)
        data = staging / "data"
        done = self._run(
            "initdb", "--pgdata", str(data), f"--pwfile={password_file}", *_INITDB, capture=True
        )
        if done.returncode != 0:
            _log.error(
                "initdb_failed", extra={"output": done.stdout[-2000:].decode("utf-8", "replace")}
            )
            shutil.rmtree(staging, ignore_errors=True)
            raise StorageError(
                "The embedded database could not be created; is its disk full or read-only?"
            )
        with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\ninclude_if_exists = 'tripsage.conf'\n")
        data.rename(self.data)
        shutil.rmtree(staging, ignore_errors=True)

    def start(self) -> bool:
        """Start the server and wait for it; False when it did not come up (try again).

        Raises:
            StorageError: no folder for its socket could be made.
        """
        self._drop_stale_pid()
        sockets = None if _WINDOWS else self._socket_folder()
        self._write_settings(sockets)
        self._rotate_log()
        done = self._run(
            "pg_ctl", "start", "--wait", "--timeout=120", "--silent", "--log=server.log"
        )
        return done.returncode == 0

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        address = self.address()
        done = self._run("pg_ctl", "stop", "--wait", "--timeout=60", "--silent", "--mode=fast")
        if done.returncode != 0:
            _log.warning("embedded_database_stop_failed", extra={"status": done.returncode})
        elif address is not None and not _WINDOWS:
            # PostgreSQL has removed its socket; the folder was made for nothing else.
            with contextlib.suppress(OSError):
                Path(address.host).rmdir()

    def _drop_stale_pid(self) -> None:
        """Remove the pid file of a server that is no more.

        PostgreSQL takes any live process with that id for a server: after a reboot it may be
        anyone's.
        """
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_bytes().partition(b"\n")[0])
            process = psutil.Process(pid)
            ours = (
                process.status() != psutil.STATUS_ZOMBIE
                and process.name().startswith("postgres")
                and Path(process.cwd()).samefile(self.data)
            )
        except FileNotFoundError:
            return
        except (ValueError, OSError, psutil.Error):
            ours = False
        if not ours:
            file.unlink(missing_ok=True)

    def _write_settings(self, sockets: Path | None) -> None:
        settings = {k: v for k, v in _SETTINGS.items() if self.binaries.major >= _SINCE.get(k, 0)}
        if sockets is None:
            settings |= {
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "",
                "port": str(_free_port()),
            }
        else:
            settings |= {
                "listen_addresses": "",
                "unix_socket_directories": f'"{_doubled(sockets)}"',
                "unix_socket_permissions": "0700",
                "port": "5432",
            }
        file = self.data / "tripsage.conf"
        text = "".join(f"{name} = '{_quoted(value)}'\n" for name, value in settings.items())
        file.write_text(text, "utf-8", "surrogateescape")
        hand_over(file, self.user)

    def _socket_folder(self) -> Path:
        """Return a short folder, ours alone, for the socket.

        Who attaches reads the address from postmaster.pid, so two processes with different ideas of
        the temporary folder still meet.
        """
        owner = 0 if _WINDOWS else os.geteuid()
        name = f"tripsage-{owner}-{digest(self.home)}"
        candidates = [environment().get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), _SHORTEST_TEMP]
        for base in candidates:
            if not base or not os.access(base, os.W_OK):
                continue
            folder = Path(base) / name
            if len(os.fsencode(folder / ".s.PGSQL.5432")) > _LONGEST_SOCKET:
                continue
            if self.user is not None and not reachable(Path(base)):
                continue
            if own_directory(folder, 0o700, self.user):
                self._clear(folder)
                return folder
        raise StorageError(
            "No folder for the embedded database's socket; is the temporary folder full?"
        )

    def _clear(self, sockets: Path) -> None:
        """Remove what a killed server left: the socket's lock names a pid too, maybe a zombie's."""
        if not (self.data / "postmaster.pid").exists():
            for leftover in sockets.glob(".s.PGSQL.*"):
                leftover.unlink(missing_ok=True)

    def _rotate_log(self) -> None:
        log = self.data / "server.log"
        with contextlib.suppress(OSError):
            if log.stat().st_size > _LARGEST_LOG:
                log.replace(log.with_suffix(".log.1"))

    def _run(
        self, program: str, *args: str, capture: bool = False
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one program in the data directory, without a shell and without our descriptors.

        The folder goes in PGDATA and as the working directory, never on pg_ctl's command line:
        pg_ctl hands that line to a shell.
        """
        variables = {k: v for k, v in environment().items() if k.upper() in _PASSED_ON}
        out = subprocess.PIPE if capture else subprocess.DEVNULL
        return subprocess.run(  # noqa: S603 - our own programs and arguments
            [self.binaries.program(program), *args],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=self.data if self.initialised() else self.home,
            env=variables | {"PGDATA": str(self.data)},
            check=False,
            # A new group: Ctrl+C in the terminal is for TripSage, which then stops the server.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0),
            user=None if self.user is None else self.user.uid,
            group=None if self.user is None else self.user.gid,
            extra_groups=None if self.user is None else (),
        )


def _write_private(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _doubled(folder: Path) -> str:
    return str(folder).replace('"', '""')


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
