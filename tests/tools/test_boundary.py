import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, override

import mcp_types
import pytest
from fastmcp import Client, FastMCP
from fastmcp.dependencies import Depends
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool, ToolResult
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderNotConfiguredError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    StorageError,
    TripSageError,
)
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import ErrorBoundary, account, services

pytestmark = pytest.mark.anyio

SECRET = "the traveller's own words"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def server(*functions: Callable[..., Any]) -> FastMCP[Any]:
    @asynccontextmanager
    async def lifespan(_server: FastMCP[Any]) -> AsyncGenerator[dict[str, Any]]:
        yield {"services": "the services"}

    return FastMCP(
        "TripSage",
        tools=[Tool.from_function(function) for function in functions],
        lifespan=lifespan,
        middleware=[ErrorBoundary(now=lambda: NOW)],
        mask_error_details=True,
    )


async def call(function: Callable[..., Any], **arguments: Any) -> Any:
    async with asyncio.timeout(20), Client(server(function)) as client:
        return await client.call_tool(function.__name__, arguments, raise_on_error=False)


def failing(error: BaseException) -> Callable[..., Any]:
    async def fail(words: str = "") -> str:
        raise error

    return fail


def text(result: Any) -> str:
    return "\n".join(block.text for block in result.content)


def rate_limited() -> TripSageError:
    return ProviderRateLimitedError("duffel", 12.345)


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (
            InvalidRequestError("adults", "must be 1 to 9", example="2"),
            {
                "code": "invalid_request",
                "message": "adults: must be 1 to 9",
                "retryable": False,
                "hint": "For example adults=2",
                "argument": "adults",
            },
        ),
        (
            NotFoundError("No such offer."),
            {"code": "not_found", "message": "No such offer.", "retryable": False},
        ),
        (
            rate_limited(),
            {
                "code": "provider_rate_limited",
                "message": "duffel: rate limited",
                "retryable": True,
                "retry_after_s": 12.3,
                "hint": "Try again in 12 s.",
            },
        ),
        (
            StorageError("the database is out of reach"),
            {
                "code": "storage_unavailable",
                "message": "the database is out of reach",
                "retryable": True,
            },
        ),
    ],
)
async def test_our_errors_are_results_with_a_stable_body(
    error: TripSageError, body: dict[str, Any]
) -> None:
    result = await call(failing(error))
    assert result.is_error
    assert result.structured_content == body
    assert text(result).startswith(f"[{body['code']}] {body['message']}")
    assert body.get("hint", "") in text(result)


async def test_a_group_of_our_errors_is_the_first_of_them() -> None:
    group = ExceptionGroup("", [ExceptionGroup("", [rate_limited()]), NotFoundError("none")])
    result = await call(failing(group))
    assert result.structured_content["code"] == "provider_rate_limited"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SECRET),
        TimeoutError(SECRET),
        ToolError(SECRET),
        ValidationError(SECRET),
        ExceptionGroup(SECRET, [rate_limited(), RuntimeError(SECRET)]),
    ],
)
async def test_anything_else_is_masked(error: Exception) -> None:
    result = await call(failing(error), words=SECRET)
    assert result.is_error
    assert result.structured_content["code"] == "internal"
    assert SECRET not in f"{result.structured_content} {text(result)}"


async def test_a_failure_of_what_stands_between_us_and_the_tool_is_masked() -> None:
    class Broken(Middleware):
        @override
        async def on_call_tool(
            self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]
        ) -> Any:
            # Not a wrong argument, although of the same class.
            TypeAdapter(int).validate_python(SECRET)

    broken = server(book)
    broken.add_middleware(Broken())
    async with asyncio.timeout(20), Client(broken) as client:
        result = await client.call_tool("book", {"city": "x"}, raise_on_error=False)
    assert (result.structured_content or {})["code"] == "internal"
    assert SECRET not in text(result)


async def test_a_body_that_fails_validation_is_a_bug_and_no_argument_error() -> None:
    class Inner(BaseModel):
        n: int

    async def fail() -> str:
        return str(Inner.model_validate({"n": SECRET}))

    result = await call(fail)
    assert result.structured_content["code"] == "internal"


