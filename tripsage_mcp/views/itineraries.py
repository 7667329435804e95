"""How built plans and findings look in an answer."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, override

from pydantic import Field

from tripsage_mcp.domain.itinerary import Finding, LeftOut, Repair
from tripsage_mcp.services.itineraries.results import Built, Difference, Revised, Spending
from tripsage_mcp.views.base import Answer, Opt, Part, Source
from tripsage_mcp.views.itinerary import ItineraryView

_MAX_FINDINGS, _MAX_OF_A_KIND = 10, 2
_MAX_TOLD = 4
"""Findings in the text; the others are in the structure alone."""
_MAX_LEFT_OUT = 5
_Verdict = Annotated[
    str, Field(description="works, works_with_warnings, not_fully_checked or broken")
]
_WORST_FIRST = {"blocker": 0, "warning": 1, "unchecked": 2}


class RepairView(Part):
    """A change to the plan that would settle a finding."""

    action: Annotated[str, Field(description="move, drop, add, replace or book")]
    name: str
    item_id: Opt[str] = None
    date: Opt[str] = None
    time: Annotated[Opt[str], Field(description="Start, local HH:MM")] = None

    @classmethod
    def of(cls, repair: Repair) -> "RepairView":
        """Project one repair."""
        return cls(
            action=repair.action,
            name=repair.name,
            item_id=repair.item_id or None,
            date=None if repair.day is None else repair.day.isoformat(),
            time=None if repair.starts is None else f"{repair.starts:%H:%M}",
        )


class FindingView(Part):
    """One thing the check has to say."""

    code: str
    severity: Annotated[str, Field(description="blocker, warning, or unchecked: nobody could tell")]
    message: str
    date: Opt[str] = None
    suggestion: Opt[str] = None
    repair: Opt[RepairView] = None

    @classmethod
    def of(cls, finding: Finding) -> "FindingView":
        """Project one finding."""
        return cls(
            code=finding.code,
            severity=finding.severity,
            message=finding.message,
            date=None if finding.day is None else finding.day.isoformat(),
            suggestion=finding.suggestion,
            repair=None if finding.repair is None else RepairView.of(finding.repair),
        )


class LeftOutView(Part):
    """A place that found no room, and why."""

    name: str
    place_id: str
    reason: str

    @classmethod
    def of(cls, left: LeftOut) -> "LeftOutView":
        """Project one place."""
        return cls(name=left.name, place_id=left.place_id, reason=left.reason)


class BuiltAnswer(Answer):
    """A plan, and what an independent check says about it."""

    itinerary: ItineraryView
    verdict: _Verdict
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    left_out: list[LeftOutView]
    left_out_omitted: Opt[int] = None
    alternatives: Annotated[
        Opt[list[str]], Field(description="Other places of that name, if the wrong one was taken")
    ] = None
    assumptions: Opt[list[str]] = None
    remembered: Annotated[
        Opt[list[str]], Field(description="What was used of what the traveller said before")
    ] = None
    from_trip: Opt[list[str]] = None
    spending: Annotated[Opt[str], Field(description="Of the budget")] = None
    saved_version: Annotated[Opt[int], Field(description="Of the trip")] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, built: Built) -> "BuiltAnswer":
        """Project a built plan."""
        left = built.itinerary.left_out
        full = built.detail == "full"
        shown = len(left) if full else _MAX_LEFT_OUT
        findings = _findings_views(built.findings, full=full)
        return cls(
            itinerary=ItineraryView.of(built.itinerary, full=full),
            verdict=built.verdict,
            findings=findings,
            findings_omitted=_more(built.findings, len(findings)),
            left_out=[LeftOutView.of(x) for x in left[:shown]],
            left_out_omitted=_more(left, shown),
            alternatives=list(built.alternatives) or None,
            assumptions=list(built.assumptions) or None,
            remembered=list(built.remembered) or None,
            from_trip=list(built.from_trip) or None,
            spending=None if built.spending is None else _spending_words(built.spending),
            saved_version=None if built.saved is None else built.saved.version,
            unavailable=list(built.unavailable) or None,
            sources=[Source.of(p) for p in built.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Tell the plan, a line a day."""
        kinds = "/".join(sorted({source.data for source in self.sources}))
        head = f"{self.itinerary.destination}, {len(self.itinerary.days)} days ({kinds} data)"
        days = [day.words() for day in self.itinerary.days]
        saved = [] if self.saved_version is None else [f"Saved: version {self.saved_version}."]
        findings = _findings_words(self.verdict, self.findings, self.findings_omitted or 0)
        return "\n".join([head, *days, *saved, findings])


