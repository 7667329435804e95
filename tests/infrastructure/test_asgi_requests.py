import asyncio

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tripsage_mcp.infrastructure.asgi_requests import session_over


async def echo(request: Request) -> Response:
    body = {
        "method": request.method,
        "query": dict(request.query_params),
        "header": request.headers.get("x-test"),
        "body": (await request.body()).decode(),
        "host": request.url.hostname,
    }
    return JSONResponse(body, status_code=int(request.query_params.get("status", "200")))


async def moved(_request: Request) -> Response:
    return RedirectResponse("/echo?moved=1")


async def broken(_request: Request) -> Response:
    raise RuntimeError("a bug")


async def slow(_request: Request) -> Response:
    await asyncio.Event().wait()
    raise NotImplementedError


APP = Starlette(
    routes=[
        Route("/echo", echo, methods=["GET", "POST"]),
        Route("/moved", moved),
        Route("/broken", broken),
        Route("/slow", slow),
    ]
)


def test_a_request_reaches_the_application_as_it_was_sent() -> None:
    with session_over(APP) as session:
        answer = session.post(
            "https://maps.test/echo?a=1&b=x%20y", data="grüß dich".encode(), headers={"x-test": "h"}
        )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "method": "POST",
        "query": {"a": "1", "b": "x y"},
        "header": "h",
        "body": "grüß dich",
        "host": "maps.test",
    }


def test_an_error_status_is_an_answer_and_a_redirect_is_followed() -> None:
    with session_over(APP) as session:
        assert session.get("http://maps.test/echo?status=503").status_code == 503
        assert session.get("http://maps.test/moved").json()["query"] == {"moved": "1"}


def test_an_application_that_raises_is_a_broken_connection() -> None:
    with session_over(APP) as session, pytest.raises(requests.exceptions.ConnectionError):
        session.get("http://maps.test/broken")


def test_an_application_that_takes_too_long_is_a_timeout() -> None:
    with session_over(APP) as session, pytest.raises(requests.exceptions.ReadTimeout):
        session.get("http://maps.test/slow", timeout=(1, 0.05))


def test_a_form_is_sent_and_a_stream_is_refused() -> None:
    with session_over(APP) as session:
        assert session.post("http://maps.test/echo", data={"a": "1"}).json()["body"] == "a=1"
        with pytest.raises(requests.exceptions.ConnectionError):
            session.post("http://maps.test/echo", data=iter([b"a"]))
