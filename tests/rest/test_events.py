import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.fakes_storage import FakeStorage, ShakyStorage
from tests.loopback import PATIENCE_S, served
from tests.rest.served import client, fields, quiet_mcp, refused, services
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.rest import events as rest_events
from tripsage_mcp.rest.app import build_rest
from tripsage_mcp.services.events import EventService

pytestmark = pytest.mark.anyio

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


class Stage:
    """Events over a fake storage, and a server that streams them."""

    def __init__(self, *, look_every_s: float = 60) -> None:
        self.storage = FakeStorage()
        self.events = EventService(self.storage, MemoryBus(), look_every_s)

    async def happen(
        self, price: str = "1 EUR", *, account: Account = LOCAL_ACCOUNT, at: datetime = AT
    ) -> UUID:
        subject = uuid4()
        async with self.storage.begin(account) as unit:
            await unit.events.add("price_watch.changed", subject, {"price": price}, at)
        await self.events.announce(account)
        return subject

    @asynccontextmanager
    async def http(self) -> AsyncGenerator[httpx.AsyncClient]:
        app = build_rest(services(events=self.events), quiet_mcp())
        async with (
            asyncio.timeout(PATIENCE_S),
            served(app, self.events.end) as url,
            httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=PATIENCE_S) as http,
        ):
            yield http


class SlowStorage:
    """Answers nobody until `answers` is set."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.answers = asyncio.Event()

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        await self.answers.wait()
        async with self.storage.begin(account) as unit:
            yield unit

    @asynccontextmanager
    async def begin_as_guest(self, token_hash: bytes) -> AsyncGenerator[UnitOfWork]:
        await self.answers.wait()
        async with self.storage.begin_as_guest(token_hash) as unit:
            yield unit


@pytest.fixture
def stage() -> Stage:
    return Stage()


class Stream:
    """What a browser would make of a stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines: AsyncIterator[str] = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """Return the fields up to the next empty line; a comment has no name."""
        found: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(": " if not line.startswith(":") else ":")
            found[name] = value.strip()
        raise StopAsyncIteration

    async def event(self) -> dict[str, str]:
        """Return the next event, passing over comments."""
        while "event" not in (found := await self.block()):
            pass
        return found


@asynccontextmanager
async def opened(
    http: httpx.AsyncClient, url: str = "/events", **more: Any
) -> AsyncGenerator[Stream]:
    async with http.stream("GET", url, **more) as response:
        assert response.status_code == 200, await response.aread()
        stream = Stream(response)
        assert await stream.block() == {"retry": "5000"}
        yield stream


async def test_an_event_is_told_as_it_happens_with_its_number(stage: Stage) -> None:
    async with stage.http() as http, opened(http) as stream:
        subject = await stage.happen("89.00 EUR")
        told = await stream.event()
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert stream.response.headers["cache-control"] == "no-store"
    assert (told["id"], told["event"]) == ("1", "price_watch.changed")
    assert json.loads(told["data"]) == {
        "id": 1,
        "kind": "price_watch.changed",
        "subject": str(subject),
        "at": "2027-03-01T12:00:00Z",
        "data": {"price": "89.00 EUR"},
    }


async def test_who_comes_back_is_told_what_was_missed(stage: Stage) -> None:
    for n in range(4):
        await stage.happen(f"{n} EUR")
    async with stage.http() as http:
        async with opened(http, params={"after": "2"}) as stream:
            assert [(await stream.event())["id"] for _ in range(2)] == ["3", "4"]
        # The browser's own header is newer than the address it opens again.
        headers = {"last-event-id": "3"}
        async with opened(http, params={"after": "0"}, headers=headers) as stream:
            assert (await stream.event())["id"] == "4"
        async with opened(http) as stream:
            await stage.happen("new")
            assert (await stream.event())["id"] == "5"


