"""A database connection, seen through what we need of it. Light: imports no driver."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Row(Protocol):
    """One row of a result; columns by name or by position."""

    def __getitem__(self, key: str | int, /) -> Any:  # noqa: ANN401 - a column may hold anything
        """Return one column."""
        ...


class Connection(Protocol):
    """What a transaction gives its user.

    Statements are plain SQL with `$1`, `$2`, ... for the arguments. The names in schema `app` need
    no prefix.
    """

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement and return its command tag, e.g. `DELETE 2`."""
        ...

    async def executemany(self, command: str, args: Sequence[Sequence[object]]) -> None:
        """Run a statement once for each group of arguments."""
        ...

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """Return every row."""
        ...

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """Return the first row, or None."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 - a column may hold anything
        """Return the first column of the first row, or None."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Open a transaction, or a savepoint inside one: what is inside can fail alone."""
        ...


class DriverConnection(Connection, Protocol):
    """A connection of which one also decides when it ends."""

    def is_closed(self) -> bool:
        """Return whether it is gone, on whichever side."""
        ...

    def terminate(self) -> None:
        """Drop it at once."""
        ...


class Pool(Protocol):
    """Connections to share."""

    def acquire(self, *, timeout: float) -> AbstractAsyncContextManager[DriverConnection]:
        """Borrow a connection, waiting at most `timeout` seconds for it."""
        ...

    async def close(self) -> None:
        """Wait for every connection to come back, and close them."""
        ...

    def terminate(self) -> None:
        """Drop every connection at once."""
        ...

    def get_size(self) -> int:
        """Return how many connections are open."""
        ...

    def get_idle_size(self) -> int:
        """Return how many of them nobody uses."""
        ...
