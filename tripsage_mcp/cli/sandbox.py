"""`tripsage-mcp sandbox`: the sandbox world as a server, for clients of the providers' own APIs."""

from tripsage_mcp.cli.serve import listen


def run(host: str, port: int, seed: int, *, airbnb: bool) -> int:
    """Serve the providers' twins over HTTP, or the Airbnb stand-in over stdio."""
    if airbnb:
        from tripsage_mcp.sandbox.airbnb import main  # noqa: PLC0415

        main(seed)
        return 0
    import uvicorn  # noqa: PLC0415

    from tripsage_mcp.sandbox.app import build_app  # noqa: PLC0415
    from tripsage_mcp.sandbox.paths import BASE_PATHS  # noqa: PLC0415

    lines = [f"  {name:24} {{url}}{path}" for name, path in BASE_PATHS.items()]
    config = uvicorn.Config(build_app(seed), host=host, port=port, log_config=None)
    return listen(config, "The sandbox world answers at\n" + "\n".join(lines))
