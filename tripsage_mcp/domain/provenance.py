"""Where a fact came from, when, and whether it is real."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

type DataKind = Literal["live", "sandbox"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of an answer; every price, place, hour and forecast carries one.

    Attributes:
        source: The provider's name, e.g. `duffel`.
        data: `live`, or `sandbox` for the invented world (and for a provider's own test mode).
        fetched_at: When we asked, UTC.
        expires_at: When it stops being true, UTC; None where the source states no limit.
        attribution: Credit the licence of the data asks for, if any.
        stale: It is past its time; a newer one is being fetched.
        degraded: The shared cache was out of reach, so that answers may be slower and fewer.
    """

    source: str
    data: DataKind
    fetched_at: datetime
    expires_at: datetime | None = None
    attribution: str | None = None
    stale: bool = False
    degraded: bool = False

    def __post_init__(self) -> None:
        """Refuse a time without a zone: it would be read in whatever zone the server is in."""
        for moment in (self.fetched_at, self.expires_at):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError("fetched_at and expires_at must have a time zone")
