"""Duffel's errors, as far as they mean the same whatever was asked; its own words stay with us.

https://duffel.com/docs/api/overview/response-handling
"""

from http import HTTPStatus

from pydantic import TypeAdapter

from tripsage_mcp.errors import (
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.http import Reply
from tripsage_mcp.infrastructure.retry_after import retry_after_seconds
from tripsage_mcp.providers.duffel.api import KEY_VARIABLE
from tripsage_mcp.providers.duffel.wire import NAME, Raw

_PAUSE_S = 30.0


class RawSource(Raw):
    """What part of the request an error is about."""

    field: str = ""
    pointer: str = ""


class RawError(Raw):
    """One error; `source` is an object for validation errors, else a string or absent."""

    code: str = ""
    type: str = ""
    source: RawSource | object = None

    @property
    def at(self) -> RawSource:
        """What part of the request it is about; empty where that is not said."""
        return self.source if isinstance(self.source, RawSource) else RawSource()


class _Errors(Raw):
    errors: list[RawError]


_ERRORS = TypeAdapter(_Errors)


def first_error(body: bytes) -> RawError:
    """Return the first error; an empty one when the body is no envelope of Duffel's."""
    try:
        errors = _ERRORS.validate_json(body).errors
    except ValueError:
        # Not Duffel's envelope (a proxy's page, say); the status has to do.
        return RawError()
    return errors[0] if errors else RawError()


def rate_limited(reply: Reply, now: Clock) -> ProviderRateLimitedError:
    """Return the error for a request too many."""
    after = retry_after_seconds(reply.headers, now())
    return ProviderRateLimitedError(NAME, 1.0 if after is None else after)


def unavailable(reply: Reply, now: Clock, *, may_have_acted: bool) -> ProviderUnavailableError:
    """Return the error for a failure of Duffel's own."""
    error = ProviderUnavailableError(NAME, f"HTTP {reply.status}", may_have_acted=may_have_acted)
    # Not `ratelimit-reset`: it comes with every answer and is no word on this failure.
    error.retry_after_s = retry_after_seconds(reply.headers, now(), names=("retry-after",))
    return error


def by_status(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what the status alone means; None where that depends on what was asked."""
    match reply.status:
        case HTTPStatus.UNAUTHORIZED:
            return ProviderRejectedError(
                NAME, "the access token was not accepted", hint=f"Check {KEY_VARIABLE}."
            )
        # Duffel asks not to repeat these at once; a longer wait keeps our own retry away.
        case HTTPStatus.INTERNAL_SERVER_ERROR | HTTPStatus.BAD_GATEWAY | HTTPStatus.GATEWAY_TIMEOUT:
            error = unavailable(reply, now, may_have_acted=True)
            error.retry_after_s = _PAUSE_S
            return error
        # Duffel promises that nothing was booked.
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return unavailable(reply, now, may_have_acted=False)
        case _:
            return None
