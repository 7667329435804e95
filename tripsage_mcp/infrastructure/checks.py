"""Signs of life of what the server leans on, in words for the operator."""

from tripsage_mcp.errors import StorageError
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.keyvalue import KeyValue, MemoryKeyValue


async def check_database(database: Database) -> str:
    """Say which database answers, and how fast.

    Raises:
        StorageError: none does.
    """
    found = await database.check()
    where = f", {found.data_directory}" if found.data_directory else ""
    return (
        f"{found.kind} PostgreSQL {found.server_version}, pgvector {found.pgvector_version},"
        f" {found.latency_ms:g} ms{where}"
    )


async def check_cache(cache: KeyValue) -> str:
    """Write and read one key: without Redis the cache is this process' own memory.

    Raises:
        StorageError: Redis does not answer.
    """
    await cache.set("tripsage:check", b"1", ttl_s=60)
    answered = await cache.get("tripsage:check") == b"1"
    if isinstance(cache, MemoryKeyValue):
        return "in this process; set TRIPSAGE_REDIS_URL to share it between servers"
    if not answered:
        raise StorageError(
            "Redis does not answer; the server works without its cache",
            hint="Check TRIPSAGE_REDIS_URL and that Redis is running.",
        )
    return "Redis"
