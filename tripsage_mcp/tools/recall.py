"""The `recall` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories.requests import RecallRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.memories import RecallAnswer


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