class DifferenceView(Part):
    """What became of one item."""

    did: Literal["added", "moved", "dropped", "changed"]
    item_id: str
    name: str
    before: Opt[str] = None
    after: Opt[str] = None
    why: str

    @classmethod
    def of(cls, one: Difference) -> "DifferenceView":
        """Project one difference."""
        return cls(
            did=one.did,
            item_id=one.item_id,
            name=one.name,
            before=one.before,
            after=one.after,
            why=one.why,
        )

    def words(self) -> str:
        """Say it in a few words."""
        when = " to ".join(part for part in (self.before, self.after) if part)
        return f"{self.did} {self.name}{f' ({when})' if when else ''}: {self.why}"


class RevisedAnswer(Answer):
    """What changed and what is wrong; without changes only what is wrong."""

    verdict: _Verdict
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    changed: Opt[list[DifferenceView]] = None
    not_done: Annotated[Opt[list[str]], Field(description="What found no room, and why")] = None
    itinerary: Annotated[Opt[ItineraryView], Field(description="As it is now")] = None
    saved_version: Annotated[Opt[int], Field(description="Of the trip")] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, revised: Revised) -> "RevisedAnswer":
        """Project a revision or a check."""
        full = revised.detail == "full"
        findings = _findings_views(revised.findings, full=full)
        plan = ItineraryView.of(revised.itinerary, full=full) if revised.changed else None
        told = [DifferenceView.of(d) for d in revised.differences] if revised.changed else None
        return cls(
            verdict=revised.verdict,
            findings=findings,
            findings_omitted=_more(revised.findings, len(findings)),
            changed=told,
            not_done=list(revised.undone) or None,
            itinerary=plan,
            saved_version=None if revised.saved is None else revised.saved.version,
            unavailable=list(revised.unavailable) or None,
            sources=[Source.of(p) for p in revised.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Say what changed, and sum the findings up."""
        told = [f"- {one.words()}" for one in self.changed or ()]
        head = [] if self.changed is None else ["Changed:" if told else "Nothing changed."]
        undone = [f"Not done: {words}" for words in self.not_done or ()]
        saved = [] if self.saved_version is None else [f"Saved: version {self.saved_version}."]
        findings = _findings_words(self.verdict, self.findings, self.findings_omitted or 0)
        return "\n".join([*head, *told, *undone, *saved, findings])


def _findings_views(findings: Sequence[Finding], *, full: bool) -> list[FindingView]:
    """Project the worst findings, worst first; in a concise answer few of one kind."""
    worst = sorted(findings, key=lambda f: _WORST_FIRST[f.severity])
    if full:
        return [FindingView.of(f) for f in worst]
    seen = Counter[tuple[str, date | None]]()
    shown: list[Finding] = []
    for finding in worst:
        seen[finding.code, finding.day] += 1
        if finding.severity == "blocker" or seen[finding.code, finding.day] <= _MAX_OF_A_KIND:
            shown.append(finding)
    return [FindingView.of(f) for f in shown[:_MAX_FINDINGS]]


def _more(things: Sequence[object], shown: int) -> int | None:
    """Return how many did not fit, None for none."""
    return max(0, len(things) - shown) or None


def _spending_words(spending: Spending) -> str:
    notes = [
        *([f"{spending.estimated} estimated"] if spending.estimated else []),
        *([f"{spending.unknown} without a known price"] if spending.unknown else []),
    ]
    return f"{spending.planned} of {spending.limit}{f' ({", ".join(notes)})' if notes else ''}"


def _findings_words(verdict: str, findings: Sequence[FindingView], omitted: int) -> str:
    """Sum the findings up for people."""
    lines = [f"Check: {verdict.replace('_', ' ')}."]
    lines += [f"- {f.severity}: {f.message}" for f in findings[:_MAX_TOLD]]
    more = max(0, len(findings) - _MAX_TOLD) + omitted
    lines += [f"- and {more} more."] if more > 0 else []
    return "\n".join(lines)
