"""What callers write into a tool's arguments: mended where harmless, explained where wrong.

Both read the tool's own input schema, so that a tool needs no code for either.
"""

import contextlib
import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast

from pydantic import ValidationError

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.views import rules

type Schema = Mapping[str, Any]

_JSON_KINDS: Mapping[str, type[object]] = {"array": list, "object": dict}
_MOST_JSON = 1_000_000
_LONGEST_EXAMPLE = 300
_DEEPEST_EXAMPLE = 6
# Stands for words of the caller's own; the argument's description says which.
_WORDS = "..."
_WORDED_EXAMPLE = re.compile(r'\be\.g\. (?:"([^"]+)"|([\[{].*[\]}])|([^",;(]+))', re.IGNORECASE)
# How our descriptions word a form, and a value of that form; the longer form first.
_FORMS = (
    ("HH:MM-HH:MM", "09:30-11:00"),
    ("HH:MM", "09:00"),
    ("latitude,longitude", "38.7108,-9.1390"),
    ("IATA", "LIS"),
    ("ISO 4217", "EUR"),
)


def repaired(arguments: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Parse lists and objects that arrived as a string of JSON, as some models send them."""
    properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
    return {
        name: _repaired(value, _resolved(properties.get(name, {}), schema), schema)
        for name, value in arguments.items()
    }


def _repaired(value: object, schema: Schema, root: Schema) -> object:
    kind = _JSON_KINDS.get(str(schema.get("type")))
    if kind is None:
        return value
    if isinstance(value, str):
        parsed = _parsed(value)
        if not isinstance(parsed, kind):
            return value
        value = parsed
    if isinstance(value, list):
        items = _resolved(schema.get("items", {}), root)
        return [_repaired(item, items, root) for item in cast("list[object]", value)]
    return value


def _parsed(text: str) -> object:
    try:
        return cast("object", json.loads(text)) if len(text) <= _MOST_JSON else None
    except (ValueError, RecursionError):
        return None


def reworded(
    invalid: ValidationError, schema: Schema | None = None, *, today: date | None = None
) -> InvalidRequestError:
    """Name the argument, the rule and a valid example; never echo what was sent.

    Args:
        invalid: What pydantic says about the arguments.
        schema: The tool's input schema; without it there is no example.
        today: For examples of dates; without it they are only well formed.
    """
    first, path = rules.broken_rules(invalid)[0]
    argument = ".".join(rules.name(part) for part in path) or "arguments"
    schema = schema or {}
    if first["type"] in rules.UNKNOWN:
        error = InvalidRequestError(argument, rules.rule(first))
        error.hint = _instead(rules.name(path[-1]), _at(schema, path[:-1]))
        return error
    found = _at(schema, path)
    value = example(found, schema, today=today)
    error = InvalidRequestError(argument, rules.rule(first), example=value)
    if "description" in found and (value is None or f'"{_WORDS}"' in value):
        error.hint = f"{error.hint or argument} ({found['description']})"
    return error


def _instead(wrong: str, schema: Schema) -> str | None:
    names = list(cast("Mapping[str, object]", schema.get("properties", {})))
    alike = difflib.get_close_matches(wrong, names, n=1)
    meant = f"Did you mean {alike[0]}? " if alike else ""
    return f"{meant}Known here: {', '.join(names)}." if names else None


def _at(schema: Schema, path: Sequence[int | str]) -> Schema:
    """Return the part of the schema that describes the value at `path`; empty where unknown."""
    here = schema
    for part in path:
        key = here.get("items", {}) if isinstance(part, int) else _property(here, part)
        here = _resolved(key, schema)
    return here


def _property(schema: Schema, name: str) -> Schema:
    return cast("Mapping[str, Schema]", schema.get("properties", {})).get(name, {})


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    definitions = cast("Mapping[str, Schema]", root.get("$defs", {}))
    return {**definitions.get(reference.rpartition("/")[2], {}), **schema, "$ref": None}


def example(schema: Schema, root: Schema, *, today: date | None = None) -> str | None:
    """Return a value the schema allows, as JSON, or None where the schema does not say enough."""
    for value in _values(schema, root, today, _DEEPEST_EXAMPLE):
        written = json.dumps(value, ensure_ascii=False)
        return written if len(written) <= _LONGEST_EXAMPLE else None
    return None


def _values(schema: Schema, root: Schema, today: date | None, depth: int) -> Iterator[object]:
    """Yield valid values, the most telling first; nothing where none is known."""
    for stated in ("examples", "enum"):
        yield from schema.get(stated, ())
    for stated in ("const", "default"):
        if schema.get(stated):
            yield schema[stated]
    match schema.get("type"):
        case "string":
            yield from _strings(schema, today)
        case "integer":
            yield schema.get("minimum", 1)
        case "number":
            yield max(schema.get("minimum", 0), 0)
        case "boolean":
            yield schema.get("default", True)
        case "array":
            yield from _lists(schema, root, today, depth)
        case "object":
            yield from _objects(schema, root, today, depth)
        case _:
            pass


def _strings(schema: Schema, today: date | None) -> Iterator[str]:
    day = (today or date(2027, 5, 10)).isoformat()
    match schema.get("format"):
        case "date":
            yield day
        case "date-time":
            yield f"{day}T09:30"
        case _:
            pass
    words = str(schema.get("description", ""))
    told = _WORDED_EXAMPLE.search(words)
    if told is not None and not told[2]:
        yield told[1] or told[3].strip().rstrip(".")
    yield from (value for form, value in _FORMS if form in words)
    if "pattern" not in schema:
        yield _WORDS


def _lists(schema: Schema, root: Schema, today: date | None, depth: int) -> Iterator[object]:
    told = _WORDED_EXAMPLE.search(str(schema.get("description", "")))
    if told is not None and told[2]:
        with contextlib.suppress(ValueError):
            yield json.loads(told[2])
    if depth > 0:
        items = _resolved(schema.get("items", {}), root)
        for item in _values(items, root, today, depth - 1):
            yield [item] * max(1, schema.get("minItems", 1))


def _objects(schema: Schema, root: Schema, today: date | None, depth: int) -> Iterator[object]:
    made: dict[str, object] = {}
    for name in cast("Sequence[str]", schema.get("required", ())):
        part = _resolved(_property(schema, name), root)
        values = _values(part, root, today, depth - 1) if depth > 0 else iter(())
        made[name] = next(values, _WORDS)
    yield made
