"""What every call to the newer Google APIs must bring, and how a refusal looks.

https://cloud.google.com/apis/design/errors and
https://developers.google.com/maps/documentation/places/web-service/choose-fields
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse

type Tree = Mapping[str, "Tree | None"]
"""The paths a field mask may name; None below a message whose inside is not told apart."""
type Body = dict[str, Any]

_WELL_FORMED = re.compile(r"AIza[A-Za-z0-9_-]{8,}")
_STATUS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_MASK_MISSING = (
    "FieldMask is a required parameter. See https://cloud.google.com/apis/docs/system-parameters"
    " on how to provide it. As an example, you can set the header 'X-Goog-FieldMask' with value"
    " 'places.displayName', or append a URL parameter"
    " '$fields=places.displayName' to the URL."
)
_NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use"
    " API Key or other form of API consumer identity to call this API."
)


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """An error answer in Google's envelope."""

    def __init__(
        self, code: int, message: str, details: list[Body] | None = None, *, status: str = ""
    ) -> None:
        super().__init__(message)
        error: Body = {"code": code, "message": message, "status": status or _STATUS[code]}
        if details:
            error["details"] = details
        self.code = code
        self.body: Body = {"error": error}


def invalid(message: str, field: str | None = None) -> Refusal:
    """Return a 400 INVALID_ARGUMENT, naming the field where one is at fault."""
    if field is None:
        return Refusal(400, message)
    violation = {"field": field, "description": message}
    detail = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [violation],
    }
    return Refusal(400, message, [detail])


@dataclass(frozen=True, slots=True)
class Call:
    """A request that brought a key, a mask and JSON."""

    body: Body
    mask: Tree

    def answer(self, whole: object) -> JSONResponse:
        """Send only what the mask names."""
        return JSONResponse(masked(whole, self.mask))


def check_key(request: Request, service: str) -> None:
    """Refuse a call without a key, or with one that cannot be a key."""
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
    if not key:
        raise Refusal(403, _NO_KEY)
    if not _WELL_FORMED.fullmatch(key):
        detail = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": service},
        }
        raise Refusal(400, "API key not valid. Please pass a valid API key.", [detail])


def well_formed_key(key: str) -> bool:
    """Tell whether this could be a key."""
    return _WELL_FORMED.fullmatch(key) is not None


async def read_call(request: Request, service: str, fields: Tree) -> Call:
    """Check what a call must bring: the key first, then the mask, then the body.

    Raises:
        Refusal: one of them is missing or malformed.
    """
    check_key(request, service)
    query = request.query_params
    text = request.headers.get("x-goog-fieldmask") or query.get("$fields") or query.get("fields")
    if not text:
        raise invalid(_MASK_MISSING)
    mask = parse_mask(text, fields)
    if request.method == "GET":
        return Call({}, mask)
    try:
        body: object = json.loads(await request.body() or b"{}")
    except ValueError as exc:
        raise invalid("Invalid JSON payload received. Unexpected token.") from exc
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.")
    return Call(cast("Body", body), mask)


def parse_mask(text: str, fields: Tree) -> Tree:
    """Read a mask into the tree of what it keeps.

    Raises:
        Refusal: it names something that does not exist; spaces make such a name.
    """
    if text.strip() == "*":
        return fields
    kept: dict[str, Any] = {}
    for path in text.split(","):
        _keep(kept, path, path.split("."), fields)
    return kept


def _keep(kept: dict[str, Any], path: str, names: list[str], fields: Tree) -> None:
    name, rest = names[0], names[1:]
    if name == "*" and not rest:
        kept.update(fields)
        return
    if name not in fields:
        raise invalid(
            f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'.",
            path,
        )
    below = fields[name]
    if not rest or below is None:
        kept[name] = below
    elif kept.get(name, below) is not below or name not in kept:
        inner = dict(kept.get(name) or {})
        _keep(inner, path, rest, below)
        kept[name] = inner


def masked(value: object, mask: Tree | None) -> object:
    """Keep the parts of a message, or of each in a list, that the mask names."""
    if isinstance(value, list):
        return [masked(item, mask) for item in cast("list[object]", value)]
    if not mask or not isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType] - narrowed away, still an object
    message = cast("Body", value)
    return {name: masked(item, mask[name]) for name, item in message.items() if name in mask}


def tree(text: str) -> dict[str, Any]:
    """Write a tree briefly: names apart by blanks, a message's own fields in parentheses.

    A name followed by `(*)` is a message whose inside a mask may name freely; every other name
    without parentheses is a plain value.
    """
    root: dict[str, Any] = {}
    stack: list[dict[str, Any]] = [root]
    last = ""
    for word in re.findall(r"[()]|[^\s()]+", text):
        if word == "(":
            stack.append(stack[-1][last])
        elif word == ")":
            stack.pop()
        elif word == "*":
            stack[-2][last] = None
        else:
            stack[-1][word] = {}
            last = word
    return root


def number(body: Body, name: str, field: str, low: float, high: float) -> float | None:
    """Read an optional number within limits.

    Raises:
        Refusal: it is no number or outside.
    """
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"Invalid value at '{field}' (TYPE_DOUBLE)", field)
    if not low <= value <= high:
        raise invalid(f"{field} must be between {low:g} and {high:g}.", field)
    return float(value)


def message(body: Body, name: str, field: str) -> Body | None:
    """Read an optional message.

    Raises:
        Refusal: it is something else.
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{field}': expected a message.", field)
    return cast("Body", value)


def check_names(body: Body, known: Tree, prefix: str = "") -> None:
    """Refuse a field the message does not have.

    Raises:
        Refusal: there is one.
    """
    for name in body:
        if name not in known:
            where = f" at '{prefix}'" if prefix else ""
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.',
                name,
            )


def choice(body: Body, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Read an optional enumeration.

    Raises:
        Refusal: its value is not one of them.
    """
    value = body.get(name, default)
    if value not in allowed:
        raise invalid(f"Invalid value at '{name}' (TYPE_ENUM)", name)
    return str(value)
