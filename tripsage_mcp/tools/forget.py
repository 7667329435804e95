"""The `forget` tool."""

from typing import Annotated, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories import Forgotten
from tripsage_mcp.services.memory_requests import ForgetRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.memory_views import MemoryRow
from tripsage_mcp.tools.results import Answer, Opt, Source, tool, utc_text

_MOST_SHOWN = 20


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


async def forget(
    *,
    memory_ids: Annotated[
        list[str], Field(description="From recall or remember; erased at once", max_length=100)
    ] = [],  # noqa: B006 - a list in the schema, never changed
    query: Annotated[Opt[str], Field(description="What has most of these words")] = None,
    category: Opt[Category] = None,
    subject: Annotated[Opt[str], Field(description="self, or a companion's name")] = None,
    everything: bool = False,
    confirmation_token: Annotated[
        Opt[str], Field(description="Of the preview; repeat its other arguments")
    ] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> ForgetAnswer:
    """Erase remembered statements for good, with what they had superseded.

    By memory_ids they go at once. By query, category, subject or everything the first call only
    shows what would go and gives a confirmation_token, valid ten minutes: ask the traveller, then
    call again with it.
    """
    request = ForgetRequest(memory_ids, query, category, subject, everything, confirmation_token)
    return ForgetAnswer.of(await svc.memories.forget(who, request))


def _statements(count: int) -> str:
    return "1 statement" if count == 1 else f"{count} statements"


TOOL = tool(
    forget,
    title="Forget",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=False,
)
