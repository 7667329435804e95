"""What tools answer with: one typed object, and a short text twin for people."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, override

from fastmcp.tools import FunctionTool, ToolResult
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import SkipJsonSchema

from tripsage_mcp.domain.provenance import Provenance

# `T | None` alone puts a union into the schema, which some model APIs refuse; a PEP 695 alias
# would put a `$ref` there.
_T = TypeVar("_T")
Opt = _T | SkipJsonSchema[None]


class Part(BaseModel):
    """A piece of an answer. Absent is written by leaving the key out, never as null."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """Where the answer came from."""

    source: str
    data: str
    fetched_at: str
    expires_at: Opt[str] = None
    attribution: Opt[str] = None

    @classmethod
    def of(cls, provenance: Provenance) -> "Source":
        """Project provenance; times are UTC to the second, ending in Z."""
        expires = provenance.expires_at
        return cls(
            source=provenance.source,
            data=provenance.data,
            fetched_at=utc_text(provenance.fetched_at),
            expires_at=None if expires is None else utc_text(expires),
            attribution=provenance.attribution,
        )


class Answer(Part):
    """The whole structured content of a tool's result."""

    @abstractmethod
    def text(self) -> str:
        """Return a few lines a person can read; not a second copy of the JSON."""


def utc_text(moment: datetime) -> str:
    """Write an aware datetime as `2027-05-10T09:30:00Z`."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


class AnswerTool(FunctionTool):
    """A tool whose function returns an `Answer`."""

    @override
    def convert_result(self, raw_value: Any) -> ToolResult:
        """Send the structure once, without nulls, beside its short text."""
        if isinstance(raw_value, Answer):
            return ToolResult(
                content=raw_value.text(),
                structured_content=raw_value.model_dump(mode="json", exclude_none=True),
            )
        return super().convert_result(raw_value)


def tool(
    fn: Callable[..., Awaitable[Answer]],
    *,
    title: str,
    read_only: bool,
    destructive: bool = False,
    idempotent: bool,
    open_world: bool,
) -> FunctionTool:
    """Make a tool of a function; its docstring is the description, all four hints are required.

    Args:
        fn: Flat parameters, returns an `Answer`.
        title: For people.
        read_only: Changes nothing.
        destructive: May delete or overwrite.
        idempotent: The same call twice changes no more than once.
        open_world: Reaches services outside TripSage.
    """
    made = AnswerTool.from_function(
        fn,
        title=title,
        annotations=ToolAnnotations(
            title=title,
            read_only_hint=read_only,
            destructive_hint=destructive,
            idempotent_hint=idempotent,
            open_world_hint=open_world,
        ),
    )
    return made.model_copy(
        update={
            "parameters": _without_null_defaults(made.parameters),
            "output_schema": _without_null_defaults(made.output_schema),
        }
    )


def _without_null_defaults(schema: Any) -> Any:
    """Drop `"default": null`: an absent key is how we write nothing, and null is not of the type."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in cast("dict[str, Any]", schema).items()
            if not (key == "default" and value is None)
        }
    if isinstance(schema, list):
        return [_without_null_defaults(item) for item in cast("list[Any]", schema)]
    return schema
