"""Where exceptions become MCP tool errors, and where tools get their services."""

import logging
from typing import Any, cast, override
from uuid import uuid4

import mcp_types
from fastmcp import Context
from fastmcp.dependencies import CurrentContext
from fastmcp.exceptions import NotFoundError as UnknownToolError
from fastmcp.exceptions import ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from pydantic import ValidationError as PydanticValidationError

from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.errors import InvalidRequestError, TripSageError
from tripsage_mcp.services.runtime import Services

log = logging.getLogger("tripsage")


def services(ctx: Context = CurrentContext()) -> Services:
    """Return the services opened by the server's lifespan."""
    return cast("Services", ctx.lifespan_context["services"])


def account() -> Account:
    """Return whom this call is for: the one local person, until a login exists."""
    return LOCAL_ACCOUNT


class ErrorBoundary(Middleware):
    """Words every failure ourselves, as a tool result a model can act on.

    The structured content is `{code, message, retryable, retry_after_s?, hint?, argument?}`;
    REST answers with the same codes.
    """

    @override
    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, Any],
    ) -> ToolResult:
        """Run the tool, turning any failure into an error result."""
        try:
            return cast("ToolResult", await call_next(context))
        except (ToolError, ValidationError) as exc:
            match exc.__cause__:
                case TripSageError() as known:
                    return error_result(known)
                case PydanticValidationError() as invalid:
                    return error_result(reworded(invalid))
                case cause:
                    return _masked(cause or exc)
        except UnknownToolError:
            raise
        except TripSageError as known:
            return error_result(known)


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
    text = f"[{error.code}] {error.message}"
    if error.hint is not None:
        text += f" {error.hint}"
    return ToolResult(content=text, structured_content=body, is_error=True)


def reworded(invalid: PydanticValidationError) -> InvalidRequestError:
    """Name the argument and the rule; never echo the value back to a model."""
    errors = invalid.errors(include_input=False, include_url=False)
    # An optional argument fails once for its type and once for not being None, and each puts the
    # name of that branch into the path; it is no part of what the caller wrote.
    optional = {error["loc"][:-1] for error in errors if error["type"] == "none_required"}
    first = next((error for error in errors if error["type"] != "none_required"), errors[0])
    path = [part for n, part in enumerate(first["loc"]) if first["loc"][:n] not in optional]
    argument = ".".join(str(part) for part in path) or "arguments"
    rule = {
        "missing_argument": "is required",
        "missing": "is required",
        "unexpected_keyword_argument": "is not an argument of this tool",
        "extra_forbidden": "is not an argument of this tool",
    }.get(first["type"], first["msg"].removeprefix("Value error, "))
    example = {
        "date_from_datetime_parsing": '"2027-05-10"',
        "date_parsing": '"2027-05-10"',
        "date_type": '"2027-05-10"',
    }.get(first["type"])
    return InvalidRequestError(argument, rule[:1].lower() + rule[1:], example=example)


def _masked(cause: BaseException) -> ToolResult:
    reference = uuid4().hex[:12]
    # The type alone: an exception's text may hold a traveller's words or a secret.
    log.error("internal_error reference=%s type=%s", reference, type(cause).__name__, exc_info=cause)
    body = {
        "code": "internal",
        "message": f"An internal error; reference {reference}.",
        "retryable": False,
    }
    return ToolResult(content=f"[internal] {body['message']}", structured_content=body, is_error=True)
