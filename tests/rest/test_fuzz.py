import json
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


def fields_of(endpoint: Endpoint[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = sorted(schema(endpoint.request).json_schema()["properties"]) or ["none"]
    return st.dictionaries(st.sampled_from(names) | st.text(), PLAUSIBLE | VALUES, max_size=6)


def plain(value: object) -> str:
    """Write a value so that a URL can hold it."""
    return str(value).encode(errors="replace").decode()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
@given(data=st.data())
@settings(max_examples=30, deadline=None)
async def test_whatever_is_sent_is_answered_or_refused_and_is_no_bug(
    endpoint: Endpoint[Any], data: st.DataObject
) -> None:
    path = "".join(
        part if part[0] != "{" else data.draw(SEGMENT)
        for part in endpoint.path.replace("{", "\0{").replace("}", "}\0").split("\0")
        if part
    )
    sent = data.draw(fields_of(endpoint))
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
