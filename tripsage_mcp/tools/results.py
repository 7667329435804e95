"""How an answer becomes a tool's result."""

from collections.abc import Awaitable, Callable
from typing import Any, cast, override

from fastmcp.tools import FunctionTool, ToolResult
from mcp_types import ToolAnnotations

from tripsage_mcp.tools.terse import Schema, terse
from tripsage_mcp.views.base import Answer


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
            "parameters": terse(cast("Schema", _without_null_defaults(made.parameters))),
            "output_schema": _without_null_defaults(made.output_schema),
        }
    )


def _without_null_defaults(schema: object) -> object:
    """Drop `"default": null`: an absent key is how we write nothing; null is not of the type."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in cast("dict[str, object]", schema).items()
            if not (key == "default" and value is None)
        }
    if isinstance(schema, list):
        return [_without_null_defaults(item) for item in cast("list[object]", schema)]
    return schema
