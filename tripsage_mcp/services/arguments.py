"""Reading what a caller wrote: text, ids, amounts and objects that can be stored as they are."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast
from uuid import UUID

from tripsage_mcp.domain.money import Money, minor_units
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.errors import InvalidRequestError

_DEEPEST = 32
_MONEY = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?([A-Z]{3})")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Line ends and tabs may stay; a database cannot hold NUL, nor UTF-8 a lone surrogate.
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def text(value: str, argument: str, *, longest: int, example: str | None = None) -> str:
    """Return `value` in composed form, without white space around it.

    Raises:
        InvalidRequestError: empty, too long, or holding characters nobody can see.
    """
    if _REFUSED.search(value):
        raise InvalidRequestError(argument, "must not hold control characters", example=example)
    clean = unicodedata.normalize("NFC", value.strip())
    if not 1 <= len(clean) <= longest:
        raise InvalidRequestError(argument, f"must be 1 to {longest} characters", example=example)
    return clean


def line(value: str, argument: str, *, longest: int, example: str | None = None) -> str:
    """Return `value` as one line with single spaces.

    Raises:
        InvalidRequestError: see `text`.
    """
    return text(" ".join(value.split()), argument, longest=longest, example=example)


def identifier(value: str, argument: str, *, of: str) -> UUID:
    """Return an id that we handed out; `of` names the tools that do.

    Raises:
        InvalidRequestError: it is not shaped like one.
    """
    if not _UUID.fullmatch(value.strip().lower()):
        raise InvalidRequestError(argument, f"must be an id of {of}, unchanged")
    return UUID(value.strip())


def one_of[T: str](argument: str, given: str, allowed: tuple[T, ...]) -> T:
    """Return `given` if it is allowed.

    Raises:
        InvalidRequestError: it is not.
    """
    for word in allowed:
        if word == given:
            return word
    rule = f"must be one of {', '.join(allowed)}"
    raise InvalidRequestError(argument, rule, example=f'"{allowed[0]}"')


def between(argument: str, given: int, low: int, high: int, *, example: str) -> None:
    """Refuse a number out of a range.

    Raises:
        InvalidRequestError: it is.
    """
    if not low <= given <= high:
        raise InvalidRequestError(argument, f"must be {low} to {high}", example=example)


def money(value: str, argument: str) -> Money:
    """Return an amount written like `1500 EUR`.

    Raises:
        InvalidRequestError: it is written otherwise, or finer than its currency.
    """
    example = '"1500 EUR"'
    found = _MONEY.fullmatch(value.strip())
    if found is None:
        raise InvalidRequestError(
            argument, "must be an amount and an ISO 4217 code", example=example
        )
    amount, currency = Decimal(found[1]), found[2]
    if amount != amount.quantize(Decimal(1).scaleb(-minor_units(currency))):
        raise InvalidRequestError(argument, "has more decimals than its currency", example=example)
    return Money(amount, currency)


def json_object(value: Mapping[str, object], argument: str, *, most_bytes: int) -> JSONObject:
    """Return an object that JSON can write and PostgreSQL can keep.

    Raises:
        InvalidRequestError: too large, too deep, or holding what JSON does not know.
    """
    _stored_size([value], argument, most_bytes)
    return value


def json_objects(
    values: Sequence[Mapping[str, object]], argument: str, *, most: int, most_bytes: int
) -> tuple[JSONObject, ...]:
    """Return objects of which the same is true, together.

    Raises:
        InvalidRequestError: too many, or see `json_object`.
    """
    if len(values) > most:
        raise InvalidRequestError(argument, f"must be at most {most} objects")
    _stored_size(values, argument, most_bytes)
    return tuple(values)


def _stored_size(values: Sequence[object], argument: str, most_bytes: int) -> None:
    for value in values:
        _storable(value, argument, _DEEPEST)
    try:
        size = len(json.dumps(values, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError):
        raise InvalidRequestError(argument, "must be plain JSON") from None
    if size > most_bytes:
        raise InvalidRequestError(argument, f"must be at most {most_bytes // 1024} kB of JSON")


def _storable(value: object, argument: str, depth: int) -> None:
    if depth == 0:
        raise InvalidRequestError(argument, f"must be nested at most {_DEEPEST} deep")
    match value:
        case str() if _REFUSED.search(value):
            raise InvalidRequestError(argument, "must not hold control characters")
        case Mapping():
            for name, part in cast("Mapping[object, object]", value).items():
                _storable(name, argument, depth)
                _storable(part, argument, depth - 1)
        case list() | tuple():
            for part in cast("Sequence[object]", value):
                _storable(part, argument, depth - 1)
        case _:
            pass
