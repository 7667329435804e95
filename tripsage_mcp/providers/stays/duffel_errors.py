"""What Duffel's errors mean to somebody looking for a place to stay.

https://duffel.com/docs/api/overview/response-handling
"""

from collections.abc import Mapping
from http import HTTPStatus

from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.http import Reply
from tripsage_mcp.providers.duffel.refusals import RawError, by_status, first_error, rate_limited
from tripsage_mcp.providers.duffel.wire import NAME

_SEARCH_AGAIN = "Search again with search_stays: results live for minutes."
_NOT_ENABLED = (
    "Ask Duffel to enable Stays for the account, or set TRIPSAGE_DUFFEL_STAYS=off to search"
    " elsewhere only."
)

# Duffel's field, our argument, a valid value.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "check_in_date": ("check_in", '"2027-05-10"'),
    "check_out_date": ("check_out", '"2027-05-14"'),
    "rooms": ("rooms", "1"),
    "guests": ("adults", "2"),
    "age": ("children_ages", "[4, 11]"),
    "location": ("location", '"Lisbon, Portugal"'),
    "geographic_coordinates": ("location", '"38.7139,-9.1335"'),
}


def explain(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what went wrong; None leaves it to the status alone."""
    error = first_error(reply.body)
    match reply.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return rate_limited(reply, now)
        case HTTPStatus.NOT_FOUND:
            return NotFoundError(
                "No such stay or rate, or it is too old.",
                hint=_SEARCH_AGAIN,
            )
        case HTTPStatus.FORBIDDEN:
            return ProviderRejectedError(
                NAME, "Stays is not enabled for this account", hint=_NOT_ENABLED
            )
        case HTTPStatus.GONE | HTTPStatus.CONFLICT | HTTPStatus.UNPROCESSABLE_ENTITY:
            return _refused(error)
        case _:
            return by_status(reply, now)


def _refused(error: RawError) -> TripSageError:
    """Say which argument was at fault, or that the rate is gone."""
    if error.type == "validation_error":
        argument, example = _FIELDS.get(error.at.field, (None, None))
        if argument is not None:
            return InvalidRequestError(argument, "was refused by Duffel", example=example)
    elif "expired" in error.code:
        return OfferExpiredError("The rate has expired.", hint=_SEARCH_AGAIN)
    elif error.type == "invalid_state_error" or "available" in error.code:
        return OfferUnavailableError("The room can no longer be had.", hint=_SEARCH_AGAIN)
    return ProviderRejectedError(NAME, "the request was not accepted")
