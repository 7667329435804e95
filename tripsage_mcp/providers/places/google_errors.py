"""What the newer Google APIs answer when they refuse, as our errors.

https://cloud.google.com/apis/design/errors; computeRouteMatrix wraps the same body in an array.
"""

import re
from http import HTTPStatus

from pydantic import BaseModel, TypeAdapter, ValidationError

from tripsage_mcp.errors import (
    NotFoundError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import Reply

PROVIDER = "google"
KEY_VARIABLE = "TRIPSAGE_GOOGLE_API_KEY"

# Quotas are per minute; without a RetryInfo the next minute is when it works again.
_QUOTA_WINDOW_S = 60.0
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")

_KEY_REASONS = {"API_KEY_INVALID", "CREDENTIALS_MISSING", "API_KEY_EXPIRED"}
# google.rpc.Code, where the provider and not the request is at fault.
_RESOURCE_EXHAUSTED = 8
_THEIR_FAULT = {1, 2, 4, 10, 13, 14, 15}


class _RawDetail(BaseModel):
    reason: str | None = None
    retryDelay: str | None = None  # noqa: N815 - their spelling


class _RawError(BaseModel):
    status: str = ""
    details: list[_RawDetail] = []


class _RawEnvelope(BaseModel):
    error: _RawError


_ENVELOPE: TypeAdapter[_RawEnvelope | list[_RawEnvelope]] = TypeAdapter(
    _RawEnvelope | list[_RawEnvelope]
)


def explain(reply: Reply) -> TripSageError | None:
    """Name the refusal; None leaves it to the meaning of the HTTP status."""
    error = _parse(reply)
    if error is not None:
        return _named(error)
    if reply.status == HTTPStatus.NOT_FOUND:
        # Not a page of theirs: the base address is wrong, which the caller cannot mend.
        return ProviderRejectedError(PROVIDER, "HTTP 404")
    return None


def _named(error: "_RawError") -> TripSageError | None:
    status = error.status
    if status == "UNAUTHENTICATED" or any(d.reason in _KEY_REASONS for d in error.details):
        return ProviderRejectedError(
            PROVIDER, "the API key is not valid", hint=f"Check {KEY_VARIABLE}."
        )
    if status == "RESOURCE_EXHAUSTED":
        return ProviderRateLimitedError(PROVIDER, _retry_delay_s(error))
    if status == "NOT_FOUND":
        return _unknown_place()
    if status == "PERMISSION_DENIED":
        return ProviderRejectedError(
            PROVIDER,
            "the API key may not use this API",
            hint=f"Enable Places API (New) and Routes API for the project of {KEY_VARIABLE}.",
        )
    return None


def _unknown_place() -> NotFoundError:
    return NotFoundError(
        "google: there is no place with this id",
        hint="Place ids change; take a fresh one from search_places.",
    )


def explain_details(reply: Reply) -> TripSageError | None:
    """Explain a refusal of a request for one place, where an invalid argument is an unknown id."""
    known = explain(reply)
    error = _parse(reply)
    if known is None and error is not None and error.status == "INVALID_ARGUMENT":
        return _unknown_place()
    return known


def element_failure(code: int) -> ProviderError | None:
    """Explain the status of one matrix element; None when it only says there is no way."""
    if code == _RESOURCE_EXHAUSTED:
        return ProviderRateLimitedError(PROVIDER, _QUOTA_WINDOW_S)
    if code in _THEIR_FAULT:
        return ProviderUnavailableError(PROVIDER, f"a travel time failed with code {code}")
    return None


def _parse(reply: Reply) -> _RawError | None:
    try:
        body = _ENVELOPE.validate_json(reply.body)
    except ValidationError:
        return None
    if isinstance(body, list):
        return body[0].error if body else None
    return body.error


def _retry_delay_s(error: _RawError) -> float:
    for detail in error.details:
        if detail.retryDelay is not None and (found := _SECONDS.fullmatch(detail.retryDelay)):
            return float(found[1])
    return _QUOTA_WINDOW_S
