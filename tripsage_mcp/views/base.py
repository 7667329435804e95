"""What every answer is made of: one typed object, and a short text twin for people."""

from abc import abstractmethod
from datetime import UTC, datetime
from typing import TypeVar

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
    stale: Opt[bool] = None
    degraded: Opt[bool] = None

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
            stale=provenance.stale or None,
            degraded=provenance.degraded or None,
        )


class Answer(Part):
    """The whole structured content of a tool's result, and the body of a REST response."""

    @property
    def etag(self) -> str | None:
        """Return the entity tag that a change over REST may be bound to, where there is one."""
        return None

    @abstractmethod
    def text(self) -> str:
        """Return a few lines a person can read; not a second copy of the JSON."""


def utc_text(moment: datetime) -> str:
    """Write an aware datetime as `2027-05-10T09:30:00Z`."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
