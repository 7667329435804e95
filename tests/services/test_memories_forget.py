from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes_storage import FakeStorage
from tests.services.memory_talk import ME, HandClock, fill, known, tell
from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import ConflictError, InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.repositories.postgres import PostgresStorage
from tripsage_mcp.services.memories.requests import ForgetRequest
from tripsage_mcp.services.memories.service import MemoryService

pytestmark = pytest.mark.anyio


async def test_ids_are_forgotten_at_once_with_what_they_superseded(
    memories: MemoryService,
) -> None:
    old = await tell(memories, "Lives in Lisbon", "identity_home")
    new = await tell(
        memories, "Lives in Porto", "identity_home", supersedes=[str(old.memory.memory_id)]
    )
    await tell(memories, "Prefers aisle seats")

    gone = await memories.forget(ME, ForgetRequest([str(new.memory.memory_id)]))

    assert (gone.erased, gone.memories, gone.earlier_versions) == (True, (new.memory,), 1)
    assert await known(memories) == ["Prefers aisle seats"]
    for memory_id in (old.memory.memory_id, new.memory.memory_id):
        with pytest.raises(NotFoundError):
            await memories.forget(ME, ForgetRequest([str(memory_id)]))


async def test_one_unknown_id_keeps_all_from_being_forgotten(
    storage: Storage, memories: MemoryService
) -> None:
    mine = str((await tell(memories, "Prefers aisle seats")).memory.memory_id)

    with pytest.raises(NotFoundError, match="nothing was forgotten"):
        await memories.forget(ME, ForgetRequest([mine, str(uuid4())]))
    with pytest.raises(NotFoundError):
        await MemoryService(storage).forget(Account(uuid4()), ForgetRequest([mine]))

    assert await known(memories) == ["Prefers aisle seats"]


@pytest.mark.parametrize(
    ("request_", "gone"),
    [
        (ForgetRequest(query="aisle seats"), {"Prefers aisle seats on long flights"}),
        (ForgetRequest(category="dietary"), {"Allergic to peanuts"}),
        (ForgetRequest(subject="Ines"), {"Uses a wheelchair"}),
        (ForgetRequest(query="peanuts", category="dietary"), {"Allergic to peanuts"}),
        (
            ForgetRequest(everything=True),
            {
                "Allergic to peanuts",
                "Prefers aisle seats on long flights",
                "Uses a wheelchair",
                "Hotel budget is 180 euros a night",
                "Spent a week in São Miguel",
            },
        ),
    ],
)
async def test_a_description_is_first_previewed_then_forgotten_once(
    memories: MemoryService, request_: ForgetRequest, gone: set[str]
) -> None:
    await fill(memories)
    before = set(await known(memories))

    preview = await memories.forget(ME, request_)

    assert not preview.erased
    assert {each.text for each in preview.memories} == gone
    assert set(await known(memories)) == before
    confirmed = replace(request_, confirmation_token=preview.confirmation_token)
    done = await memories.forget(ME, confirmed)
    assert (done.erased, done.memories) == (True, preview.memories)
    assert set(await known(memories)) == before - gone
    with pytest.raises(ConflictError):
        await memories.forget(ME, confirmed)


async def test_a_preview_of_nothing_gives_no_token(memories: MemoryService) -> None:
    preview = await memories.forget(ME, ForgetRequest(query="zeppelin"))

    assert (preview.memories, preview.erased, preview.confirmation_token) == ((), False, None)


async def test_a_token_confirms_only_what_was_shown(
    memories: MemoryService, clock: HandClock
) -> None:
    await fill(memories)
    shown = await memories.forget(ME, ForgetRequest(category="flights"))
    token = shown.confirmation_token
    confirmed = ForgetRequest(category="flights", confirmation_token=token)

    with pytest.raises(ConflictError):
        await memories.forget(ME, ForgetRequest(everything=True, confirmation_token=token))
    await tell(memories, "Flies with TAP")
    with pytest.raises(ConflictError):
        await memories.forget(ME, confirmed)

    shown = await memories.forget(ME, ForgetRequest(category="flights"))
    confirmed = replace(confirmed, confirmation_token=shown.confirmation_token)
    assert shown.token_expires_at is not None
    clock.now = shown.token_expires_at + timedelta(seconds=1)
    with pytest.raises(ConflictError):
        await memories.forget(ME, confirmed)
    assert len(await known(memories)) == 6


async def test_a_token_of_another_server_or_account_is_refused(
    storage: Storage, memories: MemoryService, clock: HandClock
) -> None:
    await fill(memories)
    shared = replace(memories, secret=b"shared")
    token = (await shared.forget(ME, ForgetRequest(everything=True))).confirmation_token
    confirmed = ForgetRequest(everything=True, confirmation_token=token)

    with pytest.raises(ConflictError):
        await memories.forget(ME, confirmed)
    with pytest.raises(ConflictError):
        await shared.forget(Account(uuid4()), confirmed)

    assert (await MemoryService(storage, clock, secret=b"shared").forget(ME, confirmed)).erased


@pytest.mark.parametrize("token", ["", "x", "ü", "A" * 27, "A" * 29])
async def test_a_token_that_is_not_one_is_refused(token: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await MemoryService(FakeStorage()).forget(
            ME, ForgetRequest(everything=True, confirmation_token=token)
        )

    assert caught.value.argument == "confirmation_token"


async def test_what_was_forgotten_is_nowhere_in_the_database(database: Database) -> None:
    memories = MemoryService(PostgresStorage(database))
    old = await tell(memories, "Loves xylophones", "other", quote="Xylophones!")
    new = await tell(
        memories,
        "Hates xylophones",
        "other",
        subject="Xylo",
        supersedes=[str(old.memory.memory_id)],
    )
    assert await _rows_that_mention(database, "xylo") != []

    await memories.forget(ME, ForgetRequest([str(new.memory.memory_id)]))

    assert await _rows_that_mention(database, "xylo") == []


async def _rows_that_mention(database: Database, word: str) -> list[str]:
    """Look through every column of every table, as the superuser who sees all rows."""
    engine: Any = vars(database)["_engine"]
    superuser = engine.lease.connection
    tables = await superuser.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    found: list[str] = []
    for table in tables:
        rows = await superuser.fetch(f"select t::text as row from {table['name']} t")  # noqa: S608
        found += [row["row"] for row in rows if word in row["row"].lower()]
    return found


ID = str(uuid4())


@pytest.mark.parametrize(
    ("argument", "request_"),
    [
        ("memory_ids", ForgetRequest()),
        ("memory_ids", ForgetRequest([ID], query="seats")),
        ("memory_ids", ForgetRequest([ID], everything=True)),
        ("memory_ids", ForgetRequest(subject="Ines", everything=True)),
        ("memory_ids", ForgetRequest(["42"])),
        ("memory_ids", ForgetRequest([ID] * 101)),
        ("query", ForgetRequest(query="")),
        ("confirmation_token", ForgetRequest([ID], confirmation_token="x")),
    ],
)
async def test_bad_erasures_are_named(argument: str, request_: ForgetRequest) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await MemoryService(FakeStorage()).forget(ME, request_)

    assert caught.value.argument == argument
