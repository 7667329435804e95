import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fakes_storage import FakeStorage
from tests.services.memory_talk import ME, NOW, TODAY, HandClock, fill, known, profile, tell
from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import ConflictError, InvalidRequestError, NotFoundError
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.memories.requests import RecallRequest, Statement
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.trips.service import SaveRequest, TripService

pytestmark = pytest.mark.anyio


async def test_what_is_remembered_is_echoed_and_recalled(memories: MemoryService) -> None:
    remembered = await memories.remember(
        ME,
        [
            Statement("  Prefers   aisle seats ", "flights", quote="Corredor, por favor"),
            Statement("Clara is seven", "companions", subject="Clara", origin="inferred"),
        ],
    )

    assert [(k.memory.text, k.new, k.related) for k in remembered.kept] == [
        ("Prefers aisle seats", True, ()),
        ("Clara is seven", True, ()),
    ]
    found = await profile(memories)
    assert found.total == 2
    assert {each.memory for each in found.recalled} == {k.memory for k in remembered.kept}
    assert {each.why for each in found.recalled} == {"profile"}


async def test_the_same_statement_is_kept_once(memories: MemoryService) -> None:
    first = await tell(memories, "Prefers aisle seats")
    again = await tell(memories, "prefers AISLE seats!", subject="Self")
    batch = await memories.remember(ME, [Statement("Loves tapas", "activities")] * 2)

    assert (again.new, again.memory) == (False, first.memory)
    assert [each.new for each in batch.kept] == [True, False]
    assert await known(memories) == ["Prefers aisle seats", "Loves tapas"]


async def test_the_same_words_about_someone_or_something_else_are_kept_apart(
    memories: MemoryService,
) -> None:
    await tell(memories, "Prefers aisle seats")

    assert (await tell(memories, "Prefers aisle seats", subject="Ines")).new
    assert (await tell(memories, "Prefers aisle seats", "other")).new
    assert (await tell(memories, "Prefers aisle seats", valid_until=TODAY)).new


async def test_the_same_statement_from_many_sessions_at_once_is_kept_once(
    memories: MemoryService,
) -> None:
    async with asyncio.timeout(20):
        kept = await asyncio.gather(*(tell(memories, "Prefers aisle seats") for _ in range(5)))

    assert sorted(each.new for each in kept) == [False] * 4 + [True]
    assert await known(memories) == ["Prefers aisle seats"]


async def test_what_was_inferred_gives_way_when_the_traveller_says_it(
    memories: MemoryService,
) -> None:
    guess = await tell(memories, "Likes jazz", "activities", origin="inferred")
    said = await tell(memories, "Likes jazz", "activities")
    later_guess = await tell(memories, "Likes jazz", "activities", origin="inferred")

    assert (said.new, said.superseded) == (True, (guess.memory.memory_id,))
    assert (later_guess.new, later_guess.memory) == (False, said.memory)


async def test_a_superseded_statement_is_no_longer_recalled(memories: MemoryService) -> None:
    old = await tell(memories, "Home airport is Lisbon", "identity_home")
    new = await tell(
        memories,
        "Home airport is Porto",
        "identity_home",
        supersedes=[str(old.memory.memory_id)],
    )

    assert new.superseded == (old.memory.memory_id,)
    assert new.related == ()
    assert await known(memories) == ["Home airport is Porto"]
    assert await known(memories, query="Lisbon airport") == ["Home airport is Porto"]


async def test_superseding_again_by_the_same_statement_changes_nothing(
    memories: MemoryService,
) -> None:
    old = [str((await tell(memories, "Lives in Lisbon")).memory.memory_id)]
    first = await tell(memories, "Lives in Porto", supersedes=old)
    again = await tell(memories, "Lives in Porto", supersedes=old)

    assert (again.new, again.memory, again.superseded) == (False, first.memory, ())
    with pytest.raises(ConflictError, match="superseded already"):
        await tell(memories, "Lives in Braga", supersedes=old)
    assert await known(memories) == ["Lives in Porto"]


async def test_a_statement_cannot_supersede_itself(memories: MemoryService) -> None:
    first = await tell(memories, "Lives in Lisbon")
    again = await tell(memories, "Lives in Lisbon", supersedes=[str(first.memory.memory_id)])

    assert (again.new, again.superseded) == (False, ())
    assert await known(memories) == ["Lives in Lisbon"]


