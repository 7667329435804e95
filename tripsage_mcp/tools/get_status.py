"""The `get_status` tool."""

from fastmcp.dependencies import Depends

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.status import StatusAnswer


async def get_status(svc: Services = Depends(services)) -> StatusAnswer:
    """Say which providers are live, sandbox, failing or lack a key, and whether storage works.

    Use it when a tool fails or the traveller asks where data comes from. Keys are set by the
    operator in the environment; never ask the traveller to type one here.
    """
    return StatusAnswer.of(await svc.status.status())


TOOL = tool(get_status, title="Server status", read_only=True, idempotent=True, open_world=False)
