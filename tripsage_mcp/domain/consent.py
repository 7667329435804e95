"""The traveller's explicit yes to one thing: what was shown, answered, and whether it was used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

type ConsentAction = Literal["book", "hold", "pay", "cancel", "share"]
type YesOrNo = Literal["yes", "no"]


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """A heading and what is under it, a line each."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What the traveller is shown before they answer; never logged, hence without a repr.

    Attributes:
        question: One sentence that a yes answers.
        sections: Price, airline, flights, names, conditions.
        next: What a yes brings about.
    """

    question: str
    sections: tuple[Section, ...]
    next: str

    def text(self) -> str:
        """Return all of it as plain text."""
        parts = [self.question]
        for section in self.sections:
            if len(section.lines) == 1:
                parts.append(f"{section.heading}: {section.lines[0]}")
            else:
                parts += [f"{section.heading}:", *(f"- {line}" for line in section.lines)]
        return "\n".join([*parts, self.next])


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    """One question to the traveller and what became of it.

    It is open until it is closed: used, declined, expired, or put aside for another question about
    the same thing. What was shown is erased when it closes.

    Attributes:
        subject: The offer to buy, or the booking to pay or cancel.
        bound: SHA-256 of everything shown and of the arguments that would be acted on.
        shown: None once it is closed.
        context: What acting on the answer needs to know, e.g. which cancellation quote was shown.
        used_at: When it allowed what it is about, once and for all.
    """

    consent_id: UUID
    action: ConsentAction
    subject: str
    bound: bytes
    shown: Shown | None
    created_at: datetime
    expires_at: datetime
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    answer: YesOrNo | None = None
    answered_at: datetime | None = None
    used_at: datetime | None = None
    closed_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether an answer still counts."""
        return self.closed_at is None and at < self.expires_at
