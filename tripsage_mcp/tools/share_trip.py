"""The `share_trip` tool."""

from typing import Annotated, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips.share_requests import ShareRequest
from tripsage_mcp.tools.asking import CallAsker, asker
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.sharing import SharedAnswer


async def share_trip(
    action: Literal[
        "members",
        "invite",
        "revoke",
        "accept",
        "set_role",
        "make_owner",
        "remove",
        "leave",
        "rename",
    ],
    *,
    trip_id: Opt[str] = None,
    role: Opt[Literal["viewer", "editor"]] = None,
    email: Annotated[Opt[str], Field(description="Invite; no mail is sent")] = None,
    days: Annotated[Opt[int], Field(description="Invite; 7")] = None,
    uses: Annotated[Opt[int], Field(description="Invite; 1 person")] = None,
    token: Annotated[Opt[str], Field(description="Accept: or the link")] = None,
    name: Annotated[Opt[str], Field(description="As others see the caller")] = None,
    member_id: Opt[str] = None,
    invitation_id: Opt[str] = None,
    idempotency_key: Opt[str] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
    asking: CallAsker = Depends(asker),
) -> SharedAnswer:
    """Share a trip: see who takes part, invite by a link, change roles, leave.

    The traveller is asked for a yes before inviting or making an owner. If confirm_url comes back,
    they say yes there; then call again unchanged. Give a link only to the traveller.
    """
    request = ShareRequest(
        action=action,
        trip_id=trip_id,
        role=role,
        email=email,
        name=name,
        token=token,
        member_id=member_id,
        invitation_id=invitation_id,
        days=days,
        uses=uses,
        idempotency_key=idempotency_key,
    )
    return asking.answered(SharedAnswer.of(await svc.shares.manage(who, request, asking)))


TOOL = tool(
    share_trip,
    title="Share a trip",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=False,
)
