"""How a request that breaks its schema is worded, for tools and REST alike; never what was sent."""

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

UNKNOWN = frozenset({"unexpected_keyword_argument", "extra_forbidden"})

_NAME = re.compile(r"[A-Za-z_][\w-]{0,39}", re.ASCII)
_RULES = {
    "missing": "is required",
    "missing_argument": "is required",
    "unexpected_keyword_argument": "is not known here",
    "extra_forbidden": "is not known here",
    "date": "must be a date, YYYY-MM-DD",
    "datetime": "must be a date and time, YYYY-MM-DDTHH:MM",
    "time": "must be a time, HH:MM",
    "int": "must be a whole number",
    "float": "must be a number",
    "finite": "must be a finite number",
    "bool": "must be true or false",
    "string_type": "must be a string",
    "list": "must be a list",
    "tuple": "must be a list",
    "sequence": "must be a list",
    "dict": "must be an object",
    "model": "must be an object",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} or fewer entries",
}
# These messages name the rule and nothing that was sent; the rest of pydantic's may quote it.
_SAFE_MESSAGES = re.compile(
    r"literal_error|enum|(greater|less)_than(_equal)?|multiple_of|string_(too_\w+|pattern_mismatch)"
    r"|value_error"
)

type Path = tuple[int | str, ...]


def broken_rules(invalid: ValidationError) -> list[tuple[ErrorDetails, Path]]:
    """Return each error with its path as the caller wrote it.

    An optional argument fails once for its type and once for not being None, and each puts the
    name of that branch into the path; it is no part of what the caller wrote.
    """
    errors = invalid.errors(include_input=False, include_url=False)
    optional = {error["loc"][:-1] for error in errors if error["type"] == "none_required"}

    def written(loc: Path) -> Path:
        return tuple(part for n, part in enumerate(loc) if loc[:n] not in optional)

    telling = [error for error in errors if error["type"] != "none_required"] or errors
    return [(error, written(error["loc"])) for error in telling]


def name(part: int | str) -> str:
    """Write one part of a path; a key is the caller's text, said back only where it is a name."""
    text = str(part)
    return text if isinstance(part, int) or _NAME.fullmatch(text) else "?"


def rule(error: ErrorDetails) -> str:
    """Word the rule that was broken."""
    kind = error["type"]
    if kind == "is_instance_of":
        return "must be a list"
    # `date_parsing`, `date_type` and `date_from_datetime_inexact` all break the rule of `date`.
    found = _RULES.get(kind) or _RULES.get(kind.split("_", maxsplit=1)[0])
    if found is not None:
        return found.format_map(error.get("ctx", {}))
    if not _SAFE_MESSAGES.fullmatch(kind):
        return "is not valid"
    words = error["msg"].removeprefix("Value error, ")
    words = re.sub(r"^(Input|String|List) should ", "must ", words)
    return words[:1].lower() + words[1:]
