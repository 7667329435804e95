"""`tripsage-mcp doctor --install-airbnb`: fetch the server that asks Airbnb."""

from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.infrastructure.database import DatabaseConfig
from tripsage_mcp.wiring import fetch_airbnb_server


def install_airbnb() -> int:
    """Fetch the server into the data folder, unless it is there, and say so in one line."""
    print(fetch_airbnb_server(read(DatabaseConfig).data_dir))
    return 0
