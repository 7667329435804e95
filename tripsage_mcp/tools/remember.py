"""The `remember` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.memories import MemoryParam, RememberedAnswer


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
