"""Use a running `tripsage-mcp http` over REST, with nothing but the standard library.

tripsage-mcp http &
python examples/rest_client.py http://127.0.0.1:8000
"""

import json
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any


def ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a GET, or a POST where there is a body, and return the JSON; errors are JSON too."""
    request = urllib.request.Request(  # noqa: S310
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def main(base: str) -> None:
    """Read the status, save a trip and read it back, and see how a refusal looks."""
    start = datetime.now(UTC).date() + timedelta(days=40)
    end = start + timedelta(days=2)
    status = ask(f"{base}/api/v1/status")
    print("status:", status["mode"], [row["capability"] for row in status["providers"]])
    trip = ask(
        f"{base}/api/v1/trips",
        {
            "title": "A weekend in Porto",
            "destination": "Porto",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
        },
    )
    print("saved:", trip["trip_id"])
    print("read back:", ask(f"{base}/api/v1/trips/{trip['trip_id']}")["trip"]["title"])
    refused = ask(f"{base}/api/v1/flights/search", {"origin": "LIS", "destination": "OPO"})
    print("refused:", refused["code"], refused["details"]["field_errors"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
