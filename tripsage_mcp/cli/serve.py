"""`tripsage-mcp` and `tripsage-mcp http`: run the server until someone stops it."""

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, override

from tripsage_mcp.errors import ConfigurationError, TripSageError

if TYPE_CHECKING:
    import uvicorn

_CLOSE_WITHIN_S = 10.0
# What an older client's open stream may delay a stop.
_END_WITHIN_S = 5


def stdio() -> int:
    """Serve one client over stdin and stdout; return when it closes stdin."""
    from tripsage_mcp.bootstrap import build_runtime, build_server  # noqa: PLC0415
    from tripsage_mcp.tools.compat import run_stdio  # noqa: PLC0415

    _log_to_stderr()
    runtime = build_runtime(on_fatal=_die)
    return _run(run_stdio(build_server(runtime)), runtime.close)


def http(host: str, port: int, *, unauthenticated: bool) -> int:
    """Serve MCP, REST and health over HTTP.

    Raises:
        ConfigurationError: `host` is reachable from outside, where there is no log-in yet.
    """
    if not unauthenticated and not _is_loopback(host):
        raise ConfigurationError(
            "without a log-in TripSage serves loopback addresses only",
            hint="Use --host 127.0.0.1, or --unauthenticated behind a proxy that authenticates.",
        )
    import uvicorn  # noqa: PLC0415

    from tripsage_mcp.bootstrap import build_app, build_runtime  # noqa: PLC0415

    _log_to_stderr()
    runtime = build_runtime(on_fatal=_die)
    app = build_app(runtime, host=host)
    # h11, for httptools leaves white space around header values that the protocol says to strip.
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="h11",
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=_END_WITHIN_S,
    )
    said = "TripSage on {url} (MCP at /mcp, REST at /api/v1)"
    end_streams = runtime.services.events.end
    return listen(config, said, listening=runtime.page.is_served_at, stopping=end_streams)


def listen(
    config: "uvicorn.Config",
    announcement: str,
    *,
    listening: Callable[[str, int], None] = lambda _host, _port: None,
    stopping: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Serve until stopped; write `announcement`, with its `{url}`, once the port is open.

    Args:
        config: Of the server.
        announcement: For people, on stderr.
        listening: Told the host, IPv6 in brackets, and the port.
        stopping: Ends answers that would not end by themselves: stopping waits for every answer.
    """
    import uvicorn  # noqa: PLC0415 - only HTTP needs it

    class Announcing(uvicorn.Server):
        """Says where it listens once it does: port 0 is any free one."""

        @override
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            for opened in [s for server in self.servers for s in server.sockets][:1]:
                host, port = opened.getsockname()[:2]
                host = f"[{host}]" if ":" in host else host
                listening(host, port)
                sys.stderr.write(announcement.replace("{url}", f"http://{host}:{port}") + "\n")
                sys.stderr.flush()

        @override
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            if stopping is not None:
                await stopping()
            await super().shutdown(sockets)

    server = Announcing(config)
    asyncio.run(server.serve())
    return 0 if server.started else 1


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _run(serving: Coroutine[Any, Any, None], close: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run to the end of the session; SIGTERM and SIGINT close what is open first."""

    async def until_stopped() -> int:
        loop = asyncio.get_running_loop()
        session = asyncio.ensure_future(serving)
        stopped: asyncio.Future[int] = loop.create_future()

        def stop(number: int) -> None:
            if not stopped.done():
                stopped.set_result(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows has no loop signal handlers
                loop.add_signal_handler(number, stop, number)
        await asyncio.wait({session, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if session.done():
            await session
            return 0
        # The session cannot end in order: a thread waits for stdin and nothing wakes it. So what
        # would be closed after it is closed here, and the process ends without it.
        session.cancel()
        await asyncio.wait({asyncio.ensure_future(close())}, timeout=_CLOSE_WITHIN_S)
        _exit(128 + stopped.result())

    return asyncio.run(until_stopped())


def _die(error: TripSageError) -> NoReturn:
    """End the process at once with one sentence: a server without its database is of no use.

    `os._exit`, because the thread that waits for stdin cannot be interrupted.
    """
    sys.stderr.write(f"tripsage-mcp: {error.message}\n")
    if error.hint is not None:
        sys.stderr.write(f"{error.hint}\n")
    _exit(1)


def _exit(code: int) -> NoReturn:
    """End the process without waiting for any thread."""
    sys.stderr.flush()
    os._exit(code)


def _log_to_stderr() -> None:
    """Send logs to stderr: on stdio, stdout is the protocol."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s"
    )
