"""One way to reach a Redis or Valkey, and one way for it to be out of reach."""

import asyncio
import importlib
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from tripsage_mcp.errors import ConfigurationError

_log = logging.getLogger(__name__)

_TIMEOUT_S = 0.25
_PAUSE_S = 5.0


class RedisClient(Protocol):
    """What we use of the client library, whose own types say less."""

    async def get(self, name: str) -> bytes | None:
        """GET."""
        ...

    async def set(self, name: str, value: bytes, *, px: int, nx: bool = False) -> object:
        """SET with a time to live in milliseconds; with `nx` None where there is a value."""
        ...

    async def delete(self, *names: str) -> object:
        """DEL."""
        ...

    async def eval(self, script: str, numkeys: int, *keys_and_args: str) -> object:
        """EVAL."""
        ...

    async def publish(self, channel: str, message: str) -> object:
        """PUBLISH."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class RedisLink:
    """Connections to one server; a call on a server that is out of reach returns None.

    After a failure the server is left alone for some seconds, so that a dead one costs one time-out
    in that time rather than one for each call.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        monotonic: Seconds that never go back.

    Attributes:
        failures: Calls that failed since the start.

    Raises:
        ConfigurationError: the URL is of another kind.
    """

    def __init__(self, url: SecretStr, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        if urlsplit(url.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
            raise ConfigurationError("TRIPSAGE_REDIS_URL must begin with redis:// or rediss://")
        self._url = url
        self._monotonic = monotonic
        self._client: RedisClient | None = None
        self._retry_at: float | None = None
        self.failures = 0

    @property
    def degraded(self) -> bool:
        """Whether the last call failed."""
        return self._retry_at is not None

    async def call[T](self, command: Callable[[RedisClient], Awaitable[T]]) -> T | None:
        """Run one command; None when the server is out of reach, too."""
        now = self._monotonic()
        if self._retry_at is not None and now < self._retry_at:
            return None
        client = self._client or await self._connect()
        from redis.exceptions import RedisError  # noqa: PLC0415 - loaded by _connect, in a thread

        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await command(client)
        except (RedisError, OSError, TimeoutError) as exc:
            self.failures += 1
            if self._retry_at is None:
                _log.warning("redis_out_of_reach", extra={"error": type(exc).__name__})
            self._retry_at = self._monotonic() + _PAUSE_S
            return None
        self._retry_at = None
        return answer

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_TIMEOUT_S):
                    await client.aclose()

    async def _connect(self) -> RedisClient:
        # Only builds the client: the first command opens the connection.
        await asyncio.to_thread(importlib.import_module, "redis.asyncio")
        from redis.asyncio import Redis  # noqa: PLC0415 - 100 ms, in the thread above
        from redis.asyncio.retry import Retry  # noqa: PLC0415 - as above
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as above

        if self._client is None:
            client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - untyped keywords
                self._url.get_secret_value(),
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                # Once, for a pooled connection that a restarted server has forgotten.
                retry=Retry(NoBackoff(), 1),
            )
            self._client = cast("RedisClient", client)
        return self._client
