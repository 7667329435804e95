"""Progress of a call, told to clients that asked for it."""

from fastmcp import Context

from tripsage_mcp.providers.ports import SearchProgress


def search_progress(ctx: Context) -> SearchProgress | None:
    """Return what tells the client how far a flight search is; None where it did not ask."""
    request = ctx.request_context
    if request is None or (request.meta or {}).get("progressToken") is None:
        return None

    async def tell(answered: int, total: int, offers: int) -> None:
        await ctx.report_progress(answered, total, f"{offers} offers so far")

    return tell
