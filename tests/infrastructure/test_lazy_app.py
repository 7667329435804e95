import asyncio
import threading

import pytest

from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.infrastructure.lazy_app import Application, LazyApp, Message, Receive, Send

pytestmark = pytest.mark.anyio


async def hello(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def test_the_first_requests_build_the_application_once_and_off_the_loop() -> None:
    built_in: list[int] = []

    def build() -> Application:
        built_in.append(threading.get_ident())
        return hello

    app = LazyApp(build)
    assert built_in == []
    async with open_client("http://lazy.invalid", app=app) as client:
        answers = await asyncio.gather(*(client.get(f"/{n}") for n in range(5)))
    assert [answer.text for answer in answers] == [f"/{n}" for n in range(5)]
    assert len(built_in) == 1
    assert built_in[0] != threading.get_ident()
