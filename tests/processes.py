"""Starting the real command as a real process, and clients to talk to it."""

import asyncio
import contextlib
import json
import os
import re
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

SETTINGS = re.compile(r"^TRIPSAGE_")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment without the developer's own settings, with this data folder."""
    kept = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    return kept | {"TRIPSAGE_DATA_DIR": str(folder), "PYTHONIOENCODING": "utf-8"} | more


def stdio_client(folder: Path, **more: str) -> Client[StdioTransport]:
    """Return a client that starts `tripsage-mcp` as its own child process."""
    transport = StdioTransport(
        sys.executable, ["-m", "tripsage_mcp"], env=environment(folder, **more), keep_alive=False
    )
    return Client(transport, timeout=60)


async def run(
    *arguments: str,
    folder: Path,
    hold_stdin: bool = False,
    kill_child: bool = False,
    **more: str,
) -> tuple[int, str, str]:
    """Run one command to its end; return its exit code, stdout and stderr.

    With `hold_stdin` its stdin stays open, as an assistant's does, so that it has to end by itself.
    With `kill_child` the server it starts is killed as soon as it can be seen.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tripsage_mcp",
        *arguments,
        stdin=PIPE if hold_stdin else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=environment(folder, **more),
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        async with asyncio.timeout(100):
            if kill_child:
                await asyncio.to_thread(_kill_server_below, child.pid)
            out, err = await asyncio.gather(child.stdout.read(), child.stderr.read())
            await child.wait()
    except TimeoutError:
        child.kill()
        raise
    assert child.returncode is not None
    return child.returncode, out.decode(), err.decode()


async def script(path: Path, *arguments: str, folder: Path) -> tuple[int, str, str]:
    """Run one Python script to its end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(path),
        *arguments,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=environment(folder),
    )
    async with asyncio.timeout(100):
        out, err = await child.communicate()
    assert child.returncode is not None
    return child.returncode, out.decode(), err.decode()


def server_below(pid: int, **environ: str) -> psutil.Process | None:
    """Return the TripSage server among a process' descendants, if one has this environment."""
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "tripsage_mcp" in child.cmdline() and environ.items() <= child.environ().items():
                return child
    return None


def _kill_server_below(pid: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (server := server_below(pid)) is not None:
            server.kill()
            return
        time.sleep(0.02)
    raise AssertionError("no server was started")


@asynccontextmanager
async def http_server(folder: Path, **more: str) -> AsyncGenerator[tuple[str, Process]]:
    """Run `tripsage-mcp http` on a free port; yield its base URL once it listens."""
    async with _listening("http", folder, more) as server:
        yield server


@asynccontextmanager
async def sandbox_server(folder: Path) -> AsyncGenerator[str]:
    """Run `tripsage-mcp sandbox` on a free port; yield its base URL once it listens."""
    async with _listening("sandbox", folder, {}) as (url, _):
        yield url


@asynccontextmanager
async def _listening(
    command: str, folder: Path, more: dict[str, str]
) -> AsyncGenerator[tuple[str, Process]]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tripsage_mcp",
        command,
        "--port",
        "0",
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=environment(folder, **more),
    )
    assert child.stderr is not None
    try:
        async with asyncio.timeout(60):
            while True:
                line = (await child.stderr.readline()).decode()
                assert line, "the server ended before it listened"
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
        drain = asyncio.ensure_future(child.stderr.read())
        yield found.group(), child
        drain.cancel()
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                async with asyncio.timeout(20):
                    await child.wait()
            except TimeoutError:
                child.kill()


@asynccontextmanager
async def idle_server(folder: Path) -> AsyncGenerator[Process]:
    """Run `tripsage-mcp` on stdio, past the handshake and with its database up."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tripsage_mcp",
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment(folder),
    )
    assert child.stdin is not None
    assert child.stdout is not None
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    try:
        async with asyncio.timeout(60):
            for message in (
                {"id": 1, "method": "initialize", "params": params},
                {"method": "notifications/initialized"},
                {"id": 2, "method": "tools/call", "params": {"name": "get_trips"}},
            ):
                child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
                if "id" in message:
                    assert "result" in json.loads(await child.stdout.readline())
        yield child
    finally:
        if child.returncode is None:
            child.kill()


def structured(result: Any) -> dict[str, Any]:
    """Return a result's structured content, whether it succeeded or not."""
    found = result.structured_content
    assert isinstance(found, dict)
    return cast("dict[str, Any]", found)
