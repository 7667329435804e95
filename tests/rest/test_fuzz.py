import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rest.served import client, refused
from tripsage_mcp.rest.endpoints import ENDPOINTS, Endpoint
from tripsage_mcp.rest.requests import schema

pytestmark = pytest.mark.anyio

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PLAUSIBLE = st.sampled_from(
    ["Lisbon", "LIS", "OPO", "2027-05-10", "2027-05-12", "2027-05-10T10:35", "09:00", "10", "true"]
)
SEGMENT = st.text(
    st.characters(exclude_characters="/?#", exclude_categories=["Cs", "Cc"]), min_size=1
)


# Chosen before the test runs: a draw within it may break off with an exception that would end the
# event loop's runner, and every later test with it.
FIELDS = st.dictionaries(st.integers(0, 40) | st.text(), PLAUSIBLE | VALUES, max_size=6)


def named(endpoint: Endpoint[Any], fields: dict[int | str, Any]) -> dict[str, Any]:
    """Read a number as one of the fields the endpoint knows, a text as one it may not know."""
    names = sorted(schema(endpoint.request).json_schema()["properties"]) or ["none"]
    return {
        names[field % len(names)] if isinstance(field, int) else field: value
        for field, value in fields.items()
    }


def plain(value: object) -> str:
    """Write a value so that a URL can hold it."""
    return str(value).encode(errors="replace").decode()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
@given(fields=FIELDS, segment=SEGMENT)
@settings(max_examples=15, deadline=None)
async def test_whatever_is_sent_is_answered_or_refused_and_is_no_bug(
    endpoint: Endpoint[Any], fields: dict[int | str, Any], segment: str
) -> None:
    path = re.sub(r"\{\w+\}", lambda _: segment, endpoint.path)
    sent = named(endpoint, fields)
    async with client() as http:
        if endpoint.method == "GET":
            query = {plain(name): plain(value) for name, value in sent.items()}
            response = await http.get(f"/api/v1{path}", params=query)
        else:
            response = await http.request(
                endpoint.method,
                f"/api/v1{path}",
                content=json.dumps(sent),
                headers={"content-type": "application/json"},
            )
    assert response.status_code in {200, 201, 400, 404, 405, 409, 410, 422}
    if response.is_error:
        refused(response)
