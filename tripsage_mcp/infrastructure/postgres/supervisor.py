"""The embedded server's life: started by whoever comes first, stopped by whoever leaves last.

Several TripSage processes share one server. There is no list of them that a killed process could
leave wrong: each holds a *lease*, an open connection named `tripsage-lease`, which the kernel
closes when its process dies. Whether the server runs is asked by connecting, never by its pid.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from tripsage_mcp.errors import StorageError
from tripsage_mcp.infrastructure.postgres.binaries import find
from tripsage_mcp.infrastructure.postgres.cluster import Address, Cluster
from tripsage_mcp.infrastructure.postgres.connection import DriverConnection
from tripsage_mcp.infrastructure.postgres.driver import CANNOT_CONNECT, connect
from tripsage_mcp.infrastructure.postgres.unprivileged import (
    cluster_home,
    reachable_binaries,
    server_user,
)

_log = logging.getLogger(__name__)

_LEASE = "tripsage-lease"
_LEAVING = "tripsage-leaving"
_LOCK_WAIT_S = 300.0
_START_TRIES = 40
_PAUSE_S = 0.25
_OTHERS = (
    "select count(*) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Keeps the server running; `connection` is a superuser's."""

    connection: DriverConnection
    address: Address


class Supervisor:
    """Starts, shares and stops the server of one data folder."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @classmethod
    def of(cls, data_dir: Path, pg_bin: Path | None) -> "Supervisor":
        """Return the supervisor of `data_dir`; blocks, and may copy programs once for root.

        Raises:
            ConfigurationError: no usable programs, or no usable folder.
            StorageError: the folder cannot be written.
        """
        user = server_user()
        binaries = find(pg_bin)
        try:
            home = cluster_home(data_dir, binaries.major, user)
            return cls(Cluster(home, reachable_binaries(binaries, user), user))
        except OSError as exc:
            raise StorageError(
                "TRIPSAGE_DATA_DIR: the folder for the embedded database cannot be written"
            ) from exc

    async def acquire(self) -> Lease:
        """Attach to the running server, or start it (creating the cluster on first use).

        Raises:
            StorageError: it cannot be created or started.
            ConfigurationError: its secret is gone.
        """
        try:
            async with self._locked():
                return await self._attach() or await self._start()
        except OSError as exc:
            raise StorageError("The embedded database's folder cannot be used") from exc

    async def release(self, lease: Lease) -> None:
        """Give the lease back; stops the server when nobody else holds one."""
        try:
            async with self._locked():
                if lease.connection.is_closed():
                    # The server was restarted under us; only a lease can ask who else is there.
                    again = await self._attach()
                    if again is None:
                        return
                    lease = again
                last = False
                with suppress(*CANNOT_CONNECT):
                    last = await _is_last(lease)
                lease.connection.terminate()
                if last:
                    await asyncio.to_thread(self.cluster.stop)
        except OSError:
            # The data folder was deleted while in use: the server notices that by itself.
            _log.warning("data_folder_lost")
        finally:
            lease.connection.terminate()

    async def _start(self) -> Lease:
        cluster = self.cluster
        if not await asyncio.to_thread(cluster.initialised):
            await asyncio.to_thread(cluster.initialise)
        for _ in range(_START_TRIES):
            await asyncio.to_thread(cluster.start)
            lease = await self._attach()
            if lease is not None:
                return lease
            # The children of a killed server hold its shared memory for a moment.
            await asyncio.sleep(_PAUSE_S)
        raise StorageError(
            "The embedded database does not start; its folder's data/server.log says why."
        )

    async def _attach(self) -> Lease | None:
        address = await asyncio.to_thread(self.cluster.address)
        if address is None:
            return None
        try:
            connection = await connect(
                host=address.host,
                port=address.port,
                user="postgres",
                password=self.cluster.password("postgres"),
                database="postgres",
                ssl=False,
                timeout=3,
                server_settings={"application_name": _LEASE},
            )
        except CANNOT_CONNECT:
            return None
        return Lease(connection, address)

    @asynccontextmanager
    async def _locked(self) -> AsyncGenerator[None]:
        """Hold the inter-process lock; polled, so that a cancelled wait leaves no thread behind."""
        lock = filelock.FileLock(self.cluster.lock, thread_local=False)
        try:
            async with asyncio.timeout(_LOCK_WAIT_S):
                while True:
                    try:
                        lock.acquire(timeout=0)
                        break
                    except filelock.Timeout:
                        await asyncio.sleep(0.02)
        except TimeoutError:
            raise StorageError("Another TripSage is still starting the embedded database") from None
        try:
            yield
        finally:
            lock.release()


async def _is_last(lease: Lease) -> bool:
    """Say that we are leaving and return whether anybody stays; call under the lock."""
    await lease.connection.execute(f"set application_name = '{_LEAVING}'")
    for pause_s in (0.03, 0.1, None):
        if await lease.connection.fetchval(_OTHERS, _LEASE) == 0:
            return True
        # The server takes a moment to notice that a holder was killed.
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    return False