@pytest.fixture
def logged() -> Generator[list[str]]:
    """Every line that any logger would write, tracebacks included, framework and all."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("", "fastmcp", "tripsage")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield lines
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


async def test_a_masked_error_is_found_in_the_log_by_its_reference(logged: list[str]) -> None:
    async def deep(words: str) -> str:
        try:
            return {"a": "b"}[words]
        except KeyError as exc:
            raise RuntimeError(words) from exc

    result = await call(deep, words=SECRET)

    reference = result.structured_content["message"].rstrip(".").rpartition(" ")[2]
    (line,) = {line for line in logged if reference in line}
    assert line.startswith("ERROR tripsage internal_error")
    assert "type=RuntimeError<KeyError" in line
    assert "tools/test_boundary.py" in line
    assert " deep" in line


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SECRET),
        InvalidRequestError("words", SECRET),
        ProviderUnavailableError("duffel", SECRET),
        ToolError(SECRET),
    ],
)
async def test_no_log_holds_what_an_exception_says(error: Exception, logged: list[str]) -> None:
    error.__cause__ = ValueError(SECRET)
    await call(failing(error), words=SECRET)
    assert logged
    assert SECRET not in "\n".join(logged)


async def test_our_errors_are_logged_by_code(logged: list[str]) -> None:
    await call(failing(NotFoundError("none")))
    await call(failing(ProviderNotConfiguredError("duffel", "X")))
    ours = {line for line in logged if "tripsage tool_error" in line}
    assert ours == {
        "INFO tripsage tool_error tool=fail code=not_found",
        "WARNING tripsage tool_error tool=fail code=provider_not_configured",
    }


# Arguments


async def book(
    city: Annotated[str, Field(description='E.g. "Lisbon"')],
    *,
    day: date | None = None,
    adults: Annotated[int, Field(ge=1, le=9)] = 1,
    sort: Literal["best", "price"] = "best",
    stops: list[str] | None = None,
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {"city": city, "stops": stops, "options": options}


@pytest.mark.parametrize(
    ("arguments", "argument", "hint"),
    [
        ({}, "city", 'For example city="Lisbon"'),
        ({"city": "x", "adults": 0}, "adults", "For example adults=1"),
        ({"city": "x", "sort": SECRET}, "sort", 'For example sort="best"'),
        ({"city": "x", "adult": 1}, "adult", "Did you mean adults? Known here: city, day,"),
    ],
)
async def test_a_wrong_argument_is_named_with_an_example_from_the_tools_schema(
    arguments: dict[str, Any], argument: str, hint: str
) -> None:
    result = await call(book, **arguments)
    body = result.structured_content
    assert (body["code"], body["argument"], body["retryable"]) == (
        "invalid_request",
        argument,
        False,
    )
    assert body["hint"].startswith(hint)
    assert SECRET not in f"{body} {text(result)}"
    assert "pydantic" not in text(result)


async def test_an_optional_date_has_an_example_in_the_future() -> None:
    async def on(day: Annotated[date, Field(description="YYYY-MM-DD")]) -> str:
        return day.isoformat()

    body = (await call(on, day="soon")).structured_content
    assert body["message"] == "day: must be a date, YYYY-MM-DD"
    assert body["hint"] == 'For example day="2027-04-30"'


async def test_json_in_a_string_is_understood() -> None:
    async def plan(
        stops: list[str], options: dict[str, Any], offers: list[dict[str, Any]], note: str
    ) -> dict[str, Any]:
        return {"stops": stops, "options": options, "offers": offers, "note": note}

    sent = {"stops": '["Sintra"]', "options": '{"pace": "slow"}', "note": '["x"]'}
    result = await call(plan, **sent, offers=['{"id": 1}'])
    assert result.structured_content == {
        "stops": ["Sintra"],
        "options": {"pace": "slow"},
        "offers": [{"id": 1}],
        "note": '["x"]',
    }
    result = await call(plan, **sent | {"stops": []}, offers=['{"id": 1}', {"id": 2}])
    assert result.structured_content["offers"] == [{"id": 1}, {"id": 2}]


async def test_without_a_server_to_ask_arguments_stay_as_they_are() -> None:
    seen: list[object] = []

    async def run(context: MiddlewareContext[Any]) -> ToolResult:
        seen.append(context.message.arguments)
        return ToolResult(content="done")

    message = mcp_types.CallToolRequestParams(name="book", arguments={"stops": "[1]"})
    await ErrorBoundary().on_call_tool(MiddlewareContext(message=message), run)
    assert seen == [{"stops": "[1]"}]


async def test_an_unknown_tool_stays_the_protocols_own_error() -> None:
    async with asyncio.timeout(20), Client(server(book)) as client:
        result = await client.call_tool("no_such_tool", {"x": "[1]"}, raise_on_error=False)
    assert result.is_error
    assert result.structured_content is None


async def test_a_capability_the_client_lacks_stays_the_protocols_own_error() -> None:
    error = MCPError(code=-32021, message="needs elicitation", data={"requiredCapabilities": {}})
    with pytest.raises(MCPError, match="needs elicitation"):
        await call(failing(error))


async def test_a_cancelled_call_is_cancelled_and_not_answered() -> None:
    entered = asyncio.Event()
    ended: list[str] = []

    async def wait() -> str:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "never"

    async with asyncio.timeout(20):
        calling = asyncio.ensure_future(call(wait))
        await entered.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
    assert ended == ["cancelled"]


async def test_tools_get_the_services_and_the_local_account() -> None:
    seen: list[object] = []

    async def use(
        svc: Services = Depends(services),
        who: Account = Depends(account),
    ) -> str:
        seen.extend([svc, who])
        return "done"

    assert not (await call(use)).is_error
    assert seen == ["the services", LOCAL_ACCOUNT]
