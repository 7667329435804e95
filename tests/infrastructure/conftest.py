"""Databases of one's own on the session's server, and a schema with one traveller-owned table."""

import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.infrastructure.programs import Programs
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import DriverConnection
from tripsage_mcp.infrastructure.postgres.driver import connect

NOTES = """
create table note (
    id integer generated always as identity primary key,
    account_id uuid not null,
    text text not null unique
);
alter table note enable row level security;
alter table note force row level security;
create policy own on note using (account_id = (select app.current_account_id()));
"""


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped foundation and one table on top."""
    folder = tmp_path_factory.mktemp("migrations")
    shutil.copy(resources.path("migrations", "0001_foundation.sql"), folder)
    (folder / "0002_notes.sql").write_text(NOTES, encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class BlankDatabase:
    """An empty database on the session's server."""

    name: str
    host: str
    port: int
    password: str
    opened: list[DriverConnection] = field(default_factory=list[DriverConnection])

    async def connect(self) -> DriverConnection:
        """Connect as superuser; the fixture closes it."""
        connection = await connect(
            host=self.host,
            port=self.port,
            user="postgres",
            password=self.password,
            database=self.name,
        )
        self.opened.append(connection)
        return connection

    def url(
        self,
        *,
        user: str = "postgres",
        password: str | None = None,
        database: str | None = None,
        more: str = "",
    ) -> str:
        return (
            f"postgresql://{user}:{password or self.password}@/{database or self.name}"
            f"?host={quote(self.host)}&port={self.port}{more}"
        )


@pytest.fixture
async def blank(session_database: Database) -> AsyncGenerator[BlankDatabase]:
    engine: Any = vars(session_database)["_engine"]
    name = f"blank_{uuid4().hex}"
    superuser, address = engine.lease.connection, engine.lease.address
    await superuser.execute(f"create database {name}")
    password = engine.supervisor.cluster.password("postgres")
    blank = BlankDatabase(name, address.host, address.port, password)
    yield blank
    for connection in blank.opened:
        connection.terminate()
    await superuser.execute(f"drop database {name} with (force)")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """An empty PATH, to be filled."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return Programs(folder, monkeypatch)
