"""A client of Google's twin at a fixed moment, and a walk over Google's discovery document."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from tripsage_mcp.infrastructure.http import HTTPClient, open_client
from tripsage_mcp.sandbox.google import build_app

# A Sunday, at noon in Lisbon.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "AIzaSandboxSandbox"
SCHEMAS = Path(__file__).parents[2] / "../shared/reference/schemas"
LISBON = {"latitude": 38.7108, "longitude": -9.139}
_TYPES = {"string": str, "boolean": bool, "number": (int, float), "integer": int}


@asynccontextmanager
async def google(now: datetime = NOW) -> AsyncGenerator[HTTPClient]:
    async with open_client("http://google.test", app=build_app(lambda: now)) as client:
        yield client


def headers(mask: str) -> dict[str, str]:
    return {"X-Goog-Api-Key": KEY, "X-Goog-FieldMask": mask}


async def search(client: HTTPClient, mask: str = "places.displayName", **body: Any) -> Any:
    reply = await client.post("/v1/places:searchText", json=body, headers=headers(mask))
    assert reply.status_code == 200, reply.text
    return reply.json()


def names(answer: Any) -> list[str]:
    return [place["displayName"]["text"] for place in answer.get("places", [])]


@cache
def schemas() -> dict[str, Any]:
    path = SCHEMAS / "places.v1.json"
    if not path.is_file():
        pytest.skip("Google's discovery document is not in this checkout")
    return json.loads(path.read_text(encoding="utf-8"))["schemas"]


def conform(value: Any, schema: dict[str, Any], where: str) -> None:
    """Fail unless every key is one of the schema's and has its JSON type."""
    if "$ref" in schema:
        schema = schemas()[schema["$ref"]]
    kind = schema["type"]
    if kind == "array":
        assert isinstance(value, list), where
        for index, item in enumerate(cast("list[Any]", value)):
            conform(item, schema["items"], f"{where}[{index}]")
    elif kind == "object":
        assert isinstance(value, dict), where
        for name, item in cast("dict[str, Any]", value).items():
            assert name in schema["properties"], f"{where}.{name}"
            conform(item, schema["properties"][name], f"{where}.{name}")
    else:
        assert isinstance(value, _TYPES[kind]), where
        assert value in schema.get("enum", [value]), where
        # Protobuf leaves empty strings out.
        assert value != "", where
