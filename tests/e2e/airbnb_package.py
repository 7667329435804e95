"""The real Airbnb MCP server, from npm, and the site it is sent to instead of Airbnb's."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tripsage_mcp.errors import ProviderProtocolError, TripSageError
from tripsage_mcp.providers.stays.airbnb_server import PACKAGE

# Git and the build leave this folder alone already.
CACHE = Path(__file__).parents[2] / ".pytest_cache" / "airbnb"
STANDINS = (Path(__file__).parents[2] / "../shared/standins").resolve()


def installed() -> Path:
    """Install the pinned package once, as `doctor` does, and return its script; skip without."""
    if not STANDINS.is_dir():
        pytest.skip("the stand-in for Airbnb's site is not beside this checkout")
    try:
        return PACKAGE.install(CACHE)
    except ProviderProtocolError:
        raise  # what npm was given is not what was published
    except TripSageError as error:
        pytest.skip(f"the real Airbnb MCP server cannot be had: {error.message}")


@dataclass(frozen=True)
class Site:
    """The stand-in site; one for every test, so each begins by saying what it must do."""

    url: str
    control: httpx.AsyncClient

    @property
    def env(self) -> dict[str, str]:
        """What sends a Node process here, and nowhere else."""
        return {
            "NODE_OPTIONS": f"--import={(STANDINS / 'preload.mjs').as_uri()}",
            "STANDIN_URL": self.url,
            "STANDIN_STRICT": "1",
        }

    async def behave(self, mode: str = "ok", **others: str | int) -> None:
        settings = {"mode": mode, "count": 18, "geo": "up", "robots": "open", **others}
        await self.control.get("/__mode", params=settings)

    async def requests(self) -> list[str]:
        """Return `host path` of every request so far, ours to steer it left out."""
        log = (await self.control.get("/__log")).json()
        return [f"{host} {path}" for host, path, _ in log if not path.startswith("/__")]


@asynccontextmanager
async def running_site() -> AsyncGenerator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(STANDINS / "fake_airbnb.py"),
        "--port",
        str(port),
        stderr=subprocess.DEVNULL,  # it tells of every connection that is cut
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as control, asyncio.timeout(20):
            while True:
                try:
                    await control.get("/__log")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        async with httpx.AsyncClient(base_url=url) as control:
            yield Site(url, control)
    finally:
        process.kill()
        await process.wait()
