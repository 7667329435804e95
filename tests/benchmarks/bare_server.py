"""The reference: a FastMCP server with one tool and nothing else."""

from fastmcp import FastMCP

mcp: FastMCP[None] = FastMCP("bare")


@mcp.tool
async def ping(name: str) -> str:
    """Answer."""
    return f"pong {name}"


if __name__ == "__main__":
    mcp.run(show_banner=False)
