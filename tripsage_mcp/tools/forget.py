"""The `forget` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories.requests import ForgetRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.memories import ForgetAnswer


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


TOOL = tool(
    forget,
    title="Forget",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=False,
)
