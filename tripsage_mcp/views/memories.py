"""How memories look in an answer, and how statements are read."""

from datetime import date
from itertools import groupby
from typing import Annotated, Literal, override

from pydantic import BaseModel, ConfigDict, Field

from tripsage_mcp.domain.memory import Category, Memory
from tripsage_mcp.domain.trip import SELF
from tripsage_mcp.services.memories.ranking import Recalled
from tripsage_mcp.services.memories.requests import Statement
from tripsage_mcp.services.memories.service import Forgotten, Kept, ProfileRecalled, Remembered
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text

_MOST_LINES = 20
_MOST_SHOWN = 20


class MemoryRow(Part):
    """One statement. What is usual is left out: about the traveller, stated, lasting."""

    memory_id: str
    text: str
    category: str
    subject: Opt[str] = None
    why: Opt[str] = None
    inferred: Opt[bool] = None
    quote: Opt[str] = None
    trip_id: Opt[str] = None
    valid_until: Opt[str] = None
    since: str

    @classmethod
    def of(cls, memory: Memory, *, why: str | None = None) -> "MemoryRow":
        """Project a statement."""
        return cls(
            memory_id=str(memory.memory_id),
            text=memory.text,
            category=memory.category,
            subject=None if memory.subject == SELF else memory.subject,
            why=why,
            inferred=True if memory.origin == "inferred" else None,
            quote=memory.quote,
            trip_id=None if memory.trip_id is None else str(memory.trip_id),
            valid_until=None if memory.valid_until is None else memory.valid_until.isoformat(),
            since=memory.created_at.date().isoformat(),
        )

    @classmethod
    def recalled(cls, recalled: Recalled) -> "MemoryRow":
        """Project a statement with the reason it was recalled."""
        words = f": {', '.join(recalled.words)}" if recalled.why == "matched" else ""
        return cls.of(recalled.memory, why=recalled.why + words)

    def line(self) -> str:
        """Return it for a person."""
        about = f"{self.subject}: " if self.subject else ""
        marks = [
            *(["inferred"] if self.inferred else []),
            *([f"until {self.valid_until}"] if self.valid_until else []),
            *(["for one trip"] if self.trip_id else []),
        ]
        return f"- {about}{self.text}" + (f" ({', '.join(marks)})" if marks else "")


class MemoryParam(BaseModel):
    """Something to remember."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="One fact, in English, e.g. Prefers aisle seats")]
    category: Annotated[Category, Field(examples=["flights"])]
    subject: Annotated[str, Field(description="self, or the companion's name")] = "self"
    quote: Annotated[Opt[str], Field(description="The traveller's own words")] = None
    origin: Literal["stated", "inferred"] = "stated"
    trip_id: Annotated[Opt[str], Field(description="Only about this trip")] = None
    valid_until: Opt[Annotated[date, Field(description="YYYY-MM-DD")]] = None
    supersedes: Annotated[
        list[str], Field(description="memory_ids that are no longer true because of this")
    ] = []

    def statement(self) -> Statement:
        """Return it for the service."""
        return Statement(
            text=self.text,
            category=self.category,
            subject=self.subject,
            quote=self.quote,
            origin=self.origin,
            trip_id=self.trip_id,
            valid_until=self.valid_until,
            supersedes=self.supersedes,
        )


class StoredRow(MemoryRow):
    """One statement as it is stored now, and what it means for others."""

    new: Annotated[bool, Field(description="False: it was known already")]
    superseded: Opt[list[str]] = None
    related: Annotated[
        Opt[list[MemoryRow]],
        Field(description="Held already; if one is contradicted, remember again with supersedes"),
    ] = None

    @classmethod
    def kept(cls, kept: Kept) -> "StoredRow":
        """Project one statement."""
        return cls(
            **vars(MemoryRow.of(kept.memory)),
            new=kept.new,
            superseded=[str(memory_id) for memory_id in kept.superseded] or None,
            related=[MemoryRow.of(each) for each in kept.related] or None,
        )

    @override
    def line(self) -> str:
        """Return it for a person."""
        known = "" if self.new else " (known already)"
        instead = f" (in place of {len(self.superseded)})" if self.superseded else ""
        return super().line() + known + instead


class RememberedAnswer(Answer):
    """What is stored now, in the order given."""

    stored: list[StoredRow]
    source: Source

    @classmethod
    def of(cls, remembered: Remembered) -> "RememberedAnswer":
        """Project the service's answer."""
        return cls(
            stored=[StoredRow.kept(kept) for kept in remembered.kept],
            source=Source.of(remembered.provenance),
        )

    @override
    def text(self) -> str:
        """Say each statement back."""
        return "\n".join(["Remembered:", *(row.line() for row in self.stored)])


class RecallAnswer(Answer):
    """What is known, diet and health first; `total` counts what was left out too."""

    memories: list[MemoryRow]
    total: int
    source: Source

    @classmethod
    def of(cls, found: ProfileRecalled) -> "RecallAnswer":
        """Project the service's answer."""
        return cls(
            memories=[MemoryRow.recalled(each) for each in found.recalled],
            total=found.total,
            source=Source.of(found.provenance),
        )

    @override
    def text(self) -> str:
        """Say the first statements under their categories."""
        if not self.total:
            return "Nothing is remembered yet."
        lines: list[str] = []
        for category, rows in groupby(self.memories[:_MOST_LINES], key=lambda row: row.category):
            lines += [category.replace("_", " ").capitalize(), *(row.line() for row in rows)]
        shown = min(len(self.memories), _MOST_LINES)
        more = [f"{shown} of {self.total} known statements."] if shown < self.total else []
        return "\n".join([*lines, *more])


class ForgetAnswer(Answer):
    """What was erased, or with `erased` false what would be."""

    erased: bool
    count: int
    earlier_versions: Annotated[
        Opt[int], Field(description="Superseded statements that go with them")
    ] = None
    memories: Annotated[list[MemoryRow], Field(description="The first 20 of a preview")]
    confirmation_token: Opt[str] = None
    token_expires_at: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, forgotten: Forgotten) -> "ForgetAnswer":
        """Project the service's answer; what is erased is not said once more."""
        expires_at = forgotten.token_expires_at
        shown = () if forgotten.erased else forgotten.memories[:_MOST_SHOWN]
        return cls(
            erased=forgotten.erased,
            count=len(forgotten.memories),
            earlier_versions=forgotten.earlier_versions or None,
            memories=[MemoryRow.of(memory) for memory in shown],
            confirmation_token=forgotten.confirmation_token,
            token_expires_at=None if expires_at is None else utc_text(expires_at),
            source=Source.of(forgotten.provenance),
        )

    @override
    def text(self) -> str:
        """Say how many are gone, or list what would go."""
        if self.erased:
            return f"Forgot {_statements(self.count)} for good."
        if not self.count:
            return "Nothing fits; nothing was forgotten."
        more = [f"and {self.count - _MOST_SHOWN} more"] if self.count > _MOST_SHOWN else []
        return "\n".join(
            [
                f"Nothing is forgotten yet. This would erase {_statements(self.count)}:",
                *(row.line() for row in self.memories),
                *more,
                "If the traveller agrees, call again with the confirmation_token.",
            ]
        )


def _statements(count: int) -> str:
    return "1 statement" if count == 1 else f"{count} statements"
