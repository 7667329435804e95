"""Where exceptions become MCP tool errors, and where tools get their services."""

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePath
from typing import Any, cast, override
from uuid import uuid4

import mcp_types
from fastmcp import Context
from fastmcp.dependencies import CurrentContext
from fastmcp.exceptions import DisabledError, FastMCPError, ToolError, ValidationError
from fastmcp.exceptions import NotFoundError as UnknownToolError
from fastmcp.resources import ResourceResult
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS
from pydantic import ValidationError as PydanticValidationError

from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.errors import CallerError, ConflictError, InvalidRequestError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.arguments import Schema, repaired, reworded
from tripsage_mcp.tools.budgets import budget_of
from tripsage_mcp.tools.compat import withhold_tracebacks
from tripsage_mcp.views.conflicts import versions_of

log = logging.getLogger("tripsage")

_EXAMPLE_AHEAD = timedelta(days=60)
_MOST_FRAMES = 12

type _Call = MiddlewareContext[mcp_types.CallToolRequestParams]
type _Read = MiddlewareContext[mcp_types.ReadResourceRequestParams]


def services(ctx: Context = CurrentContext()) -> Services:
    """Return the services opened by the server's lifespan."""
    return cast("Services", ctx.lifespan_context["services"])


def account() -> Account:
    """Return whom this call is for: the one local person, until a login exists."""
    return LOCAL_ACCOUNT


class ErrorBoundary(Middleware):
    """Words every failure ourselves, as a tool result a model can act on.

    The structured content is `{code, message, retryable, retry_after_s?, hint?, argument?}`;
    REST answers with the same codes. What is no tool's failure (an unknown tool, a capability the
    client lacks) stays the protocol's own error.
    """

    def __init__(self, now: Clock = utc_now) -> None:
        self._now = now
        withhold_tracebacks()

    @override
    async def on_call_tool(
        self,
        context: _Call,
        call_next: CallNext[mcp_types.CallToolRequestParams, Any],
    ) -> ToolResult:
        """Run the tool, turning any failure into an error result."""
        try:
            with time_budget(budget_of(context.message.name)):
                return cast("ToolResult", await call_next(await _mended(context)))
        except ValidationError as exc:
            if not isinstance(exc.__cause__, PydanticValidationError):
                return self._failed(context, exc)
            today = (self._now() + _EXAMPLE_AHEAD).date()
            return error_result(reworded(exc.__cause__, await _schema(context), today=today))
        except ToolError as exc:
            return self._failed(context, exc.__cause__ or exc)
        except (UnknownToolError, DisabledError, FastMCPError, MCPError):
            raise
        except Exception as exc:  # noqa: BLE001 - one of the two places where it ends
            return self._failed(context, exc)

    @override
    async def on_read_resource(
        self, context: _Read, call_next: CallNext[mcp_types.ReadResourceRequestParams, Any]
    ) -> ResourceResult:
        """Read the resource; a failure is the protocol's own error, with our words and code."""
        try:
            return await super().on_read_resource(context, call_next)
        except (UnknownToolError, DisabledError, MCPError):
            raise
        except Exception as exc:
            cause = exc.__cause__ if isinstance(exc, FastMCPError) else exc
            known = None if cause is None else _known(cause)
            if known is None:
                raise
            log.info("resource_error code=%s", known.code)
            code = INVALID_PARAMS if isinstance(known, CallerError) else INTERNAL_ERROR
            data = {"code": known.code, "retryable": known.retryable}
            raise MCPError(code, known.message, data) from known

    def _failed(self, context: _Call, cause: BaseException) -> ToolResult:
        known = _known(cause)
        if known is None:
            return _masked(cause)
        # The code alone: the message may name what the traveller asked for.
        level = logging.INFO if isinstance(known, CallerError) else logging.WARNING
        log.log(level, "tool_error tool=%s code=%s", context.message.name, known.code)
        return error_result(known)


async def _schema(context: _Call) -> Schema | None:
    if context.fastmcp_context is None:
        return None
    tool = await context.fastmcp_context.fastmcp.get_tool(context.message.name)
    return None if tool is None else tool.parameters


async def _mended(context: _Call) -> _Call:
    given = context.message.arguments or {}
    # Looked at twice only where there is something to mend: the schema costs a look-up.
    if not any(_may_be_json(value) for value in given.values()):
        return context
    schema = await _schema(context)
    if schema is None:
        return context
    message = context.message.model_copy(update={"arguments": repaired(given, schema)})
    return context.copy(message=message)


def _may_be_json(value: object) -> bool:
    if isinstance(value, list):
        return any(_may_be_json(item) for item in cast("list[object]", value))
    return isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}


def _known(cause: BaseException) -> TripSageError | None:
    """Return our own error, also out of a group that holds nothing else."""
    if isinstance(cause, TripSageError):
        return cause
    if isinstance(cause, BaseExceptionGroup):
        members = cast("BaseExceptionGroup[BaseException]", cause).exceptions
        found = [_known(member) for member in members]
        return None if None in found else found[0]
    return None


def error_result(error: TripSageError) -> ToolResult:
    """Project an error onto the wire."""
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
    }
    if error.retry_after_s is not None:
        body["retry_after_s"] = round(error.retry_after_s, 1)
    if error.hint is not None:
        body["hint"] = error.hint
    if isinstance(error, InvalidRequestError):
        body["argument"] = error.argument
    if isinstance(error, ConflictError):
        body |= versions_of(error)
    text = f"[{error.code}] {error.message}"
    if error.hint is not None:
        text += f" {error.hint}"
    return ToolResult(content=text, structured_content=body, is_error=True)


def _masked(cause: BaseException) -> ToolResult:
    reference = uuid4().hex[:12]
    # Types and places, no texts: an exception's text may hold a traveller's words or a secret.
    log.error(
        "internal_error reference=%s type=%s at=%s",
        reference,
        "<".join(type(exc).__name__ for exc in _chain(cause)),
        " < ".join(_frames(cause)),
    )
    body = {
        "code": "internal",
        "message": f"An internal error; reference {reference}.",
        "retryable": False,
    }
    return ToolResult(
        content=f"[internal] {body['message']}", structured_content=body, is_error=True
    )


def _chain(cause: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = cause
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _frames(cause: BaseException) -> list[str]:
    """Return the calls that led to the failure, the innermost first."""
    frames = traceback.extract_tb(cause.__traceback__)[-_MOST_FRAMES:]
    return [
        f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in reversed(frames)
    ]