async def test_two_statements_of_a_batch_that_swap_places_leave_one_standing(
    memories: MemoryService,
) -> None:
    tea, coffee = await tell(memories, "Drinks tea"), await tell(memories, "Drinks coffee")

    await memories.remember(
        ME,
        [
            Statement("Drinks tea", "flights", supersedes=[str(coffee.memory.memory_id)]),
            Statement("Drinks coffee", "flights", supersedes=[str(tea.memory.memory_id)]),
        ],
    )

    assert await known(memories) == ["Drinks coffee"]


async def test_related_statements_are_shown_most_words_in_common_first(
    memories: MemoryService,
) -> None:
    await tell(memories, "Home airport is Lisbon", "identity_home")
    await tell(memories, "Sleeps at an airport hotel before early flights", "stays")
    await tell(memories, "Enjoys modern art", "activities")
    for n in range(3):
        await tell(memories, f"Airport lounge card number {n}", "loyalty")

    kept = await tell(memories, "The home airport is Porto now", "identity_home")

    assert len(kept.related) == 3
    assert kept.related[0].text == "Home airport is Lisbon"
    assert all("irport" in each.text for each in kept.related)


async def test_a_batch_is_stored_whole_or_not_at_all(memories: MemoryService) -> None:
    with pytest.raises(NotFoundError, match="nothing was stored"):
        await memories.remember(
            ME,
            [
                Statement("Prefers aisle seats", "flights"),
                Statement("Lives in Porto", "other", supersedes=[str(uuid4())]),
            ],
        )
    with pytest.raises(NotFoundError, match="no such trip"):
        await tell(memories, "Wants a pool there", "stays", trip_id=str(uuid4()))

    assert await known(memories) == []


async def test_a_statement_may_be_about_one_trip(storage: Storage, memories: MemoryService) -> None:
    request = SaveRequest(
        destination="Rome", start_date=date(2027, 5, 10), end_date=date(2027, 5, 14)
    )
    trip_id = (await TripService(storage).save(ME, request)).trip_id
    kept = await tell(memories, "Wants a pool", "stays", trip_id=str(trip_id))

    assert kept.memory.trip_id == trip_id
    theirs = MemoryService(storage)
    with pytest.raises(NotFoundError):
        await theirs.remember(
            Account(uuid4()), [Statement("Wants a pool", "stays", trip_id=str(trip_id))]
        )


async def test_a_statement_lasts_through_its_last_day(
    memories: MemoryService, clock: HandClock
) -> None:
    await tell(memories, "Travels with a cast", "health_access", valid_until=TODAY)

    assert await known(memories) == ["Travels with a cast"]
    clock.now += timedelta(days=1)
    assert await known(memories) == []
    assert (await tell(memories, "Travels with a cast", "health_access")).new


async def test_the_profile_is_grouped_by_category_with_hard_constraints_first(
    memories: MemoryService,
) -> None:
    await fill(memories)
    await tell(memories, "Flies with TAP")

    found = await profile(memories)

    assert [(each.memory.category, each.why) for each in found.recalled] == [
        ("dietary", "always"),
        ("health_access", "always"),
        ("flights", "profile"),
        ("flights", "profile"),
        ("budget", "profile"),
        ("past_trips", "profile"),
    ]


@pytest.mark.parametrize("query", ["seats", "zeppelin", "the", "日本"])
async def test_hard_constraints_come_whatever_was_asked(
    memories: MemoryService, query: str
) -> None:
    await fill(memories)

    found = await profile(memories, query=query, category="flights", limit=1, max_tokens=200)

    assert {each.memory.text for each in found.recalled[:2]} == {
        "Allergic to peanuts",
        "Uses a wheelchair",
    }
    assert [each.why for each in found.recalled[:2]] == ["always", "always"]
    assert found.total == 3


async def test_a_query_finds_by_words_and_says_which(memories: MemoryService) -> None:
    await fill(memories)

    found = await profile(memories, query="Which seat on the flight?")

    assert [(e.memory.text, e.why, e.words) for e in found.recalled[2:]] == [
        ("Prefers aisle seats on long flights", "matched", ("seat", "flight"))
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [("allergies", "Allergic to peanuts"), ("Sao Miguel", "Spent a week in São Miguel")],
)
async def test_a_query_finds_what_full_text_search_misses(
    memories: MemoryService, query: str, text: str
) -> None:
    await fill(memories)

    found = {
        each.memory.text: each.words for each in (await profile(memories, query=query)).recalled
    }

    assert found[text]


