"""How itineraries and findings look in an answer, and how an itinerary is read back in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, cast, override

from pydantic import ConfigDict, Field, model_validator

from tripsage_mcp.domain.itinerary import (
    Finding,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    LeftOut,
    Leg,
)
from tripsage_mcp.services.itineraries import Built, Checked
from tripsage_mcp.services.itinerary_drafts import Draft, DraftDay, DraftItem
from tripsage_mcp.views.base import Answer, Opt, Part, Source

_MAX_FINDINGS = 10
_MAX_LEFT_OUT = 5
_WORST_FIRST = {"blocker": 0, "warning": 1, "unchecked": 2}
# Some ten metres: enough to find a front door.
_DECIMALS = 4


class _Readable(Part):
    """A part that is also an argument: what it does not know, it ignores."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ItemView(_Readable):
    """One thing to do."""

    time: Annotated[
        str, Field(description="Local HH:MM-HH:MM; an end before the start is the next day's")
    ]
    kind: Annotated[
        Literal["visit", "lunch", "dinner", "arrival", "departure", "stay"],
        Field(
            description="arrival: landing to leaving the airport; departure: being at the airport "
            "to take-off; stay: a call at the base"
        ),
    ] = "visit"
    name: str
    place_id: Opt[str] = None
    airport: Annotated[Opt[str], Field(description="IATA code, for flights")] = None
    travel: Annotated[Opt[str], Field(description='Getting here, e.g. "12 min walk"')] = None
    domestic: Annotated[Opt[bool], Field(description="Flight within one country")] = None
    hours_unverified: Opt[bool] = None

    @classmethod
    def of(cls, item: ItineraryItem) -> "ItemView":
        """Project one item."""
        return cls(
            time=f"{item.starts:%H:%M}-{item.ends:%H:%M}",
            kind=item.kind,
            name=item.name,
            place_id=item.place_id,
            airport=item.airport,
            travel=leg_words(item.leg),
            domestic=item.domestic or None,
            hours_unverified=(item.place_id is not None and item.hours_unverified) or None,
        )

    def draft(self) -> DraftItem:
        """Read it back."""
        return DraftItem(
            time=self.time,
            kind=self.kind,
            name=self.name,
            place_id=self.place_id,
            airport=self.airport,
            travel=self.travel,
            domestic=bool(self.domestic),
        )

    def words(self) -> str:
        """Say when and what, in a few words."""
        meal = "" if self.kind not in {"lunch", "dinner"} else f"{self.kind} at "
        return f"{self.time.partition('-')[0]} {meal}{self.name}"


class DayView(_Readable):
    """One calendar day."""

    date: date
    weekday: Opt[str] = None
    weather: Opt[str] = None
    items: list[ItemView]
    back: Annotated[Opt[str], Field(description="Getting back to the stay")] = None

    @classmethod
    def of(cls, day: ItineraryDay) -> "DayView":
        """Project one day."""
        return cls(
            date=day.date,
            weekday=f"{day.date:%A}",
            weather=day.weather,
            items=[ItemView.of(item) for item in day.items],
            back=leg_words(day.back),
        )

    def words(self) -> str:
        """Tell the day in one line."""
        weather = f" ({self.weather})" if self.weather else ""
        plan = "; ".join(item.words() for item in self.items) or "nothing planned"
        return f"{self.date:%a %d %b}{weather}: {plan}"


class ItineraryView(_Readable):
    """A day-by-day plan: what build_itinerary answers and check_itinerary reads."""

    destination: str
    time_zone: Annotated[Opt[str], Field(description="IANA; all times are in it")] = None
    pace: Literal["relaxed", "balanced", "packed"] = "balanced"
    stay_latitude: Opt[float] = None
    stay_longitude: Opt[float] = None
    must_see: Annotated[Opt[list[str]], Field(description="Names as used in items")] = None
    days: list[DayView]

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, given: object) -> object:
        """Accept the whole answer of build_itinerary, which is also what a trip may have kept."""
        if not isinstance(given, Mapping):
            return given
        answer = cast("Mapping[str, object]", given)
        return answer["itinerary"] if "itinerary" in answer and "days" not in answer else answer

    @classmethod
    def of(cls, itinerary: Itinerary) -> "ItineraryView":
        """Project a plan."""
        stay = itinerary.stay
        return cls(
            destination=itinerary.destination,
            time_zone=itinerary.time_zone,
            pace=itinerary.pace,
            stay_latitude=None if stay is None else round(stay.latitude, _DECIMALS),
            stay_longitude=None if stay is None else round(stay.longitude, _DECIMALS),
            must_see=list(itinerary.must_see) or None,
            days=[DayView.of(day) for day in itinerary.days],
        )

    def draft(self) -> Draft:
        """Read it back."""
        return Draft(
            destination=self.destination,
            time_zone=self.time_zone,
            pace=self.pace,
            stay_latitude=self.stay_latitude,
            stay_longitude=self.stay_longitude,
            must_see=tuple(self.must_see or ()),
            days=tuple(
                DraftDay(day.date, tuple(item.draft() for item in day.items), day.back)
                for day in self.days
            ),
        )


