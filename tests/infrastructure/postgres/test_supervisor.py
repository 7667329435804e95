"""Real servers, real processes, real kills."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from tests.conftest import new_data_dir
from tests.infrastructure.postgres.holder import ACCOUNT_ID
from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="kills by POSIX signal"),
]


@pytest.fixture
def data_dir() -> Generator[Path]:
    """As a person's may be called, with whatever still runs in it stopped at the end."""
    folder = new_data_dir("tripsage Über $HOME's")
    yield folder
    if left := servers(folder):
        sockets = socket_folder(folder)
        for server in left:
            server.kill()
        shutil.rmtree(sockets, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def servers(data_dir: Path) -> list[psutil.Process]:
    """Return every process that works in the data directory."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(data_dir):
                found.append(process)
        except psutil.Error:
            continue
    return found


async def dead(processes: list[psutil.Process]) -> None:
    """Wait until they have ended; in a container nobody may be there to reap them."""

    def ended(process: psutil.Process) -> bool:
        try:
            return process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    async with asyncio.timeout(20):
        while not all(map(ended, processes)):  # noqa: ASYNC110 - they are not our children
            await asyncio.sleep(0.005)


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "pg18/data/postmaster.pid").read_text().splitlines()[0])


def socket_folder(data_dir: Path) -> Path:
    return Path((data_dir / "pg18/data/postmaster.pid").read_text().splitlines()[4])


def open_in(data_dir: Path, notes: Path) -> Database:
    return Database(DatabaseConfig(data_dir=data_dir), migrations=notes)


async def add_note(database: Database, text: str, account_id: UUID = ACCOUNT_ID) -> None:
    async with database.transaction(account_id) as connection:
        await connection.execute(
            "insert into note (account_id, text) values ($1, $2)", account_id, text
        )


async def all_notes(database: Database, account_id: UUID = ACCOUNT_ID) -> set[str]:
    async with database.transaction(account_id) as connection:
        return {row["text"] for row in await connection.fetch("select text from note")}


class Holder:
    """Another TripSage process on the same data folder."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ready(self) -> str:
        """Wait until it has written its note; returns when its server was started."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "the holder failed; its standard error says why"
        return json.loads(line)["server_started"]

    async def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert await self.process.wait() == 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def holder(data_dir: Path, notes: Path, note: str) -> AsyncGenerator[Holder]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.infrastructure.postgres.holder",
        str(data_dir),
        str(notes),
        note,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    try:
        yield Holder(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_two_processes_starting_at_once_share_one_server_and_the_last_stops_it(
    data_dir: Path, notes: Path
) -> None:
    async with (
        asyncio.timeout(40),
        holder(data_dir, notes, "first") as one,
        holder(data_dir, notes, "second") as two,
    ):
        assert await one.ready() == await two.ready()
        sockets = socket_folder(data_dir)

        await one.leave()
        assert servers(data_dir)
        await two.leave()

    assert not servers(data_dir)
    assert not sockets.exists()
    database = open_in(data_dir, notes)
    assert await all_notes(database) == {"first", "second"}
    await database.close()


async def test_a_server_killed_by_force_comes_back_with_every_committed_row(
    data_dir: Path, notes: Path
) -> None:
    database = open_in(data_dir, notes)
    for number in range(50):
        await add_note(database, f"note {number}")
    sockets = socket_folder(data_dir)

    running = servers(data_dir)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    # A call in the very moment of the kill may rightly fail, but none after it.
    await dead(running)
    async with asyncio.timeout(30):
        found = await all_notes(database)

    assert found == {f"note {number}" for number in range(50)}
    await database.close()
    assert not servers(data_dir)
    assert not sockets.exists()


async def test_the_survivor_of_a_killed_holder_stops_the_server(
    data_dir: Path, notes: Path
) -> None:
    database = open_in(data_dir, notes)
    await add_note(database, "ours")
    async with asyncio.timeout(30), holder(data_dir, notes, "theirs") as other:
        await other.ready()
        await other.kill()

    assert await all_notes(database) == {"ours", "theirs"}
    await database.close()

    assert not servers(data_dir)
    assert not (data_dir / "pg18/data/postmaster.pid").exists()


async def test_a_server_whose_holders_were_all_killed_is_adopted_and_stopped(
    data_dir: Path, notes: Path
) -> None:
    async with asyncio.timeout(30), holder(data_dir, notes, "theirs") as other:
        started = await other.ready()
        await other.kill()
    assert servers(data_dir)

    database = open_in(data_dir, notes)
    async with database.transaction(ACCOUNT_ID) as connection:
        assert await connection.fetchval("select pg_postmaster_start_time()::text") == started
    assert await all_notes(database) == {"theirs"}
    await database.close()

    assert not servers(data_dir)


async def test_a_pid_file_left_by_a_crash_and_a_pid_since_reused_do_not_prevent_a_start(
    data_dir: Path, notes: Path, session_database: Database
) -> None:
    database = open_in(data_dir, notes)
    await add_note(database, "kept")
    pid_file = data_dir / "pg18/data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    sockets = socket_folder(data_dir)
    await database.close()
    # The reboot gave the dead server's pid to another PostgreSQL of the same user.
    home = (await session_database.check()).data_directory
    assert home is not None
    left_behind = "\n".join([str(postmaster(home.parent)), *lines[1:]]) + "\n"
    owner = pid_file.parent.stat()
    pid_file.write_text(left_behind)
    sockets.mkdir(mode=0o700)
    (sockets / ".s.PGSQL.5432.lock").write_text(left_behind)
    os.chown(sockets, owner.st_uid, owner.st_gid)

    again = open_in(data_dir, notes)

    assert await all_notes(again) == {"kept"}
    await again.close()


async def test_the_secret_and_the_data_are_for_the_owner_alone(data_dir: Path, notes: Path) -> None:
    database = open_in(data_dir, notes)
    await database.open()
    modes = {
        path: path.stat().st_mode & 0o777
        for path in (
            data_dir / "pg18/secret",
            data_dir / "pg18/data",
            socket_folder(data_dir),
        )
    }
    await database.close()

    assert set(modes.values()) == {0o600, 0o700}


async def test_a_lost_secret_is_explained(data_dir: Path, notes: Path) -> None:
    database = open_in(data_dir, notes)
    await database.open()
    await database.close()
    (data_dir / "pg18/secret").unlink()

    with pytest.raises(ConfigurationError, match="lost its file 'secret'"):
        await open_in(data_dir, notes).open()


async def test_two_databases_in_one_process_share_the_server(data_dir: Path, notes: Path) -> None:
    one, two = open_in(data_dir, notes), open_in(data_dir, notes)
    async with asyncio.timeout(30):
        await asyncio.gather(one.open(), two.open())
        await add_note(one, "shared")
        await one.close()

        assert await all_notes(two) == {"shared"}
        await two.close()

    assert not servers(data_dir)


async def test_callers_survive_the_crash_of_one_server_process(data_dir: Path, notes: Path) -> None:
    database = open_in(data_dir, notes)
    await add_note(database, "kept")
    async with database.transaction(ACCOUNT_ID) as connection:
        pid = await connection.fetchval("select pg_backend_pid()")

    killed = psutil.Process(pid)
    # PostgreSQL answers to the crash of one process by restarting all of them.
    os.kill(pid, signal.SIGKILL)
    await dead([killed])
    async with asyncio.timeout(30):
        found = await asyncio.gather(*(all_notes(database) for _ in range(10)))

    assert found == [{"kept"}] * 10
    await database.close()
    assert not servers(data_dir)


async def test_closing_during_the_first_start_leaves_no_server(data_dir: Path, notes: Path) -> None:
    database = open_in(data_dir, notes)
    database.start()
    await asyncio.sleep(0)
    await database.close()

    assert not servers(data_dir)
