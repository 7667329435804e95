"""Where the next page of a flight search begins, as a string the caller hands back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.cursors import seal, unseal
from tripsage_mcp.services.flights.requests import SORTS

_SEARCH_ID = re.compile(r"orq_[0-9A-Za-z]{22}")
_MAX_LENGTH = 200
_MAX_OFFSET = 10_000
_MAX_EPOCH = 2**33


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place in one ordering of the answer to one question.

    Attributes:
        offset: Itineraries already shown.
        as_of: When the first page was made; offers that were alive then make the ordering, so
            that one which expires between two pages shifts nothing.
        question: A digest of what was asked (`CheckedSearch.question`).
    """

    search_id: str
    offset: int
    sort: FlightSort
    as_of: datetime
    question: str

    def encode(self) -> str:
        """Write the cursor; `decode` reads it."""
        as_of = int(self.as_of.timestamp())
        return seal((self.search_id, self.offset, self.sort, as_of, self.question))

    @classmethod
    def decode(cls, text: str, *, question: str) -> "Cursor":
        """Read a cursor of a question.

        Raises:
            InvalidRequestError: it is not one of ours, was altered on the way, or belongs to
                another question.
        """
        match unseal(text, longest=_MAX_LENGTH):
            case [str(search_id), int(offset), str(sort), int(as_of), str(asked)] if (
                _SEARCH_ID.fullmatch(search_id)
                and 0 < offset <= _MAX_OFFSET
                and 0 < as_of <= _MAX_EPOCH
                and sort in SORTS
            ):
                if asked != question:
                    raise InvalidRequestError(
                        "cursor",
                        "belongs to another search; repeat that search's arguments, or leave the"
                        " cursor out",
                    )
                made_at = datetime.fromtimestamp(as_of, UTC)
                return cls(search_id, offset, sort, made_at, question)
            case _:
                raise InvalidRequestError(
                    "cursor",
                    "must be a next_cursor of search_flights, unchanged; leave it out to begin",
                )
