"""What the traveller told us, and how statements are compared."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args
from uuid import UUID

from tripsage_mcp.domain.trip import SELF

# Not a `type` statement, which would come out as a `$ref` in the schemas of tools.
Category = Literal[
    "dietary",
    "health_access",
    "identity_home",
    "companions",
    "flights",
    "stays",
    "activities",
    "budget",
    "dislikes",
    "past_trips",
    "documents",
    "loyalty",
    "other",
]
type Origin = Literal["stated", "inferred"]

CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
"""In the order a profile is shown."""

HARD: Final[frozenset[Category]] = frozenset(("dietary", "health_access"))
"""Constraints, not tastes: always recalled, kept only with consent, never inferred."""

_WORD = re.compile(r"\w+")
_SHORTEST_WORD = 3
_STEM = 5
_STOP_TEXT = """
about after all also always and any are because been before between both but can could did does
each even every few for from had has have her hers him his how into its just like likes many more
most much never nor not now off often only other our out over own prefer prefers same she should
some such than that the their them then there these they this those too under very was were what
when where which while who whom why will with would you your
"""
_STOP = frozenset(_STOP_TEXT.split())


@dataclass(frozen=True, slots=True)
class Memory:
    """One remembered statement.

    Attributes:
        text: One fact, in English.
        subject: `SELF`, or the name of the person it is about.
        quote: The traveller's own words, in their language.
        origin: Whether the traveller said it or the assistant concluded it.
        trip_id: The one trip it is about; None when it is lasting.
        valid_until: Last day it holds (UTC); None without end.
        consented_at: When the traveller agreed to its being kept; always set for `HARD` categories.
        superseded_by: The statement that replaced it; None while it holds.
    """

    memory_id: UUID
    text: str
    category: Category
    created_at: datetime
    subject: str = SELF
    quote: str | None = None
    origin: Origin = "stated"
    trip_id: UUID | None = None
    valid_until: date | None = None
    consented_at: datetime | None = None
    superseded_by: UUID | None = None

    @property
    def hard(self) -> bool:
        """Whether it is a constraint rather than a taste."""
        return self.category in HARD

    def holds_on(self, day: date) -> bool:
        """Return whether it is in force that day."""
        return self.superseded_by is None and (self.valid_until is None or self.valid_until >= day)

    def says_the_same(self, other: "Memory") -> bool:
        """Return whether keeping both would be keeping one fact twice."""
        return (self.category, self.trip_id, self.valid_until) == (
            other.category,
            other.trip_id,
            other.valid_until,
        ) and (key(self.subject), key(self.text)) == (key(other.subject), key(other.text))


def key(text: str) -> str:
    """Return `text` for comparison: no case, no accents, no punctuation."""
    # Twice, for either step can undo the other: a bold capital is folded only once it is plain.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def content_words(text: str) -> tuple[str, ...]:
    """Return the words that carry meaning, once each, in order, as `key` writes them."""
    words = dict.fromkeys(key(text).split())
    return tuple(word for word in words if len(word) >= _SHORTEST_WORD and word not in _STOP)


def shared_words(words: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Return those of `words` that `others` has too, or has with the same beginning.

    The same beginning catches what a stemmer misses: allergy and allergic.
    """
    stems = {_stem(other) for other in others}
    return tuple(word for word in words if _stem(word) in stems)


def _stem(word: str) -> str:
    return word[:_STEM]
