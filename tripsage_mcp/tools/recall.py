"""The `recall` tool."""

from itertools import groupby
from typing import Annotated, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories import ProfileRecalled
from tripsage_mcp.services.memory_requests import RecallRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.memory_views import MemoryRow
from tripsage_mcp.tools.results import Answer, Opt, Source, tool

_MOST_LINES = 20


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


async def recall(
    *,
    query: Annotated[
        Opt[str], Field(description="Words to look for, in English; without: the whole profile")
    ] = None,
    category: Annotated[Opt[Category], Field(description="And diet and health")] = None,
    subject: Annotated[Opt[str], Field(description="self, or a companion's name")] = None,
    limit: Annotated[
        Opt[Annotated[int, Field(ge=1, le=100)]],
        Field(description="Besides diet and health; default 10, profile 100"),
    ] = None,
    max_tokens: Annotated[int, Field(ge=200, le=8000)] = 4000,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> RecallAnswer:
    """Recall what is known about the traveller and companions.

    Call it before planning or recommending anything; without a query it gives the whole profile,
    which is best for a new plan. A query finds words, not meaning. Diet and health always come
    first.
    """
    request = RecallRequest(query, category, subject, limit, max_tokens)
    return RecallAnswer.of(await svc.memories.recall(who, request))


TOOL = tool(recall, title="Recall", read_only=True, idempotent=True, open_world=False)
