"""What the planner takes in beside plain values."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.promises import CommitmentAsked, StayAsked
from tripsage_mcp.views.base import Opt


class _Param(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StayParam(_Param):
    """One of several places to sleep."""

    latitude: float
    longitude: float
    check_in: date
    check_out: date

    def asked(self) -> StayAsked:
        """Return what the service takes."""
        return StayAsked(**dict(self))


class CommitmentParam(_Param):
    """Something booked for a certain time."""

    name: str
    date: date
    start: Annotated[str, Field(description="HH:MM")]
    minutes: int = 90
    place_id: Opt[str] = None

    def asked(self) -> CommitmentAsked:
        """Return what the service takes."""
        return CommitmentAsked(**dict(self))


class ChangeParam(_Param):
    """One thing to change."""

    action: Literal[
        "lock",
        "unlock",
        "move",
        "drop",
        "add",
        "replace",
        "shorten",
        "slower",
        "faster",
        "rain",
        "delay_flight",
        "start_later",
        "end_earlier",
        "swap_days",
    ]
    item: Annotated[Opt[str], Field(description="item_id or name")] = None
    day: Opt[date] = None
    other_day: Opt[date] = None
    time: Annotated[Opt[str], Field(description="HH:MM")] = None
    minutes: Annotated[Opt[int], Field(description="Length or delay")] = None
    place: Annotated[Opt[str], Field(description="place_id or name")] = None

    def change(self) -> Change:
        """Return what the service takes."""
        return Change(**dict(self))
