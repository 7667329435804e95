"""What goes along on a trip: the packing list and the documents to carry."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

type DocumentKind = Literal[
    "passport",
    "id_card",
    "visa",
    "driving_licence",
    "insurance",
    "vaccination",
    "ticket",
    "consent_letter",
    "other",
]

# A word of six or more with four digits among them: 123456789, C01X00T47, but not 2027-05-10.
_NUMBER = re.compile(r"\b(?=(?:\w*\d){4})\w{6,}\b")


@dataclass(frozen=True, slots=True)
class PackingEntry:
    """One thing to pack.

    Attributes:
        position: The smaller comes first.
        traveller: Whose bag it goes in; None for anybody's.
    """

    entry_id: UUID
    name: str
    position: int = 0
    quantity: int = 1
    packed: bool = False
    traveller: str | None = None


@dataclass(frozen=True, slots=True)
class TravelDocument:
    """A document to carry: that it is needed and when it runs out, never its number.

    Attributes:
        holder: A traveller's name.
        expires: The last day it is valid.
    """

    document_id: UUID
    kind: DocumentKind
    holder: str
    expires: date | None = None
    note: str | None = None


def holds_a_number(text: str) -> bool:
    """Tell whether a text seems to hold the number of a document, which is not ours to keep."""
    return _NUMBER.search(text) is not None
