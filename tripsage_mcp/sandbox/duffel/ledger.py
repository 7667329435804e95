"""What the twin must remember: orders, payments, cancellations, and searches no id can carry.

One SQLite file shared by every process of a machine, or memory. Nothing is opened before the first
use, and a file that cannot be opened is replaced by memory: the sandbox is there to be tried out.
"""

import logging
import sqlite3
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from tripsage_mcp.sandbox.duffel.errors import unavailable

_log = logging.getLogger(__name__)
_PAUSE_S = 0.02
_TABLES = """
create table if not exists entry (
    number integer primary key autoincrement,
    shelf text not null,
    id text not null,
    kin text not null,
    body blob not null,
    unique (shelf, id)
);
create index if not exists entry_of_kin on entry (shelf, kin, number);
"""


class Ledger:
    """A small store of records; safe to use from several threads and several processes.

    Args:
        path: The file, whose folder is made if need be; None keeps everything in memory.
        patience_s: Seconds to wait for another process to finish.
    """

    def __init__(self, path: Path | None = None, *, patience_s: float = 10.0) -> None:
        self._path = path
        self._patience_s = patience_s
        self._link: sqlite3.Connection | None = None
        self._lock = Lock()

    @contextmanager
    def transaction(self) -> Generator["Page"]:
        """Let one caller read and write; written when the body returns, undone when it raises.

        Raises:
            RefusedError: 503, the file is full, broken or held by somebody else; nothing is kept.
        """
        with self._lock:
            try:
                link = self._open()
                link.execute("begin immediate")
            except sqlite3.Error as exc:
                raise unavailable() from exc
            try:
                yield Page(link)
                link.execute("commit")
            except BaseException as exc:
                if link.in_transaction:
                    link.execute("rollback")
                if isinstance(exc, sqlite3.Error):
                    raise unavailable() from exc
                raise

    def _open(self) -> sqlite3.Connection:
        if self._link is None:
            try:
                self._link = _connect(self._path, self._patience_s)
            except (OSError, sqlite3.Error) as exc:
                if _is_busy(exc):
                    # Memory would be a second truth beside that of the others.
                    raise
                _log.warning("sandbox_ledger_in_memory", extra={"reason": type(exc).__name__})
                self._link = _connect(None, self._patience_s)
            weakref.finalize(self, self._link.close)
        return self._link


def _is_busy(exc: Exception) -> bool:
    code = exc.sqlite_errorcode if isinstance(exc, sqlite3.OperationalError) else 0
    return code & 0xFF == sqlite3.SQLITE_BUSY


def _connect(path: Path | None, patience_s: float) -> sqlite3.Connection:
    """Open the file, or memory.

    SQLite does not wait by itself while another process turns a new file into a write-ahead one.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Orders name people; SQLite gives its other files the same mode.
        path.touch(mode=0o600)
    until = time.monotonic() + patience_s
    while True:
        try:
            return _prepared(path or ":memory:", patience_s)
        except sqlite3.OperationalError as exc:
            if not _is_busy(exc) or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_S)


def _prepared(path: Path | str, patience_s: float) -> sqlite3.Connection:
    link = sqlite3.connect(path, timeout=patience_s, isolation_level=None, check_same_thread=False)
    try:
        link.execute("pragma journal_mode = wal")
        link.execute("pragma synchronous = normal")
        link.executescript(_TABLES)
    except BaseException:
        link.close()
        raise
    return link


class Page:
    """The open transaction."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link

    def get(self, shelf: str, name: str) -> bytes | None:
        """Return one record."""
        query = "select body from entry where shelf = ? and id = ?"
        row: tuple[bytes] | None = self._link.execute(query, (shelf, name)).fetchone()
        return None if row is None else row[0]

    def put(self, shelf: str, name: str, body: bytes, kin: str) -> None:
        """Write one record, new or again."""
        self._link.execute(
            "insert into entry (shelf, id, kin, body) values (?, ?, ?, ?) "
            "on conflict (shelf, id) do update set body = excluded.body, kin = excluded.kin",
            (shelf, name, kin, body),
        )

    def all(self, shelf: str, kin: str | None) -> list[bytes]:
        """Return the records of a shelf, or those of one kin there, oldest first."""
        query = "select body from entry where shelf = ? and (? is null or kin = ?) order by number"
        rows: list[tuple[bytes]] = self._link.execute(query, (shelf, kin, kin)).fetchall()
        return [body for (body,) in rows]

    def keep(self, shelf: str, most: int) -> None:
        """Forget all but the newest records of a shelf."""
        self._link.execute(
            "delete from entry where shelf = ? and number <= ("
            "select number from entry where shelf = ? order by number desc limit 1 offset ?)",
            (shelf, shelf, most),
        )


@dataclass(frozen=True, slots=True)
class Shelf[T]:
    """Records of one kind; what an older version wrote and nobody can read is not there."""

    name: str
    adapter: TypeAdapter[T]

    def get(self, page: Page, name: str) -> T | None:
        """Return one record, or None."""
        body = page.get(self.name, name)
        return None if body is None else self._read(body)

    def put(self, page: Page, name: str, record: T, kin: str = "") -> None:
        """Write one record; `kin` is what `all` can ask for."""
        page.put(self.name, name, self.adapter.dump_json(record), kin)

    def all(self, page: Page, kin: str | None = None) -> list[T]:
        """Return every record, or those of one kin, oldest first."""
        found = [self._read(body) for body in page.all(self.name, kin)]
        return [record for record in found if record is not None]

    def keep(self, page: Page, most: int) -> None:
        """Forget all but the newest records."""
        page.keep(self.name, most)

    def _read(self, body: bytes) -> T | None:
        try:
            return self.adapter.validate_json(body)
        except ValidationError:
            return None
