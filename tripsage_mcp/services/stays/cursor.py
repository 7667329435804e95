"""Where the next page of a stay search begins, as a string the caller hands back."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.cursors import seal, unseal

_MAX_LENGTH = 1_600
_MAX_OFFSET = 10_000
_MAX_EPOCH = 2**33
_MOST_SOURCES = 8


@dataclass(frozen=True, slots=True)
class StayCursor:
    """One place in one search.

    A search goes on in rounds: each asks every source that has more for its next listings, and is
    put in order and cut into pages by itself. What a round found is kept for a while; when that is
    forgotten, the sources are asked for the same again.

    Attributes:
        search: Stands for every argument that shapes the pages (`fingerprint`).
        made: When the search began, in seconds since 1970: two searches share no round.
        sources: Who is asked in this round, each for what its own cursor names; None for its first.
        offset: Lodgings of this round already shown.
    """

    search: int
    made: int
    sources: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    offset: int = 0

    @property
    def round_key(self) -> str:
        """Stands for the round, wherever in it."""
        return json.dumps((self.search, self.made, dict(self.sources)), sort_keys=True)

    def encode(self) -> str:
        """Write the cursor; `decode` reads it."""
        return seal((self.search, self.made, dict(self.sources), self.offset))

    @classmethod
    def decode(cls, text: str, *, search: int) -> "StayCursor":
        """Read the cursor of one search.

        Raises:
            InvalidRequestError: it is not one of ours, was altered, or belongs to another search.
        """
        match _list(unseal(text, longest=_MAX_LENGTH)):
            case [int(given), int(made), sources, int(offset)] if (
                0 <= offset <= _MAX_OFFSET and 0 < made < _MAX_EPOCH
            ):
                if given != search:
                    raise InvalidRequestError(
                        "cursor",
                        "belongs to another search; repeat that search's arguments, or leave the"
                        " cursor out",
                    )
                return cls(search, made, _sources(sources), offset)
            case _:
                raise _not_ours()


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _sources(value: object) -> dict[str, str | None]:
    given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    sources = {name: cursor for name, cursor in given.items() if isinstance(cursor, str | None)}
    if not 0 < len(sources) == len(given) <= _MOST_SOURCES:
        raise _not_ours()
    return sources


def _not_ours() -> InvalidRequestError:
    return InvalidRequestError(
        "cursor", "must be a next_cursor of search_stays, unchanged; leave it out to begin"
    )


def fingerprint(*arguments: object) -> int:
    """Return a number that differs, in all likelihood, when any argument does."""
    return zlib.crc32(json.dumps(arguments, default=_sorted_or_text).encode())


def _sorted_or_text(value: object) -> object:
    # A set's own order differs from process to process.
    return sorted(cast("frozenset[str]", value)) if isinstance(value, frozenset) else str(value)
