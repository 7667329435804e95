"""What every wire model of Duffel's rests on: tolerance.

Duffel adds service types, attributes and enum values without a new version
(https://duffel.com/docs/api/overview/versioning), and test fixtures omit keys that live answers
write as null. What cannot be understood is left out and named, never guessed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetPydanticSchema,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import core_schema

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import DataKind, Provenance

NAME = "duffel"

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Raw(BaseModel):
    """Anything Duffel sends; keys we do not read are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Data[T](Raw):
    """The envelope of every answer."""

    data: T


def _null_as_empty(value: object) -> object:
    return [] if value is None else value


def _none_if_unreadable(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


# A list that Duffel may write as null.
NullAsEmpty = BeforeValidator(_null_as_empty)
# A detail that nobody should lose an offer for.
NoneIfUnreadable = WrapValidator(_none_if_unreadable)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that does not match the documented schema.

    Attributes:
        field: Where it differs first, in dots.
        entry_id: What it calls itself: upstream's text, only to tell entries apart.
    """

    field: str
    entry_id: str | None = None


def or_unreadable(model: type[Raw]) -> GetPydanticSchema:
    """Read one entry of a list, or say what is wrong with it; the others are not affected."""

    def read(value: object, read_entry: ValidatorFunctionWrapHandler) -> object:
        try:
            return read_entry(value)
        except ValidationError as exc:
            return Unreadable(_first_field(exc), _entry_id(value))

    return GetPydanticSchema(
        lambda _source, handler: core_schema.no_info_wrap_validator_function(read, handler(model))
    )


def _first_field(exc: ValidationError) -> str:
    # Names of our own fields and positions in lists; upstream's words are in no model a key.
    first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
    return ".".join(str(part) for part in first["loc"]) or "the whole entry"


def _entry_id(value: object) -> str | None:
    match value:
        case {"id": str(entry_id)}:
            return entry_id
        case _:
            return None


def readable[T](entries: Sequence[T | Unreadable]) -> tuple[T, ...]:
    """Return the entries that could be read."""
    return tuple(entry for entry in entries if not isinstance(entry, Unreadable))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an answer's provenance needs beside its content.

    Attributes:
        data: What live answers are labelled; Duffel's own test mode is sandbox data in any case.
    """

    data: DataKind
    fetched_at: datetime

    def provenance(self, *, live_mode: bool, expires_at: datetime | None = None) -> Provenance:
        """Return where one fact of the answer comes from."""
        return Provenance(NAME, self.data if live_mode else "sandbox", self.fetched_at, expires_at)


def money(amount: Decimal | None, currency: str | None) -> Money | None:
    """Return an amount, or None unless both parts are there."""
    return None if amount is None or currency is None else Money(amount, currency)
