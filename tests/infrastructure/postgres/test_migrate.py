import asyncio
from pathlib import Path

import pytest

from tests.infrastructure.conftest import BlankDatabase
from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.infrastructure.postgres.migrate import Migration, migrate, pending, read

pytestmark = pytest.mark.anyio


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, sql in files.items():
        (folder / f"{name}.sql").write_text(sql, encoding="utf-8")
    return folder


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        {
            "0001_one": "create table one (id int)",
            "0002_two": "create table two (id int); insert into two values (1)",
            "0003_three": "create table three (id int)",
        },
    )


async def test_five_runners_at_once_apply_each_file_once(blank: BlankDatabase, three: Path) -> None:
    connections = [await blank.connect() for _ in range(5)]

    async with asyncio.timeout(20):
        applied = await asyncio.gather(*(migrate(each, three) for each in connections))

    assert sum(applied) == 3
    assert await connections[0].fetchval("select count(*) from app.two") == 1
    assert await migrate(connections[0], three) == 0


async def test_a_failed_file_leaves_nothing_behind_and_the_ones_before_it_stay(
    blank: BlankDatabase, tmp_path: Path
) -> None:
    write(
        tmp_path,
        {
            "0001_one": "create table one (id int)",
            "0002_two": "create table two (id int); insert into two values (1); select 1 / 0",
        },
    )
    connection = await blank.connect()

    with pytest.raises(ConfigurationError, match=r"0002_two failed \(SQLSTATE 22012\)"):
        await migrate(connection, tmp_path)

    assert await connection.fetchval("select to_regclass('app.two')") is None
    assert await connection.fetchval("select max(version) from app.schema_migration") == 1
    (tmp_path / "0002_two.sql").write_text("create table two (id int)", encoding="utf-8")
    assert await migrate(connection, tmp_path) == 1


async def test_a_file_that_changed_after_it_was_applied_is_refused(
    blank: BlankDatabase, three: Path
) -> None:
    connection = await blank.connect()
    await migrate(connection, three)
    (three / "0002_two.sql").write_text("create table two (id bigint)", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="0002_two was changed"):
        await migrate(connection, three)


async def test_line_ends_do_not_count_as_a_change(blank: BlankDatabase, tmp_path: Path) -> None:
    (tmp_path / "0001_one.sql").write_bytes(b"create table one\n(id int);\n")
    connection = await blank.connect()
    await migrate(connection, tmp_path)
    (tmp_path / "0001_one.sql").write_bytes(b"create table one\r\n(id int);\r\n")

    assert await migrate(connection, tmp_path) == 0


async def test_the_shipped_migrations_apply_to_an_empty_database(blank: BlankDatabase) -> None:
    connection = await blank.connect()
    await connection.execute("create extension vector")
    folder = resources.path("migrations")

    assert await migrate(connection, folder) == len(read(folder))


def test_a_file_older_than_the_newest_applied_one_is_refused() -> None:
    first, second = Migration(1, "0001_late", "a"), Migration(2, "0002_two", "b")

    with pytest.raises(ConfigurationError, match="0001_late is older"):
        pending([first, second], {2: second.checksum})


def test_a_database_of_a_newer_release_is_refused() -> None:
    one = Migration(1, "0001_one", "a")

    with pytest.raises(ConfigurationError, match="newer TripSage"):
        pending([one], {1: one.checksum, 2: "of the future"})


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (["1_short"], "named NNNN_words.sql"),
        (["0001_Capital"], "named NNNN_words.sql"),
        (["0001_one", "0001_other"], "used twice"),
    ],
)
def test_a_folder_with_unclear_order_is_refused(
    tmp_path: Path, names: list[str], rule: str
) -> None:
    write(tmp_path, dict.fromkeys(names, "select 1"))

    with pytest.raises(ConfigurationError, match=rule):
        read(tmp_path)
