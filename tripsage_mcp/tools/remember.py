"""The `remember` tool."""

from typing import Annotated, Literal, override

from fastmcp.dependencies import Depends
from pydantic import BaseModel, ConfigDict, Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories import Kept, Remembered
from tripsage_mcp.services.memory_requests import Statement
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.memory_views import MemoryRow
from tripsage_mcp.tools.params import IsoDate
from tripsage_mcp.tools.results import Answer, Opt, Source, tool


class MemoryParam(BaseModel):
    """Something to remember."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(description="One fact, in English, e.g. Prefers aisle seats")]
    category: Category
    subject: Annotated[str, Field(description="self, or the companion's name")] = "self"
    quote: Annotated[Opt[str], Field(description="The traveller's own words")] = None
    origin: Literal["stated", "inferred"] = "stated"
    trip_id: Annotated[Opt[str], Field(description="Only about this trip")] = None
    valid_until: Opt[IsoDate] = None
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


async def remember(
    memories: Annotated[list[MemoryParam], Field(min_length=1, max_length=20)],
    *,
    consent: Annotated[
        bool,
        Field(description="The traveller agreed to keep what is dietary or health_access"),
    ] = False,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> RememberedAnswer:
    """Remember lasting facts about the traveller and companions, for every later session.

    Use it whenever the traveller states something lasting: tastes, limits, home, companions.
    Write one fact per memory, in English. Stored at once; shows what related facts are held
    already, which may need to be superseded.
    """
    asked = [each.statement() for each in memories]
    return RememberedAnswer.of(await svc.memories.remember(who, asked, consent=consent))


TOOL = tool(
    remember,
    title="Remember",
    read_only=False,
    destructive=False,
    idempotent=True,
    open_world=False,
)
