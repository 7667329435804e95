"""A database in which the owner has one row of every table."""

from uuid import uuid4

import pytest

from tests.repositories.rows import INSERTS, OWNER, PARENTS
from tripsage_mcp.infrastructure.database import Database


@pytest.fixture
async def parents(database: Database) -> Database:
    async with database.transaction(OWNER) as connection:
        for table, known_id in PARENTS.items():
            await connection.execute(INSERTS[table], OWNER, known_id)
    return database


@pytest.fixture
async def filled(parents: Database) -> Database:
    async with parents.transaction(OWNER) as connection:
        for table in INSERTS.keys() - PARENTS.keys():
            await connection.execute(INSERTS[table], OWNER, uuid4())
    return parents
