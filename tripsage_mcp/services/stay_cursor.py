"""Where the next page of a stay search begins, as a string the caller hands back."""

import json
import zlib
from dataclasses import dataclass

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.cursors import seal, unseal

_MAX_LENGTH = 1_200
_MAX_OFFSET = 100


@dataclass(frozen=True, slots=True)
class StayCursor:
    """One place in one search; nothing is kept on our side.

    Attributes:
        search: Stands for every argument that shapes the pages (`fingerprint`).
        page: The provider's own cursor of a page; None for its first.
        offset: Listings of that page already shown.
    """

    search: int
    page: str | None = None
    offset: int = 0

    def encode(self) -> str:
        """Write the cursor; `decode` reads it."""
        return seal((self.search, self.page, self.offset))

    @classmethod
    def decode(cls, text: str, *, search: int) -> "StayCursor":
        """Read the cursor of one search.

        Raises:
            InvalidRequestError: it is not one of ours, was altered, or belongs to another search.
        """
        match unseal(text, longest=_MAX_LENGTH):
            case [int(given), (str() | None) as page, int(offset)] if 0 <= offset <= _MAX_OFFSET:
                if given != search:
                    raise InvalidRequestError(
                        "cursor",
                        "belongs to another search; repeat that search's arguments, or leave the"
                        " cursor out",
                    )
                return cls(search, page, offset)
            case _:
                raise InvalidRequestError(
                    "cursor",
                    "must be a next_cursor of search_stays, unchanged; leave it out to begin",
                )


def fingerprint(*arguments: object) -> int:
    """Return a number that differs, in all likelihood, when any argument does."""
    return zlib.crc32(json.dumps(arguments, default=str).encode())