class FindingView(Part):
    """One thing the check has to say."""

    code: str
    severity: Annotated[str, Field(description="blocker, warning, or unchecked: nobody could tell")]
    message: str
    date: Opt[str] = None
    suggestion: Opt[str] = None

    @classmethod
    def of(cls, finding: Finding) -> "FindingView":
        """Project one finding."""
        return cls(
            code=finding.code,
            severity=finding.severity,
            message=finding.message,
            date=None if finding.day is None else finding.day.isoformat(),
            suggestion=finding.suggestion,
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
    verdict: Annotated[
        str, Field(description="works, works_with_warnings, not_fully_checked or broken")
    ]
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    left_out: list[LeftOutView]
    left_out_omitted: Opt[int] = None
    alternatives: Annotated[
        Opt[list[str]], Field(description="Other places of that name, if the wrong one was taken")
    ] = None
    assumptions: Opt[list[str]] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, built: Built) -> "BuiltAnswer":
        """Project a built plan."""
        left = built.itinerary.left_out
        return cls(
            itinerary=ItineraryView.of(built.itinerary),
            verdict=built.verdict,
            findings=_findings_views(built.findings),
            findings_omitted=_more(built.findings, _MAX_FINDINGS),
            left_out=[LeftOutView.of(x) for x in left[:_MAX_LEFT_OUT]],
            left_out_omitted=_more(left, _MAX_LEFT_OUT),
            alternatives=list(built.alternatives) or None,
            assumptions=list(built.assumptions) or None,
            unavailable=list(built.unavailable) or None,
            sources=[Source.of(p) for p in built.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Tell the plan, a line a day."""
        kinds = "/".join(sorted({source.data for source in self.sources}))
        head = f"{self.itinerary.destination}, {len(self.itinerary.days)} days ({kinds} data)"
        days = [day.words() for day in self.itinerary.days]
        return "\n".join([head, *days, _findings_words(self.verdict, self.findings)])


class CheckedAnswer(Answer):
    """What is wrong with an itinerary."""

    verdict: Annotated[
        str, Field(description="works, works_with_warnings, not_fully_checked or broken")
    ]
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, checked: Checked) -> "CheckedAnswer":
        """Project a check."""
        return cls(
            verdict=checked.verdict,
            findings=_findings_views(checked.findings),
            findings_omitted=_more(checked.findings, _MAX_FINDINGS),
            unavailable=list(checked.unavailable) or None,
            sources=[Source.of(p) for p in checked.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Sum the findings up."""
        return _findings_words(self.verdict, self.findings)


def _findings_views(findings: Sequence[Finding]) -> list[FindingView]:
    """Project the worst findings, worst first."""
    worst = sorted(findings, key=lambda f: _WORST_FIRST[f.severity])
    return [FindingView.of(f) for f in worst[:_MAX_FINDINGS]]


def _more(things: Sequence[object], shown: int) -> int | None:
    """Return how many did not fit, None for none."""
    return max(0, len(things) - shown) or None


def _findings_words(verdict: str, findings: Sequence[FindingView]) -> str:
    """Sum the findings up for people."""
    lines = [f"Check: {verdict.replace('_', ' ')}."]
    lines += [f"- {f.severity}: {f.message}" for f in findings]
    return "\n".join(lines)


def leg_words(leg: Leg | None) -> str | None:
    """Write a leg as `12 min walk`; `read_leg` reads it back."""
    if leg is None:
        return None
    return f"{leg.minutes} min {leg.mode}{', estimated' if leg.estimated else ''}"
