"""Counts keys and types in JSON, and reads which ones Duffel is known to send."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SPOKEN = {dict: "dict", list: "list", str: "str", int: "int", float: "float", bool: "bool"}
WRITTEN = {
    "object": "dict",
    "array": "list",
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "null",
}

type Census = dict[str, set[str]]


def paths(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Yield every key path with the type found there."""
    yield at, "null" if value is None else SPOKEN[type(value)]
    if isinstance(value, dict):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from paths(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from paths(inner, f"{at}[]")


def either_end(path: str) -> str:
    """Return the path with both ends of a journey called the same: they have one shape."""
    return path.replace(".destination", ".origin")


def census(value: Any, at: str) -> Census:
    """Return the types found at every path."""
    found: Census = {}
    for path, kind in paths(value, at):
        found.setdefault(either_end(path), set()).add(kind)
    return found


def merged(*parts: Census) -> Census:
    """Return the types known at every path to any of them."""
    found: Census = {}
    for part in parts:
        for path, kinds in part.items():
            found.setdefault(path, set()).update(kinds)
    return found


def moved(part: Census, old: str, new: str) -> Census:
    """Return the paths below `old` as if they were below `new`."""
    return {
        new + path.removeprefix(old): kinds
        for path, kinds in part.items()
        if path == old or path.startswith((f"{old}.", f"{old}["))
    }


def always(values: Iterable[Any], at: str) -> set[str]:
    """Return the paths of keys that every object at their place has, in all of these values."""
    keys: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    for value in values:
        for path, own in _objects(value, at):
            objects[path] += 1
            keys.update(f"{path}.{key}" for key in own)
    return {key for key, count in keys.items() if count == objects[key.rpartition(".")[0]]}


def lacking(value: Any, at: str, wanted: set[str]) -> set[str]:
    """Return the wanted keys that some object in a value is without."""
    return {
        f"{path}.{key.rpartition('.')[2]}"
        for path, keys in _objects(value, at)
        for key in wanted
        if key.rpartition(".")[0] == path and key.rpartition(".")[2] not in keys
    }


def _objects(value: Any, at: str) -> Iterator[tuple[str, set[str]]]:
    if isinstance(value, dict):
        yield at, set(value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _objects(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _objects(inner, f"{at}[]")


class Described:
    """The schemas of an OpenAPI document.

    An object without declared properties may hold anything: its path ends in `.*`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]

    def census(self, name: str, at: str) -> Census:
        """Return what one schema allows."""
        found: Census = {}
        self._walk(self._schemas[name], at, found, ())
        return {either_end(path): kinds for path, kinds in found.items()}

    def _walk(
        self, schema: Mapping[str, Any], at: str, found: Census, inside: tuple[str, ...]
    ) -> None:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if inside.count(name) < 2:
                self._walk(self._schemas[name], at, found, (*inside, name))
            return
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
            self._walk(part, at, found, inside)
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        found.setdefault(at, set()).update(WRITTEN[kind] for kind in kinds)
        properties: Mapping[str, Any] = schema.get("properties", {})
        for key, inner in properties.items():
            self._walk(inner, f"{at}.{key}", found, inside)
        if "object" in kinds and not properties:
            found[f"{at}.*"] = set()
        if "items" in schema:
            self._walk(schema["items"], f"{at}[]", found, inside)


def strange(found: Census, known: Census) -> Census:
    """Return what was found that is not known."""
    free = tuple(path.removesuffix("*") for path in known if path.endswith(".*"))
    return {
        path: kinds - known.get(path, set())
        for path, kinds in found.items()
        if not kinds <= known.get(path, set()) and not path.startswith(free)
    }
