"""The three memory tools, through a real client."""

import json
from typing import Any

import jsonschema
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from inline_snapshot import snapshot

from tests.build import server
from tests.fakes_storage import FakeStorage
from tests.services.memory_talk import HandClock
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.tools import forget, recall, remember

pytestmark = pytest.mark.anyio

TOOLS = [remember.TOOL, recall.TOOL, forget.TOOL]


def client() -> Client[Any]:
    return Client(server([*TOOLS], memories=MemoryService(FakeStorage(), HandClock())))


def content(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


def words(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


async def test_a_session_remembers_and_the_next_recalls() -> None:
    app = server([*TOOLS], memories=MemoryService(FakeStorage(), HandClock()))
    statements = [
        {"text": "Prefers aisle seats", "category": "flights", "quote": "Corredor!"},
        {"text": "Allergic to peanuts", "category": "dietary", "subject": "Ines"},
        {"text": "Travels with a cot", "category": "stays", "valid_until": "2027-12-31"},
    ]
    async with Client(app) as mcp:
        kept = await mcp.call_tool("remember", {"memories": statements, "consent": True})
    async with Client(app) as mcp:
        found = await mcp.call_tool("recall", {})

    assert [row["new"] for row in content(kept)["stored"]] == [True] * 3
    assert words(kept) == snapshot("""\
Remembered:
- Prefers aisle seats
- Ines: Allergic to peanuts
- Travels with a cot (until 2027-12-31)\
""")
    rows = content(found)["memories"]
    assert [row["category"] for row in rows] == ["dietary", "flights", "stays"]
    assert rows[1] | {"memory_id": ""} == snapshot(
        {
            "memory_id": "",
            "text": "Prefers aisle seats",
            "category": "flights",
            "why": "profile",
            "quote": "Corredor!",
            "since": "2027-01-04",
        }
    )
    assert words(found) == snapshot("""\
Dietary
- Ines: Allergic to peanuts
Flights
- Prefers aisle seats
Stays
- Travels with a cot (until 2027-12-31)\
""")


async def test_a_query_says_why_each_statement_is_there() -> None:
    statements = [
        {"text": "Prefers aisle seats", "category": "flights"},
        {"text": "Vegetarian", "category": "dietary"},
        {"text": "Likes jazz", "category": "activities", "origin": "inferred"},
    ]
    async with client() as mcp:
        await mcp.call_tool("remember", {"memories": statements, "consent": True})
        found = await mcp.call_tool("recall", {"query": "which seats"})

    assert [(row["text"], row["why"]) for row in content(found)["memories"]] == [
        ("Vegetarian", "always"),
        ("Prefers aisle seats", "matched: seats"),
    ]
    assert content(found)["total"] == 3
    assert words(found).endswith("2 of 3 known statements.")


async def test_what_contradicts_is_shown_as_related_and_can_be_superseded() -> None:
    old = {"text": "Home airport is Lisbon", "category": "identity_home"}
    new = {"text": "Home airport is Porto", "category": "identity_home"}
    async with client() as mcp:
        await mcp.call_tool("remember", {"memories": [old]})
        kept = content(await mcp.call_tool("remember", {"memories": [new]}))["stored"][0]
        replaced = {**new, "supersedes": [kept["related"][0]["memory_id"]]}
        again = await mcp.call_tool("remember", {"memories": [replaced]})
        found = await mcp.call_tool("recall", {})

    assert kept["related"][0]["text"] == old["text"]
    assert content(again)["stored"][0]["superseded"] == replaced["supersedes"]
    assert words(again).endswith("(known already) (in place of 1)")
    assert [row["text"] for row in content(found)["memories"]] == [new["text"]]


async def test_forgetting_by_description_asks_first() -> None:
    statements = [
        {"text": "Prefers aisle seats", "category": "flights"},
        {"text": "Likes jazz", "category": "activities"},
    ]
    async with client() as mcp:
        await mcp.call_tool("remember", {"memories": statements})
        preview = await mcp.call_tool("forget", {"query": "jazz"})
        token = content(preview)["confirmation_token"]
        done = await mcp.call_tool("forget", {"query": "jazz", "confirmation_token": token})
        used = await mcp.call_tool(
            "forget", {"query": "jazz", "confirmation_token": token}, raise_on_error=False
        )
        left = content(await mcp.call_tool("recall", {}))["memories"]
        by_id = await mcp.call_tool("forget", {"memory_ids": [left[0]["memory_id"]]})
        nothing = await mcp.call_tool("forget", {"everything": True})
        empty = await mcp.call_tool("recall", {})

    assert (content(preview)["erased"], content(preview)["count"]) == (False, 1)
    assert words(preview) == snapshot("""\
Nothing is forgotten yet. This would erase 1 statement:
- Likes jazz
If the traveller agrees, call again with the confirmation_token.\
""")
    assert (content(done)["erased"], content(done)["memories"]) == (True, [])
    assert content(used)["code"] == "conflict"
    assert [row["text"] for row in left] == ["Prefers aisle seats"]
    assert words(by_id) == snapshot("Forgot 1 statement for good.")
    assert words(nothing) == snapshot("Nothing fits; nothing was forgotten.")
    assert words(empty) == snapshot("Nothing is remembered yet.")


async def test_answers_fit_their_schemas_and_hold_no_nulls() -> None:
    statements = [{"text": f"Fact {n} on trains", "category": "other"} for n in range(20)]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("remember", {"memories": statements}),
        ("remember", {"memories": statements[:2]}),
        ("recall", {}),
        ("recall", {"query": "trains", "limit": 3}),
        ("forget", {"category": "other"}),
    ]
    async with client() as mcp:
        schemas = {tool.name: tool.output_schema for tool in await mcp.list_tools()}
        for name, arguments in calls:
            answer = content(await mcp.call_tool(name, arguments))
            schema = schemas[name]
            assert schema is not None
            jsonschema.validate(answer, schema)
            assert "null" not in json.dumps(answer)


async def test_a_profile_keeps_to_the_tokens_asked_for() -> None:
    async with client() as mcp:
        for batch in range(5):
            statements = [
                {"text": f"Fact {batch} {n}: " + "likes long walks " * 4, "category": "other"}
                for n in range(20)
            ]
            await mcp.call_tool("remember", {"memories": statements})
        answer = content(await mcp.call_tool("recall", {"max_tokens": 1000}))

    assert answer["total"] == 100
    assert 10 <= len(answer["memories"]) < 100
    # Four bytes a token is what English costs; ids cost more, hence the margin in the estimate.
    assert len(json.dumps(answer, separators=(",", ":"))) <= 1000 * 4


@pytest.mark.parametrize(
    ("tool", "arguments", "argument"),
    [
        ("remember", {"memories": []}, "memories"),
        ("remember", {"memories": [{"text": "x"}]}, "memories.0.category"),
        ("remember", {"memories": [{"text": "x", "category": "no"}]}, "memories.0.category"),
        ("remember", {"memories": [{"text": "Vegan", "category": "dietary"}]}, "consent"),
        ("recall", {"limit": 0}, "limit"),
        ("recall", {"category": "no"}, "category"),
        ("forget", {}, "memory_ids"),
        ("forget", {"everything": True, "confirmation_token": "x"}, "confirmation_token"),
    ],
)
async def test_bad_input_is_an_error_that_names_the_argument(
    tool: str, arguments: dict[str, Any], argument: str
) -> None:
    async with client() as mcp:
        result = await mcp.call_tool(tool, arguments, raise_on_error=False)

    assert result.is_error
    assert content(result)["code"] == "invalid_request"
    assert content(result)["argument"] == argument


async def test_the_descriptions_are_short_and_the_hints_honest() -> None:
    async with client() as mcp:
        tools = {tool.name: tool for tool in await mcp.list_tools()}

    for tool in tools.values():
        assert len(tool.description or "") <= 350
    hints = {
        name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint)
        for name, tool in tools.items()
        if tool.annotations is not None
    }
    assert hints == {
        "remember": (False, False),
        "recall": (True, False),
        "forget": (False, True),
    }
