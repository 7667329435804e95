"""A search as REST takes it in: the service's own request, slices included."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tripsage_mcp.rest.requests import schema
from tripsage_mcp.services.flights.requests import FlightSearch
from tripsage_mcp.services.flights.slices import SliceAsked

SLICE: dict[str, Any] = {"origin": "LIS", "destination": "LHR", "departure_date": "2027-05-10"}


def test_slices_are_read_as_the_tool_reads_them() -> None:
    read = schema(FlightSearch).validate_python(
        {"slices": [SLICE | {"departure_time": "06:00-12:00"}], "airlines_only": ["TP"]}
    )
    assert read.slices == (SliceAsked("LIS", "LHR", date(2027, 5, 10), "06:00-12:00"),)
    assert read.airlines_only == ("TP",)


@pytest.mark.parametrize(
    "wrong",
    [{"via": "MAD"}, {"departure_date": "soon"}, {"origin": None}],
)
def test_a_slice_that_does_not_fit_is_refused_by_its_number(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        schema(FlightSearch).validate_python({"slices": [SLICE, SLICE | wrong]})
    assert {error["loc"][:2] for error in caught.value.errors()} == {("slices", 1)}
