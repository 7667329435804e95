"""Where the next page of a flight search begins, as a string the caller hands back."""

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.flight_requests import SORTS

_SEARCH_ID = re.compile(r"orq_[0-9A-Za-z]{22}")
_CHECK_BYTES = 4
_MAX_LENGTH = 200
_MAX_OFFSET = 10_000
_MAX_EPOCH = 2**33


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place in one ordering of one search; nothing is kept on our side.

    Attributes:
        offset: Itineraries already shown.
        as_of: When the first page was made; offers that were alive then make the ordering, so
            that one which expires between two pages shifts nothing.
    """

    search_id: str
    offset: int
    sort: FlightSort
    as_of: datetime

    def encode(self) -> str:
        """Write the cursor; `decode` reads it."""
        fields = (self.search_id, self.offset, self.sort, int(self.as_of.timestamp()))
        body = json.dumps(fields, separators=(",", ":")).encode()
        return urlsafe_b64encode(_checksum(body) + body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read a cursor.

        Raises:
            InvalidRequestError: it is not one of ours, or was altered on the way.
        """
        match _fields(text):
            case [str(search_id), int(offset), str(sort), int(as_of)] if (
                _SEARCH_ID.fullmatch(search_id)
                and 0 < offset <= _MAX_OFFSET
                and 0 < as_of <= _MAX_EPOCH
                and sort in SORTS
            ):
                return cls(search_id, offset, sort, datetime.fromtimestamp(as_of, UTC))
            case _:
                raise InvalidRequestError(
                    "cursor",
                    "must be a next_cursor of search_flights, unchanged; leave it out to begin",
                )


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
