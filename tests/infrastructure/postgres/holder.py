"""A TripSage process for the tests: opens the database, writes a note, says so, and waits.

    python -m tests.infrastructure.postgres.holder DATA_DIR MIGRATIONS NOTE

It closes the database in good order when its standard input ends.
"""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

from tripsage_mcp.infrastructure.database import Database, DatabaseConfig

ACCOUNT_ID = UUID(int=7)


async def hold(data_dir: str, migrations: str, note: str) -> None:
    database = Database(DatabaseConfig(data_dir=Path(data_dir)), migrations=Path(migrations))
    await database.open()
    async with database.transaction(ACCOUNT_ID) as connection:
        await connection.execute(
            "insert into note (account_id, text) values ($1, $2)", ACCOUNT_ID, note
        )
        started = await connection.fetchval("select pg_postmaster_start_time()::text")
    print(json.dumps({"server_started": started}), flush=True)  # noqa: T201 - read by the test
    await asyncio.to_thread(sys.stdin.read)
    await database.close()


if __name__ == "__main__":
    asyncio.run(hold(*sys.argv[1:]))
