"""What @openbnb/mcp-server-airbnb 0.3.0 says when it fails, as our errors.

It words everything in English prose; the prose is looked at and never repeated. A challenge page
and the page that sends visitors to their own country's site cannot be told apart by what it says,
so both have the one code `provider_challenged`, and its message names both.
"""

import re
from http import HTTPStatus

from pydantic import BaseModel

from tripsage_mcp.errors import (
    NotFoundError,
    ProviderBlockedError,
    ProviderChallengedError,
    ProviderChangedError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    TripSageError,
)

PROVIDER = "airbnb"
# The Retry-After of Airbnb's answer is lost on the way.
RATE_WINDOW_S = 60.0

_STATUS = re.compile(r"HTTP (\d{3})\b")
_TIMEOUT = re.compile(r"timeout|timed out|aborted", re.IGNORECASE)
_NETWORK = re.compile(
    r"request to .*failed|ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|EPIPE|ETIMEDOUT|socket hang up"
    r"|premature close|certificate|SSL|TLS",
    re.IGNORECASE,
)
# With the traveller's own words in them.
_ADDRESS = re.compile(r"https?://\S+")
_NO_DATA = re.compile(r"data script element", re.IGNORECASE)
_CHALLENGING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


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
    said = _ADDRESS.sub("", failure.error)
    if "robots.txt" in said:
        # Not with its own check switched off.
        return ProviderBlockedError(
            PROVIDER, "its server refuses, by its own reading of robots.txt"
        )
    status = _STATUS.search(said)
    if status is not None:
        return _by_status(int(status[1]), listing=listing)
    if said.startswith("Failed to parse"):
        return _unreadable(failure.details)
    return _unanswered(said)


def _unanswered(said: str) -> TripSageError:
    if "redirect" in said:
        return _challenged("it sends us from page to page without end")
    if _TIMEOUT.search(said):
        return ProviderTimeoutError(PROVIDER, "no answer in time")
    if _NETWORK.search(said):
        return ProviderUnavailableError(PROVIDER, "cannot connect")
    return ProviderProtocolError(PROVIDER, "its server failed in a way we do not know")


def _by_status(status: int, *, listing: bool) -> TripSageError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderRateLimitedError(PROVIDER, RATE_WINDOW_S)
    if status in _CHALLENGING:
        return _challenged(f"HTTP {status}")
    if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        return ProviderBlockedError(PROVIDER, f"HTTP {status}, for legal reasons")
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
        return _challenged(
            "it sent a page without data: it wants proof of a person, or sends us to the site of"
            " another country"
        )
    if "reading 'id'" in details:
        return ProviderChangedError(PROVIDER, "one listing without an id spoiled the whole page")
    return ProviderChangedError(PROVIDER, "its pages are built differently now")


def _challenged(why: str) -> ProviderChallengedError:
    return ProviderChallengedError(
        PROVIDER, why, hint="Try again much later, or from a network in another country."
    )
