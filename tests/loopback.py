"""An application on a port of its own: what streams cannot be tested without one."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

PATIENCE_S = 20


@asynccontextmanager
async def served(
    app: Starlette, stopping: Callable[[], Awaitable[None]] | None = None
) -> AsyncGenerator[str]:
    """Serve an application over real HTTP; yield its URL.

    Args:
        app: What to serve, with its lifespan.
        stopping: Ends what streams, once the body is done; without it, whoever is left waits.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http="h11", log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            if stopping is not None:
                await stopping()
            server.should_exit = True
            async with asyncio.timeout(PATIENCE_S):
                await serving
