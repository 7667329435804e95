"""What @openbnb/mcp-server-airbnb 0.3.0 says when it fails, as our errors.

It words everything in English prose; the prose is looked at and never repeated. A challenge page
and the page that sends visitors to their own country's site cannot be told apart from it.
"""

import re
from http import HTTPStatus

from pydantic import BaseModel

from tripsage_mcp.errors import (
    NotFoundError,
    ProviderBlockedError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)

PROVIDER = "airbnb"
ROBOTS_VARIABLE = "TRIPSAGE_AIRBNB_IGNORE_ROBOTS"

# The Retry-After of Airbnb's answer is lost on the way.
_RATE_WINDOW_S = 60.0
_STATUS = re.compile(r"HTTP (\d{3})\b")
_TIMEOUT = re.compile(r"timeout|timed out|aborted", re.IGNORECASE)
_NETWORK = re.compile(
    r"request to \S+ failed|ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|EPIPE|ETIMEDOUT|socket hang up"
    r"|premature close|certificate|SSL|TLS",
    re.IGNORECASE,
)
_NO_DATA = re.compile(r"data script element", re.IGNORECASE)
_BLOCKING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
}


class RawFailure(BaseModel):
    """The text of a failed call."""

    error: str
    details: str = ""


def explain(failure: RawFailure, *, listing: bool) -> TripSageError:
    """Name a failure.

    Args:
        failure: As the server put it.
        listing: Whether one listing was asked for, so that 404 means there is none.
    """
    said = failure.error
    if "robots.txt" in said:
        return ProviderBlockedError(
            PROVIDER,
            "robots.txt does not allow it",
            hint=f"The operator decides: {ROBOTS_VARIABLE}=true asks all the same.",
        )
    status = _STATUS.search(said)
    if status is not None:
        return _by_status(int(status[1]), listing=listing)
    if said.startswith("Failed to parse"):
        return _unreadable(failure.details)
    if _TIMEOUT.search(said):
        return ProviderUnavailableError(PROVIDER, "no answer in time")
    if _NETWORK.search(said):
        return ProviderUnavailableError(PROVIDER, "cannot connect")
    return ProviderProtocolError(PROVIDER, "its server failed in a way we do not know")


def _by_status(status: int, *, listing: bool) -> TripSageError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderRateLimitedError(PROVIDER, _RATE_WINDOW_S)
    if status in _BLOCKING:
        return _blocked(f"HTTP {status}")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} and listing:
        return no_such_listing()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderUnavailableError(PROVIDER, f"HTTP {status}")
    return ProviderRejectedError(PROVIDER, f"HTTP {status}")


def no_such_listing() -> NotFoundError:
    """There is no listing of the id asked for."""
    return NotFoundError(
        "airbnb: there is no listing with this id",
        hint="Listings come and go; take a fresh id from search_stays.",
    )


def _unreadable(details: str) -> TripSageError:
    if _NO_DATA.search(details):
        return _blocked("it sent a page without data, as for a challenge or a redirect by country")
    if "reading 'id'" in details:
        return ProviderProtocolError(PROVIDER, "one listing without an id spoiled the whole page")
    return ProviderProtocolError(PROVIDER, "its pages are built differently now")


def _blocked(why: str) -> ProviderBlockedError:
    return ProviderBlockedError(
        PROVIDER, why, hint="Try again much later, or from a network in another country."
    )
