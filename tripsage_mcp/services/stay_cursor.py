"""Where the next page of a stay search begins, as a string the caller hands back."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from tripsage_mcp.errors import InvalidRequestError

_CHECK_BYTES = 4
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
        fields = (self.search, self.page, self.offset)
        body = json.dumps(fields, separators=(",", ":")).encode()
        return urlsafe_b64encode(_checksum(body) + body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, search: int) -> "StayCursor":
        """Read the cursor of one search.

        Raises:
            InvalidRequestError: it is not one of ours, was altered, or belongs to another search.
        """
        match _fields(text):
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


def _fields(text: str) -> object:
    if len(text) > _MAX_LENGTH or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        # Against slips in copying, not against an attacker: a cursor gives no right to anything.
        return json.loads(body) if check == _checksum(body) else None
    except ValueError:
        return None


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECK_BYTES)
