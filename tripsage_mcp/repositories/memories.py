"""Memories in PostgreSQL.

Row level security keeps text indexes from being used, and one traveller's memories are few: they
are read through the account's index and matched row by row.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from tripsage_mcp.domain.memory import Memory, key
from tripsage_mcp.infrastructure.postgres.connection import Connection, Row
from tripsage_mcp.repositories.ports import MemoryFilter, MemoryMatch

_LOCK = """
select pg_advisory_xact_lock(hashtextextended(app.current_account_id()::text || ' memory', 0))
"""

_ADD = """
insert into memory (
    memory_id, text, category, subject, subject_key, quote, origin, trip_id, valid_until,
    consented_at, created_at, superseded_by
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""

_GET = """
select
    memory_id, text, category, subject, quote, origin, trip_id, valid_until, consented_at,
    created_at, superseded_by
from memory
where memory_id = any($1::uuid[])
"""

_LIST = """
select
    memory_id, text, category, subject, quote, origin, trip_id, valid_until, consented_at,
    created_at, superseded_by
from memory
where ($1::text is null or category = $1)
    and ($2::text is null or subject_key = $2)
    and ($3::date is null or (superseded_by is null and (valid_until is null or valid_until >= $3)))
order by created_at desc, memory_id desc
"""

# Any of the words will do: an AND finds next to nothing, because people ask in other words than
# they told. A word that means nothing by itself becomes an empty query and is left out.
_SEARCH = """
with term as (
    select word, place, plainto_tsquery('english', word) as query
    from unnest($4::text[]) with ordinality as given (word, place)
    where numnode(plainto_tsquery('english', word)) > 0
), any_term as (
    select string_agg('(' || query::text || ')', ' | ')::tsquery as query from term
)
select
    memory_id, text, category, subject, quote, origin, trip_id, valid_until, consented_at,
    created_at, superseded_by,
    array(select word from term where memory.search @@ term.query order by place) as words
from memory cross join any_term
where search @@ any_term.query
    and ($1::text is null or category = $1)
    and ($2::text is null or subject_key = $2)
    and ($3::date is null or (superseded_by is null and (valid_until is null or valid_until >= $3)))
order by ts_rank_cd(search, any_term.query) desc, created_at desc, memory_id desc
"""

_SUPERSEDE = "update memory set superseded_by = $2 where memory_id = any($1::uuid[])"

_EARLIER = """
with recursive gone as (
    select memory_id from memory where memory_id = any($1::uuid[])
    union
    select memory.memory_id from memory join gone on memory.superseded_by = gone.memory_id
)
select
    memory_id, text, category, subject, quote, origin, trip_id, valid_until, consented_at,
    created_at, superseded_by
from memory
where memory_id in (select memory_id from gone) and memory_id <> all($1::uuid[])
order by created_at desc, memory_id desc
"""

_DELETE = "delete from memory where memory_id = any($1::uuid[])"


class PostgresMemories:
    """The memories that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Take the account's lock; it ends with the transaction."""
        await self._connection.execute(_LOCK)

    async def add(self, memory: Memory) -> None:
        """Insert a row."""
        await self._connection.execute(
            _ADD,
            memory.memory_id,
            memory.text,
            memory.category,
            memory.subject,
            key(memory.subject),
            memory.quote,
            memory.origin,
            memory.trip_id,
            memory.valid_until,
            memory.consented_at,
            memory.created_at,
            memory.superseded_by,
        )

    async def get(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        """Read rows."""
        return _memories(await self._connection.fetch(_GET, [*memory_ids]))

    async def list(self, which: MemoryFilter) -> tuple[Memory, ...]:
        """Read every row that fits."""
        return _memories(await self._connection.fetch(_LIST, *_filter(which)))

    async def search(self, words: Sequence[str], which: MemoryFilter) -> tuple[MemoryMatch, ...]:
        """Read the rows with any of the words."""
        rows = await self._connection.fetch(_SEARCH, *_filter(which), [*words])
        return tuple(MemoryMatch(_memory(row), tuple(row["words"])) for row in rows)

    async def supersede(self, memory_ids: Collection[UUID], by: UUID) -> None:
        """Update rows."""
        await self._connection.execute(_SUPERSEDE, [*memory_ids], by)

    async def earlier(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        """Read the rows these replaced, however far back."""
        return _memories(await self._connection.fetch(_EARLIER, [*memory_ids]))

    async def delete(self, memory_ids: Collection[UUID]) -> None:
        """Delete rows; a foreign key deletes what they replaced."""
        await self._connection.execute(_DELETE, [*memory_ids])


def _filter(which: MemoryFilter) -> tuple[object, object, object]:
    return which.category, None if which.subject is None else key(which.subject), which.on


def _memories(rows: Sequence[Row]) -> tuple[Memory, ...]:
    return tuple(_memory(row) for row in rows)


def _memory(row: Row) -> Memory:
    return Memory(
        memory_id=row["memory_id"],
        text=row["text"],
        category=row["category"],
        subject=row["subject"],
        quote=row["quote"],
        origin=row["origin"],
        trip_id=row["trip_id"],
        valid_until=row["valid_until"],
        consented_at=row["consented_at"],
        created_at=row["created_at"],
        superseded_by=row["superseded_by"],
    )
