"""Makes a tool's parameters short: a model reads every tool's before every answer.

Nothing that it has to know goes: what is dropped it is told twice, or would assume.
"""

import json
from typing import cast

type Schema = dict[str, object]

_DATE = {"description": "YYYY-MM-DD", "format": "date"}


def terse(parameters: Schema) -> Schema:
    """Return parameters that mean the same in fewer words."""
    parts = {
        name: _short(part, said=False)
        for name, part in cast("dict[str, Schema]", parameters.get("$defs", {})).items()
    }
    whole = {key: value for key, value in parameters.items() if key != "$defs"}
    # What one parameter alone is made of stands in its place; some hosts know no references at all.
    text = json.dumps([whole, parts])
    once = {name: part for name, part in parts.items() if text.count(_quoted(_ref(name))) == 1}
    made = cast("Schema", _placed(_short(whole), once))
    shared = {name: _placed(part, once) for name, part in parts.items() if name not in once}
    made["additionalProperties"] = parameters["additionalProperties"]
    return {"$defs": shared, **made} if shared else made


def _short(node: Schema, *, said: bool = True) -> Schema:
    """Drop what goes without saying; of what is not `said`, also what our code calls it."""
    short: Schema = {}
    for key, value in node.items():
        if key == "additionalProperties" and isinstance(value, bool):
            continue
        if key == "description" and (not said or _tells_a_date(node)):
            continue
        if key == "default" and value == []:
            continue
        short[key] = _shorter(key, value)
    return short


def _shorter(key: str, value: object) -> object:
    if key == "properties":
        named = cast("dict[str, Schema]", value)
        return {name: _short(part) for name, part in named.items()}
    return _short(cast("Schema", value)) if isinstance(value, dict) else value


def _tells_a_date(node: Schema) -> bool:
    return all(node.get(key) == value for key, value in _DATE.items())


def _placed(node: object, parts: dict[str, Schema]) -> object:
    """Put parts in the place of references to them."""
    if isinstance(node, list):
        return [_placed(each, parts) for each in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    given = cast("Schema", node)
    for name, part in parts.items():
        if given.get("$ref") == _ref(name):
            rest = {key: value for key, value in given.items() if key != "$ref"}
            return {**cast("Schema", _placed(part, parts)), **rest}
    return {key: _placed(value, parts) for key, value in given.items()}


def _ref(name: str) -> str:
    return f"#/$defs/{name}"


def _quoted(text: str) -> str:
    return json.dumps(text)
