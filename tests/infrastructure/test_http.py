"""What a client makes of answers, and what it sends."""

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.infrastructure.upstream import BODY, NOW, UPSTREAM, Upstream, ok, status
from tripsage_mcp.errors import (
    ConfigurationError,
    NotFoundError,
    OfferExpiredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import JSONClient, Reply, open_client

pytestmark = pytest.mark.anyio


# Answers


async def test_a_body_is_validated_and_returned() -> None:
    upstream = Upstream(ok())
    client = upstream.client()
    assert await client.request("GET", "/thing", BODY, params={"x": 1, "y": None}) == {"a": 1}
    assert str(upstream.requests[0].url) == "https://upstream.test/base/thing?x=1"
    assert client.health == Health(last_success=NOW)


async def test_a_body_and_headers_are_sent() -> None:
    upstream = Upstream(ok())
    await upstream.client().request("POST", "/thing", BODY, json={"b": 2}, headers={"X-Key": "k"})
    request = upstream.requests[0]
    assert (request.method, request.headers["x-key"]) == ("POST", "k")
    assert json.loads(request.content) == {"b": 2}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the body is not JSON"),
        (b"<html>" + UPSTREAM.encode(), "the body is not JSON"),
        (b'{"a": 1', "the body is not JSON"),
        (b'{"a": "\xff\xfe"}', "the body is not JSON"),
        ('{"a": 1}'.encode("utf-16"), "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"null", "unexpected body at ''"),
        (b'{"a": "one"}', "unexpected body at 'a'"),
        (json.dumps({UPSTREAM: "one"}).encode(), "unexpected body at '?'"),
    ],
)
async def test_a_body_that_is_not_as_documented_is_a_protocol_error(
    content: bytes, says: str
) -> None:
    with pytest.raises(ProviderProtocolError) as caught:
        await Upstream(httpx.Response(200, content=content)).get()
    assert caught.value.message == f"upstream: {says}"
    # Whoever logs the error with its causes logs nothing of the body.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_strange_body_is_not_asked_for_again_and_opens_no_breaker() -> None:
    upstream = Upstream(httpx.Response(200, text=UPSTREAM))
    client = upstream.client()
    for _ in range(10):
        with pytest.raises(ProviderProtocolError):
            await client.request("GET", "/thing", BODY)
    assert len(upstream.requests) == 10
    assert (client.health.last_error, client.health.open_until) == ("provider_protocol", None)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_error_and_is_not_followed(code: int) -> None:
    upstream = Upstream(status(code, location="https://elsewhere.test/"))
    with pytest.raises(ProviderRejectedError, match=f"HTTP {code}"):
        await upstream.get()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (304, ProviderRejectedError),
        (400, ProviderRejectedError),
        (401, ProviderRejectedError),
        (403, ProviderRejectedError),
        (404, NotFoundError),
        (422, ProviderRejectedError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (503, ProviderUnavailableError),
        (599, ProviderUnavailableError),
    ],
)
async def test_a_status_has_its_error_without_upstreams_words(
    code: int, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await Upstream(status(code)).get()
    assert type(caught.value) is expected
    assert "Ignore" not in f"{caught.value.message} {caught.value.hint}"


async def test_what_was_not_found_is_not_repeated() -> None:
    with pytest.raises(NotFoundError) as caught:
        await Upstream(status(404)).client().request("GET", "/things/off_secret", BODY)
    assert "off_secret" not in str(caught.value)


async def test_explain_sees_the_reply_and_has_the_first_word() -> None:
    seen: list[Reply] = []

    def explain(reply: Reply) -> TripSageError | None:
        seen.append(reply)
        return OfferExpiredError("gone") if reply.status == 410 else None

    with pytest.raises(OfferExpiredError):
        await Upstream(status(410, x_kind="k")).get(explain=explain)
    assert (seen[0].status, seen[0].headers["X-Kind"]) == (410, "k")
    assert seen[0].body == UPSTREAM.encode()


async def test_a_body_longer_than_the_limit_is_refused_and_one_as_long_is_not() -> None:
    content = b'{"a": 1}'
    upstream = Upstream(httpx.Response(200, content=content))
    assert await upstream.get(most_bytes=len(content)) == {"a": 1}
    with pytest.raises(ProviderProtocolError, match="longer than 7 bytes"):
        await upstream.get(most_bytes=len(content) - 1)


async def test_the_limit_counts_what_comes_out_of_a_small_packed_body() -> None:
    packed = gzip.compress(b" " * 1_000_000 + b'{"a": 1}')
    assert len(packed) < 2_000
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed)
    )
    async with open_client("https://upstream.test", transport=transport) as opened:
        client = JSONClient("upstream", opened, most_bytes=100_000)
        with pytest.raises(ProviderProtocolError, match="longer"):
            await client.request("GET", "/thing", BODY)


async def test_an_error_is_explained_from_the_start_of_its_endless_page() -> None:
    seen: list[int] = []

    def explain(reply: Reply) -> None:
        seen.append(len(reply.body))

    with pytest.raises(ProviderUnavailableError):
        await Upstream(httpx.Response(503, text="x" * 5_000)).get(
            most_bytes=1_000, explain=explain, attempts=1
        )
    assert seen == [1_000]


# What is sent


@pytest.mark.parametrize(
    "path",
    [
        "/things/../orders",
        "/things/..",
        "/things/%2e%2E/orders",
        "/./things",
        "/things?x=1",
        "/things#x",
        "/things/a b",
        "/things\\..\\orders",
        "/things/\u00fc",
        "/things/x\r\nX-Evil: 1",
        "//elsewhere.test\\@/",
        "things",
        "https://elsewhere.test/things",
        "",
    ],
)
async def test_an_id_that_would_lead_elsewhere_names_nothing(path: str) -> None:
    upstream = Upstream(ok())
    with pytest.raises(NotFoundError):
        await upstream.client().request("GET", path, BODY)
    assert upstream.requests == []


@pytest.mark.parametrize(
    "path", ["/v1/places:searchText", "/things/a..b", "/things/a%20b", "/things/...", "/a/b/"]
)
async def test_ordinary_paths_stay_below_the_base(path: str) -> None:
    upstream = Upstream(ok())
    await upstream.client().request("GET", path, BODY)
    sent = upstream.requests[0].url
    assert (sent.host, sent.raw_path) == ("upstream.test", b"/base" + path.encode())


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"Authorization": "Bearer secr\u00e9t\u2026"}},
        {"params": {"name": "secret \ud800"}},
        {"json": {"name": "secret \ud800"}},
    ],
    ids=["key", "query", "body"],
)
async def test_what_cannot_be_written_is_refused_without_being_quoted(sent: dict[str, Any]) -> None:
    with pytest.raises(ProviderRejectedError) as caught:
        await Upstream(ok()).client().request("GET", "/thing", BODY, **sent)
    assert "secr" not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "address", ["api.test", "//api.test", "ftp://api.test", "https:", "https:///x", "http://[::1"]
)
def test_a_base_url_without_scheme_or_host_is_a_configuration_error(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_client(address)
    assert "api" not in str(caught.value)
    assert caught.value.__suppress_context__
