"""What the planner answers."""

from dataclasses import dataclass, field
from typing import Literal

from tripsage_mcp.domain.itinerary import Finding, Itinerary, Verdict, verdict
from tripsage_mcp.domain.money import Money
from tripsage_mcp.services.itineraries.request import Detail


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a plan was stored; `version` is the trip's."""

    trip_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict with its reasons.

    Attributes:
        unavailable: What could not be asked, e.g. `weather`.
    """

    itinerary: Itinerary
    findings: tuple[Finding, ...]
    unavailable: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The findings in one word."""
        return verdict(self.findings)


@dataclass(frozen=True, slots=True)
class Spending:
    """What a plan costs everybody, as far as it is known.

    Attributes:
        estimated: How many of the costs are guesses.
        unknown: How many things have no known cost.
    """

    planned: Money
    limit: Money
    estimated: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Built(Checked):
    """A new itinerary, already checked.

    Attributes:
        alternatives: Namesakes of the destination it might have meant instead.
        assumptions: What was not said and had to be supposed.
        remembered: What was used of what the traveller told us before.
        from_trip: What was taken from the saved trip.
    """

    alternatives: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ()
    from_trip: tuple[str, ...] = ()
    spending: Spending | None = None
    saved: Saved | None = None
    detail: Detail = "concise"


type Did = Literal["added", "moved", "dropped", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one item.

    Attributes:
        before: When it was, for people; None for what is new.
        after: When it is now; None for what is gone.
        why: The change that led to it.
    """

    did: Did
    item_id: str
    name: str
    before: str | None
    after: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Revised(Checked):
    """An itinerary after changes, or with none only checked.

    Attributes:
        differences: In time order.
        undone: What was asked for and could not be done, with the reason.
        changed: Whether there was anything to change.
    """

    differences: tuple[Difference, ...] = ()
    undone: tuple[str, ...] = ()
    changed: bool = False
    saved: Saved | None = None
    detail: Detail = "concise"
    notes: tuple[str, ...] = field(default=())