async def test_a_subject_narrows_everything_to_one_person(memories: MemoryService) -> None:
    await fill(memories)

    assert await known(memories, subject="ines") == ["Uses a wheelchair"]
    assert await known(memories, subject="SELF", category="budget") == [
        "Allergic to peanuts",
        "Hotel budget is 180 euros a night",
    ]


async def test_an_answer_keeps_to_its_limit_and_its_budget_the_newest_first(
    memories: MemoryService,
) -> None:
    await tell(memories, "Allergic to peanuts", "dietary")
    for n in range(6):
        await tell(memories, f"Fact number {n}, " + "very " * 60 + "long", "other")

    assert len(await known(memories, limit=2)) == 3
    small = await profile(memories, max_tokens=250)
    assert [each.memory.text[:13] for each in small.recalled] == ["Allergic to p", "Fact number 5"]
    assert small.total == 7


async def test_no_hard_constraint_is_dropped_for_want_of_room(memories: MemoryService) -> None:
    texts = [f"Allergic to {n} " + "and related kinds " * 20 for n in range(5)]
    for text in texts:
        await tell(memories, text, "dietary")
    await tell(memories, "Likes jazz", "activities")

    for query in (None, "jazz"):
        found = await known(memories, query=query, limit=1, max_tokens=200)
        assert sorted(found) == [text.strip() for text in texts]


async def test_nobody_recalls_what_another_told(storage: Storage, memories: MemoryService) -> None:
    await fill(memories)

    stranger = await MemoryService(storage).recall(Account(uuid4()), RecallRequest(query="seats"))

    assert (stranger.recalled, stranger.total) == ((), 0)


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("memories.0.text", {"text": " "}),
        ("memories.0.text", {"text": "!?"}),
        ("memories.0.text", {"text": "x" * 501}),
        ("memories.0.text", {"text": "a\x00b"}),
        ("memories.0.category", {"category": "secrets"}),
        ("memories.0.subject", {"subject": ""}),
        ("memories.0.subject", {"subject": "-"}),
        ("memories.0.quote", {"quote": "\ud800"}),
        ("memories.0.origin", {"origin": "guessed"}),
        ("memories.0.origin", {"category": "health_access", "origin": "inferred"}),
        ("consent", {"category": "dietary"}),
        ("consent", {"category": "health_access"}),
        ("memories.0.trip_id", {"trip_id": "42"}),
        ("memories.0.valid_until", {"valid_until": TODAY - timedelta(days=1)}),
        ("memories.0.supersedes", {"supersedes": ["42"]}),
        ("memories.0.supersedes", {"supersedes": [str(UUID(int=n)) for n in range(21)]}),
    ],
)
async def test_bad_statements_are_named_before_anything_is_stored(
    argument: str, given: dict[str, Any]
) -> None:
    storage = FakeStorage()
    usual: dict[str, Any] = {"text": "Prefers aisle seats", "category": "flights"}
    statement = Statement(**usual | given)

    with pytest.raises(InvalidRequestError) as caught:
        await MemoryService(storage, now=lambda: NOW).remember(ME, [statement])

    assert caught.value.argument == argument
    assert storage.begun == 0


@pytest.mark.parametrize("count", [0, 21])
async def test_a_batch_has_1_to_20_statements(count: int) -> None:
    with pytest.raises(InvalidRequestError, match="memories: must be 1 to 20"):
        await MemoryService(FakeStorage()).remember(ME, [Statement("A fact", "other")] * count)


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("query", {"query": ""}),
        ("query", {"query": "??"}),
        ("query", {"query": "x" * 301}),
        ("category", {"category": "secrets"}),
        ("subject", {"subject": " "}),
        ("limit", {"limit": 0}),
        ("limit", {"limit": 101}),
        ("max_tokens", {"max_tokens": 199}),
        ("max_tokens", {"max_tokens": 8001}),
    ],
)
async def test_bad_questions_are_named(argument: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await profile(MemoryService(FakeStorage()), **given)

    assert caught.value.argument == argument
