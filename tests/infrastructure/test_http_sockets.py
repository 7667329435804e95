"""A client over a real socket, whose other end does as it likes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.infrastructure.upstream import BODY, UPSTREAM
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import JSONClient, open_client

pytestmark = pytest.mark.anyio


type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(serve: Serve, **options: Any) -> AsyncGenerator[JSONClient]:
    """A client of a loopback server that reads a request's head and then does as it likes."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opening = open_client(f"http://127.0.0.1:{port}", timeout_s=0.2)
    async with server, asyncio.timeout(20), opening as opened:
        yield JSONClient("upstream", opened, attempts=1, **options)


def saying(*parts: bytes) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)

    return serve


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def one_byte_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    hung_up = asyncio.ensure_future(reader.read())
    while not hung_up.done():
        writer.write(b" ")
        await writer.drain()
        await asyncio.wait([hung_up], timeout=0.05)


async def no_end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
        await writer.drain()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n"


@pytest.mark.parametrize(
    ("serve", "expected", "says"),
    [
        (silence, ProviderUnavailableError, "no answer in time"),
        (one_byte_at_a_time, ProviderUnavailableError, "no answer in time"),
        (saying(), ProviderUnavailableError, "the connection broke"),
        (saying(UPSTREAM.encode()), ProviderUnavailableError, "the connection broke"),
        (saying(_HEAD + b'\r\n{"a"'), ProviderUnavailableError, "the connection broke"),
        (no_end, ProviderProtocolError, "the body is longer than 65536 bytes"),
        (
            saying(_HEAD + b"Content-Encoding: gzip\r\n\r\nnot gzip"),
            ProviderProtocolError,
            "the body could not be unpacked",
        ),
    ],
    ids=["silence", "drip", "hang up", "not HTTP", "truncated", "endless", "not gzip"],
)
async def test_a_broken_answer_is_worded_by_us(
    serve: Serve, expected: type[TripSageError], says: str
) -> None:
    async with speaking(serve, most_bytes=65536) as client:
        with pytest.raises(expected) as caught:
            await client.request("GET", "/thing", BODY)
        assert caught.value.message == f"upstream: {says}"
        assert client.health.last_error == expected.code
        assert client.health.failures_in_a_row == 1


async def test_a_refused_connection_is_worded_by_us() -> None:
    async with speaking(silence) as gone:
        pass
    async with open_client(str(gone.client.base_url), timeout_s=2) as opened:
        client = JSONClient("upstream", opened, attempts=1)
        with pytest.raises(ProviderUnavailableError, match="cannot connect"):
            await client.request("GET", "/thing", BODY)


async def test_a_key_with_a_line_end_is_neither_sent_nor_quoted() -> None:
    async with speaking(saying(_HEAD + b'\r\n{"a": 1}')) as client:
        headers = {"Authorization": "Bearer secret\r\nX-Evil: 1"}
        with pytest.raises(ProviderRejectedError) as caught:
            await client.request("GET", "/thing", BODY, headers=headers)
        assert caught.value.__suppress_context__
        assert "secret" not in f"{caught.value.message} {caught.value.hint}"
        assert await client.request("GET", "/thing", BODY) == {"a": 1}


async def test_an_application_that_hangs_is_given_up() -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(10), open_client("http://app.test", app=app, timeout_s=0.05) as o:
        with pytest.raises(ProviderUnavailableError, match="no answer in time"):
            await JSONClient("upstream", o, attempts=1).request("GET", "/thing", BODY)
