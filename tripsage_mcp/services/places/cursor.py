"""Where the next page of a search for places begins, as a string the caller hands back."""

import json
import zlib
from dataclasses import asdict

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.cursors import seal, unseal
from tripsage_mcp.services.places.requests import PlaceQuery

# The provider's own cursor is most of it.
_LONGEST = 4_000


def write(query: PlaceQuery, page: str | None) -> str | None:
    """Return the cursor of a later page of `query`; None after the last."""
    return None if page is None else seal((_stands_for(query), page))


def read(query: PlaceQuery) -> str | None:
    """Return the provider's own cursor; None for the first page.

    Raises:
        InvalidRequestError: it is none of ours, was altered, or belongs to another search.
    """
    if query.cursor is None:
        return None
    match unseal(query.cursor, longest=_LONGEST):
        case [int(search), str(page)]:
            if search != _stands_for(query):
                raise InvalidRequestError(
                    "cursor",
                    "belongs to another search; repeat that search's arguments, or leave the"
                    " cursor out",
                )
            return page
        case _:
            raise gone()


def gone() -> InvalidRequestError:
    """Return the error of a cursor that leads nowhere."""
    return InvalidRequestError(
        "cursor",
        "must be a fresh next_cursor of search_places, unchanged; leave it out to begin again",
    )


def _stands_for(query: PlaceQuery) -> int:
    """Return a number that differs, in all likelihood, when the search does."""
    arguments = asdict(query) | {"cursor": None, "open_on": None}
    return zlib.crc32(json.dumps(arguments, sort_keys=True).encode())
