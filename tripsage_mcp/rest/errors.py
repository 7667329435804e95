"""Where exceptions become HTTP answers: one envelope, the same codes as over MCP."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from tripsage_mcp.errors import (
    AccessError,
    CallerError,
    ConflictError,
    InvalidRequestError,
    NotAuthenticatedError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    PaymentRefusedError,
    PermissionDeniedError,
    PriceChangedError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    StorageError,
    TripSageError,
)
from tripsage_mcp.views.conflicts import versions_of

log = logging.getLogger("tripsage")

# A kind that is not listed has the status of its nearest base.
_STATUS: dict[type[TripSageError], HTTPStatus] = {
    TripSageError: HTTPStatus.INTERNAL_SERVER_ERROR,
    CallerError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    OfferExpiredError: HTTPStatus.GONE,
    OfferUnavailableError: HTTPStatus.GONE,
    PriceChangedError: HTTPStatus.CONFLICT,
    PaymentRefusedError: HTTPStatus.PAYMENT_REQUIRED,
    ConflictError: HTTPStatus.CONFLICT,
    AccessError: HTTPStatus.FORBIDDEN,
    NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    ProviderError: HTTPStatus.BAD_GATEWAY,
    ProviderUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
    ProviderRateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    ProviderNotConfiguredError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_LEVEL: dict[type[TripSageError], int] = {
    TripSageError: logging.ERROR,
    CallerError: logging.INFO,
    ProviderError: logging.WARNING,
}
# What only HTTP can say has these codes beside those of `tripsage_mcp.errors`.
_CODE = {
    HTTPStatus.FORBIDDEN: PermissionDeniedError.code,
    HTTPStatus.NOT_FOUND: NotFoundError.code,
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
}
_MOST_FIELDS = 20


class RefusedRequestError(Exception):
    """A request that HTTP, its body or its fields make impossible to read.

    Attributes:
        status: What to answer with.
        message: Ours, for the caller.
        fields: The rules that its fields break.
    """

    def __init__(
        self, status: HTTPStatus, message: str, fields: Sequence[InvalidRequestError] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields


def status_of(error: TripSageError) -> HTTPStatus:
    """Return the HTTP status of an error: its own, or its nearest base's."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def envelope(
    code: str,
    message: str,
    status: HTTPStatus,
    *,
    fields: Sequence[InvalidRequestError] = (),
    context: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the one shape every failed request answers with."""
    request_id = uuid4().hex
    return JSONResponse(
        {
            "error": True,
            "message": message,
            "code": code,
            "details": {
                "field_errors": [
                    {"field": field.argument, "message": field.rule}
                    for field in fields[:_MOST_FIELDS]
                ],
                "context": {"request_id": request_id, **(context or {})},
            },
        },
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {}), "x-request-id": request_id},
    )


def refusal(status: HTTPStatus, message: str) -> JSONResponse:
    """Return the answer to a request that is refused before anything reads it."""
    return envelope(_CODE.get(status, InvalidRequestError.code), message, status)


async def on_error(request: Request, exc: Exception) -> JSONResponse:
    """Render one of our errors."""
    assert isinstance(exc, TripSageError)
    context: dict[str, object] = {"retryable": exc.retryable}
    headers: dict[str, str] = {}
    if exc.hint is not None:
        context["hint"] = exc.hint
    if exc.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(exc.retry_after_s)))
    status = status_of(exc)
    if isinstance(exc, ConflictError):
        context |= versions_of(exc)
        if exc.expected is not None and "if-match" in request.headers:
            status = HTTPStatus.PRECONDITION_FAILED
    response = envelope(
        exc.code,
        exc.message,
        status,
        fields=[exc] if isinstance(exc, InvalidRequestError) else [],
        context=context,
        headers=headers,
    )
    level = next(_LEVEL[kind] for kind in type(exc).__mro__ if kind in _LEVEL)
    log.log(level, "request_failed request_id=%s code=%s", _id(response), exc.code)
    return response


async def on_refused(_request: Request, exc: Exception) -> JSONResponse:
    """Render a request that could not be read, without echoing what was sent."""
    assert isinstance(exc, RefusedRequestError)
    return envelope(InvalidRequestError.code, exc.message, exc.status, fields=exc.fields)


async def on_http(_request: Request, exc: Exception) -> JSONResponse:
    """Render what the router itself refuses: no such path, wrong method."""
    assert isinstance(exc, HTTPException)
    status = HTTPStatus(exc.status_code)
    code = _CODE.get(status, InvalidRequestError.code)
    return envelope(code, f"{status.phrase}.", status, headers=exc.headers)


async def on_bug(_request: Request, exc: Exception) -> JSONResponse:
    """Mask anything else and leave a reference to find it in the log."""
    response = envelope("internal", "An internal error.", HTTPStatus.INTERNAL_SERVER_ERROR)
    # Where and of what type: an exception's text may hold a traveller's words or a secret.
    log.error(
        "internal_error request_id=%s type=%s at\n%s",
        _id(response),
        type(exc).__name__,
        "".join(traceback.format_tb(exc.__traceback__)),
    )
    return response


def _id(response: JSONResponse) -> str:
    return response.headers["x-request-id"]


HANDLERS: dict[Any, Callable[[Request, Exception], Any]] = {
    TripSageError: on_error,
    RefusedRequestError: on_refused,
    HTTPException: on_http,
    Exception: on_bug,
}