async def test_who_was_away_too_long_is_told_that_something_is_missing(stage: Stage) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    await stage.happen(at=old)
    await stage.happen(at=old)
    await stage.storage.queue.forget_events()
    await stage.happen("3 EUR")
    async with stage.http() as http, opened(http, params={"after": "0"}) as stream:
        missed, told = await stream.event(), await stream.event()
    assert (missed["event"], missed["id"], told["id"]) == ("missed", "2", "3")


async def test_nobody_is_told_of_another_accounts_events(stage: Stage) -> None:
    async with stage.http() as http, opened(http, params={"after": "0"}) as stream:
        await stage.happen(account=Account(uuid4()))
        await stage.happen("mine")
        assert json.loads((await stream.event())["data"])["data"] == {"price": "mine"}


async def test_a_stream_without_events_shows_that_it_is_alive() -> None:
    stage = Stage(look_every_s=0.01)
    async with stage.http() as http, opened(http) as stream:
        assert [await stream.block() for _ in range(3)] == [{"": "nothing new"}] * 3


async def test_a_text_with_line_ends_stays_one_event(stage: Stage) -> None:
    async with stage.http() as http, opened(http) as stream:
        await stage.happen("1 EUR\n\nid: 7\u2028")
        told = await stream.event()
    assert json.loads(told["data"])["data"] == {"price": "1 EUR\n\nid: 7\u2028"}


async def test_streams_end_when_the_server_stops(stage: Stage) -> None:
    async with stage.http() as http, opened(http) as stream:
        await stage.events.end()
        with pytest.raises(StopAsyncIteration):
            await stream.event()


async def test_whoever_leaves_makes_room(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_events, "MOST_STREAMS", 1)
    async with stage.http() as http:
        async with opened(http):
            full = await http.get("/events")
        assert full.status_code == 429
        assert refused(full)["code"] == "too_many_streams"
        assert full.headers["retry-after"] == "5"
        # The server notices a moment later that the other is gone.
        response = full
        while response.status_code == 429:
            async with http.stream("GET", "/events") as response:
                pass
        assert response.status_code == 200


async def test_who_comes_at_the_same_moment_is_counted_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest_events, "MOST_STREAMS", 2)
    stage = Stage()
    slow = SlowStorage(stage.storage)
    stage.events = EventService(slow, MemoryBus())
    codes: asyncio.Queue[int] = asyncio.Queue()

    async def come(http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/events") as response:
            await codes.put(response.status_code)

    async with stage.http() as http, asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(come(http))
        assert [await codes.get() for _ in range(4)] == [429] * 4
        slow.answers.set()
        assert [await codes.get() for _ in range(2)] == [200] * 2


async def test_who_finds_no_database_leaves_no_place_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest_events, "MOST_STREAMS", 1)
    shaky = ShakyStorage(FakeStorage())
    async with client(events=EventService(shaky, MemoryBus())) as http:
        statuses = [(await http.get("/api/v1/events")).status_code for _ in range(3)]
        heads = [(await http.head("/api/v1/events")).status_code]
        shaky.down = False
        heads += [(await http.head("/api/v1/events")).status_code for _ in range(3)]
    assert (statuses, heads) == ([503] * 3, [503, 200, 200, 200])


@pytest.mark.parametrize(
    ("params", "field"),
    [({"after": "x"}, "after"), ({"after": "-1"}, "after"), ({"since": "1"}, "since")],
)
async def test_what_makes_no_sense_is_refused_before_anything_streams(
    params: dict[str, str], field: str
) -> None:
    async with client() as http:
        response = await http.get("/api/v1/events", params=params)
    assert response.status_code == 422
    assert fields(response) == [field]


async def test_without_the_database_there_is_no_stream_but_an_error() -> None:
    async with client(events=EventService(ShakyStorage(FakeStorage()), MemoryBus())) as http:
        response = await http.get("/api/v1/events")
    assert response.status_code == 503
    assert refused(response)["code"] == "storage_unavailable"


async def test_a_head_is_answered_without_a_stream_and_a_post_is_refused() -> None:
    async with client() as http:
        head = await http.head("/api/v1/events")
        post = await http.post("/api/v1/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
    assert post.status_code == 405
