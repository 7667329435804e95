"""Parameters that several tools share, described once for a model."""

from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.fields import FieldInfo

IsoDate = Annotated[date, Field(description="YYYY-MM-DD")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="WGS 84 degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="WGS 84 degrees")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, e.g. EUR")]


def in_range(low: int, high: int, description: str | None = None) -> FieldInfo:
    """Describe a range; the service checks it, so that the error carries an example."""
    field: FieldInfo = Field(
        description=description, json_schema_extra={"minimum": low, "maximum": high}
    )
    return field


def one_of(allowed: tuple[str, ...], description: str | None = None) -> FieldInfo:
    """Describe a choice; the service checks it, so that the error carries an example."""
    field: FieldInfo = Field(description=description, json_schema_extra={"enum": list(allowed)})
    return field


def each_one_of(allowed: tuple[str, ...], description: str | None = None) -> FieldInfo:
    """Describe a list of choices; likewise."""
    items: dict[str, object] = {"items": {"type": "string", "enum": list(allowed)}}
    field: FieldInfo = Field(description=description, json_schema_extra=items)  # pyright: ignore[reportArgumentType] - JSON all the same
    return field
