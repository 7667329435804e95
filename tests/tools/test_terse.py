from typing import Any

import jsonschema
import pytest

from tripsage_mcp.tools.terse import terse

LONG: dict[str, Any] = {
    "$defs": {
        "Bag": {
            "description": "What our code calls it.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string"},
                "size": {"description": "In litres", "type": "integer"},
                "tag": {"$ref": "#/$defs/Tag"},
            },
            "required": ["size"],
        },
        "Tag": {"description": "Likewise.", "type": "string", "enum": ["a", "b"]},
        "Two": {"description": "Likewise.", "type": "string"},
    },
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "bags": {"type": "array", "default": [], "items": {"$ref": "#/$defs/Bag"}},
        "day": {"description": "YYYY-MM-DD", "format": "date", "type": "string"},
        "until": {"description": "The last day", "format": "date", "type": "string"},
        "first": {"$ref": "#/$defs/Two"},
        "second": {"$ref": "#/$defs/Two", "description": "Another"},
        "anything": {"type": "object", "additionalProperties": True},
        "seats": {"type": "integer", "default": 1},
        "everything": {"type": "boolean", "default": False},
    },
    "required": ["day"],
}


def test_parameters_keep_their_meaning_in_fewer_words() -> None:
    assert terse(LONG) == {
        "$defs": {"Two": {"type": "string"}},
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "bags": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "size": {"description": "In litres", "type": "integer"},
                        "tag": {"type": "string", "enum": ["a", "b"]},
                    },
                    "required": ["size"],
                },
            },
            "day": {"format": "date", "type": "string"},
            "until": {"description": "The last day", "format": "date", "type": "string"},
            "first": {"$ref": "#/$defs/Two"},
            "second": {"$ref": "#/$defs/Two", "description": "Another"},
            "anything": {"type": "object"},
            "seats": {"type": "integer", "default": 1},
            # It is safe to leave out, which a model has to be told.
            "everything": {"type": "boolean", "default": False},
        },
        "required": ["day"],
    }


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"day": "2027-05-10", "bags": [{"size": 3, "tag": "a"}], "first": "x"}, True),
        ({"day": "2027-05-10", "bags": [{"tag": "a"}]}, False),
        ({"day": "2027-05-10", "bags": [{"size": 3, "tag": "c"}]}, False),
        ({"day": "2027-05-10", "second": 2}, False),
        ({"bags": []}, False),
        ({"day": "2027-05-10", "more": 1}, False),
    ],
)
def test_what_fitted_fits_and_what_did_not_does_not(given: dict[str, Any], *, fits: bool) -> None:
    for schema in (LONG, terse(LONG)):
        made: Any = jsonschema.Draft202012Validator(schema)
        assert made.is_valid(given) is fits
