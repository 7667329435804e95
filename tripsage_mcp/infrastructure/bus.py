"""Wakes whoever waits for news of a topic, in this process and, with Redis, in every other.

Messages may be lost: whoever acts on them looks at the store they speak of when it begins, and
again from time to time.
"""

import asyncio
import importlib
import json
import logging
from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, suppress
from typing import Protocol, cast
from uuid import uuid4

from pydantic import SecretStr

from tripsage_mcp.infrastructure.keyvalue import KeyValueConfig
from tripsage_mcp.infrastructure.redis_link import RedisLink

_log = logging.getLogger(__name__)

_CHANNEL = "tripsage:bus"
# A listener that is so far behind needs to know that there is something, not each thing.
_MOST_WAITING = 64
_SHORTEST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_ASK_EVERY_S = 15.0
_CONNECT_S = 2.0


class Listening:
    """The messages of one topic from the moment it was subscribed to; iterate over it.

    Waiting may be cancelled and begun again; nothing is lost by it. It ends when the bus closes.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._ended = False

    def __aiter__(self) -> "Listening":
        """Return itself."""
        return self

    async def __anext__(self) -> str:
        """Wait for the next message."""
        message = None if self._ended else await self._waiting.get()
        if message is None:
            self._ended = True
            raise StopAsyncIteration
        return message

    def hear(self, message: str | None) -> None:
        """Take in a message, or None for the end; the oldest gives way where there is no room."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(message)


class Bus(Protocol):
    """Carries short messages by topic."""

    async def publish(self, topic: str, message: str) -> None:
        """Send to everybody who listens to `topic` now; never raises."""
        ...

    def subscribe(self, topic: str) -> AbstractContextManager[Listening]:
        """Listen to a topic until the context is left."""
        ...

    async def close(self) -> None:
        """End whatever listens, and give back what the bus holds open; it may be used again."""
        ...


class MemoryBus:
    """A bus within this process."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Listening]] = defaultdict(set)

    async def publish(self, topic: str, message: str) -> None:
        """Hand the message over."""
        self.deliver(topic, message)

    @contextmanager
    def subscribe(self, topic: str) -> Generator[Listening]:
        """Listen."""
        listening = Listening()
        self._topics[topic].add(listening)
        try:
            yield listening
        finally:
            self._topics[topic].discard(listening)
            if not self._topics[topic]:
                del self._topics[topic]

    async def close(self) -> None:
        """End whatever listens."""
        self.deliver_to_all(None)

    def deliver(self, topic: str, message: str) -> None:
        """Hand a message to those who listen to its topic."""
        for listening in self._topics.get(topic, ()):
            listening.hear(message)

    def deliver_to_all(self, message: str | None) -> None:
        """Hand a message to everybody, whatever the topic."""
        for listeners in self._topics.values():
            for listening in listeners:
                listening.hear(message)


class _Channel(Protocol):
    async def subscribe(self, channel: str) -> object: ...
    async def get_message(self, *, timeout: float) -> Mapping[str, object] | None: ...  # noqa: ASYNC109 - the library's
    async def ping(self) -> object: ...


class _Redis(Protocol):
    def pubsub(self) -> AbstractAsyncContextManager[_Channel]: ...


class RedisBus:
    """A bus between processes, over one channel of a Redis or Valkey.

    What is published here reaches this process' own listeners at once and whether or not the server
    answers. After a time without the server every listener is woken: it may have missed something.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        ask_every_s: After how much silence to ask the server whether it is still there.

    Attributes:
        connected: Set while messages of other processes arrive.

    Raises:
        ConfigurationError: the URL is of another kind.
    """

    def __init__(self, url: SecretStr, *, ask_every_s: float = _ASK_EVERY_S) -> None:
        self._link = RedisLink(url)
        self._url = url
        self._ask_every_s = ask_every_s
        self._here = MemoryBus()
        self._origin = uuid4().hex
        self._reading: asyncio.Task[None] | None = None
        self._missed = False
        self.connected = asyncio.Event()

    async def publish(self, topic: str, message: str) -> None:
        """Hand the message over here, and to the server for the others."""
        self._here.deliver(topic, message)
        told = json.dumps([self._origin, topic, message])
        await self._link.call(lambda client: client.publish(_CHANNEL, told))

    @contextmanager
    def subscribe(self, topic: str) -> Generator[Listening]:
        """Listen; the first to do so opens the connection."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        with self._here.subscribe(topic) as listening:
            yield listening

    async def close(self) -> None:
        """Close the connection and end whatever listens."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait({reading})
        await self._here.close()
        await self._link.close()

    async def _read(self) -> None:
        """Hand on what the others publish, again and again, for as long as the bus is open."""
        await asyncio.to_thread(importlib.import_module, "redis.asyncio")
        from redis.exceptions import RedisError  # noqa: PLC0415 - loaded in the thread above

        pause_s = _SHORTEST_PAUSE_S
        while True:
            try:
                await self._read_until_it_breaks()
            except (RedisError, OSError, TimeoutError) as exc:
                if self.connected.is_set():
                    pause_s = _SHORTEST_PAUSE_S
                # Once for each time without the server, however long that is.
                if not self._missed:
                    _log.warning("bus_out_of_reach error=%s", type(exc).__name__)
            self.connected.clear()
            self._missed = True
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _read_until_it_breaks(self) -> None:
        from redis.asyncio import Redis  # noqa: PLC0415 - loaded by _read, in a thread

        client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - untyped keywords
            self._url.get_secret_value(), socket_connect_timeout=_CONNECT_S
        )
        async with client, cast("_Redis", client).pubsub() as channel:
            await channel.subscribe(_CHANNEL)
            asked = False
            while True:
                message = await channel.get_message(timeout=self._ask_every_s)
                if message is None:
                    if asked:
                        raise TimeoutError
                    asked = True
                    await channel.ping()
                    continue
                asked = False
                self._take_in(message)

    def _take_in(self, message: Mapping[str, object]) -> None:
        match message:
            case {"type": "subscribe"}:
                self.connected.set()
                if self._missed:
                    self._here.deliver_to_all("")
                self._missed = False
            case {"type": "message", "data": bytes(told)}:
                self._hand_on(told)
            case _:
                pass

    def _hand_on(self, told: bytes) -> None:
        with suppress(ValueError):
            match json.loads(told):
                case [str(origin), str(topic), str(message)] if origin != self._origin:
                    self._here.deliver(topic, message)
                case _:
                    pass


def build(config: KeyValueConfig) -> Bus:
    """Return the bus that `config` asks for; it connects when somebody first listens.

    Raises:
        ConfigurationError: the URL is not a Redis URL.
    """
    return MemoryBus() if config.redis_url is None else RedisBus(config.redis_url)
